"""Destinations that are somewhere else: what mappings discard, and records of asynchronous invokes that have ended."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from delivery_lab.events import Journal, Published
from delivery_lab.limits.destinations import SNS_MESSAGE
from delivery_lab.live.clock import RealClock, RealTimeScheduler
from delivery_lab.live.errors import place_error
from delivery_lab.live.queues import RealQueue
from delivery_lab.model.clock import EPOCH
from delivery_lab.model.destinations import Ended, error_attributes, fitting, record_of
from delivery_lab.model.mapping.destinations import DiscardedBatch, failure_record
from delivery_lab.model.mapping.partition_records import Format
from delivery_lab.rule_ids import RuleId


@dataclass(slots=True)
class RealQueueDestination:
    """A standard queue: it gets what describes the batch (STR-DEST-1, STR-DEST-2)."""

    queue: RealQueue
    clock: RealClock

    @property
    def name(self) -> str:
        """Name of the queue."""
        return self.queue.name

    def deliver(self, discarded: DiscardedBatch, form: Format, now: int) -> None:
        """Send the document.

        Raises:
            AwsError: the queue refuses it.
            PlaceError: the queue does not answer.
        """
        self.queue.send(json.dumps(dated(failure_record(discarded, form, now), self.clock)))


@dataclass(slots=True)
class RealEventDestinations:
    """Queues and topics that get the records of asynchronous invokes that have ended (DST-RECORD-1, DST-DLQ-1).

    Attributes:
        queues: the queues of the stack.
        topics: names of its topics, by ARN.
        client: boto3's client of SNS.
        scheduler: the run's clock.
        journal: where events are written.
    """

    queues: Sequence[RealQueue]
    topics: Mapping[str, str]
    client: Any
    scheduler: RealTimeScheduler
    journal: Journal

    def name_of(self, arn: str) -> str | None:
        """The logical name of a destination, None where it is neither a queue nor a topic of the stack."""
        queue = self._queue(arn)
        return self.topics.get(arn) if queue is None else queue.name

    def deliver(self, arn: str, ended: Ended) -> bool:
        """Send the record of an event.

        Returns:
            Whether it arrived: one that is too large even without its payloads is dropped (DST-SIZE-1).

        Raises:
            AwsError: the destination refuses it.
            PlaceError: the destination does not answer.
        """
        document = record_of(ended, self.scheduler.now)
        # The event itself is its sender's: only the record's own time is that of the place.
        document["timestamp"] = place_time(document["timestamp"], self.scheduler.clock)
        record = fitting(document, self._most_bytes(arn), self.journal)
        if record is None:
            return False
        self.journal.rely_on("DST-RECORD-1")
        self._put(arn, record, {}, "DST-RECORD-1")
        return True

    def dead_letter(self, arn: str, ended: Ended) -> bool:
        """Send an event itself, with attributes that tell its error.

        Raises:
            AwsError: the destination refuses it.
            PlaceError: the destination does not answer.
        """
        self.journal.rely_on("DST-DLQ-1")
        if len(ended.payload.encode()) > self._most_bytes(arn):
            return False
        self._put(arn, ended.payload, error_attributes(ended), "DST-DLQ-1")
        return True

    def _queue(self, arn: str) -> RealQueue | None:
        return next((queue for queue in self.queues if queue.arn == arn), None)

    def _most_bytes(self, arn: str) -> int:
        queue = self._queue(arn)
        return SNS_MESSAGE.maximum if queue is None else queue.attributes.maximum_message_bytes

    def _put(self, arn: str, text: str, attributes: Mapping[str, Any], rule: RuleId) -> None:
        queue = self._queue(arn)
        if queue is not None:
            queue.send(text, attributes)
            return
        try:
            answer = self.client.publish(TopicArn=arn, Message=text, MessageAttributes=dict(attributes))
        except (BotoCoreError, ClientError) as error:
            raise place_error(f"Publish to {self.topics[arn]}", error) from error
        self.scheduler.catch_up()
        self.journal.append(Published(self.scheduler.now, rule, self.topics[arn], answer["MessageId"], text))


def dated(document: Mapping[str, Any], clock: RealClock) -> dict[str, Any]:
    """A document with times of the place: simulations begin on a day of their own."""
    return {name: _value(name, value, clock) for name, value in document.items()}


def _value(name: str, value: Any, clock: RealClock) -> Any:
    if isinstance(value, dict):
        return dated(value, clock)
    return place_time(value, clock) if name == "timestamp" or name.startswith("approximateArrival") else value


def place_time(told: str, clock: RealClock) -> str:
    """A time of a simulation as it is in the place."""
    since_start = (datetime.fromisoformat(told) - EPOCH).total_seconds()
    moment = datetime.fromtimestamp(clock.epoch + since_start, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
