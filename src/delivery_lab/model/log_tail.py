"""The end of an invoke's log, as `Invoke` with `LogType=Tail` answers it (SYN-LOG-1)."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass

from delivery_lab.events import TIMED_OUT
from delivery_lab.limits.functions import LOG_TAIL_BYTES
from delivery_lab.model.clock import in_seconds, iso_time


class LogTails:
    """The lines of the invokes whose callers asked for them."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}

    def open(self, request_id: str, version: str) -> None:
        """Keep the lines of an invoke of a version from now on."""
        self._lines[request_id] = [f"START RequestId: {request_id} Version: {version}"]

    def note(self, request_id: str | None, text: str) -> None:
        """Take a line that a handler wrote."""
        lines = self._lines.get(request_id or "")
        if lines is not None:
            lines.append(text)

    def close(self, request_id: str) -> list[str] | None:
        """The lines of an invoke that has ended; None where no caller asked for them."""
        return self._lines.pop(request_id, None)


@dataclass(frozen=True, slots=True)
class LoggedEnd:
    """What a log says of an invoke besides the lines of its code.

    Attributes:
        request_id: its id.
        payload: what it answered.
        error: the error type, None for success.
        at: instant of its end, in microseconds.
        duration: how long it ran, in microseconds.
        init_seconds: how long its environment took to start, None for one that was there.
        memory_mb: memory of the function.
    """

    request_id: str
    payload: str
    error: str | None
    at: int
    duration: int
    init_seconds: float | None
    memory_mb: int


def log_tail(lines: list[str], ended: LoggedEnd) -> str:
    """The last 4 KB of the log in base64: start, lines, error, end and report (SYN-LOG-1)."""
    whole = [*lines, *_error(ended)]
    whole += [f"END RequestId: {ended.request_id}", _report(ended)]
    if ended.error == TIMED_OUT:
        message = json.loads(ended.payload)["errorMessage"].partition("Error: ")[2]
        whole.append(f"{iso_time(ended.at)} {ended.request_id} {message}\n")
    data = "".join(f"{line}\n" for line in whole).encode("utf-8", "replace")
    return base64.b64encode(data[-LOG_TAIL_BYTES:]).decode()


def _error(ended: LoggedEnd) -> list[str]:
    """What the runtime logs of an error; spaces at the start of a line are hard ones, as recorded."""
    if ended.error in (None, TIMED_OUT):
        return []
    answer = json.loads(ended.payload)
    lines = [f"[ERROR] {answer['errorType']}: {answer['errorMessage']}"]
    stack = "".join(answer.get("stackTrace") or ()).splitlines()
    if stack:
        lines.append("Traceback (most recent call last):")
    for line in stack:
        text = line.lstrip(" ")
        lines.append("\u00a0" * (len(line) - len(text)) + text)
    return lines


def _report(ended: LoggedEnd) -> str:
    init_ms = None if ended.init_seconds is None else ended.init_seconds * 1_000
    duration_ms = in_seconds(ended.duration) * 1_000
    parts = [
        f"REPORT RequestId: {ended.request_id}",
        f"Duration: {duration_ms:.2f} ms",
        f"Billed Duration: {math.ceil(duration_ms + (init_ms or 0))} ms",
        f"Memory Size: {ended.memory_mb} MB",
        f"Max Memory Used: {ended.memory_mb} MB",
        *([] if init_ms is None else [f"Init Duration: {init_ms:.2f} ms"]),
    ]
    return "\t".join(parts) + "\t"
