"""An entry of `PutEvents` as an integration of an HTTP API writes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from delivery_lab.errors import NotModelledError

REQUIRED = ("Detail", "DetailType", "Source")
"""What AWS requires of an integration `EventBridge-PutEvents` (HTTP-EB-1)."""
_PLAIN = (*REQUIRED, "EventBusName")


def entry_of(values: Mapping[str, str], region: str) -> dict[str, Any]:
    """The entry that the parameters of an integration make.

    Args:
        values: what the parameters are for one request, as text.
        region: region of the API.

    Raises:
        NotModelledError: a parameter is not modelled, or a time cannot be read.
    """
    entry: dict[str, Any] = {}
    for name, value in values.items():
        if name == "Time":
            entry[name] = _time(value)
        elif name in _PLAIN:
            entry[name] = value
        elif name != "Region" or value != region:
            raise NotModelledError(
                f"an integration EventBridge-PutEvents has the parameter {name} = {value!r}\n"
                f"  nearest: {', '.join((*_PLAIN, 'Time'))}"
            )
    return entry


def _time(value: str) -> datetime:
    """A time as RFC 3339 writes it, which the API of EventBridge takes."""
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise NotModelledError(
            f"an integration EventBridge-PutEvents gets Time = {value!r}, and what EventBridge makes of it is not known"
            "\n  nearest: a time such as 2026-01-01T00:00:00Z"
        ) from None
