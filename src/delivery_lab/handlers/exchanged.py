"""What is exchanged between the host and an environment: names of a module, of a class, or the keys of a dictionary.

It happens at every change of control, so it is done with as few steps as there can be. Of packages that only handlers
use the host reads nothing: what an environment has put there stays until another environment, or the host, is next.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import getitem, setitem
from types import TracebackType
from typing import Any, Protocol

Namespace = dict[str, Any]

CONTENTS = "contents"
"""Stands for all keys of a dictionary that modules share by reference."""


class Absent:
    """Stands for an attribute that a class does not have yet."""


class Exchange(Protocol):
    """Values of an environment and of the host, of which one takes the place of the other.

    Attributes:
        mine: those of the environment, as they were when it was left.
    """

    mine: Any

    def enter(self) -> None:
        """Put the environment's values in place and keep the host's."""

    def leave(self) -> None:
        """Put the host's values back and keep the environment's."""

    def now(self) -> Any:
        """What is in place."""


class OfModules:
    """Names of modules, or other keys that dictionaries always have: all of them in a few calls of C code.

    Attributes:
        mine: the environment's values, in the order in which names were added.
    """

    def __init__(self) -> None:
        self.mine: list[Any] = []
        self._owners: list[Namespace] = []
        self._names: list[str] = []
        self._theirs: list[Any] = []

    def add(self, owner: Namespace, values: Namespace) -> range:
        """Exchange more; not while the environment's values are in place.

        Args:
            owner: the dictionary.
            values: what the environment begins with; names that the owner does not have are left out.

        Returns:
            The places of the values.
        """
        assert not self._theirs
        before = len(self.mine)
        for name, value in values.items():
            if name in owner:
                self._owners.append(owner)
                self._names.append(name)
                self.mine.append(value)
        return range(before, len(self.mine))

    def enter(self) -> None:
        """Put the environment's values in place and keep the host's."""
        self._theirs = self.now()
        self._put(self.mine)

    def leave(self) -> None:
        """Put the host's values back and keep the environment's."""
        self.mine = self.now()
        self._put(self._theirs)
        self._theirs = []

    def now(self) -> list[Any]:
        """What is in place; of a name that was taken away, what the environment had by it."""
        try:
            return list(map(getitem, self._owners, self._names))
        except KeyError:
            return list(map(dict.get, self._owners, self._names, self.mine))

    def _put(self, values: list[Any]) -> None:
        any(map(setitem, self._owners, self._names, values))  # goes through all, for each of them is None

    def fresh(self, places: range, values: Namespace) -> list[Any]:
        """Values in the order of some places."""
        return [values[name] for name in self._names[places.start : places.stop]]


class OfClass:
    """Attributes of a class; none is set needlessly, for it costs every subclass its caches."""

    __slots__ = ("_owner", "_theirs", "mine")

    def __init__(self, owner: type, values: Namespace) -> None:
        self.mine = dict(values)
        self._owner = owner
        self._theirs: Namespace = {}

    def enter(self) -> None:
        """Put the environment's values in place and keep the host's."""
        self._theirs = self.now()
        self._set(self.mine)

    def leave(self) -> None:
        """Put the host's values back and keep the environment's."""
        self.mine = self.now()
        self._set(self._theirs)

    def now(self) -> Namespace:
        """What is in place."""
        now = vars(self._owner)
        return {name: now.get(name, Absent) for name in self.mine}

    def _set(self, values: Namespace) -> None:
        now = vars(self._owner)
        for name, value in values.items():
            if now.get(name, Absent) is value:
                continue
            if value is Absent:
                delattr(self._owner, name)
            else:
                setattr(self._owner, name, value)


class OfDictionary:
    """All keys of a dictionary that modules share by reference, under the name `CONTENTS`."""

    __slots__ = ("_owner", "_theirs", "mine")

    def __init__(self, owner: Namespace, values: Namespace) -> None:
        self.mine = {CONTENTS: values[CONTENTS]}
        self._owner = owner
        self._theirs: Namespace = {}

    def enter(self) -> None:
        """Put the environment's values in place and keep the host's."""
        self._theirs = self.now()
        self._fill(self.mine)

    def leave(self) -> None:
        """Put the host's values back and keep the environment's."""
        self.mine = self.now()
        self._fill(self._theirs)

    def now(self) -> Namespace:
        """What is in place."""
        return {CONTENTS: dict(self._owner)}

    def _fill(self, values: Namespace) -> None:
        self._owner.clear()
        self._owner.update(values[CONTENTS])


class Staying:
    """What stays in place when an environment is left, until another one is entered or `put_back` is called."""

    def __init__(self) -> None:
        self._exchanges: Sequence[Exchange] = ()

    def __enter__(self) -> None:
        """Environments may be entered."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Have the host's values in place."""
        self.put_back()

    def enter(self, exchanges: Sequence[Exchange]) -> None:
        """Have the values of an environment in place; the same environment has always the same list."""
        if exchanges is not self._exchanges:
            self.put_back()
            self._exchanges = exchanges
            for exchange in exchanges:
                exchange.enter()

    def put_back(self) -> None:
        """Have the host's values in place."""
        exchanges, self._exchanges = self._exchanges, ()
        for exchange in exchanges:
            exchange.leave()


STAYING = Staying()
"""Of this process, in which runs come one after another."""
