"""All invariants over one run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from delivery_lab.events import Event, Run
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


def violations_of(run: Run, outcome: Outcome | None = None) -> list[Violation]:
    """What a run breaks, in the order of the events: nothing, unless the model is wrong.

    Args:
        run: the run, with its events.
        outcome: its counts, where somebody has counted them.

    Raises:
        ModelError: its messages cannot even be counted.
    """
    return violations(
        History(
            events=run.events,
            account_concurrency=run.account_concurrency,
            depths=run.depths,
            retention_seconds={polled.source: polled.retention_seconds for polled in run.polled},
            outcome=outcome or outcome_of(run),
        )
    )


def violations(history: History) -> list[Violation]:
    """What a history breaks, in the order of the events."""
    invariants = [invariant(history) for invariant in INVARIANTS]
    readers: defaultdict[type[Event], list[Callable[[Event], None]]] = defaultdict(list)
    for invariant in invariants:
        for kind in invariant.reads:
            readers[kind].append(invariant.read)
    for event in history.events:
        for read in readers.get(type(event), ()):
            read(event)
    for invariant in invariants:
        invariant.finish()
    return sorted(
        (violation for invariant in invariants for violation in invariant.violations),
        key=lambda violation: violation.at_seconds,
    )
