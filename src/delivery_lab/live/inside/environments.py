"""Execution environments inside the emulator: prepared before a run, begun cold, listened to until all is said.

Run by the interpreter of the emulator's own environment, which does not have delivery_lab.
"""

from __future__ import annotations

import array
import fcntl
import os
import queue
import termios
import threading
import time
from typing import Any

_CLOCK = "DELIVERY_LAB_CLOCK"
_QUIET_SECONDS = 0.02
"""Of real time: what is written after an answer, or was on its way, is there by then."""
_STARTS_AT_ONCE = 4
_COLD_START = "delivery_lab_cold_start_seconds"


def listen_longer() -> None:
    """Take what a function wrote until its pipe is empty: the emulator waits 5 ms, and a busy machine loses lines."""
    from ministack.core import lambda_runtime  # type: ignore[import-not-found]  # in another environment

    factor = float(os.environ[_CLOCK].split()[1]) if _CLOCK in os.environ else 1.0

    def drain(self: Any, *_: Any, **__: Any) -> str:
        lines: list[str] = []
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < _QUIET_SECONDS * factor:
            try:
                lines.append(self._stderr_queue.get_nowait())
                quiet_since = time.monotonic()
            except queue.Empty:
                if _waiting_bytes(self._proc):
                    quiet_since = time.monotonic()
                time.sleep(0.001 * factor)
        return "\n".join(lines)

    lambda_runtime.Worker._drain_stderr_bounded = drain


def _waiting_bytes(process: Any) -> int:
    """How many bytes of its output nobody has read yet."""
    if process is None or process.stderr is None or process.stderr.closed:
        return 0
    count = array.array("i", [0])
    try:
        fcntl.ioctl(process.stderr.fileno(), termios.FIONREAD, count)
    except OSError:
        return 0
    return count[0]


def begin_cold() -> None:
    """Let the first invoke in an environment that was prepared wait for as long as a cold start is to take."""
    from ministack.core import lambda_runtime

    real = lambda_runtime.Worker.invoke

    def invoke(self: Any, *given: Any, **named: Any) -> Any:
        time.sleep(vars(self).pop(_COLD_START, 0.0))
        return real(self, *given, **named)

    lambda_runtime.Worker.invoke = invoke


def prepare(account: str, region: str, function: str, environments: int, cold_start_seconds: float) -> None:
    """Start environments of a function, so that no invoke of a run waits for this machine to start one.

    Args:
        account: account of the function.
        region: its region.
        function: its name.
        environments: how many.
        cold_start_seconds: for how long the first invoke in each of them waits before it begins.
    """
    from ministack.core import lambda_runtime, responses
    from ministack.services import lambda_svc  # type: ignore[import-not-found]

    responses._request_account_id.set(account)
    responses._request_region.set(region)
    found = lambda_svc._functions[function]
    config, code = found["config"], found["code_zip"]
    leased = [lambda_runtime.acquire_worker(function, config, code)[0] for _ in range(environments)]
    try:
        for start in range(0, len(leased), _STARTS_AT_ONCE):
            threads = [
                threading.Thread(target=lambda_runtime.ensure_spawned, args=(worker,))
                for worker in leased[start : start + _STARTS_AT_ONCE]
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        for worker in leased:
            setattr(worker, _COLD_START, cold_start_seconds)
    finally:
        for worker in leased:
            lambda_runtime.release_worker(worker)
