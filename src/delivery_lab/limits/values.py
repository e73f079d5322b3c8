"""What AWS's APIs take of single values: lengths, patterns, lists of values and ranges, by type and input.

`values.json` is written by `python -m scripts.write_values` from the service models that botocore ships, and from pages
where these say nothing. Rules across settings, and what there is more to say of, stand in the modules beside this one.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_MOST_SHOWN = 12
"""So many values of a list are shown; of a longer one the nearest."""


@dataclass(frozen=True, slots=True)
class Values:
    """What an API takes of one input.

    Attributes:
        service: the service, such as `scheduler`.
        member: the operation and the member of it, such as `CreateAlias.Name`, or the page that says so.
        values: all values that there are, none where they are not listed.
        pattern: what the whole text matches, "" for anything.
        least: how many characters it has at least.
        most: how many it has at most, None for any number.
        lowest: the lowest number, None where there is none.
        highest: the highest number.
    """

    service: str
    member: str
    values: tuple[str, ...] = ()
    pattern: str = ""
    least: int = 0
    most: int | None = None
    lowest: float | None = None
    highest: float | None = None

    def wants_number(self) -> bool:
        """Whether it is about a number."""
        return self.lowest is not None or self.highest is not None

    def refused(self, value: str | float) -> str:
        """Why a value is not taken: what it has to be; "" where it is taken."""
        if self.wants_number():
            return self._number(value) if isinstance(value, int | float) else ""
        text = str(value)
        if self.values:
            return "" if text in self.values else f"one of {self._shown(text)}"
        if not self.least <= len(text) <= (len(text) if self.most is None else self.most):
            return f"{self._length()} (it has {len(text)})"
        return "" if not self.pattern or re.fullmatch(self.pattern, text) else f"it matches {self.pattern}"

    def _number(self, value: float) -> str:
        low, high = self.lowest, self.highest
        if (low is None or low <= value) and (high is None or value <= high):
            return ""
        return f"{low:g} at least" if high is None else f"{low:.10g} to {high:.10g}"

    def _length(self) -> str:
        if self.most is None:
            return f"{self.least} characters at least"
        return f"{self.least} to {self.most} characters" if self.least else f"{self.most} characters at most"

    def _shown(self, text: str) -> str:
        if len(self.values) <= _MOST_SHOWN:
            return ", ".join(self.values)
        near = difflib.get_close_matches(text, self.values, n=3)
        return f"{len(self.values)} values, such as {', '.join(near or self.values[:3])}"


@cache
def values_of(type_token: str) -> Mapping[tuple[str, ...], Values]:
    """What is taken of the inputs of a type, by path; `{}` at the end of one stands for the keys of a mapping."""
    found = _all().get(type_token, {})
    return {
        tuple(path.split(".")): Values(**{**taken, "values": tuple(taken.get("values", ()))})
        for path, taken in found.items()
    }


@cache
def _all() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    held: dict[str, dict[str, dict[str, Any]]] = json.loads(
        Path(__file__).with_name("values.json").read_text(encoding="utf-8")
    )
    return held
