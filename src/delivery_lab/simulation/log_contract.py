"""The log contract: lines in which functions say what they do with a message (docs/results.md)."""

from __future__ import annotations

import re
from typing import Any, get_args

from delivery_lab.events import ContractEvent, ContractLine, LogLine
from delivery_lab.json_names import object_in

# By its text: what a line says is looked up, so that what the journal holds has the type and is one object.
CONTRACT_EVENTS: dict[str, ContractEvent] = {event: event for event in get_args(ContractEvent)}

_TASK = "/var/task/"
_PLACE = re.compile(r'(?P<quote>\\?")(?:[A-Za-z]:)?/[^"\\\n]*/(?=[^/"\\\n]+\.py\\?")')
"""The folder of a file that a traceback names, in plain text or in a JSON text."""


def contract_line(line: LogLine) -> ContractLine | None:
    """What a line says, as an event; None if it is not of the contract."""
    entry = _entry(line.text)
    if entry is None:
        return None
    retryable = entry.get("retryable")
    return ContractLine(
        line.instant,
        None,
        line.function,
        line.request_id,
        CONTRACT_EVENTS[entry["event"]],
        _text(entry.get("id")),
        _text(entry.get("message_id")),
        _text(entry.get("error_type")),
        retryable if isinstance(retryable, bool) else None,
    )


def _entry(text: str) -> dict[str, Any] | None:
    if '"event"' not in text:
        return None
    entry = object_in(text)
    return entry if isinstance(entry.get("event"), str) and entry["event"] in CONTRACT_EVENTS else None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def bytes_on_lambda(text: str) -> int:
    """How many bytes a line of a handler has on Lambda, wherever its code lies on this machine.

    A traceback names files by their folders. On Lambda these are `/var/task` and `/opt/python`; here they are folders
    of the project and of its packages, which are longer or shorter on each machine.

    Args:
        text: the line.
    """
    if ".py" not in text:
        return len(text) if text.isascii() else len(text.encode())
    return len(_PLACE.sub(rf"\g<quote>{_TASK}", text).encode())
