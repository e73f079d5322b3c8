"""Fair queues: the line of a standard queue whose messages name tenants by their MessageGroupId.

A tenant that takes more than its share of what consumers work on is noisy, and the others' messages are returned before
its own (SQS-FAIR-1 to SQS-FAIR-3). A message without a group is a tenant of its own, which has no backlog and so is
never noisy.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from delivery_lab.events import Journal
from delivery_lab.model.clock import Scheduler, seconds
from delivery_lab.model.sqs.line import StandardLine
from delivery_lab.model.sqs.message import Message
from delivery_lab.rules.assumptions import Assumptions

NOISY_PERCENT = 10
"""A tenant with a larger share of what is in flight, or of recent processing time, is noisy (SQS-FAIR-1)."""
NOISY_IN_FLIGHT = 30
"""Of what is in flight it has at least so many messages then."""
QUIET_AFTER_SECONDS = 300
"""A tenant that has had nothing in flight for so long is quiet again (SQS-FAIR-3)."""
_SLICES = 30


class RecentTime:
    """For how long messages were in flight within the last while, added up over the messages, in microseconds.

    Args:
        length: how far back it looks, in microseconds.
    """

    def __init__(self, length: int) -> None:
        self._slice = max(1, length // _SLICES)
        self._sums: deque[list[int]] = deque()
        self._total = 0
        self._count = 0
        self._since = 0

    def count(self, now: int, count: int) -> None:
        """So many messages are in flight from now on."""
        self.until(now)
        self._count = count

    def until(self, now: int) -> int:
        """The time up to now."""
        first = now // self._slice - _SLICES + 1
        start = max(self._since, first * self._slice)
        while self._count and start < now:
            index = start // self._slice
            end = min(now, (index + 1) * self._slice)
            self._add(index, self._count * (end - start))
            start = end
        self._since = now
        while self._sums and self._sums[0][0] < first:
            self._total -= self._sums.popleft()[1]
        return self._total

    def _add(self, index: int, time: int) -> None:
        if self._sums and self._sums[-1][0] == index:
            self._sums[-1][1] += time
        else:
            self._sums.append([index, time])
        self._total += time


@dataclass(slots=True, eq=False)
class _Tenant:
    """What is known of a tenant.

    Attributes:
        recent: processing time that it took.
        landed_at: instant since which it has nothing in flight, None while it has.
        waiting: numbers of its messages that are ready.
        flying: numbers of its messages that are in flight.
        aside: while it is noisy, its messages that others pass, by place.
        noisy: whether it is noisy.
    """

    recent: RecentTime
    landed_at: int | None = 0
    waiting: set[int] = field(default_factory=set)
    flying: set[int] = field(default_factory=set)
    aside: list[tuple[int, int, int, Message]] = field(default_factory=list)
    noisy: bool = False


class FairLine(StandardLine):
    """The line of a standard queue. While no message names a tenant, it is that of `StandardLine`.

    Args:
        assumptions: values for what AWS does not say.
        scheduler: the run's clock.
        journal: where it is noted what a run relies on.
        in_flight: how many messages of the queue are in flight, whoever they are of.
        maximum_receives: the `maxReceiveCount` of the queue's redrive policy, 0 where it has none.
    """

    def __init__(
        self,
        assumptions: Assumptions,
        scheduler: Scheduler,
        journal: Journal,
        in_flight: Callable[[], int],
        maximum_receives: Callable[[], int],
    ) -> None:
        super().__init__(assumptions.returned_place, journal, maximum_receives)
        self._scheduler = scheduler
        self._in_flight = in_flight
        self._recent_us = seconds(assumptions.fair_seconds)
        self._everybody = RecentTime(self._recent_us)
        self._tenants: dict[str, _Tenant] = {}
        self._noisy: list[_Tenant] = []

    def __bool__(self) -> bool:
        return super().__bool__() or any(tenant.waiting for tenant in self._noisy)

    def join(self, message: Message, ready_at: int) -> None:
        """A message has come into the queue, of a tenant that may be new."""
        super().join(message, ready_at)
        if message.group and message.group not in self._tenants:
            self._tenants[message.group] = _Tenant(RecentTime(self._recent_us))

    def show(self, message: Message, *, again: bool) -> None:
        """A message is hidden no longer."""
        super().show(message, again=again)
        if self._tenants:
            self._follow(message, waits=True)

    def hide(self, message: Message) -> None:
        """A message was hidden, or is gone."""
        if self._tenants:
            self._follow(message, waits=False)

    def _follow(self, message: Message, *, waits: bool) -> None:
        """Keep in mind what is ready and what is in flight of each tenant."""
        now = self._scheduler.now
        self._everybody.count(now, self._in_flight())
        tenant = self._tenants.get(message.group)
        if tenant is None:
            return
        (tenant.waiting.add if waits else tenant.waiting.discard)(message.sequence)
        (tenant.flying.add if message.in_flight else tenant.flying.discard)(message.sequence)
        if tenant.flying:
            tenant.landed_at = None
        elif tenant.landed_at is None:
            tenant.landed_at = now
        tenant.recent.count(now, len(tenant.flying))
        if tenant.noisy and not tenant.waiting:
            self._quieten(tenant)  # its backlog is gone (SQS-FAIR-3)

    def take(self) -> Generator[Message]:
        """Give up what is ready, quiet tenants first, of noisy ones that with the fewest in flight (SQS-FAIR-2)."""
        if not self._tenants:
            yield from super().take()
            return
        now = self._scheduler.now
        for tenant in [each for each in self._noisy if not self._flew(each, now)]:
            self._quieten(tenant)
        for message in super().take():
            sender = self._tenants.get(message.group)
            if sender is None or not self._is_noisy(sender, now):
                yield message
            else:
                heapq.heappush(sender.aside, (message.place, message.sequence, message.hiding, message))
        while (noisy := self._next_of_the_noisy()) is not None:
            yield noisy

    def _next_of_the_noisy(self) -> Message | None:
        heads: list[tuple[int, int, int, _Tenant]] = []
        for tenant in self._noisy:
            while tenant.aside and tenant.aside[0][2] != tenant.aside[0][3].hiding:
                heapq.heappop(tenant.aside)
            if tenant.aside:
                heads.append((len(tenant.flying), *tenant.aside[0][:2], tenant))
        if not heads:
            return None
        *_, tenant = min(heads, key=lambda head: head[:3])
        return heapq.heappop(tenant.aside)[3]

    def _is_noisy(self, tenant: _Tenant, now: int) -> bool:
        """Whether a tenant with a backlog is noisy; once it is, it stays so until the backlog is gone (SQS-FAIR-1)."""
        if tenant.noisy:
            return True
        if not self._flew(tenant, now):
            return False
        flying = len(tenant.flying)
        crowds = flying >= NOISY_IN_FLIGHT and 100 * flying > NOISY_PERCENT * self._in_flight()
        if not crowds:
            self._rely_on("SQS-FAIR-4")
            if 100 * tenant.recent.until(now) <= NOISY_PERCENT * self._everybody.until(now):
                return False
        self._rely_on("SQS-FAIR-1", "SQS-FAIR-2", "SQS-FAIR-3")
        tenant.noisy = True
        self._noisy.append(tenant)
        return True

    def _flew(self, tenant: _Tenant, now: int) -> bool:
        """Whether a tenant has had something in flight within the last five minutes."""
        return tenant.landed_at is None or now < tenant.landed_at + seconds(QUIET_AFTER_SECONDS)

    def _quieten(self, tenant: _Tenant) -> None:
        """A tenant is noisy no longer: its messages stand where they stood."""
        tenant.noisy = False
        self._noisy.remove(tenant)
        for entry in tenant.aside:
            heapq.heappush(self._entries, entry)
        tenant.aside.clear()
