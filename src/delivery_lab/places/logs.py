"""What functions wrote, read from CloudWatch Logs: lines of the log contract, other lines, and invokes of others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from delivery_lab.events import LogLine
from delivery_lab.live.clock import RealClock
from delivery_lab.live.errors import place_error
from delivery_lab.live.functions import NO_ENVIRONMENT

_PLATFORM = re.compile(r"^(START|END|REPORT|INIT_START|INIT_REPORT|EXTENSION|XRAY)\b")
_REQUEST = re.compile(r"RequestId: (\S+)")
_DURATION = re.compile(r"\bDuration: ([\d.]+) ms")
_TIME_FORMATS = ("%Y-%m-%d %H:%M:%S,%f%z", "%Y-%m-%dT%H:%M:%S.%f%z")


@dataclass(frozen=True, slots=True)
class LoggedInvoke:
    """An invoke as the log knows it.

    Attributes:
        function: name of the function.
        request_id: its id.
        started: instant at which it began, from its end and its duration.
        ended: instant at which it ended.
    """

    function: str
    request_id: str
    started: int
    ended: int


@dataclass(frozen=True, slots=True)
class FunctionLog:
    """The log of one function.

    Attributes:
        lines: what the function wrote, in order.
        invokes: its invokes.
    """

    lines: tuple[LogLine, ...]
    invokes: tuple[LoggedInvoke, ...]


def read_log(client: Any, group: str, function: str, clock: RealClock) -> FunctionLog:
    """Read a whole log group.

    Args:
        client: boto3's client of CloudWatch Logs.
        group: name of the log group.
        function: name of the function in the stack.
        clock: turns times into instants.

    Raises:
        PlaceError: it cannot be read. A group that is not there yet is empty.
    """
    lines: list[LogLine] = []
    invokes: list[LoggedInvoke] = []
    current: dict[str, str] = {}  # log stream: the invoke that writes to it now
    for event in _events(client, group):
        text, stream = event["message"].rstrip("\n"), event["logStreamName"]
        at = clock.instant_of(event["timestamp"] / 1000)
        platform = _PLATFORM.match(text)
        if platform is None:
            entry = _entry(text)
            request_id = str(entry.get("function_request_id") or "") or current.get(stream)
            lines.append(LogLine(_instant(entry, clock, at), function, NO_ENVIRONMENT, request_id, text))
            continue
        named = _REQUEST.search(text)
        if platform[1] == "START" and named:
            current[stream] = named[1]
        elif platform[1] == "REPORT" and named:
            took = _DURATION.search(text)
            started = at - int(float(took[1]) * 1000) if took else at
            invokes.append(LoggedInvoke(function, named[1], max(0, started), at))
    return FunctionLog(tuple(lines), tuple(invokes))


def _events(client: Any, group: str) -> Iterator[Mapping[str, Any]]:
    """All events of a group, each once, in the order of their log streams and times."""
    token: dict[str, str] = {}
    while True:
        try:
            page = client.filter_log_events(logGroupName=group, **token)
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
