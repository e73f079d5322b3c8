"""How the concurrent batches of a mapping grow while its function throttles (ESM-THROTTLE-3)."""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.rules.assumptions import DEFAULTS, MOST_THROTTLED_GROWTH

# Whole numbers, so that a step falls on the same second everywhere.
_ONE_BATCH = 60 * 1_000


@dataclass(slots=True)
class ThrottledGrowth:
    """Whether a mapping is held back by throttled invokes, and how it tries for more.

    It is, until there is room again (more batches run at once than when an invoke was throttled last) or the backlog is
    over.

    Attributes:
        share_per_minute: by how many batches to grow a minute, for each one that runs.
    """

    share_per_minute: float = DEFAULTS.throttled_growth
    _ran_when_throttled: int | None = None
    _earned: int = 0

    @property
    def slow(self) -> bool:
        """Whether the mapping is held back."""
        return self._ran_when_throttled is not None

    def on_throttle(self, running: int) -> None:
        """An invoke was throttled while the function worked on so many batches of the mapping."""
        if self._ran_when_throttled is None:
            self._earned = 0
        self._ran_when_throttled = running

    def on_invoke(self, running: int) -> None:
        """A batch was taken by the function, which works on so many now."""
        if self._ran_when_throttled is not None and running > self._ran_when_throttled:
            self.end()

    def end(self) -> None:
        """The mapping is no longer held back."""
        self._ran_when_throttled = None

    def step(self, running: int, for_seconds: int = 1) -> int:
        """By how many batches to grow after so many seconds with a backlog."""
        self._earned += self._a_second(running) * for_seconds
        batches, self._earned = divmod(self._earned, _ONE_BATCH)
        return batches

    def seconds_to_step(self, running: int) -> int:
        """After how many seconds it grows by a batch."""
        return -(-(_ONE_BATCH - self._earned) // self._a_second(running))

    def _a_second(self, running: int) -> int:
        """What a second earns; where nothing runs, as if one batch did."""
        share = min(self.share_per_minute * max(1, running), MOST_THROTTLED_GROWTH)
        return max(1, round(share * 1_000))
