"""Many objects whose content is compared together, because a run changes a handful of thousands of them.

What was changed once is changed by most runs, so it is compared by itself from then on, and the others stay a group of
which nothing differs. What an object holds is compared by identity: equal is not the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from gc import get_referents
from itertools import chain
from operator import attrgetter, call, is_
from types import CellType, FunctionType, MemberDescriptorType
from typing import Any, Protocol

_TOGETHER = 256
"""So many objects are compared at once: where one of them has changed for the first time, these are looked through."""

_Content = dict[Any, Any]


class Group(Protocol):
    """Some objects of a kind.

    Attributes:
        found: the objects and what they held.
    """

    found: list[tuple[Any, Any]]

    def unchanged(self) -> bool:
        """Whether all hold what they held, in the same order."""


class Groups:
    """All objects of a kind, with what they held.

    Args:
        found: the objects and what they held.
        group: compares some of them.
        same: whether one of them holds what it held.
        refill: sets one of them back.
    """

    def __init__(
        self,
        found: Sequence[tuple[Any, Any]],
        group: Callable[[list[tuple[Any, Any]]], Group],
        same: Callable[[Any, Any], bool],
        refill: Callable[[Any, Any], None],
    ) -> None:
        self._group, self._same, self._refill = group, same, refill
        self._changing: list[tuple[Any, Any]] = []
        empty, full = [each for each in found if not each[1]], [each for each in found if each[1]]
        self._alike: list[Group] = [Empty(empty)]
        self._alike += [group(full[start : start + _TOGETHER]) for start in range(0, len(full), _TOGETHER)]

    def restore(self) -> None:
        """Set them all back."""
        same, refill = self._same, self._refill
        for one, content in self._changing:
            if not same(one, content):
                refill(one, content)
        for number, group in enumerate(self._alike):
            if not group.unchanged():
                self._alike[number] = self._sorted_out(group)

    def _sorted_out(self, group: Group) -> Group:
        alike = []
        for one, content in group.found:
            if self._same(one, content):
                alike.append((one, content))
            else:
                self._refill(one, content)
                self._changing.append((one, content))
        return Empty(alike) if isinstance(group, Empty) else self._group(alike)


class Empty:
    """Some dictionaries or lists that held nothing, as most of those that botocore makes."""

    def __init__(self, found: list[tuple[Any, Any]]) -> None:
        self.found = found
        self._targets = [target for target, _ in found]

    def unchanged(self) -> bool:
        """Whether all hold nothing."""
        return not any(self._targets)


class Dictionaries:
    """Some dictionaries; of no subclass."""

    def __init__(self, found: list[tuple[Any, Any]]) -> None:
        self.found = found
        self._targets = [target for target, _ in found]
        self._sizes = [len(content) for _, content in found]
        self._keys = [key for _, content in found for key in content]
        self._are_texts = {str}.issuperset(map(type, self._keys))
        self._values = [value for _, content in found for value in content.values()]

    def unchanged(self) -> bool:
        """Whether all hold what they held, in the same order."""
        if list(map(len, self._targets)) != self._sizes:
            return False
        keys, values = [*chain.from_iterable(self._targets)], [*chain.from_iterable(map(dict.values, self._targets))]
        # Equal texts are the same key, and comparing the lists is five times as fast.
        same_keys = keys == self._keys if self._are_texts else all(map(is_, keys, self._keys))
        return same_keys and all(map(is_, values, self._values))


class Lists:
    """Some lists."""

    def __init__(self, found: list[tuple[Any, Any]]) -> None:
        self.found = found
        self._targets = [target for target, _ in found]
        self._sizes = [len(before) for _, before in found]
        self._entries = [entry for _, before in found for entry in before]

    def unchanged(self) -> bool:
        """Whether all hold what they held."""
        return list(map(len, self._targets)) == self._sizes and all(
            map(is_, chain.from_iterable(self._targets), self._entries)
        )


class Classes:
    """Some classes, with their attributes."""

    def __init__(self, found: list[tuple[Any, Any]]) -> None:
        self.found = found
        self._attributes = [vars(owner) for owner, _ in found]
        self._sizes = [len(content) for _, content in found]
        self._values = [value for _, content in found for value in content.values()]

    def unchanged(self) -> bool:
        """Whether all have the attributes that they had."""
        now = [attributes.values() for attributes in self._attributes]
        return list(map(len, now)) == self._sizes and all(map(is_, chain.from_iterable(now), self._values))


class Slots:
    """What objects hold in `__slots__`, in cells of closures and as defaults of functions.

    Args:
        slots: of each the descriptor, the object and what it held; `empty` where it held nothing.
        cells: of each what it held, `empty` where it held nothing.
        functions: of each its defaults, and those of arguments that have to be named.
        empty: stands for nothing.
    """

    def __init__(
        self,
        slots: Sequence[tuple[MemberDescriptorType, object, object]],
        cells: Sequence[tuple[CellType, object]],
        functions: Sequence[tuple[FunctionType, tuple[Any, ...] | None, dict[str, Any] | None]],
        empty: object,
    ) -> None:
        self._empty = empty
        self._slots, self._cells, self._functions = slots, cells, functions
        filled = [each for each in slots if each[2] is not empty]
        self._empty_slots = [each for each in slots if each[2] is empty]
        self._readers = [descriptor.__get__ for descriptor, _, _ in filled]
        self._owners = [owner for _, owner, _ in filled]
        self._values = [value for _, _, value in filled]
        self._filled_cells = [cell for cell, inside in cells if inside is not empty]
        self._empty_cells = [cell for cell, inside in cells if inside is empty]
        self._insides = [inside for _, inside in cells if inside is not empty]
        self._code = [function for function, _, _ in functions]
        self._referred_to = get_referents(*self._code)

    def restore(self) -> None:
        """Set them all back."""
        for descriptor, owner, _ in self._empty_slots:
            _set_slot(descriptor, owner, self._empty, self._empty)
        if not self._are_slots_unchanged():
            for descriptor, owner, value in self._slots:
                _set_slot(descriptor, owner, value, self._empty)
        for cell in self._empty_cells:
            _fill(cell, self._empty, self._empty)
        if not self._are_cells_unchanged():
            for cell, inside in self._cells:
                _fill(cell, inside, self._empty)
        self._restore_functions()

    def _restore_functions(self) -> None:
        """Set defaults back. A look at each would call the audit hooks, so all that functions refer to is compared."""
        now = get_referents(*self._code)
        if len(now) != len(self._referred_to) or not all(map(is_, now, self._referred_to)):
            for function, defaults, named in self._functions:
                function.__defaults__, function.__kwdefaults__ = defaults, named
            self._referred_to = get_referents(*self._code)

    def _are_slots_unchanged(self) -> bool:
        try:
            return all(map(is_, map(call, self._readers, self._owners), self._values))
        except AttributeError:  # one holds nothing any more
            return False

    def _are_cells_unchanged(self) -> bool:
        try:
            return all(map(is_, map(_INSIDE, self._filled_cells), self._insides))
        except ValueError:  # one holds nothing any more
            return False


_INSIDE = attrgetter("cell_contents")


def same_content(target: _Content, content: _Content) -> bool:
    """Whether a dictionary holds the same keys and values in the same order."""
    return (
        len(target) == len(content)
        and all(map(is_, dict.values(target), content.values()))
        and all(map(is_, dict.keys(target), content))
    )


def refill(target: _Content, content: _Content) -> None:
    """Have a dictionary hold something else."""
    dict.clear(target)
    dict.update(target, content)


def same_entries(entries: list[Any], before: list[Any]) -> bool:
    """Whether a list holds the same."""
    return len(entries) == len(before) and all(map(is_, entries, before))


def relist(entries: list[Any], before: list[Any]) -> None:
    """Have a list hold something else."""
    list.__setitem__(entries, slice(None), before)


def same_attributes(owner: type, content: _Content) -> bool:
    """Whether a class has the same attributes."""
    now = vars(owner)
    return len(now) == len(content) and all(map(is_, now.values(), content.values()))


def reset_class(owner: type, content: _Content) -> None:
    """Give a class the attributes that it had."""
    now = vars(owner)
    for name in [name for name in now if name not in content and name not in _CLASS_PLUMBING]:
        type.__delattr__(owner, name)
    for name, value in content.items():
        if now.get(name, _CLASS_PLUMBING) is not value and name not in _CLASS_PLUMBING:
            type.__setattr__(owner, name, value)


_CLASS_PLUMBING = ("__dict__", "__weakref__")


def _set_slot(descriptor: MemberDescriptorType, owner: object, value: object, empty: object) -> None:
    try:
        if descriptor.__get__(owner) is value:
            return
    except AttributeError:
        if value is empty:
            return
    if value is empty:
        descriptor.__delete__(owner)
    else:
        descriptor.__set__(owner, value)


def _fill(cell: CellType, inside: object, empty: object) -> None:
    try:
        if cell.cell_contents is inside:
            return
    except ValueError:
        if inside is empty:
            return
    if inside is empty:
        del cell.cell_contents
    else:
        cell.cell_contents = inside
