"""Calls that take longer than usual: they take effect at the end of that time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from delivery_lab.model.clock import Scheduler
from delivery_lab.model.runtime import AwsError, ConnectionFailed, LongPoll, Pending

Answer = dict[str, Any] | LongPoll | Pending


def answer_late(
    ask: Callable[[], Answer],
    delay: int,
    scheduler: Scheduler,
    callback: Callable[[dict[str, Any] | AwsError | ConnectionFailed], None],
) -> None:
    """Ask after a time, and hand on the answer or the error.

    Args:
        ask: makes the call.
        delay: microseconds.
        scheduler: the clock.
        callback: takes the answer.
    """

    def answer() -> None:
        try:
            found = ask()
        except (AwsError, ConnectionFailed) as error:
            callback(error)
            return
        if isinstance(found, Pending):
            found.when_done(callback)
        else:
            callback(found.empty if isinstance(found, LongPoll) else found)

    scheduler.after(delay, answer)
