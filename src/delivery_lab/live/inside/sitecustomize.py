"""Makes all clocks of a Python process run faster: those of the emulator, and of the functions that it runs.

Python imports this module by its name before anything else where its folder is on PYTHONPATH. DELIVERY_LAB_CLOCK says
`AGREED FACTOR`: the Unix time at which the fast clock and the real one agree, and how many times faster it is. Sleeps
and waits are so many times shorter; what is computed takes the time that it takes.

The emulator's environment does not have delivery_lab: only the standard library is used here.
"""

from __future__ import annotations

import os
import time
from typing import Any

_VARIABLE = "DELIVERY_LAB_CLOCK"


def _hurry(agreed_at: float, factor: float) -> None:
    import datetime
    import selectors
    import threading

    real_time, real_monotonic, real_sleep = time.time, time.monotonic, time.sleep

    def epoch() -> float:
        return agreed_at + (real_time() - agreed_at) * factor

    def monotonic() -> float:
        return real_monotonic() * factor

    clocks: dict[str, Any] = {
        "time": epoch,
        "time_ns": lambda: int(epoch() * 1e9),
        "monotonic": monotonic,
        "monotonic_ns": lambda: int(monotonic() * 1e9),
        "perf_counter": monotonic,
        "perf_counter_ns": lambda: int(monotonic() * 1e9),
        "sleep": lambda seconds: real_sleep(seconds / factor),
    }
    for name, value in clocks.items():
        setattr(time, name, value)
    # `threading` has taken the clock before.
    vars(threading)["_time"] = monotonic
    _shorten(threading.Condition, "wait", factor)
    _shorten(threading.Thread, "join", factor)
    for kind in ("SelectSelector", "PollSelector", "EpollSelector", "DevpollSelector", "KqueueSelector"):
        if hasattr(selectors, kind):
            _shorten(getattr(selectors, kind), "select", factor)
    vars(datetime)["datetime"] = _fast_datetime(datetime, epoch)


def _shorten(owner: Any, name: str, factor: float) -> None:
    """Make the waits of a method shorter whose only argument is a timeout in seconds."""
    real = getattr(owner, name)

    def shortened(self: Any, timeout: float | None = None) -> Any:
        return real(self, timeout if timeout is None or timeout <= 0 else timeout / factor)

    setattr(owner, name, shortened)


def _fast_datetime(datetime: Any, epoch: Any) -> type:
    """The class `datetime` whose present is that of the fast clock; instances of the real one count as its own."""
    real = datetime.datetime

    class Meta(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, real)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, real)

    class Fast(real, metaclass=Meta):  # type: ignore[misc, valid-type]
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return real.fromtimestamp(epoch(), tz)

        @classmethod
        def utcnow(cls) -> Any:
            return real.fromtimestamp(epoch(), datetime.timezone.utc).replace(tzinfo=None)

        @classmethod
        def today(cls) -> Any:
            return real.fromtimestamp(epoch())

    Fast.__name__ = Fast.__qualname__ = "datetime"
    return Fast


if _VARIABLE in os.environ:
    _agreed, _factor = os.environ[_VARIABLE].split()
    _hurry(float(_agreed), float(_factor))
