"""Execution environments inside the emulator: prepared, begun cold, kept after errors, listened to until all is said.

Run by the interpreter of the emulator's own environment, which does not have delivery_lab.
"""

from __future__ import annotations

import array
import fcntl
import os
import select
import termios
import threading
import time
from typing import Any

_CLOCK = "DELIVERY_LAB_CLOCK"
_QUIET_SECONDS = 0.005
"""Of real time: what a function writes after its answer is there by then. What it wrote before is there at once."""
_LONGEST_SECONDS = 2.0
"""Of real time: a thread of a function that writes without end is listened to for so long after each answer."""
_CHUNK_BYTES = 65_536
_STARTS_AT_ONCE = 4
_COLD_START = "delivery_lab_cold_start_seconds"
_END_SECONDS = 1.0
_invoke = threading.local()
"""What the invoke of each thread asked to end."""


def listen_longer() -> None:
    """Take what a function wrote until its pipe is empty: the emulator waits 5 ms, and a busy machine loses lines.

    Lines may have left the pipe and not be in the worker's queue yet. So they are taken and handed over under one lock,
    and who asks for them under that lock has all.
    """
    from ministack.core import lambda_runtime  # type: ignore[import-not-found]  # in another environment

    factor = float(os.environ[_CLOCK].split()[1]) if _CLOCK in os.environ else 1.0
    handing_over = threading.Lock()

    def read(self: Any) -> None:
        rest, pipe, taken = b"", self._proc.stderr, b"some"
        while taken:
            try:
                select.select([pipe], [], [])
            except (OSError, ValueError):  # the environment was ended, and its pipe closed
                return
            with handing_over:
                taken = _taken(pipe)
                *lines, rest = (rest + taken).split(b"\n")
                if not taken and rest:
                    lines.append(rest)
                for line in lines:
                    self._stderr_queue.put(line.decode(errors="replace"))

    def drain(self: Any, *_: Any, **__: Any) -> str:
        return _heard(self, handing_over, factor)

    def drain_after_timeout(self: Any) -> str:
        # The emulator takes what has been read by then; that the process is to end waits for the invoke's own end.
        if (process := _let_live()) is not None:
            process.kill()
        return _heard(self, handing_over, factor)

    lambda_runtime.Worker._read_stderr = read
    lambda_runtime.Worker._drain_stderr_bounded = drain
    lambda_runtime.Worker._drain_stderr = drain_after_timeout


def _heard(worker: Any, handing_over: threading.Lock, factor: float) -> str:
    """What a worker's function has written, once it is quiet."""
    lines: list[str] = []
    quiet_since = asked_at = time.monotonic()
    end = quiet_since + _LONGEST_SECONDS * factor
    while asked_at < end:
        asked_at = time.monotonic()  # before the look: a machine that does something else in between hides nothing
        with handing_over:
            came = _queued(worker._stderr_queue)
            lines += came
            if came or _waiting_bytes(worker._proc or _let_live()):
                quiet_since = time.monotonic()
            elif asked_at - quiet_since >= _QUIET_SECONDS * factor:
                break
        time.sleep(0.001 * factor)
    return "\n".join(lines)


def _queued(lines: Any) -> list[str]:
    """What a queue holds."""
    found = []
    while not lines.empty():
        found.append(lines.get_nowait())
    return found


def _taken(pipe: Any) -> bytes:
    """What a pipe has; nothing at its end."""
    try:
        return os.read(pipe.fileno(), _CHUNK_BYTES)
    except (OSError, ValueError):
        return b""


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


def keep_after_errors() -> None:
    """Keep an environment whose handler raised: Lambda uses it again, the emulator ends its process (LAM-ENV-1).

    The emulator asks the process to end, and then for what it wrote: lines that were still in its pipe were lost. So
    what it asks for is done after the invoke, and only where no handler answered: after a timeout or an exit.
    """
    from ministack.core import lambda_runtime

    real, end, collect = lambda_runtime.Worker.invoke, lambda_runtime._signal, lambda_runtime._collect

    def signal(process: Any) -> None:
        asked = vars(_invoke).get("asked")
        if asked is None:
            end(process)
        else:
            asked.append(process)

    def wait(process: Any, deadline: float) -> None:
        if process not in (vars(_invoke).get("asked") or ()):
            collect(process, deadline)

    def invoke(self: Any, *given: Any, **named: Any) -> Any:
        asked: list[Any] = []
        answer: Any = {}
        _invoke.asked = asked
        try:
            answer = real(self, *given, **named)
        finally:
            _invoke.asked = None
            for process in asked:
                if "trace" in answer and process.poll() is None:
                    self._proc = process
                else:
                    end(process)
                    collect(process, time.monotonic() + _END_SECONDS)
        return answer

    lambda_runtime._signal, lambda_runtime._collect = signal, wait
    lambda_runtime.Worker.invoke = invoke


def _let_live() -> Any:
    """The process that the emulator takes to have ended, in the invoke of this thread."""
    asked = vars(_invoke).get("asked")
    return asked[-1] if asked else None


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
