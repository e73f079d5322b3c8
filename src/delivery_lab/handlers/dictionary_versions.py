"""Whether any of many dictionaries was changed, by the number that CPython gives each change of a dictionary.

To compare what a thousand dictionaries hold reads ten times as much memory as their numbers. CPython 3.11 and 3.12 keep
them (PEP 509: each change anywhere gets a number of its own; PEP 699: it is to go). Python code cannot ask for one, so
it is read where it lies; where Python is another, or it is not found there, nothing is ever said to be unchanged.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterable
from operator import attrgetter
from typing import Any

_AFTER_HEAD_BYTES = ctypes.sizeof(ctypes.c_ssize_t)
"""The number comes after what all objects begin with and how many entries there are."""
_number: Any = attrgetter("value")


class DictionaryVersions:
    """The numbers of some dictionaries.

    Args:
        dictionaries: of no subclass; whoever asks keeps them.
    """

    def __init__(self, dictionaries: Iterable[dict[Any, Any]]) -> None:
        self._numbers = [_number_of(each) for each in dictionaries] if KEPT else []
        self._settled: list[int] = []
        self._latest: list[int] = []

    def unchanged(self) -> bool:
        """Whether none was changed since `settle`; False where that cannot be told."""
        if not KEPT:
            return False
        self._latest = list(map(_number, self._numbers))
        return self._latest == self._settled

    def changed(self) -> list[int]:
        """Places of those that were changed, when `unchanged` was asked the last time; none before `settle`."""
        pairs = enumerate(zip(self._latest, self._settled, strict=False))
        return [place for place, (now, before) in pairs if now != before]

    def settle(self) -> None:
        """What they held when `unchanged` was asked the last time is what they have to hold."""
        self._settled = self._latest


def _number_of(dictionary: dict[Any, Any]) -> ctypes.c_uint64:
    return ctypes.c_uint64.from_address(id(dictionary) + object.__basicsize__ + _AFTER_HEAD_BYTES)


class _Owner:
    """Has attributes."""

    a: int


def _are_kept() -> bool:
    """Whether this Python keeps such numbers where they are looked for."""
    if sys.implementation.name != "cpython" or sys.version_info[:2] not in ((3, 11), (3, 12)):
        return False
    owner, own = _Owner(), {"a": 1}
    owner.a = 1
    numbers = [_number_of(own), _number_of(vars(owner))]
    before = [each.value for each in numbers]
    if before != [each.value for each in numbers]:
        return False
    own["a"], owner.a = 2, 2
    return all(number.value > earlier > 0 for number, earlier in zip(numbers, before, strict=True))


KEPT = _are_kept()
"""Whether changes of dictionaries can be told by their numbers."""
