"""What functions wrote, read from CloudWatch Logs: lines of the log contract, other lines, and invokes of others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from delivery_lab.events import TIMED_OUT, LogLine
from delivery_lab.live.clock import RealClock
from delivery_lab.live.errors import place_error
from delivery_lab.live.functions import NO_ENVIRONMENT

_PLATFORM = re.compile(r"^(START|END|REPORT|INIT_START|INIT_REPORT|EXTENSION|XRAY)\b")
_REQUEST = re.compile(r"RequestId: (\S+)")
_DURATION = re.compile(r"\bDuration: ([\d.]+) ms")
_STATUS = re.compile(r"\bStatus: (\w+)(?:\s+Error Type: (\S+))?")
_ERROR = re.compile(r"^\[ERROR\] ([\w.]+)|Task timed out after")
_TIME_FORMATS = ("%Y-%m-%d %H:%M:%S,%f%z", "%Y-%m-%dT%H:%M:%S.%f%z")


@dataclass(frozen=True, slots=True)
class LoggedInvoke:
    """An invoke as the log knows it.

    Attributes:
        function: name of the function.
        request_id: its id.
        started: instant at which it began, from its end and its duration.
        ended: instant at which it ended.
        error: the error that the log names, None where it names none.
    """

    function: str
    request_id: str
    started: int
    ended: int
    error: str | None = None


@dataclass(frozen=True, slots=True)
class FunctionLog:
    """The log of one function.

    Attributes:
        lines: what the function wrote, in order.
        invokes: its invokes.
        unfinished: how many invokes have begun, and no line says that they have ended.
    """

    lines: tuple[LogLine, ...]
    invokes: tuple[LoggedInvoke, ...]
    unfinished: int = 0


def read_log(client: Any, group: str, function: str, clock: RealClock, since_ms: int | None = None) -> FunctionLog:
    """Read a log group.

    Args:
        client: boto3's client of CloudWatch Logs.
        group: name of the log group.
        function: name of the function in the stack.
        clock: turns times into instants.
        since_ms: Unix time in milliseconds of the earliest line that is read, None for all.

    Raises:
        PlaceError: it cannot be read. A group that is not there yet is empty.
    """
    lines: list[LogLine] = []
    invokes: list[LoggedInvoke] = []
    current: dict[str, str] = {}  # log stream: the invoke that writes to it now
    failed: dict[str, str] = {}
    begun: set[str] = set()
    for event in _events(client, group, since_ms):
        text, stream = event["message"].rstrip("\n"), event["logStreamName"]
        at = clock.instant_of(event["timestamp"] / 1000)
        platform = _PLATFORM.match(text)
        if platform is None:
            entry = _entry(text)
            request_id = str(entry.get("function_request_id") or "") or current.get(stream)
            lines.append(LogLine(_instant(entry, clock, at), function, NO_ENVIRONMENT, request_id, text))
            if request_id and (error := _ERROR.search(text)):
                failed[request_id] = TIMED_OUT if error[1] is None else error[1]
            continue
        named = _REQUEST.search(text)
        if platform[1] == "START" and named:
            current[stream] = named[1]
            begun.add(named[1])
        elif platform[1] == "REPORT" and named:
            took = _DURATION.search(text)
            started = at - int(float(took[1]) * 1000) if took else at
            begun.discard(named[1])
            error_type = _status(text) or failed.get(named[1])
            invokes.append(LoggedInvoke(function, named[1], max(0, started), at, error_type))
    return FunctionLog(tuple(lines), tuple(invokes), len(begun))


def _status(report: str) -> str | None:
    """The error of an invoke as its REPORT line names it."""
    status = _STATUS.search(report)
    if status is None or status[1] == "success":
        return None
    return TIMED_OUT if status[1] == "timeout" else status[2] or "Unhandled"


def _events(client: Any, group: str, since_ms: int | None) -> Iterator[Mapping[str, Any]]:
    """All events of a group, each once, in the order of their log streams and times."""
    start: dict[str, int] = {} if since_ms is None else {"startTime": since_ms}
    token: dict[str, str] = {}
    while True:
        try:
            page = client.filter_log_events(logGroupName=group, **start, **token)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return
            raise place_error(f"FilterLogEvents of {group}", error) from error
        except BotoCoreError as error:
            raise place_error(f"FilterLogEvents of {group}", error) from error
        yield from page.get("events", [])
        if not page.get("nextToken"):
            return
        token = {"nextToken": page["nextToken"]}


def _entry(text: str) -> Mapping[str, Any]:
    if not text.startswith("{"):
        return {}
    try:
        entry = json.loads(text)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _instant(entry: Mapping[str, Any], clock: RealClock, otherwise: int) -> int:
    """When a line was written: the time that it names itself, else that of the log event."""
    named = entry.get("timestamp")
    if isinstance(named, str):
        for form in _TIME_FORMATS:
            try:
                return clock.instant_of(datetime.strptime(named, form).astimezone().timestamp())
            except ValueError:
                continue
    return otherwise
