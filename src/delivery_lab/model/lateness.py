"""How late polls and invokes are: not at all, unless it is assumed that they are (ESM-POLL-1, LAM-DURATION-1)."""

from __future__ import annotations

from collections.abc import Callable

from delivery_lab.model.clock import Scheduler, seconds
from delivery_lab.model.randomness import RandomStreams

Wake = Callable[[], None]
Lateness = Callable[[], int]
"""Draws by how much the next one is late, in microseconds."""


def on_time() -> int:
    """Not at all."""
    return 0


def lateness(what: str, name: str, seconds_at_most: float, streams: RandomStreams) -> Lateness:
    """By how much each poll of a poller is late, or each invoke.

    Args:
        what: what is late.
        name: whose it is.
        seconds_at_most: how long at most; each time is drawn. 0 for never.
        streams: the run's chance.
    """
    if seconds_at_most == 0:
        return on_time
    chance = streams.stream(f"{what} latency", name)
    return lambda: seconds(chance.uniform(0, seconds_at_most))


def late_polls(late: Lateness, scheduler: Scheduler) -> Callable[[Wake], Wake]:
    """Lets a waiting poller have a message some time after it is ready.

    Args:
        late: how long each time.
        scheduler: the run's clock.

    Returns:
        What turns a callback into one that calls it so much later.
    """
    if late is on_time:
        return lambda wake: wake
    return lambda wake: lambda: _later(scheduler, late(), wake)


def _later(scheduler: Scheduler, after: int, wake: Wake) -> None:
    scheduler.after(after, wake)
