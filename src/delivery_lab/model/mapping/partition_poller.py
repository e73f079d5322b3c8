"""When a partition is read for a mapping: at a beat, as much as its shard gives, unless something holds it back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from delivery_lab.model.clock import Timer, seconds
from delivery_lab.model.mapping.injected import wait_before_read
from delivery_lab.model.mapping.partition_work import ReaderSettings, Services
from delivery_lab.model.partition import Record
from delivery_lab.model.streams.throughput import next_read


class PartitionPoller:
    """Reads one partition.

    Args:
        settings: the mapping's settings.
        services: what its reader uses.
        phase: instant of the first poll.
        take: takes what was read.
    """

    def __init__(
        self, settings: ReaderSettings, services: Services, phase: int, take: Callable[[Iterable[Record]], None]
    ) -> None:
        self._settings = settings
        self._services = services
        self._scheduler = services.scheduler
        self._phase = phase
        self._beat = seconds(settings.poll_seconds)
        self._take = take
        self._unread: deque[Record] = deque()
        self._timer: Timer | None = None

    def every(self, poll_seconds: float) -> None:
        """Poll less frequently than the settings say (KIN-READ-2)."""
        self._beat = seconds(poll_seconds)

    def forget(self) -> None:
        """What arrived and was not read is handed over again."""
        self._unread.clear()

    def arrived(self, record: Record) -> None:
        """There is a record to read."""
        self._unread.append(record)
        if self._timer is None:
            self._poll_at(self._scheduler.now + seconds(self._settings.push_seconds))

    def _poll_at(self, instant: int) -> None:
        """Poll at an instant or soon after: polls come at a fixed beat while there is nothing to read (STR-POLL-1)."""
        if self._beat == 0 or instant <= self._phase:
            instant = max(instant, self._phase)
        else:
            instant += -(instant - self._phase) % self._beat
        self._timer = self._scheduler.at(instant + self._services.late(), self._poll)

    def _poll(self) -> None:
        self._timer = None
        if wait := wait_before_read(self._services, self._settings):
            self._poll_at(self._scheduler.now + wait)
            return
        throughput = self._services.throughput
        if throughput is None:
            self._take(self._unread)
            self._unread.clear()
            return
        if throughput.available_at > self._scheduler.now:
            self._services.journal.rely_on("KIN-READ-1")
            self._poll_at(throughput.available_at)
            return
        read = next_read(self._unread)
        throughput.use(sum(record.size_bytes for record in read))
        self._take(read)
        if self._unread and self._timer is None:
            self._poll_at(max(throughput.available_at, self._scheduler.now + self._beat))
