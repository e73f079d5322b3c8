"""The log contract: lines in which functions say what they do with a message (docs/results.md)."""

from __future__ import annotations

import json
from typing import Any

from delivery_lab.model.journal import Fact
from delivery_lab.model.runtime import LogLine

CONTRACT_EVENTS = frozenset({"queued", "started", "processed", "failed", "duplicate", "heartbeat", "heartbeat_failed"})


def facts_of(line: LogLine) -> dict[str, Fact] | None:
    """What a line says, as facts for the journal; None if it is not of the contract."""
    entry = _entry(line.text)
    if entry is None:
        return None
    retryable = entry.get("retryable")
    return {
        "function": line.function,
        "invoke": line.request_id,
        "event": str(entry["event"]),
        "id": _text(entry.get("id")),
        "message": _text(entry.get("message_id")),
        "error_type": _text(entry.get("error_type")),
        "retryable": retryable if isinstance(retryable, bool) else None,
    }


def _entry(text: str) -> dict[str, Any] | None:
    if '"event"' not in text:
        return None
    try:
        entry = json.loads(text)
    except ValueError:
        return None
    if isinstance(entry, dict) and isinstance(entry.get("event"), str) and entry["event"] in CONTRACT_EVENTS:
        return entry
    return None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
