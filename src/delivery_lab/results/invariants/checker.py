"""All invariants over one run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, TypedDict

from delivery_lab.events import AttemptsRepeated, Event, Run, feed
from delivery_lab.results.figures import Outcome
from delivery_lab.results.invariants.ages import RecordAges
from delivery_lab.results.invariants.checkpoints import NoCheckpointOfFailures
from delivery_lab.results.invariants.chronology import TimeOrder
from delivery_lab.results.invariants.concurrency import AccountConcurrency, OneInvokeAtATime, ReservedConcurrency
from delivery_lab.results.invariants.conservation import (
    EventConservation,
    NoNegativeFigure,
    QueueConservation,
    RecordConservation,
)
from delivery_lab.results.invariants.deliveries import NoDeliveryAfterDelete
from delivery_lab.results.invariants.destinations import ReportArrives
from delivery_lab.results.invariants.feeds import FeedConservation
from delivery_lab.results.invariants.holders import OneBatchPerSlot
from delivery_lab.results.invariants.invariant import History, Invariant, Violation
from delivery_lab.results.invariants.order import GroupOrder, KeyOrder
from delivery_lab.results.invariants.receives import ReceiveCounts, VisibilityBounds
from delivery_lab.results.invariants.retention import RetentionBounds
from delivery_lab.results.outcome import outcome_of

INVARIANTS: tuple[type[Invariant], ...] = (
    TimeOrder,
    QueueConservation,
    RecordConservation,
    EventConservation,
    FeedConservation,
    ReportArrives,
    NoCheckpointOfFailures,
    NoNegativeFigure,
    ReceiveCounts,
    VisibilityBounds,
    NoDeliveryAfterDelete,
    RetentionBounds,
    RecordAges,
    GroupOrder,
    KeyOrder,
    OneBatchPerSlot,
    OneInvokeAtATime,
    ReservedConcurrency,
    AccountConcurrency,
)


class InvariantReader:
    """Checks a run while it happens, where its events are not kept (`delivery_lab.events.Reader`).

    Args:
        run: what is known of the run by now.
    """

    reads: ClassVar[tuple[type[Event], ...]] = tuple(
        dict.fromkeys(kind for invariant in INVARIANTS for kind in invariant.reads)
    )

    def __init__(self, run: Run) -> None:
        self._invariants = _begun(History(events=(), **_known(run)))
        self._readers = _by_kind(self._invariants)
        self._now = 0
        self._found: list[Violation] | None = None

    def read(self, event: Event) -> None:
        """Take an event."""
        self._now = event.instant_us
        for read in self._readers[type(event)]:
            read(event)

    def read_again(self, repeated: AttemptsRepeated) -> None:
        """Take attempts that were told again."""
        self._now = repeated.attempts[-1].ended_us
        for invariant in self._invariants:
            invariant.read_again(repeated)

    def found(self, run: Run, outcome: Outcome) -> list[Violation]:
        """What the whole run breaks; the run is over."""
        if self._found is None:
            history = History(events=(), depths=run.depths, outcome=outcome, end_us=self._now, **_known(run))
            self._found = _ended(self._invariants, history)
        return self._found


def violations_of(run: Run, outcome: Outcome | None = None) -> list[Violation]:
    """What a run breaks, in the order of the events: nothing, unless the model is wrong.

    Args:
        run: the run, with its events or read while it happened.
        outcome: its counts, where somebody has counted them.

    Raises:
        ModelError: its messages cannot even be counted.
    """
    counted = outcome or outcome_of(run)
    reader = run.readers.get(InvariantReader)
    if isinstance(reader, InvariantReader):
        return reader.found(run, counted)
    return violations(History(events=run.events, depths=run.depths, outcome=counted, **_known(run)))


class _Known(TypedDict):
    """What of a history is known before its end."""

    account_concurrency: int | None
    retention_seconds: dict[str, float]


def _known(run: Run) -> _Known:
    return {
        "account_concurrency": run.account_concurrency,
        "retention_seconds": {polled.source: polled.retention_seconds for polled in run.polled},
    }


def violations(history: History) -> list[Violation]:
    """What a history breaks, in the order of the events."""
    invariants = _begun(history)
    feed(invariants, history.events)
    return _ended(invariants, history)


def _begun(history: History) -> list[Invariant]:
    return [invariant(history) for invariant in INVARIANTS]


def _by_kind(invariants: Sequence[Invariant]) -> Mapping[type[Event], list[Callable[[Event], None]]]:
    readers: defaultdict[type[Event], list[Callable[[Event], None]]] = defaultdict(list)
    for invariant in invariants:
        for kind in invariant.reads:
            readers[kind].append(invariant.read)
    return readers


def _ended(invariants: Sequence[Invariant], history: History) -> list[Violation]:
    for invariant in invariants:
        invariant.ends_with(history)
    return sorted(
        (violation for invariant in invariants for violation in invariant.violations),
        key=lambda violation: violation.at_seconds,
    )
