"""Nothing comes from nowhere, and nothing goes away twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from delivery_lab.events import (
    Event,
    EventAccepted,
    EventCompleted,
    EventDeadLettered,
    EventDiscarded,
    EventExpired,
    MessageDeadLettered,
    MessageDeleted,
    MessageExpired,
    MessageMoved,
    MessageSent,
    RecordAppended,
    RecordExpired,
    RecordFiltered,
    RecordsCheckpointed,
    RecordsDiscarded,
    RecordSkipped,
    RecordsRewound,
)
from delivery_lab.results.invariants.invariant import MOVES_OF_A_MAPPING, History, Invariant


class QueueConservation(Invariant):
    """What went into a queue is in it, or went out of it once."""

    id = "INV-CONSERVE-1"
    description = "A message enters a queue once and leaves it at most once; what entered and did not leave is in it."
    reads = (MessageSent, MessageDeleted, MessageDeadLettered, MessageExpired, MessageMoved)

    def __init__(self, history: History) -> None:
        super().__init__(history)
        self._inside: defaultdict[str, set[str]] = defaultdict(set)
        self._now = 0

    def read(self, event: Event) -> None:
        """Follow messages in and out."""
        self._now = event.instant_us
        match event:
            case MessageSent():
                self._enter(event.queue, event.message)
            case MessageDeleted() | MessageExpired():
                self._leave(event.queue, event.message)
            case MessageDeadLettered():
                self._leave(event.queue, event.message)
                self._enter(event.target, event.message)
            case MessageMoved():
                self._leave(event.queue, event.message)
                self._enter(event.target, event.new_message)

    def finish(self) -> None:
        """Compare with what the queues hold."""
        for queue, depth in (self._history.depths or {}).items():
            found = len(self._inside[queue])
            if found != depth:
                self._broken(self._now, f"{found} messages should be in {queue} at the end, and {depth} are")

    def _enter(self, queue: str, message: str) -> None:
        if message in self._inside[queue]:
            self._broken(self._now, f"{message} enters {queue}, where it is already")
        self._inside[queue].add(message)

    def _leave(self, queue: str, message: str) -> None:
        if message not in self._inside[queue]:
            self._broken(self._now, f"{message} leaves {queue}, where it is not")
        self._inside[queue].discard(message)


class RecordConservation(Invariant):
    """Each mapping is past a record once."""

    id = "INV-CONSERVE-2"
    description = (
        "A mapping moves past each record of a partition at most once, and only past records that are there; once more "
        "where it was created again and begins before it."
    )
    reads = (
        RecordAppended,
        *MOVES_OF_A_MAPPING,
    )

    def __init__(self, history: History) -> None:
        super().__init__(history)
        self._appended: set[tuple[str, str]] = set()
        self._past: set[tuple[str | None, str, str]] = set()

    def read(self, event: Event) -> None:
        """Follow records in and past the mappings."""
        match event:
            case RecordAppended():
                if (event.source, event.record) in self._appended:
                    self._broken(event.instant_us, f"{event.record} is appended to {event.source} again")
                self._appended.add((event.source, event.record))
            case RecordSkipped() | RecordFiltered() | RecordExpired():
                self._pass(event.instant_us, event.source, event.mapping, event.record)
            case RecordsCheckpointed() | RecordsDiscarded():
                for record in event.records:
                    self._pass(event.instant_us, event.source, event.mapping, record)
            case RecordsRewound():
                self._past.difference_update((event.mapping, event.source, record) for record in event.records)

    def _pass(self, now: int, source: str, mapping: str | None, record: str) -> None:
        if (source, record) not in self._appended:
            self._broken(now, f"{mapping} moves past {record}, which was never appended to {source}")
        if (mapping, source, record) in self._past:
            self._broken(now, f"{mapping} moves past {record} of {source} again")
        self._past.add((mapping, source, record))


class EventConservation(Invariant):
    """An asynchronous event ends once."""

    id = "INV-CONSERVE-3"
    description = "An asynchronous event that was accepted ends at most once."
    reads = (EventAccepted, EventCompleted, EventDeadLettered, EventExpired, EventDiscarded)

    def __init__(self, history: History) -> None:
        super().__init__(history)
        self._waiting: set[tuple[str, str]] = set()

    def read(self, event: Event) -> None:
        """Follow events in and out."""
        match event:
            case EventAccepted():
                if (event.function, event.event) in self._waiting:
                    self._broken(event.instant_us, f"{event.event} is accepted for {event.function} again")
                self._waiting.add((event.function, event.event))
            case EventCompleted() | EventDeadLettered() | EventExpired() | EventDiscarded():
                if (event.function, event.event) not in self._waiting:
                    self._broken(event.instant_us, f"{event.event} ends, and does not wait for {event.function}")
                self._waiting.discard((event.function, event.event))


_MAY_BE_BEFORE = ".afterHarmSeconds"
"""An alarm is worth most that goes off before anything is lost."""


class NoNegativeFigure(Invariant):
    """Counts and times are not negative."""

    id = "INV-FIGURE-1"
    description = "No figure of the outcome is negative, but that of an alarm that goes off before the harm."
    reads = ()

    def read(self, event: Event) -> None:
        """It reads no events."""

    def finish(self) -> None:
        """Look at all figures."""
        if self._history.outcome is None:
            return
        end = self._history.events[-1].instant_us if self._history.events else self._history.end_us
        for name, figure in _negative(self._history.outcome.model_dump(by_alias=True)):
            if not name.endswith(_MAY_BE_BEFORE):
                self._broken(end, f"{name.removeprefix('.')} is {figure}")


def _negative(value: object) -> Iterator[tuple[str, float]]:
    """Figures below zero and where they stand. An outcome has a figure for each delivery, so names are made last."""
    inside: Iterable[tuple[str, object]]
    if isinstance(value, dict):
        inside = ((f".{key}", inner) for key, inner in value.items() if not _is_harmless(inner))
    elif isinstance(value, list | tuple):
        inside = ((f"[{number}]", inner) for number, inner in enumerate(value) if not _is_harmless(inner))
    else:
        return
    for name, inner in inside:
        if isinstance(inner, int | float):
            yield name, inner
        else:
            yield from ((f"{name}{rest}", figure) for rest, figure in _negative(inner))


def _is_harmless(value: object) -> bool:
    """Whether it is no figure, or one that is not negative."""
    kind = type(value)
    return (value >= 0) if kind is int or kind is float else kind is str or kind is bool or value is None  # type: ignore[operator]
