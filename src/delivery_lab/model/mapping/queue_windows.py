"""When the batching windows of a queue's mapping open and end (semantics.md B1).

Each poller has a window of its own. It opens when the poller's previous invoke completes (ESM-BATCH-2); what comes
while it lasts waits for its end only, not for a whole window.
"""

from __future__ import annotations

from delivery_lab.events import Journal
from delivery_lab.limits.queues import RECEIVE_WAIT
from delivery_lab.model.clock import seconds
from delivery_lab.model.mapping.sqs_work import QueueBatch
from delivery_lab.rules.assumptions import Assumptions, IdleWindow, QuietWindow


class QueueWindows:
    """The windows of the pollers of one mapping that have no batch. Instants are in microseconds.

    Args:
        length_seconds: `MaximumBatchingWindowInSeconds`; 0 for none.
        assumptions: values for what AWS does not say.
        journal: where it is noted what a run relies on.
    """

    def __init__(self, length_seconds: int, assumptions: Assumptions, journal: Journal) -> None:
        self._length = seconds(length_seconds)
        self._following = assumptions.idle_window is IdleWindow.FOLLOWING
        self._waits = assumptions.quiet_window is QuietWindow.LONG_POLL
        self._rely_on = journal.rely_on
        self._opened: list[int] = []

    def start(self, now: int) -> None:
        """The mapping begins to poll. Whether a window opens before the first message is assumed (ESM-BATCH-7)."""
        if self._following:
            self.open(now)

    def open(self, now: int) -> None:
        """The invoke of a poller has completed: its next window begins (ESM-BATCH-2)."""
        if self._length:
            self._opened.append(now)

    def begin(self, batch: QueueBatch, now: int) -> None:
        """A batch gets its first message: it comes into the open window that ends first, or opens one (ESM-BATCH-2)."""
        batch.began, batch.window_ends = now, now + self._length
        if not self._length:
            return
        if not any(now < opened + self._length for opened in self._opened):
            self._rely_on("ESM-BATCH-7")
        if not self._following:
            self._opened = [opened for opened in self._opened if now < opened + self._length]
        if self._opened:
            first = min(self._opened, key=lambda opened: self._end(opened, now))
            self._opened.remove(first)
            batch.window_ends = self._end(first, now)

    def _end(self, opened: int, now: int) -> int:
        """The end of the window at hand of those that follow one another since `opened`."""
        return opened + ((now - opened) // self._length + 1) * self._length

    def overdue_until(self, batch: QueueBatch, now: int) -> int | None:
        """Until when a batch waits for a further message although its window is over, None if it waits no longer."""
        long_poll = seconds(RECEIVE_WAIT.maximum)
        until = batch.began + long_poll
        if self._length >= long_poll or until <= now:
            return None
        self._rely_on("ESM-BATCH-6")
        return until if self._waits else None
