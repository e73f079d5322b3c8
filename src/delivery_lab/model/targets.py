"""Topics, event buses and buckets as ends: they write down what arrives, and hand nothing on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from delivery_lab.errors import NotModelledError
from delivery_lab.events import Journal, Published
from delivery_lab.limits.destinations import ENTRIES_PER_PUT, EVENT_ENTRIES
from delivery_lab.model.api_errors import services as errors
from delivery_lab.model.clock import Scheduler
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.rule_ids import RuleId

Parameters = Mapping[str, Any]
Answer = dict[str, Any]


@dataclass(slots=True)
class Sink:
    """An SNS topic, an EventBridge bus or an S3 bucket.

    Attributes:
        name: its name in journal and results (its logical name).
        arn: its ARN.
        physical_name: its name as AWS knows it.
        arrived: ids and contents of what has arrived, in order.
        handed_on: what of the stack would hand on what arrives, "" for nothing. It is not modelled, so nothing may
            arrive then: queues and functions behind it would lack messages.
        hand_on: takes what arrives, with message attributes, and returns its id; None where it ends here.
    """

    name: str
    arn: str
    physical_name: str
    arrived: list[tuple[str, str]] = field(default_factory=list)
    handed_on: str = ""
    hand_on: Callable[[str, Parameters, RuleId | None], str] | None = None


class Sinks:
    """All of them, and the operations by which handlers reach them.

    Args:
        scheduler: the run's clock.
        streams: the run's chance, which makes ids.
        journal: where events are written.
    """

    def __init__(self, *, scheduler: Scheduler, streams: RandomStreams, journal: Journal) -> None:
        self._scheduler = scheduler
        self._streams = streams
        self._journal = journal
        self._by_arn: dict[str, Sink] = {}
        self._operations: dict[tuple[str, str], Callable[[Parameters], Answer]] = {
            ("events", "PutEvents"): self._put_events,
        }

    def add(self, sink: Sink) -> None:
        """Make one reachable by its ARN."""
        self._by_arn[sink.arn] = sink

    @property
    def services(self) -> frozenset[str]:
        """Services that handlers may call: EventBridge, which always has a default bus."""
        return frozenset({"events"})

    def at(self, arn: str) -> Sink | None:
        """The one with this ARN."""
        return self._by_arn.get(arn)

    def put(
        self, sink: Sink, content: str, rule: RuleId | None = None, attributes: Parameters = MappingProxyType({})
    ) -> str:
        """Let something arrive.

        Args:
            sink: where.
            content: what, as text.
            rule: rule by which it arrives.
            attributes: message attributes, for a topic.

        Returns:
            Its id.

        Raises:
            NotModelledError: the stack would hand it on to one of its queues or functions.
        """
        if sink.handed_on:
            raise NotModelledError(
                f"something arrives at {sink.name}, and {sink.handed_on} would hand it on; that is not modelled\n"
                "  nearest: have the sender, or the workload, send to that queue or invoke that function itself"
            )
        if sink.hand_on is not None:
            message = sink.hand_on(content, attributes, rule)
            sink.arrived.append((message, content))
            return message
        message = self._streams.uuid("published id", sink.name)
        sink.arrived.append((message, content))
        self._journal.append(Published(self._scheduler.now, rule, sink.name, message, content))
        return message

    def call(self, service: str, operation: str, parameters: Parameters) -> Answer:
        """Answer a call of a handler.

        Raises:
            AwsError: AWS would answer with an error.
            NotModelledError: the model does not know the operation.
        """
        act = self._operations.get((service, operation))
        if act is None:
            known = ", ".join(name for of, name in sorted(self._operations) if of == service)
            raise NotModelledError(f"the operation {service}:{operation} is not modelled (modelled: {known})")
        self._journal.rely_on("DST-SINK-1")
        return act(parameters)

    def _put_events(self, parameters: Parameters) -> Answer:
        entries = parameters["Entries"]
        if len(entries) > ENTRIES_PER_PUT.maximum:
            raise errors.TOO_MANY_EVENTS.error(count=len(entries), limit=ENTRIES_PER_PUT.maximum)
        if sum(len(str(entry.get("Detail", "")).encode()) for entry in entries) > EVENT_ENTRIES.maximum:
            raise errors.EVENTS_TOO_LARGE.error()
        return {"FailedEntryCount": 0, "Entries": [{"EventId": self._put_event(entry)} for entry in entries]}

    def _put_event(self, entry: Parameters) -> str:
        name = str(entry.get("EventBusName") or "default")
        bus = self.at(name) or next((s for s in self._buses() if s.physical_name == name), None)
        # The default bus exists in every account, whether a stack names it or not.
        bus = bus or Sink("default", "", "default")
        return self.put(bus, json.dumps(dict(entry), default=str, sort_keys=True))

    def _buses(self) -> list[Sink]:
        return [sink for sink in self._by_arn.values() if ":event-bus/" in sink.arn]

    def put_object(self, parameters: Parameters) -> None:
        """An object was put into a bucket, which may be one of the stack.

        Raises:
            NotModelledError: the stack would hand it on to one of its queues or functions.
        """
        bucket = self.at(f"arn:aws:s3:::{parameters['Bucket']}")
        if bucket is None:
            return
        self._journal.rely_on("DST-SINK-1")
        body = parameters.get("Body", b"")
        text = body.decode(errors="replace") if isinstance(body, bytes) else str(body)
        self.put(bucket, json.dumps({"key": parameters["Key"], "body": text}))
