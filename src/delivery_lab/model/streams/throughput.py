"""How much a shard of a Kinesis stream gives its readers (KIN-READ-1)."""

from __future__ import annotations

from collections import deque

from delivery_lab.limits.streams import READ_BYTES, READ_BYTES_PER_SECOND, READ_RECORDS
from delivery_lab.model.clock import Scheduler, in_seconds, seconds
from delivery_lab.model.partition import Record


class ReadThroughput:
    """The 2 MB a second that readers of a shard share, or that an enhanced fan-out consumer has to itself.

    A read may give more than that, up to 10 MB; then there is a pause until it is paid for.

    Args:
        scheduler: the run's clock.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._left_bytes = float(READ_BYTES_PER_SECOND)
        self._as_of = 0

    def use(self, size_bytes: int) -> None:
        """A read gave so much."""
        self._refill()
        self._left_bytes -= size_bytes

    @property
    def available_at(self) -> int:
        """The instant of the next read that is not throttled: now, or later."""
        self._refill()
        if self._left_bytes > 0:
            return self._scheduler.now
        return self._scheduler.now + seconds(-self._left_bytes / READ_BYTES_PER_SECOND) + 1

    def _refill(self) -> None:
        now = self._scheduler.now
        gained = in_seconds(now - self._as_of) * READ_BYTES_PER_SECOND
        self._left_bytes = min(READ_BYTES_PER_SECOND, self._left_bytes + gained)
        self._as_of = now


def next_read(unread: deque[Record]) -> list[Record]:
    """Take what one read of a shard gives: at most 10 MB or 10,000 records (KIN-READ-1)."""
    found: list[Record] = []
    size_bytes = 0
    while unread and len(found) < READ_RECORDS:
        size_bytes += unread[0].size_bytes
        if found and size_bytes > READ_BYTES:
            break
        found.append(unread.popleft())
    return found
