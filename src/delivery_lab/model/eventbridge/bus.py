"""A bus and its rules in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from delivery_lab.errors import NotModelledError
from delivery_lab.events import FeederAccepted, Journal
from delivery_lab.model.clock import Scheduler
from delivery_lab.model.eventbridge.event import BusEvent, as_json, event_time
from delivery_lab.model.eventbridge.inputs import TargetInput
from delivery_lab.model.eventbridge.pattern import EventPattern
from delivery_lab.model.feeds.feed import Feed, FeedRules
from delivery_lab.model.feeds.targets import Parcel
from delivery_lab.model.json_paths import MISSING, follow
from delivery_lab.model.loops import NO_LINEAGE, Lineage
from delivery_lab.model.runtime import AwsError
from delivery_lab.rule_ids import RuleId

RULES = FeedRules(
    filtered="EB-PATTERN-1",
    handed_on="EB-DELIVER-1",
    retried="EB-RETRY-1",
    dead_lettered="EB-DLQ-1",
    discarded="EB-DLQ-4",
)
IN_THE_DETAIL = "the event has under detail what the event pattern asks for at the top"
_MOST_PASSES = 1_000
"""After so many passes of one chain of events through a function a run is taken for endless."""
_HIDDEN = "behind a bus: "
"""Stands before the name of a function whose passes Lambda does not see any more."""


@dataclass(frozen=True, slots=True)
class Putter:
    """On whose behalf an event is put on a bus.

    Attributes:
        invoke: the invoke whose code puts it, None where no handler does.
        lineage: what the chain of events behind it has run through.
        trace: trace header of the request, "" for none.
        follow_up: whether it tells what became of another message.
        rule: rule by which it is put, None where users' code or workload does it.
        message: id in the journal, "" for that of the event: another one where a bus gets it from somebody who has
            announced it.
    """

    invoke: str | None = None
    lineage: Lineage = field(default_factory=lambda: NO_LINEAGE)
    trace: str = ""
    follow_up: bool = False
    rule: RuleId | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class RuleTarget:
    """A target of a rule.

    Attributes:
        feed: hands events on.
        pattern: the rule's pattern, None of a rule that goes off at times.
        input: makes what the target gets.
        group: message group, for a queue.
        key_path: JSON path of the partition key, for a stream; "" for the event's id (EB-KINESIS-1).
        rules: rules that a delivery leans on.
        is_bus: whether the target is a bus, which gets the event itself.
    """

    feed: Feed
    pattern: EventPattern | None
    input: TargetInput
    group: str = ""
    key_path: str = ""
    rules: tuple[RuleId, ...] = ()
    is_bus: bool = False

    def parcel(self, event: BusEvent, message: str, received_at: str, putter: Putter) -> Parcel:
        """What the target gets of an event.

        Raises:
            AwsError: nothing, since it would be no JSON (EB-INPUT-4).
            NotModelledError: that is not known.
        """
        body = event.body if self.is_bus else self.input.text(event, received_at)
        return Parcel(
            message,
            body,
            group=self.group,
            lineage=putter.lineage,
            trace=putter.trace,
            key=self._key(event),
            original=event.body,
            sent=as_json(event.detail),
        )

    def _key(self, event: BusEvent) -> str:
        if not self.key_path:
            return event.id
        value = follow(event.envelope, self.key_path)
        if value is MISSING or not isinstance(value, str):
            raise NotModelledError(
                f"{self.feed.name} takes the partition key from {self.key_path}, and an event has no text there; what "
                "AWS does then is not known\n  nearest: an event that has one"
            )
        return value


class EventBus:
    """A bus.

    Args:
        name: its name in journal and results (its logical name).
        arn: its ARN.
        sink: takes what arrives where no rule hands anything on: its content, its id, and the rule by which it arrives.
        scheduler: the run's clock.
        journal: where events are written.
    """

    def __init__(
        self,
        name: str,
        arn: str,
        *,
        sink: Callable[[str, str, RuleId | None], None],
        scheduler: Scheduler,
        journal: Journal,
    ) -> None:
        self.name = name
        self.arn = arn
        self.targets: list[RuleTarget] = []
        self._sink = sink
        self._scheduler = scheduler
        self._journal = journal

    @property
    def physical_name(self) -> str:
        """AWS's name of it."""
        return self.arn.rpartition("/")[2]

    @property
    def place(self) -> tuple[str, str]:
        """Account and region."""
        parts = self.arn.split(":")
        return parts[4], parts[3]

    def put(self, event: BusEvent, putter: Putter, content: str = "") -> None:
        """Accept an event, and let the targets of the rules that are about it have it (EB-DELIVER-1).

        Args:
            event: the event.
            putter: on whose behalf.
            content: what is written down of it where no rule hands anything on; "" for the event.
        """
        putter = replace(putter, lineage=self._over_bus(putter.lineage))
        message = putter.message or event.id
        if not self.targets:
            self._sink(content or event.body, message, putter.rule)
            return
        now = self._scheduler.now
        self._journal.rely_on("EB-EVENT-1", "EB-TIME-1")
        self._journal.append(
            FeederAccepted(
                now,
                putter.rule,
                self.name,
                message,
                as_json(event.detail),
                name="",
                group="",
                invoke=putter.invoke,
                follow_up=putter.follow_up,
            )
        )
        for target in self.targets:
            self._offer(target, event, message, putter)

    def _over_bus(self, lineage: Lineage) -> Lineage:
        """What a chain of events has run through, as Lambda sees it behind a bus: nothing (EB-LOOP-1).

        Raises:
            NotModelledError: the chain seems to have no end.
        """
        passes: dict[str, int] = {}
        for function, count in lineage.items():
            hidden = _HIDDEN + function.removeprefix(_HIDDEN)
            passes[hidden] = passes.get(hidden, 0) + count
        if max(passes.values(), default=0) > _MOST_PASSES:
            raise NotModelledError(
                f"a chain of events over {self.name} has run through one function {_MOST_PASSES} times, and Lambda "
                "does not stop loops over EventBridge (EB-LOOP-1): such a run has no end\n"
                "  fix: until: with a number of seconds"
            )
        if passes:
            self._journal.rely_on("EB-LOOP-1")
        return passes

    def _offer(self, target: RuleTarget, event: BusEvent, message: str, putter: Putter) -> None:
        envelope = event.envelope
        pattern = target.pattern
        if pattern is None or not pattern.takes(envelope):
            missed = pattern is not None and pattern.would_take_in_detail(envelope)
            target.feed.pass_by(message, IN_THE_DETAIL if missed else "", "EB-PATTERN-3")
            return
        self.hand_on(target, event, message, putter)

    def hand_on(self, target: RuleTarget, event: BusEvent, message: str, putter: Putter) -> None:
        """Let one target have an event."""
        self._journal.rely_on(*target.rules)
        try:
            parcel = target.parcel(event, message, event_time(self._scheduler.now), putter)
        except AwsError as error:
            target.feed.refuse(Parcel(message, event.body, lineage=putter.lineage, original=event.body), error)
            return
        target.feed.hand_on(parcel)
