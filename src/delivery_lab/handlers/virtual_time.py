"""Clocks and sleep: virtual inside a handler, real everywhere else.

`time.time`, `datetime.now` and their kin are read in C, so they are redirected by time-machine, whose traveller
is asked for the time on every read. The monotonic clocks and `sleep`, which time-machine leaves alone, are
replaced by functions that decide at each call.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import _time_machine  # type: ignore[import-not-found]  # a C module without stubs
import time_machine

from delivery_lab.handlers.fibers import Fiber, current
from delivery_lab.handlers.patches import Patches
from delivery_lab.model.clock import EPOCH, seconds

_EPOCH_NS = int(EPOCH.timestamp()) * 1_000_000_000
_TIMEZONE = "UTC"
_READS_THE_CLOCK = "reads a clock while it is imported"

POLLS_AT_ONE_INSTANT = 1000
"""How often code may look for something and not find it before a microsecond passes."""

_CLOCKS_OF_DAYS = {getattr(time, name) for name in ("CLOCK_REALTIME", "CLOCK_TAI") if hasattr(time, name)}

_real_sleep = time.sleep


class _Traveller(time_machine.Traveller):
    """Answers with virtual time inside a handler; outside, with what would be read without us."""

    def __init__(self, beneath: time_machine.Traveller | None) -> None:
        super().__init__(0, None, False)
        self._beneath = beneath

    def time_ns(self) -> int:
        fiber = current()
        if fiber is not None:
            if fiber.environment.importing is not None:
                fiber.environment.importing.note(_READS_THE_CLOCK)
            return _EPOCH_NS + (fiber.environment.host.scheduler.now - fiber.environment.lateness) * 1000
        if self._beneath is not None:
            return self._beneath.time_ns()
        real: int = _time_machine.original_time_ns()
        return real


def microseconds_of(duration_seconds: float) -> int:
    """The length of a wait; no wait takes less than a microsecond, so a loop that waits for an instant reaches it.

    Raises:
        OverflowError: Python cannot wait that long.
    """
    if duration_seconds > threading.TIMEOUT_MAX:
        raise OverflowError("timestamp out of range for platform time_t")
    return max(1, seconds(duration_seconds))


def let_polling_get_on(fiber: Fiber) -> None:
    """To be called when code has looked for something, without waiting, and has not found it.

    In real life time passes meanwhile. Here it does not, until a fiber waits, so code that looks again and again
    until something happens, or until an instant has come, would never see it.
    """
    now = fiber.environment.host.scheduler.now
    if fiber.polled_at != now:
        fiber.polled_at, fiber.polls = now, 0
    fiber.polls += 1
    if fiber.polls >= POLLS_AT_ONE_INSTANT:
        fiber.environment.host.sleep(fiber, 1)


def sleep(secs: float, /) -> None:
    """`time.sleep`: lets virtual time pass inside a handler.

    A sleep of 0 takes a microsecond, so a loop that polls with it ends.
    """
    fiber = current()
    if fiber is None:
        _real_sleep(secs)
        return
    if secs < 0:
        raise ValueError("sleep length must be non-negative")
    fiber.environment.host.sleep(fiber, microseconds_of(secs))


def _now(fiber: Fiber) -> int:
    if fiber.environment.importing is not None:
        fiber.environment.importing.note(_READS_THE_CLOCK)
    return fiber.environment.host.scheduler.now


def _in_seconds(real: Callable[[], float]) -> Callable[[], float]:
    def read() -> float:
        fiber = current()
        return real() if fiber is None else _now(fiber) / 1_000_000

    return read


def _in_nanoseconds(real: Callable[[], int]) -> Callable[[], int]:
    def read() -> int:
        fiber = current()
        return real() if fiber is None else _now(fiber) * 1000

    return read


def _of_a_clock(real: Callable[[int], Any], read: Callable[[], Any]) -> Callable[[int], Any]:
    """Stands for `time.clock_gettime`: of the clocks that tell the date, time-machine redirects one."""

    def clock_gettime(clk_id: int, /) -> Any:
        if current() is None:
            return real(clk_id)
        return real(time.CLOCK_REALTIME) if clk_id in _CLOCKS_OF_DAYS else read()

    return clock_gettime


def _times(real: Callable[[], Any]) -> Callable[[], Any]:
    def times() -> Any:
        return real() if current() is None else os.times_result((0.0, 0.0, 0.0, 0.0, monotonic()))

    return times


def _ctime(secs: float | None = None, /) -> str:
    return time.asctime(time.localtime(secs))


def _asctime(real: Callable[..., str]) -> Callable[..., str]:
    def asctime(*parts: Any) -> str:
        return real(*(parts or (time.localtime(),)))

    return asctime


monotonic = _in_seconds(time.monotonic)
"""`time.monotonic`: seconds since the start of the run inside a handler."""


class VirtualTime:
    """Puts the virtual clocks in place."""

    def __init__(self) -> None:
        self._travel: time_machine.travel | None = None
        self._zone: str | None = None

    def install(self, patches: Patches) -> dict[int, Any]:
        """Redirect all clocks; local time becomes UTC, as in Lambda.

        Returns:
            The replaced functions by the `id` of the real one.
        """
        self._zone = os.environ.get("TZ")
        os.environ["TZ"] = _TIMEZONE
        time.tzset()
        beneath = time_machine.traveller_stack[-1] if time_machine.traveller_stack else None
        self._travel = time_machine.travel(0, tick=False)
        self._travel.start()
        time_machine.traveller_stack[-1] = _Traveller(beneath)
        replaced: dict[str, Any] = {"sleep": sleep, "monotonic": monotonic}
        for name in ("perf_counter", "process_time", "thread_time"):
            replaced[name] = _in_seconds(getattr(time, name))
        for name in ("monotonic_ns", "perf_counter_ns", "process_time_ns", "thread_time_ns"):
            replaced[name] = _in_nanoseconds(getattr(time, name))
        for name, clock in (("clock_gettime", monotonic), ("clock_gettime_ns", replaced["monotonic_ns"])):
            if hasattr(time, name):
                replaced[name] = _of_a_clock(getattr(time, name), clock)
        by_id = {id(getattr(time, name)): function for name, function in replaced.items()}
        patches.set(os, "times", _times(os.times))
        patches.set_where_present(threading, {"_time": replaced["monotonic"]})
        patches.set_where_present(time, {**replaced, "ctime": _ctime, "asctime": _asctime(time.asctime)})
        return by_id

    def remove(self) -> None:
        """Give the C-level clocks and the time zone back. The rest is undone by the patches."""
        if self._travel is not None:
            self._travel.stop()
            self._travel = None
            if self._zone is None:
                os.environ.pop("TZ", None)
            else:
                os.environ["TZ"] = self._zone
            time.tzset()
