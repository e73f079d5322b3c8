"""Many objects whose content is compared together, because a run changes a handful of thousands of them.

What was changed once is changed by most runs, so it is compared by itself from then on, and the others stay a group of
which nothing differs. What an object holds is compared by identity: equal is not the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from gc import get_referents
from itertools import chain
from operator import is_
from typing import Any, Protocol

from delivery_lab.handlers.dictionary_versions import DictionaryVersions

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

    def touched(self) -> Collection[int]:
        """Places of objects that were changed, though they may hold the same again; as far as that can be told."""
        return ()


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
        alike: list[tuple[Any, Any]] = []
        touched = group.touched()
        for place, (one, content) in enumerate(group.found):
            is_same = self._same(one, content)
            if not is_same:
                self._refill(one, content)
            (alike if is_same and place not in touched else self._changing).append((one, content))
        return Empty(alike) if isinstance(group, Empty) else self._group(alike)


class Empty(Group):
    """Some dictionaries or lists that held nothing, as most of those that botocore makes."""

    def __init__(self, found: list[tuple[Any, Any]]) -> None:
        self.found = found
        self._targets = [target for target, _ in found]

    def unchanged(self) -> bool:
        """Whether all hold nothing."""
        return not any(self._targets)


class _Versioned(Group):
    """What stands in dictionaries, which are compared only where Python's numbers do not tell that none was changed."""

    _versions: DictionaryVersions

    def unchanged(self) -> bool:
        """Whether all hold what they held, in the same order."""
        if self._versions.unchanged():
            return True
        if self._versions.changed() or not self._hold_the_same():
            return False
        self._versions.settle()
        return True

    def touched(self) -> Collection[int]:
        """Places of those that were changed."""
        return self._versions.changed()

    def _hold_the_same(self) -> bool:
        """Whether a look at all of them finds what they held."""
        raise NotImplementedError


class Dictionaries(_Versioned):
    """Some dictionaries; of no subclass."""

    def __init__(self, found: list[tuple[Any, Any]]) -> None:
        self.found = found
        self._targets = [target for target, _ in found]
        self._sizes = [len(content) for _, content in found]
        self._keys = [key for _, content in found for key in content]
        self._are_texts = {str}.issuperset(map(type, self._keys))
        self._values = [value for _, content in found for value in content.values()]
        self._versions = DictionaryVersions(self._targets)

    def _hold_the_same(self) -> bool:
        if list(map(len, self._targets)) != self._sizes:
            return False
        keys, values = [*chain.from_iterable(self._targets)], [*chain.from_iterable(map(dict.values, self._targets))]
        # Equal texts are the same key, and comparing the lists is five times as fast.
        same_keys = keys == self._keys if self._are_texts else all(map(is_, keys, self._keys))
        return same_keys and all(map(is_, values, self._values))


class Lists(Group):
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


class Classes(_Versioned):
    """Some classes, with their attributes."""

    def __init__(self, found: list[tuple[Any, Any]]) -> None:
        self.found = found
        self._attributes = [vars(owner) for owner, _ in found]
        self._sizes = [len(content) for _, content in found]
        self._values = [value for _, content in found for value in content.values()]
        self._versions = DictionaryVersions(get_referents(*self._attributes))  # the dictionaries behind them

    def _hold_the_same(self) -> bool:
        now = [attributes.values() for attributes in self._attributes]
        return list(map(len, now)) == self._sizes and all(map(is_, chain.from_iterable(now), self._values))


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
