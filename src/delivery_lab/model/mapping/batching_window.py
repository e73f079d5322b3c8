"""The batching window of a mapping that reads a partition: when records that wait become a batch (STR-BATCH-2)."""

from __future__ import annotations

from collections.abc import Callable

from delivery_lab.model.clock import Scheduler, Timer


class BatchingWindow:
    """The windows of one slot, one after the other.

    A window opens when the invoke before it completes, not with its first record: records that come late in it are
    delivered at its end. One that ends while nothing waits has no effect, and the next opens with the next record
    (STR-BATCH-3).

    Args:
        length: microseconds, 0 for none.
        scheduler: the run's clock.

    Attributes:
        ended: called when a window ends for which records wait.
    """

    def __init__(self, length: int, scheduler: Scheduler) -> None:
        self._length = length
        self._scheduler = scheduler
        self.ended: Callable[[], None] = _nothing_waits
        self._ends_at: int | None = None
        self._timer: Timer | None = None

    def open(self, instant: int | None = None) -> None:
        """Begin a window now, or at an instant before which nothing asks for it."""
        self._ends_at = (self._scheduler.now if instant is None else instant) + self._length

    def skip_if_over(self) -> None:
        """A record comes while none waits: a window that is over by then ended without records."""
        if self._ends_at is not None and self._ends_at <= self._scheduler.now:
            self._ends_at = None

    def is_over(self) -> bool:
        """Whether records that wait become a batch now. If not, `ended` is called when they do."""
        if self._length == 0:
            return True
        if self._ends_at is None:
            self.open()
        assert self._ends_at is not None
        if self._ends_at <= self._scheduler.now:
            return True
        if self._timer is None:
            self._timer = self._scheduler.at(self._ends_at, self._end)
        return False

    def close(self) -> None:
        """A batch was formed: what comes after it waits for the window that opens when its invoke completes."""
        self._ends_at = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        self._timer = None
        self.ended()


def _nothing_waits() -> None:
    """What a window that nobody watches calls at its end."""
