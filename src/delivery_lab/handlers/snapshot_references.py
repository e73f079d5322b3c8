"""What objects refer to by `__dict__`, by `__slots__`, in cells of closures and as defaults of functions.

A run changes hardly any of it. So one look of Python's garbage collector's tells all of them apart, at a third of what
it takes to ask each; where it finds a difference each is looked at, and those that have changed are set back one by one
from then on, since what was changed once is changed by most runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from gc import get_referents
from operator import is_
from types import CellType, FunctionType, MemberDescriptorType
from typing import Any

from delivery_lab.handlers import function_changes

EMPTY = object()
"""Stands for what a slot or a cell holds that holds nothing."""

Attributes = tuple[object, object]
"""An object and its `__dict__`."""
Slot = tuple[MemberDescriptorType, object, object]
"""What reads and writes a slot, the object, and what it held."""
Cell = tuple[CellType, object]
"""A cell and what it held."""
Defaults = tuple[FunctionType, tuple[Any, ...] | None, dict[str, Any] | None]
"""A function, its defaults, and those of arguments that have to be named."""


class References:
    """Everything of this kind that one snapshot follows.

    Args:
        attributes: of objects.
        slots: of objects.
        cells: of closures.
        functions: all functions.
        is_plain: whether an object refers to nothing but its class, its `__dict__` and what is in its slots.
    """

    def __init__(
        self,
        attributes: Sequence[Attributes],
        slots: Sequence[Slot],
        cells: Sequence[Cell],
        functions: Iterable[Defaults],
        is_plain: Callable[[object], bool],
    ) -> None:
        self._attributes, self._slots, self._cells = attributes, slots, cells
        self._functions = [(function, function.__code__, defaults, named) for function, defaults, named in functions]
        self._replaced = function_changes.replaced()
        owners = {id(owner): owner for owner, _ in attributes} | {id(owner): owner for _, owner, _ in slots}
        plain = {place: owner for place, owner in owners.items() if is_plain(owner)}
        self._kinds = [(owner, type(owner)) for owner in plain.values()]
        self._apart = _Apart([], [], [cell for cell in cells if cell[1] is EMPTY], [])
        self._apart.attributes += [each for each in attributes if id(each[0]) not in plain]
        self._apart.slots += [each for each in slots if id(each[1]) not in plain or each[2] is EMPTY]
        self._look([*plain.values(), *(cell for cell, _ in cells)])

    def restore(self) -> None:
        """Set them all back."""
        self._apart.restore()
        now = get_referents(*self._together)
        if len(now) != len(self._referred_to) or not all(map(is_, now, self._referred_to)):
            self._sort_out()
        replaced = function_changes.replaced()
        if replaced is None or replaced != self._replaced:
            self._restore_functions()
            self._replaced = function_changes.replaced()

    def _look(self, together: list[object]) -> None:
        self._together = together
        self._counts = [len(get_referents(owner)) for owner in together]
        self._referred_to = get_referents(*together)

    def _sort_out(self) -> None:
        changed = set(self._changed())
        found = _Apart(
            [each for each in self._attributes if id(each[0]) in changed],
            [each for each in self._slots if id(each[1]) in changed],
            [each for each in self._cells if id(each[0]) in changed],
            [each for each in self._kinds if id(each[0]) in changed],
        )
        found.restore()
        self._apart.add(found)
        self._look([each for each in self._together if id(each) not in changed])

    def _restore_functions(self) -> None:
        for function, code, defaults, named in self._functions:
            if function.__code__ is not code:
                function.__code__ = code
            if function.__defaults__ is not defaults:
                function.__defaults__ = defaults
            if function.__kwdefaults__ is not named:
                function.__kwdefaults__ = named

    def _changed(self) -> Iterable[int]:
        start = 0
        for owner, count in zip(self._together, self._counts, strict=True):
            before, now = self._referred_to[start : start + count], get_referents(owner)
            if len(now) != count or not all(map(is_, now, before)):
                yield id(owner)
            start += count


class _Apart:
    """What is looked at one by one."""

    def __init__(
        self, attributes: list[Attributes], slots: list[Slot], cells: list[Cell], kinds: list[tuple[object, type]]
    ) -> None:
        self.attributes, self.slots, self.cells, self.kinds = attributes, slots, cells, kinds

    def add(self, other: _Apart) -> None:
        """Look at more."""
        self.attributes += other.attributes
        self.slots += other.slots
        self.cells += other.cells
        self.kinds += other.kinds

    def restore(self) -> None:
        """Set them back."""
        for owner, kind in self.kinds:
            if type(owner) is not kind:
                object.__setattr__(owner, "__class__", kind)
        for owner, own in self.attributes:
            if attributes_of(owner) is not own:
                object.__setattr__(owner, "__dict__", own)
        for descriptor, owner, value in self.slots:
            _set_slot(descriptor, owner, value)
        for cell, inside in self.cells:
            _fill(cell, inside)


def attributes_of(found: object) -> object:
    """The attributes of an object, past what its class does when it is asked for one."""
    return object.__getattribute__(found, "__dict__")


def _set_slot(descriptor: MemberDescriptorType, owner: object, value: object) -> None:
    try:
        if descriptor.__get__(owner) is value:
            return
    except AttributeError:
        if value is EMPTY:
            return
    if value is EMPTY:
        descriptor.__delete__(owner)
    else:
        descriptor.__set__(owner, value)


def _fill(cell: CellType, inside: object) -> None:
    try:
        if cell.cell_contents is inside:
            return
    except ValueError:
        if inside is EMPTY:
            return
    if inside is EMPTY:
        del cell.cell_contents
    else:
        cell.cell_contents = inside
