"""How long a thread has run or been blocked, without the time that it waited for a processor.

A machine with much to do lets a thread that could run wait, and a process that is stopped (Ctrl-Z, a paused container)
does nothing at all. Neither says anything about the thread's code, so neither counts.

Linux counts for each thread how long it waited for a processor
(https://docs.kernel.org/scheduler/sched-stats.html, /proc/<pid>/schedstat). Elsewhere a span in which the thread had a
share of a processor counts the processor time, and a span in which it had next to none counts whole: then it was
blocked.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

# Handlers get other ones while a run lasts (see `virtual_time`).
_wall_seconds: Callable[[], float] = time.perf_counter
_processor_seconds: Callable[[], float] = time.thread_time
_read: Callable[[int, int, int], bytes] | None = getattr(os, "pread", None)

_WAITS = "/proc/thread-self/schedstat"
_LONGEST_LINE_BYTES = 256
_LEAST_SHARE = 0.01
"""Share of a processor below which a thread was blocked, where nobody counts its waits. A process in the background of
a busy machine gets more."""


class OwnTime:
    """The time of the thread that makes it. Signal handlers ask it, inside of any code, so it opens no file then.

    Args:
        counts_waits: whether to use the kernel's count of waits where there is one.
    """

    def __init__(self, counts_waits: bool = True) -> None:
        self._file: int | None = None
        if counts_waits and _read is not None:
            try:
                self._file = os.open(_WAITS, os.O_RDONLY)
            except OSError:
                self._file = None
        self._before = self._now()

    def close(self) -> None:
        """Read no more; may be called twice."""
        if self._file is not None:
            os.close(self._file)
        self._file = None

    def since_last_asked(self, at_most_seconds: float) -> float:
        """Seconds that the thread ran or was blocked since it was last asked.

        Args:
            at_most_seconds: what counts at most. The caller asks regularly; a longer span is one in which the whole
                process stood still.
        """
        (wall, ran, waited), self._before = self._before, self._now()
        passed, used = self._before[0] - wall, self._before[1] - ran
        own = passed - (self._before[2] - waited)
        if self._file is None and used >= passed * _LEAST_SHARE:
            own = used
        return min(max(own, 0.0), at_most_seconds)

    def _now(self) -> tuple[float, float, float]:
        """Wall clock, processor time, and waits for a processor as far as the kernel counts them, in seconds."""
        return _wall_seconds(), _processor_seconds(), self._waited()

    def _waited(self) -> float:
        if self._file is None or _read is None:
            return 0.0
        try:
            return int(_read(self._file, _LONGEST_LINE_BYTES, 0).split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            self._file = None  # the code of a handler may have closed it
            return 0.0
