"""Which functions were refused because others held the concurrency that the account shares (LAM-CONC-1)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from delivery_lab.events import (
    AttemptsRepeated,
    Event,
    FunctionConfigured,
    InvokeEnded,
    InvokeRefused,
    InvokeStarted,
    Run,
    reader_of,
)
from delivery_lab.events.instants import in_seconds
from delivery_lab.results.figures import Starved

_SHARED = "LAM-CONC-1"


def is_for_want_of_shared_concurrency(event: InvokeRefused) -> bool:
    """Whether an invoke was refused because nothing was left that functions share."""
    return event.rule == _SHARED


@dataclass(slots=True)
class _Refusals:
    first_us: int
    last_us: int
    count: int = 0
    most_held: int = 0


class StarvationReader:
    """Follows how much of the shared concurrency each function holds when another one is refused."""

    reads: ClassVar[tuple[type[Event], ...]] = (FunctionConfigured, InvokeStarted, InvokeEnded, InvokeRefused)

    def __init__(self) -> None:
        self._running: Counter[str] = Counter()
        self._apart: set[str] = set()  # functions with reserved concurrency, which share nothing
        self._found: dict[tuple[str, str], _Refusals] = {}

    def read(self, event: Event) -> None:
        """Take an event."""
        match event:
            case InvokeStarted(function=function):
                self._running[function] += 1
            case InvokeEnded(function=function):
                self._running[function] -= 1
            case InvokeRefused():
                if is_for_want_of_shared_concurrency(event):
                    self._refuse(event.function, event.instant_us)
            case FunctionConfigured():
                if event.reserved_concurrency is not None:
                    self._apart.add(event.function)

    def read_again(self, _: AttemptsRepeated) -> None:
        """Nobody is refused while attempts are told again, and they hold nothing afterwards."""

    def _refuse(self, function: str, now_us: int) -> None:
        sharing = {name: count for name, count in self._running.items() if name not in self._apart and count}
        holder = max(sharing, key=lambda name: (sharing[name], name == function), default=function)
        if holder == function:
            return  # it has taken what there is itself
        found = self._found.setdefault((function, holder), _Refusals(now_us, now_us))
        found.last_us = now_us
        found.count += 1
        found.most_held = max(found.most_held, sharing[holder])

    def starved(self) -> tuple[Starved, ...]:
        """The functions that were refused, those with most refusals first."""
        return tuple(
            Starved(
                function=function,
                holder=holder,
                refused=found.count,
                most_held=found.most_held,
                from_seconds=in_seconds(found.first_us),
                to_seconds=in_seconds(found.last_us),
            )
            for (function, holder), found in sorted(self._found.items(), key=lambda each: -each[1].count)
        )


def starved_functions(run: Run) -> tuple[Starved, ...]:
    """Functions of a run that others starved."""
    return reader_of(run, StarvationReader, StarvationReader).starved()
