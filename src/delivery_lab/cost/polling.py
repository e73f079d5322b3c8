"""Receives that find nothing: what pollers of queues ask for while there are no messages.

AWS bills them. It documents that Lambda polls an idle queue with a few pollers, and that it polls long; not how many
receives that makes. So the number is an interval (BILL-POLL-1, BILL-POLL-2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from delivery_lab.events import BatchInvoked, BatchReleased, BatchResult, BatchRetryScheduled, Event
from delivery_lab.model.clock import in_seconds
from delivery_lab.rule_ids import RuleId
from delivery_lab.rules.assumptions import Assumptions
from delivery_lab.stack.mappings import SqsMapping
from delivery_lab.stack.stack import Stack

EMPTY_RECEIVES = "empty receives"
"""What a bill calls receives that found nothing."""

LONG_POLL_SECONDS = 20
"""The longest that a ReceiveMessage waits, and what a poller is taken to wait (BILL-POLL-1)."""

MOST_POLLS_OF_POLLER = 10
"""Receives that a provisioned poller can have at once (ESM-PROV-1, BILL-POLL-2)."""

_DOCUMENTED_POLLERS = (2, 5)
_FIFO_POLLERS = (1, 5)


@dataclass(frozen=True, slots=True)
class IdlePolls:
    """Receives that an idle mapping has open at once: what is taken, and between which numbers it may lie."""

    taken: int
    low: int
    high: int
    rules: tuple[RuleId, ...]

    def empty_receives(self, idle_seconds: float) -> tuple[float, float, float]:
        """Empty receives of so many seconds without messages: taken, least, most."""
        rounds = idle_seconds / LONG_POLL_SECONDS
        return self.taken * rounds, self.low * rounds, self.high * rounds


def idle_polls(mapping: SqsMapping, assumptions: Assumptions) -> IdlePolls | None:
    """How many receives a mapping has open while its queue is empty; None where it does not poll or cannot be told."""
    if mapping.enabled.known is False:
        return None
    if mapping.pollers is not None:
        pollers = mapping.pollers.minimum.known
        if pollers is None:
            return None
        return IdlePolls(pollers, pollers, pollers * MOST_POLLS_OF_POLLER, ("BILL-POLL-2",))
    low, high = _FIFO_POLLERS if mapping.fifo else _DOCUMENTED_POLLERS
    return IdlePolls(assumptions.least_pollers, low, high, ("BILL-POLL-1", "ESM-SCALE-4"))


def polls_of(stack: Stack, assumptions: Assumptions) -> dict[str, tuple[SqsMapping, IdlePolls]]:
    """The mappings of queues that poll, by name, each with how many receives it has open while its queue is empty."""
    found = ((each, idle_polls(each, assumptions)) for each in stack.mappings if isinstance(each, SqsMapping))
    return {mapping.label: (mapping, polls) for mapping, polls in found if polls is not None}


@dataclass(slots=True)
class _Busy:
    """The batches that one mapping works on or holds, and the time that pollers had nothing to do."""

    polls: IdlePolls
    held: int = 0
    waiting: set[tuple[str, ...]] = field(default_factory=set)
    since_us: int = 0
    idle_us: dict[int, int] = field(default_factory=dict)

    def change(self, now_us: int, by: int) -> None:
        spent = now_us - self.since_us
        for pollers in {self.polls.taken, self.polls.low, self.polls.high}:
            free = max(0, pollers - self.held)
            self.idle_us[pollers] = self.idle_us.get(pollers, 0) + free * spent
        self.since_us = now_us
        self.held += by


class IdlePollers:
    """Follows how long pollers of mappings had no batch.

    Args:
        mappings: by name, how many pollers each has.
    """

    reads: ClassVar[tuple[type[Event], ...]] = (BatchInvoked, BatchResult, BatchRetryScheduled, BatchReleased)

    def __init__(self, mappings: Mapping[str, IdlePolls]) -> None:
        self._busy = {name: _Busy(polls) for name, polls in mappings.items()}

    def read(self, event: Event) -> None:
        """Take what becomes of a batch."""
        if isinstance(event, BatchInvoked | BatchResult | BatchRetryScheduled | BatchReleased):
            busy = self._busy.get(event.mapping)
            if busy is not None:
                _note(busy, event)

    def seconds(self, end_us: int) -> dict[str, tuple[float, float, float]]:
        """For each mapping the seconds of all its pollers together up to the end of the run: taken, least, most."""
        for busy in self._busy.values():
            busy.change(end_us, 0)
        return {
            name: (
                in_seconds(busy.idle_us[busy.polls.taken]),
                in_seconds(busy.idle_us[busy.polls.low]),
                in_seconds(busy.idle_us[busy.polls.high]),
            )
            for name, busy in self._busy.items()
        }


def _note(busy: _Busy, event: Event) -> None:
    """A poller has a batch from its first invoke, throttled or not, until it is answered or let go."""
    match event:
        case BatchInvoked(messages=messages) if messages in busy.waiting:
            busy.waiting.discard(messages)
        case BatchInvoked():
            busy.change(event.instant_us, 1)
        case BatchResult():
            busy.change(event.instant_us, -1)
        case BatchRetryScheduled(messages=messages) if messages not in busy.waiting:
            busy.waiting.add(messages)
            busy.change(event.instant_us, 1)
        case BatchReleased(messages=messages) if messages in busy.waiting:
            busy.waiting.discard(messages)
            busy.change(event.instant_us, -1)
