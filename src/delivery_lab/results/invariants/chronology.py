"""Time goes on."""

from __future__ import annotations

from typing import get_args

from delivery_lab.events import AttemptsRepeated, Event
from delivery_lab.results.invariants.invariant import History, Invariant


class TimeOrder(Invariant):
    """Events stand in the order of their instants."""

    id = "INV-TIME-1"
    description = "No event happens before one that stands before it."
    reads = get_args(Event)

    def __init__(self, history: History) -> None:
        super().__init__(history)
        self._now = 0

    def read(self, event: Event) -> None:
        """Compare the instant with the latest one."""
        if event.instant_us < self._now:
            self._broken(event.instant_us, f"{type(event).__name__} stands behind an event of {self._now} us")
        self._now = max(self._now, event.instant_us)

    def read_again(self, repeated: AttemptsRepeated) -> None:
        """Compare the instants of the attempts, in which all their events stand."""
        now = self._now
        for attempt in repeated.attempts:
            if not now <= attempt.started_us <= attempt.ended_us:
                super().read_again(repeated)
                return
            now = attempt.ended_us
        self._now = now
