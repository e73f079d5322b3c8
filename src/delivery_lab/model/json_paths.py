"""JSON paths as mappings, templates and targets use them: names and places, and nothing that searches.

`$.order.lines[0]['unit price']` is followed. Wildcards, filters, slices and `..` are refused by name: HTTP APIs do not
take recursive descent and filters either, and REST APIs and EventBridge take more than is followed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from delivery_lab.errors import NotModelledError

_STEP = re.compile(r"\.([^.\[\]*?()@\s'\"]+)|\[\s*(-?\d+)\s*\]|\[\s*'([^']*)'\s*\]|\[\s*\"([^\"]*)\"\s*\]")


class Missing:
    """Stands for what a path does not find."""


MISSING = Missing()


def follow(document: Any, path: str) -> Any:
    """What stands at a path of a document, `MISSING` where nothing does.

    Args:
        document: parsed JSON.
        path: begins with `$`.

    Raises:
        NotModelledError: the path does more than name things.
    """
    value = document
    for step in _steps(path):
        if isinstance(step, int):
            if not isinstance(value, list) or not -len(value) <= step < len(value):
                return MISSING
            value = value[step]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return MISSING
    return value


def _steps(path: str) -> Iterator[str | int]:
    if not path.startswith("$"):
        raise _refusal(path)
    place = 1
    while place < len(path):
        found = _STEP.match(path, place)
        if found is None:
            raise _refusal(path)
        plain, number, single, double = found.groups()
        yield int(number) if number is not None else next(name for name in (plain, single, double) if name is not None)
        place = found.end()


def _refusal(path: str) -> NotModelledError:
    return NotModelledError(
        f"the JSON path {path} is not modelled\n  nearest: names and places, such as $.order.lines[0].id"
    )
