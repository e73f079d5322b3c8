"""Values that the calls take by which code converts what it reads: numbers, times, UUIDs."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from delivery_lab.api.first.models import last_name
from delivery_lab.api.first.shape import NOTHING

_INSTANT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_TEXT = "2026-01-01T00:00:00"
_VALUES: Final[Mapping[str, Any]] = MappingProxyType(
    {
        **dict.fromkeys(("int", "float", "sleep", "range", "round", "abs", "Decimal"), 1),
        **dict.fromkeys(("fromtimestamp", "utcfromtimestamp"), int(_INSTANT.timestamp())),
        "isoparse": _TEXT,
        "UUID": "00000000-0000-4000-8000-000000000001",
    }
)
_OF_ISO: Final[Mapping[str, str]] = MappingProxyType({"date": "2026-01-01", "time": "12:00:00"})
"""What `fromisoformat` of a class takes; others take a date with a time."""


def convertible(node: ast.Call) -> Any:
    """A value that a call can convert, NOTHING where it converts none.

    Args:
        node: a call, such as `int(...)` or `date.fromisoformat(...)`.
    """
    name = last_name(node.func) or ""
    if name == "fromisoformat":
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        return _OF_ISO.get(last_name(owner) or "", _TEXT)
    if name == "strptime":
        form = node.args[1] if len(node.args) > 1 else None
        written = form.value if isinstance(form, ast.Constant) and isinstance(form.value, str) else "%Y-%m-%dT%H:%M:%S"
        return _INSTANT.strftime(written)
    return _VALUES.get(name, NOTHING)
