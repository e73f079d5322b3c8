"""A JSON document as the values in it, each with its path and with the elements of arrays that it stands in.

A pattern that names several fields of an object in an array matches only if one and the same element has all of them:
that is what the elements are remembered for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Elements = tuple[tuple[int, int], ...]
"""For each array around a value: a number that stands for the array, and the position in it."""


class Leaf(NamedTuple):
    """One value of a document.

    Attributes:
        value: a text, a number, true, false or null.
        elements: the elements of arrays that it stands in.
    """

    value: Any
    elements: Elements


def leaves_of(document: Mapping[str, Any]) -> dict[str, list[Leaf]]:
    """The values of a document by their paths, with dots between the names.

    A name with a dot in it reads like two names. Empty objects and arrays have no values.
    """
    found: dict[str, list[Leaf]] = {}
    for path, leaf in _Walk().leaves(document, "", ()):
        found.setdefault(path, []).append(leaf)
    return found


class _Walk:
    def __init__(self) -> None:
        self._arrays = 0

    def leaves(self, value: Any, path: str, elements: Elements) -> Iterator[tuple[str, Leaf]]:
        match value:
            case Mapping():
                for name, inner in value.items():
                    yield from self.leaves(inner, f"{path}.{name}" if path else str(name), elements)
            case list():
                self._arrays += 1
                array = self._arrays
                for position, inner in enumerate(value):
                    yield from self.leaves(inner, path, (*elements, (array, position)))
            case _:
                yield path, Leaf(value, elements)


def fits(chosen: Mapping[int, int], elements: Elements) -> bool:
    """Whether a value stands in the elements that were chosen before, as far as it is in the same arrays."""
    return all(chosen.get(array, position) == position for array, position in elements)
