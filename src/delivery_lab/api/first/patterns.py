"""Values that event patterns, filters and filter policies let through, as far as one can be read off them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def matching(pattern: Mapping[str, Any]) -> dict[str, Any]:
    """An event that a pattern matches, or comes near: its members only.

    Args:
        pattern: a pattern of EventBridge, of a mapping's filter, or a filter policy.
    """
    made: dict[str, Any] = {}
    for name, wanted in pattern.items():
        if name == "$or" and isinstance(wanted, list) and wanted and isinstance(wanted[0], Mapping):
            made.update(matching(wanted[0]))
        elif isinstance(wanted, Mapping):
            made[name] = matching(wanted)
        elif isinstance(wanted, list) and wanted:
            value = _literal(name, wanted[0])
            if value is not None:
                made[name] = value
    return made


def _literal(name: str, matcher: Any) -> Any:
    if not isinstance(matcher, Mapping):
        return matcher
    kind, value = next(iter(matcher.items()), ("", None))
    if kind in ("prefix", "suffix", "equals-ignore-case", "wildcard") and isinstance(value, str):
        return value.replace("*", "x")
    if kind == "numeric" and isinstance(value, list) and len(value) > 1 and isinstance(value[1], int | float):
        return value[1] + {">": 1, "<": -1}.get(str(value[0]), 0)
    if kind == "exists":
        return f"{name}-{{n}}" if value else None
    return f"{name}-{{n}}" if kind == "anything-but" else None


def merged(first: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """One object with the members of both; those of `over` count."""
    held = dict(first)
    for name, value in over.items():
        below = held.get(name)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        held[name] = merged(below, value) if both else value  # type: ignore[arg-type]
    return held
