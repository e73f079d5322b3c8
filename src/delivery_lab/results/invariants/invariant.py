"""What an invariant is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar

from delivery_lab.events import (
    AttemptsRepeated,
    Event,
    RecordExpired,
    RecordFiltered,
    RecordsCheckpointed,
    RecordsDiscarded,
    RecordSkipped,
    RecordsRewound,
)
from delivery_lab.events.instants import in_seconds
from delivery_lab.results.figures import Outcome

MOVES_OF_A_MAPPING: tuple[type[Event], ...] = (
    RecordSkipped,
    RecordFiltered,
    RecordExpired,
    RecordsCheckpointed,
    RecordsDiscarded,
    RecordsRewound,
)
"""What moves a mapping past records of a partition, or back before them."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must not happen, and did.

    Attributes:
        invariant: id of the invariant.
        at_seconds: when, in virtual seconds.
        text: what happened.
    """

    invariant: str
    at_seconds: float
    text: str

    def __str__(self) -> str:
        return f"{self.invariant} at {self.at_seconds:.6f} s: {self.text}"


@dataclass(frozen=True, slots=True)
class History:
    """What the invariants look at.

    Attributes:
        events: everything that happened, in order.
        account_concurrency: concurrent executions of the account, None where it is not known.
        depths: messages in each queue at the end, None where they are not known.
        retention_seconds: of streams, tables and topics by name, as far as it is known.
        outcome: what was counted, None where nothing was.
        end_us: when the last event happened, where the events are not among these.
    """

    events: Sequence[Event]
    account_concurrency: int | None = None
    depths: Mapping[str, int] | None = None
    retention_seconds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    outcome: Outcome | None = None
    end_us: int = 0


class Invariant(ABC):
    """Follows the events of one run and notes where they break a promise.

    Attributes:
        id: such as `INV-ORDER-1`; never used again for another invariant.
        description: what must hold, in a sentence.
        reads: the types of events that it has to see.
        one_attempt_is_enough: whether attempts that are told again break nothing where the first of them breaks
            nothing, and leave behind what that leaves: then the others need not be read.
        violations: what it found.
    """

    id: ClassVar[str]
    description: ClassVar[str]
    reads: ClassVar[tuple[type[Event], ...]]
    one_attempt_is_enough: ClassVar[bool] = False

    def __init__(self, history: History) -> None:
        self._history = history
        self.violations: list[Violation] = []

    @abstractmethod
    def read(self, event: Event) -> None:
        """Take an event of a type in `reads`, in the order of the run."""

    def read_again(self, repeated: AttemptsRepeated) -> None:
        """Take attempts that were told again. Afterwards it knows what it would know had it read their events."""
        known = len(self.violations)
        for event in repeated.events(self.reads, end=1):
            self.read(event)
        if not self.one_attempt_is_enough or len(self.violations) > known:
            for event in repeated.events(self.reads, first=1):
                self.read(event)

    def ends_with(self, history: History) -> None:
        """The run is over, and what only its end tells is known."""
        self._history = history
        self.finish()

    def finish(self) -> None:
        """The run is over; most invariants have seen all by then."""
        return

    def _broken(self, instant_us: int, text: str) -> None:
        self.violations.append(Violation(self.id, in_seconds(instant_us), text))
