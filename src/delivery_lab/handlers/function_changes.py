"""Whether code or defaults of any function were replaced: Python reports it, so that nobody has to look at each."""

from __future__ import annotations

from typing import Any

EVENTS = frozenset({"object.__setattr__", "object.__delattr__"})
"""What Python calls the reports, and some others."""
_OF_FUNCTIONS = frozenset({"__code__", "__defaults__", "__kwdefaults__"})

_reported: list[int] = []


def begin() -> None:
    """From now on each report of `EVENTS` is passed on to `note`."""
    if not _reported:
        _reported.append(0)


def note(arguments: tuple[Any, ...]) -> None:
    """Python reports one of `EVENTS`.

    Args:
        arguments: of the report: the object, the name of the attribute, and the value if it gets one.
    """
    if arguments[1] in _OF_FUNCTIONS:
        _reported[0] += 1


def replaced() -> int | None:
    """How often it was done so far; None where nothing is passed on."""
    return _reported[0] if _reported else None
