"""The pollers of a mapping by themselves: large configurations without queue and function."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass
from functools import cache

from delivery_lab.model.mapping.error_share import ErrorShare
from delivery_lab.model.mapping.scaling import StandardScaling
from delivery_lab.model.mapping.throttled_growth import ThrottledGrowth
from delivery_lab.rules.assumptions import Assumptions


@dataclass(frozen=True, slots=True)
class PollersCase:
    """A mapping with a batch size of 1.

    Attributes:
        takes_seconds: how long an invoke takes.
        messages_per_second: how many messages are sent.
        error_share: share of invokes that fail, once it has grown.
        grow_seconds: for how long it grows before invokes fail.
        error_seconds: for how long they do; the last half is looked at.
        maximum_concurrency: of the mapping, None for none.
    """

    takes_seconds: float
    messages_per_second: float
    error_share: float = 0.0
    grow_seconds: float = 25.0
    error_seconds: float = 20.0
    maximum_concurrency: int | None = None


@dataclass(frozen=True, slots=True)
class PollersRun:
    """What is counted of a run of a `PollersCase`.

    Attributes:
        throughput: invokes that succeed, of the messages that are sent in the same time.
        concurrency: batches at once, of those that the messages need without errors.
        growth_per_minute: batches at once a minute, until half of those that the messages need run.
        at_once: batches at once, on average.
    """

    throughput: float
    concurrency: float
    growth_per_minute: float
    at_once: float


@cache
def run_pollers(case: PollersCase, assumptions: Assumptions) -> PollersRun:
    """Let the pollers take messages, one an invoke, as they become free."""
    scaling = StandardScaling(
        case.maximum_concurrency,
        errors=ErrorShare(assumptions.batches_when_half_fail),
        throttled=ThrottledGrowth(assumptions.throttled_growth),
    )
    chance = random.Random(1)  # no secret hangs on it
    needed = case.messages_per_second * case.takes_seconds
    end = case.grow_seconds + case.error_seconds
    looked_at = case.grow_seconds + case.error_seconds / 2
    taken = succeeded = 0
    busy_seconds = grown_at = now = 0.0
    next_second = 1.0
    ends: deque[float] = deque()  # every invoke takes as long, so they end in the order in which they began
    while now < end:
        while len(ends) < scaling.limit and taken < now * case.messages_per_second:
            taken += 1
            ends.append(now + case.takes_seconds)
        if next_second <= now:
            next_second += 1
            if len(ends) >= scaling.limit:
                scaling.grow(len(ends))
        arrival = max(now, (taken + 1) / case.messages_per_second)  # messages that wait are taken in the next round
        free = len(ends) < scaling.limit
        after = min(ends[0] if ends else end, next_second, arrival if free else end)
        if now >= looked_at:
            busy_seconds += len(ends) * (after - now)
        now = after
        if ends and ends[0] <= now:
            ends.popleft()
            if now >= case.grow_seconds and chance.random() < case.error_share:
                taken -= 1  # its message waits again
                scaling.on_error()
            else:
                succeeded += now >= looked_at
                scaling.on_success()
        if not grown_at and len(ends) >= needed / 2:
            grown_at = now
    looked = end - looked_at
    return PollersRun(
        throughput=succeeded / (looked * case.messages_per_second),
        concurrency=busy_seconds / (looked * needed),
        growth_per_minute=needed / 2 / grown_at * 60 if grown_at else 0.0,
        at_once=round(busy_seconds / looked, 6),
    )
