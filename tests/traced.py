"""Whether functions can be traced in this process."""

from __future__ import annotations

import operator
import signal
import sys

_PATIENCE_SECONDS = 20


def traced_calls() -> list[str]:
    """What a profiler is told of two calls on the main thread.

    Raises:
        TypeError: a profiled function never gets past its first instruction. The alarm has a function of C for its
            handler, since one of Python would be profiled and stay in its first instruction as well.
    """
    told: list[str] = []

    def called() -> None:
        pass

    before = signal.signal(signal.SIGALRM, operator.truediv)
    signal.alarm(_PATIENCE_SECONDS)
    sys.setprofile(lambda frame, event, _: told.append(f"{event} {frame.f_code.co_name}"))
    try:
        called()
        called()
    finally:
        sys.setprofile(None)
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    return [each for each in told if each.endswith("called")]


BOTH = ["call called", "return called"] * 2
