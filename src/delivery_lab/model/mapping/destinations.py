"""On-failure destinations, which get what a mapping discards: SQS, SNS, S3, a Kafka topic (semantics.md F, G3)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from delivery_lab.events import DiscardCondition
from delivery_lab.model.api_errors import sqs as errors
from delivery_lab.model.clock import Scheduler, iso_time
from delivery_lab.model.kafka.cluster import KafkaTopic
from delivery_lab.model.mapping.partition_records import Format, KafkaFormat
from delivery_lab.model.partition import Partition, Record
from delivery_lab.model.sns.topic import SnsTopic
from delivery_lab.model.sqs.queue import SqsQueue

RETRIES_EXHAUSTED: DiscardCondition = "RetryAttemptsExhausted"
AGE_EXCEEDED: DiscardCondition = "RecordAgeExceeded"

_CONDITIONS_OF_TOPICS = {RETRIES_EXHAUSTED: "RetriesExhausted"}
"""What a Kafka topic is told in other words than the other destinations (KAF-DEST-1)."""


@dataclass(frozen=True, slots=True)
class DiscardedBatch:
    """A batch that a mapping discards.

    Attributes:
        records: its records.
        partition: the partition they are of.
        condition: `RetryAttemptsExhausted` or `RecordAgeExceeded`.
        invokes: how often the function was invoked with it.
        request_id: id of the last invoke, "" if there was none.
        function_arn: ARN of the function.
        error: whether the last invoke failed; a partial failure is an answer.
    """

    records: Sequence[Record]
    partition: Partition
    condition: DiscardCondition
    invokes: int
    request_id: str
    function_arn: str
    error: bool


class Destination(Protocol):
    """Takes what a mapping discards."""

    @property
    def name(self) -> str:
        """Its name in journal and results."""

    def deliver(self, discarded: DiscardedBatch, form: Format, now: int) -> None:
        """Take a batch.

        Raises:
            AwsError: the destination refuses it; the batch is skipped nevertheless (STR-DEST-3).
        """


def failure_record(discarded: DiscardedBatch, form: Format, now: int) -> dict[str, Any]:
    """The document that a destination gets (STR-DEST-1).

    An expiry of age has no `responseContext`, because no answer of the function is behind it. A batch that was too old
    before its first invoke counts as invoked once: so AWS was recorded.
    """
    record: dict[str, Any] = {
        "requestContext": {
            "requestId": discarded.request_id,
            "functionArn": discarded.function_arn,
            "condition": discarded.condition,
            "approximateInvokeCount": max(discarded.invokes, 1),
        }
    }
    if discarded.condition == RETRIES_EXHAUSTED:
        record["responseContext"] = {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled" if discarded.error else None,
        }
    record["version"] = "1.0"
    record["timestamp"] = iso_time(now)
    return {**record, **form.batch_info(discarded.records, discarded.partition)}


@dataclass(slots=True)
class QueueDestination:
    """A standard queue: it gets what describes the batch, not its records (STR-DEST-2)."""

    queue: SqsQueue

    @property
    def name(self) -> str:
        """Name of the queue."""
        return self.queue.name

    def deliver(self, discarded: DiscardedBatch, form: Format, now: int) -> None:
        """See `Destination.deliver`."""
        body = json.dumps(failure_record(discarded, form, now))
        limit = self.queue.attributes.maximum_message_bytes
        if len(body.encode()) > limit:
            raise errors.MESSAGE_TOO_LONG.error(limit=limit)
        self.queue.send(body)


@dataclass(slots=True)
class PublishedDestination:
    """An SNS topic: its subscribers get what describes the batch, not its records (STR-DEST-2)."""

    topic: SnsTopic

    @property
    def name(self) -> str:
        """Name of the topic."""
        return self.topic.name

    def deliver(self, discarded: DiscardedBatch, form: Format, now: int) -> None:
        """See `Destination.deliver`."""
        if self.topic.subscriptions:  # nobody else hears of it
            self.topic.take_record(json.dumps(failure_record(discarded, form, now)), {}, "STR-DEST-2")


@dataclass(slots=True)
class Recorder:
    """An SNS topic or an S3 bucket: it keeps what it gets. S3 gets the records too (STR-DEST-2).

    Attributes:
        name: its name in journal and results.
        with_records: whether documents carry the event.
        documents: what it got.
    """

    name: str
    with_records: bool
    documents: list[str] = field(default_factory=list)

    def deliver(self, discarded: DiscardedBatch, form: Format, now: int) -> None:
        """See `Destination.deliver`."""
        record = failure_record(discarded, form, now)
        if self.with_records:
            record["payload"] = form.event(discarded.records, discarded.partition)
        self.documents.append(json.dumps(record))


@dataclass(slots=True)
class TopicDestination:
    """A Kafka topic of the same cluster: a record of its own for each that was discarded (KAF-DEST-1)."""

    topic: KafkaTopic
    scheduler: Scheduler

    @property
    def name(self) -> str:
        """Name of the topic."""
        return self.topic.name

    def deliver(self, discarded: DiscardedBatch, form: Format, now: int) -> None:
        """See `Destination.deliver`."""
        assert isinstance(form, KafkaFormat)
        for document, key in topic_records(discarded, form, now):
            self.topic.produce(json.dumps(document).encode(), key)


def topic_records(
    discarded: DiscardedBatch, form: KafkaFormat, now: int
) -> Iterator[tuple[dict[str, Any], str | None]]:
    """The documents that a Kafka topic gets, each with the key of the record that it is about (KAF-DEST-1)."""
    for record in discarded.records:
        single = replace(discarded, records=(record,))
        document = failure_record(single, form, now)
        info = document["KafkaBatchInfo"]
        del info["recordsInfo"]
        info["recordInfo"] = {"offset": record.sequence, "timestamp": iso_time(record.appended_at)}
        context = document["requestContext"]
        context["functionArn"] = f"{discarded.function_arn}:$LATEST"
        context["condition"] = _CONDITIONS_OF_TOPICS.get(discarded.condition, discarded.condition)
        document["payload"] = json.loads(form.event((record,), discarded.partition))
        yield document, record.key
