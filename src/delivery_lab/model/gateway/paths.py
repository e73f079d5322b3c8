"""Paths of routes: plain, with variables as in `/orders/{id}`, or greedy as in `/{proxy+}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

DEFAULT = "$default"
_VARIABLE = re.compile(r"\{([^{}+]+)(\+?)\}")


@dataclass(frozen=True)
class PathPattern:
    """The path of a route.

    Attributes:
        text: as the program writes it, such as `/orders/{id}`; `$default` takes every path.
    """

    text: str

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        parts = []
        end = 0
        for found in _VARIABLE.finditer(self.text):
            parts += [re.escape(self.text[end : found.start()]), "(.+)" if found[2] else "([^/]+)"]
            end = found.end()
        return re.compile("".join([*parts, re.escape(self.text[end:])]))

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(found[1] for found in _VARIABLE.finditer(self.text))

    def variables(self, path: str) -> Mapping[str, str] | None:
        """The values of the variables in a path, None where it is not of this pattern."""
        if self.text == DEFAULT:
            return {}
        found = self._expression.fullmatch(path)
        return None if found is None else dict(zip(self._names, map(unquote, found.groups()), strict=True))

    @cached_property
    def breadth(self) -> tuple[bool, bool, tuple[int, ...]]:
        """How much a pattern takes: of two that take a path, the one with the smaller breadth is meant.

        Compared are in this order: `$default` or not, a greedy variable or none, and the parts of the path from the
        left, a plain one before a variable (HTTP-ROUTE-1, HTTP-ROUTE-2).
        """
        parts = [0 if "{" not in part else 2 if part.endswith("+}") else 1 for part in self.text.split("/")]
        return self.text == DEFAULT, 2 in parts, tuple(parts)
