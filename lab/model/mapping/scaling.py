"""How many batches a mapping works on at once: a pure model of the pollers of a standard queue (semantics.md B2)."""

from __future__ import annotations

from dataclasses import dataclass

START = 5
MAXIMUM = 1_250
GROWTH_PER_SECOND = 300 // 60
TICK_SECONDS = 1
PAUSE_AFTER_THROTTLE_SECONDS = 60


@dataclass(slots=True)
class StandardScaling:
    """Concurrent batches of a mapping on a standard queue.

    Starts with 5 (ESM-SCALE-1), grows by 300 a minute while there is a backlog (ESM-SCALE-2), in equal steps a second
    (ESM-SCALE-3), not within a minute of a throttled invoke (ESM-THROTTLE-3), up to 1,250 or to the
    mapping's maximum concurrency (ESM-CONC-1). Errors halve it, successes give it back (ESM-ERROR-2).

    Attributes:
        maximum_concurrency: `ScalingConfig.MaximumConcurrency`, or None.
        slow_on_errors: false with ReportBatchItemFailures, which keeps the pace (ESM-ERROR-3).
    """

    maximum_concurrency: int | None = None
    slow_on_errors: bool = True
    _limit: int = START
    _throttled_at_us: int | None = None

    @property
    def limit(self) -> int:
        """How many batches may be worked on at once."""
        return min(self._limit, self.maximum)

    @property
    def maximum(self) -> int:
        """The most that it can grow to."""
        return MAXIMUM if self.maximum_concurrency is None else self.maximum_concurrency

    def grow(self, now_us: int) -> None:
        """A second has passed in which all pollers were busy and messages were waiting.

        Below the start only errors can have put the limit, and only successes raise it again (ESM-ERROR-2): growth
        would undo the slow-down within a second.
        """
        if self._limit < START:
            return
        throttled = self._throttled_at_us
        if throttled is None or now_us - throttled >= PAUSE_AFTER_THROTTLE_SECONDS * 1_000_000:
            self._limit = min(self.maximum, self._limit + GROWTH_PER_SECOND)

    def on_throttle(self, now_us: int) -> None:
        """An invoke was throttled."""
        self._throttled_at_us = now_us

    def on_error(self) -> None:
        """An invoke failed."""
        if self.slow_on_errors:
            self._limit = max(1, self._limit // 2)

    def on_success(self) -> None:
        """An invoke succeeded."""
        if self._limit < START:
            self._limit += 1

    def on_idle(self) -> None:
        """The queue was found empty and no batch is being worked on."""
        self._limit = min(self._limit, START)
