"""The SNS API as code inside a handler sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from delivery_lab.errors import NotModelledError
from delivery_lab.events import Journal, Used
from delivery_lab.model.api_errors import sns as errors
from delivery_lab.model.functions import Lambda
from delivery_lab.model.runtime import AwsError, Caller
from delivery_lab.model.sns.publishing import check_batch
from delivery_lab.model.sns.topic import Publisher, SnsTopic

Parameters = Mapping[str, Any]
Answer = dict[str, Any]


class SnsApi:
    """Publishing to the topics of an account.

    Args:
        topics: the topics by name.
        functions: the Lambda service, which knows what a caller's chain of events has run through.
        journal: where it is noted what a run relies on.
    """

    def __init__(self, topics: Mapping[str, SnsTopic], functions: Lambda, journal: Journal) -> None:
        self._topics = topics
        self._functions = functions
        self._journal = journal
        self._operations: dict[str, Callable[[Parameters, Publisher], Answer]] = {
            "Publish": self._publish,
            "PublishBatch": self._publish_batch,
        }

    def call(self, operation: str, parameters: Parameters, caller: Caller) -> Answer:
        """Answer a call of a handler.

        Raises:
            AwsError: SNS would answer with an error.
            NotModelledError: the model does not know the operation.
        """
        act = self._operations.get(operation)
        if act is None:
            known = ", ".join(sorted(self._operations))
            raise NotModelledError(f"the operation sns:{operation} is not modelled (modelled: {known})")
        publisher = Publisher(
            caller.request_id,
            self._functions.loops.lineage(caller.request_id),
            self._functions.traces.of(caller.request_id),
        )
        return act(parameters, publisher)

    def _publish(self, parameters: Parameters, publisher: Publisher) -> Answer:
        if parameters.get("PhoneNumber"):
            raise NotModelledError("sns:Publish to a phone number is not modelled")
        topic = self._topic(parameters.get("TopicArn") or parameters.get("TargetArn"))
        return _answer(topic, parameters, publisher)

    def _publish_batch(self, parameters: Parameters, publisher: Publisher) -> Answer:
        self._journal.rely_on("SNS-BATCH-1")
        self._journal.meter.count(Used("sns", "", "PublishBatch"))
        topic = self._topic(parameters["TopicArn"])
        entries = parameters["PublishBatchRequestEntries"]
        check_batch(entries, topic.settings.maximum_message_bytes)
        answer: Answer = {"Successful": [], "Failed": []}
        for entry in entries:
            try:
                answer["Successful"].append({"Id": entry["Id"], **_answer(topic, entry, publisher)})
            except AwsError as error:
                failed = {"Id": entry["Id"], "Code": error.code, "Message": error.message, "SenderFault": True}
                answer["Failed"].append(failed)
        return answer

    def _topic(self, arn: object) -> SnsTopic:
        topic = next((found for found in self._topics.values() if found.arn == arn), None)
        if topic is None:
            raise errors.TOPIC_MISSING.error()
        if not topic.subscriptions:
            self._journal.rely_on("DST-SINK-1")
        return topic


def _answer(topic: SnsTopic, parameters: Parameters, publisher: Publisher) -> Answer:
    notification = topic.publish(parameters, publisher)
    answer = {"MessageId": notification.id}
    return {**answer, "SequenceNumber": notification.sequence_number} if notification.sequence_number else answer
