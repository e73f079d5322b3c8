"""On behalf of which message of a batch something was written: by what the message holds and what was written.

An id, or any other value that only one message of the batch has, is looked for in what was sent. Values that several
messages share say nothing, and short ones that are no ids are left alone: a count of 3 is in many things.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from delivery_lab.results.fates import Fate

_SHORTEST_VALUE = 4
_SHORTEST_PART = 3
_WORD = re.compile(r"[\w.:@-]+")


class Named(NamedTuple):
    """Messages of a batch that a content names.

    Attributes:
        positions: their places in the batch.
        sure: whether each of them is meant, as their values tell; else it may be one of them.
    """

    positions: frozenset[int]
    sure: bool


class BatchContents:
    """The values of a batch's messages that tell one of them from the others.

    Args:
        fates: its messages, in order.
        ids: the ids that they have in this batch, by which a handler knows them.
    """

    def __init__(self, fates: Sequence[Fate], ids: Sequence[str]) -> None:
        self._ids: dict[str, set[int]] = {}
        self._values: dict[str, set[int]] = {}
        for position, (fate, known_as) in enumerate(zip(fates, ids, strict=True)):
            for name in (known_as, fate.message_id, fate.business_id):
                self._ids.setdefault(name, set()).add(position)
            for value in leaves(fate.body):
                if len(value) >= _SHORTEST_VALUE:
                    self._values.setdefault(value, set()).add(position)

    def named_in(self, content: str) -> Named:
        """The messages that a content names; several that share an id are named together."""
        held = set(leaves(content))
        whole = [self._ids.get(value, self._values.get(value, set())) for value in held if len(value) >= _SHORTEST_PART]
        parts = {part for value in held for part in self._id_parts(value)}
        short = [self._ids[value] for value in held if value in self._ids]
        for sure, found in ((True, whole), (True, [self._ids[part] for part in parts]), (False, short)):
            alone = [positions for positions in found if len(positions) == 1]
            if alone:
                return Named(frozenset().union(*alone), sure)
        shared = [self._ids[value] for value in held | parts if value in self._ids]
        return Named(min(map(frozenset, shared), key=len, default=frozenset()), False)

    def _id_parts(self, value: str) -> Iterator[str]:
        """The ids that stand within a text: `ORDER#o-1`, `2026/o-1.json`, `charged o-1`."""
        for word in _WORD.findall(value):
            for part in (word, *re.split(r"[.:@]", word)):
                if len(part) >= _SHORTEST_PART and part in self._ids:
                    yield part


def leaves(text: str) -> Iterator[str]:
    """The values of a JSON text as texts, those of JSON within it too; a text that is no JSON is one value."""
    yield text
    if text[:1] in "{[" and text:
        try:
            yield from _values(json.loads(text))
        except ValueError:
            return


def _values(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for inner in value.values():
                yield from _values(inner)
        case list():
            for inner in value:
                yield from _values(inner)
        case str():
            yield from leaves(value)
        case bool() | None:
            return
        case _:
            yield str(value)
