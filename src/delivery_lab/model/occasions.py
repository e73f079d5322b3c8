"""When, how often and for whom something happens that a workload lists: its time, its share and its ids."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from delivery_lab.model.randomness import RandomStreams


@dataclass(frozen=True, slots=True)
class Occasion:
    """A time, a share and ids that something is limited to.

    Attributes:
        start: instant from which on.
        end: first instant at which it is over, None for never.
        share: share of the cases, above 0 and up to 1.
        ids: business ids that it is limited to, None for all.
    """

    start: int = 0
    end: int | None = None
    share: float = 1.0
    ids: frozenset[str] | None = None

    def holds(self, instant: int) -> bool:
        """Whether its time is now."""
        return self.start <= instant and (self.end is None or instant < self.end)

    def happens(self, instant: int, streams: RandomStreams, *names: str) -> bool:
        """Whether it happens now: in its time, and as often as its share says.

        Args:
            instant: the current instant.
            streams: the run's chance.
            names: what the stream is called that decides about its share.
        """
        return self.holds(instant) and (self.share >= 1 or streams.stream(*names).random() < self.share)

    def names(self, text: str, event_ids: Iterable[str]) -> bool:
        """Whether it is about this case: one of the ids stands in the text, or is the only id of the event.

        Args:
            text: what a call says, such as its parameters.
            event_ids: business ids of the event that is being worked on.
        """
        if self.ids is None:
            return True
        if any(re.search(rf"(?<![\w-]){re.escape(each)}(?![\w-])", text) for each in self.ids):
            return True
        known = set(event_ids)
        return len(known) == 1 and not known.isdisjoint(self.ids)


ALWAYS = Occasion()
"""At any time, every time, for everybody."""
