"""What functions wrote, read from CloudWatch Logs: lines of the log contract, other lines, and invokes of others."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from delivery_lab.events import TIMED_OUT, LogLine
from delivery_lab.json_names import object_in
from delivery_lab.live.clock import RealClock
from delivery_lab.live.errors import place_error
from delivery_lab.live.functions import NO_ENVIRONMENT
from delivery_lab.simulation.log_contract import contract_line

_PLATFORM = re.compile(
    r"^(?:(START|END|REPORT) RequestId: |(INIT_START) Runtime Version: |(INIT_REPORT) Init Duration: "
    r"|(EXTENSION|TELEMETRY|LOGS)\tName: |(XRAY) TraceId: )"
)
"""How lines of Lambda begin: a function may well write lines that begin with one of these words."""
_REQUEST = re.compile(r"RequestId: (\S+)")
_DURATION = re.compile(r"\bDuration: (\d+(?:\.\d+)?) ms")
_STATUS = re.compile(r"\bStatus: (\w+)(?:\s+Error Type: (\S+))?")
_ERROR = re.compile(r"^\[ERROR\] ([\w.]+)|\bTask timed out after \d+\.\d\d seconds\s*$")
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
        entry = _entry(text)
        platform = _platform_line(text, entry)
        if platform is None:
            request_id = _request_of(entry) or current.get(stream)
            lines.append(LogLine(_instant(entry, clock, at), function, NO_ENVIRONMENT, request_id, text))
            if request_id and (error := _error_of(text, entry)):
                failed[request_id] = error
        elif platform.kind == "START" and platform.request_id:
            current[stream] = platform.request_id
            begun.add(platform.request_id)
        elif platform.kind == "REPORT" and platform.request_id:
            request_id = platform.request_id
            started = at - int(platform.took_ms * 1000)
            begun.discard(request_id)
            # A retry of an asynchronous event has the id of the one before (ASY-ID-1), and an end of its own.
            before = failed.pop(request_id, None)
            invokes.append(LoggedInvoke(function, request_id, max(0, started), at, platform.error or before))
    return FunctionLog(tuple(lines), tuple(invokes), len(begun))


def delivered_ids(log: FunctionLog, told: Callable[[str], bool] = lambda _: True) -> dict[str, list[str]]:
    """The ids that messages had that a function said something of, by business id, in the order of its log.

    Args:
        log: its log.
        told: whether what a line says, such as `processed`, is asked for.
    """
    found: dict[str, dict[str, None]] = {}
    for line in map(contract_line, log.lines):
        if line is not None and line.is_of_a_delivery and line.message and line.business_id and told(line.event):
            found.setdefault(line.business_id, {})[line.message] = None
    return {business_id: list(messages) for business_id, messages in found.items()}


@dataclass(frozen=True, slots=True)
class _PlatformLine:
    """What Lambda itself says of an invoke.

    Attributes:
        kind: `START`, `REPORT`, or another one that says nothing here.
        request_id: id of the invoke, "" where it names none.
        took_ms: duration of a `REPORT`.
        error: the error of a `REPORT` that names one.
    """

    kind: str
    request_id: str
    took_ms: float = 0.0
    error: str | None = None


def _platform_line(text: str, entry: Mapping[str, Any]) -> _PlatformLine | None:
    """A line of Lambda's own, in either log format; None for one of the function.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
    """
    kind = entry.get("type")
    if isinstance(kind, str) and kind.startswith("platform."):
        record: Any = entry.get("record")
        record = record if isinstance(record, dict) else {}
        metrics = record.get("metrics")
        took = metrics.get("durationMs") if isinstance(metrics, dict) else None
        took = took if isinstance(took, (int, float)) and math.isfinite(took) else 0.0
        status = str(record.get("status", "success"))
        error = _failure(status, record.get("errorType"))
        return _PlatformLine(kind.rpartition(".")[2].upper(), str(record.get("requestId") or ""), float(took), error)
    found = _PLATFORM.match(text)
    if found is None:
        return None
    named, duration = _REQUEST.search(text), _DURATION.search(text)
    took = float(duration[1]) if duration else 0.0
    return _PlatformLine(found[found.lastindex or 0], named[1] if named else "", took, _status(text))


def _request_of(entry: Mapping[str, Any]) -> str:
    """The invoke that a line names: as Powertools does, or as Lambda does where it writes the lines of `logging`."""
    return str(entry.get("function_request_id") or entry.get("requestId") or "")


def _error_of(text: str, entry: Mapping[str, Any]) -> str | None:
    """The error that a line says has ended its invoke."""
    if entry.get("log_level", entry.get("level")) == "ERROR" and "errorType" in entry and "stackTrace" in entry:
        return str(entry["errorType"])
    error = _ERROR.search(text)
    return None if error is None else error[1] or TIMED_OUT


def _failure(status: str, error_type: object) -> str | None:
    if status == "success":
        return None
    return TIMED_OUT if status == "timeout" else str(error_type or "Unhandled")


def _status(report: str) -> str | None:
    """The error of an invoke as its REPORT line names it."""
    status = _STATUS.search(report)
    return None if status is None else _failure(status[1], status[2])


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
    return object_in(text) if text.startswith("{") else {}


def _instant(entry: Mapping[str, Any], clock: RealClock, otherwise: int) -> int:
    """When a line was written: the time that it names itself, else that of the log event."""
    named = entry.get("timestamp")
    if isinstance(named, str):
        for form in _TIME_FORMATS:
            try:
                return clock.instant_of(datetime.strptime(named, form).astimezone().timestamp())
            except (ValueError, OverflowError):  # another form, or a year that no clock has
                continue
    return otherwise
