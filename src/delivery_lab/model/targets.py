"""Topics, event buses and buckets as ends: they write down what arrives, and hand nothing on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from delivery_lab.events import Journal, Published
from delivery_lab.model.clock import Scheduler
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.rule_ids import RuleId

Parameters = Mapping[str, Any]


@dataclass(slots=True)
class Sink:
    """An SNS topic, an EventBridge bus or an S3 bucket.

    Attributes:
        name: its name in journal and results (its logical name).
        arn: its ARN.
        physical_name: its name as AWS knows it.
        arrived: ids and contents of what has arrived, in order.
        hand_on: takes what arrives, with message attributes, rule, and whether it tells of another message; returns
            its id. None where it ends here.
    """

    name: str
    arn: str
    physical_name: str
    arrived: list[tuple[str, str]] = field(default_factory=list)
    hand_on: Callable[[str, Parameters, RuleId | None, bool], str] | None = None


class Sinks:
    """All of them.

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

    def add(self, sink: Sink) -> None:
        """Make one reachable by its ARN."""
        self._by_arn[sink.arn] = sink

    def at(self, arn: str) -> Sink | None:
        """The one with this ARN."""
        return self._by_arn.get(arn)

    def put(
        self,
        sink: Sink,
        content: str,
        rule: RuleId | None = None,
        attributes: Parameters = MappingProxyType({}),
        *,
        follow_up: bool = True,
    ) -> str:
        """Let something arrive.

        Args:
            sink: where.
            content: what, as text.
            rule: rule by which it arrives.
            attributes: message attributes, for a topic.
            follow_up: whether it tells what became of another message, and so is no message of its own.

        Returns:
            Its id.
        """
        if sink.hand_on is not None:
            message = sink.hand_on(content, attributes, rule, follow_up)
            if (message, content) not in sink.arrived[-1:]:
                sink.arrived.append((message, content))
            return message
        message = self._streams.uuid("published id", sink.name)
        sink.arrived.append((message, content))
        self._journal.append(Published(self._scheduler.now, rule, sink.name, message, content))
        return message

    def put_object(self, parameters: Parameters) -> None:
        """An object was put into a bucket, which may be one of the stack."""
        bucket = self.at(f"arn:aws:s3:::{parameters['Bucket']}")
        if bucket is None:
            return
        self._journal.rely_on("DST-SINK-1")
        body = parameters.get("Body", b"")
        text = body.decode(errors="replace") if isinstance(body, bytes) else str(body)
        self.put(bucket, json.dumps({"key": parameters["Key"], "body": text}))
