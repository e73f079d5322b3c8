"""What a function's code changes of modules and classes that it shares with the lab: its environment's own.

On Lambda a function that replaces `json.dumps`, or takes `wait` away from `threading.Event`, has a process of its
own, and whatever it breaks there it breaks for itself. Here such a change is in place while its environment has
control. It is set aside whenever control passes to the lab, and while the lab reads what a handler returns, and put
in place again when the environment goes on.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterable, Iterator, Mapping
from operator import is_not
from types import ModuleType
from typing import Any

from delivery_lab.handlers.reach import Reach, found
from delivery_lab.watched_modules import ABSENT, MAY_BE_REPLACED

_any, _map, _len, _id, _type, _vars, _isinstance = any, map, len, id, type, vars, isinstance
"""By names of this module: code can take them out of `builtins`."""
_loaded = sys.modules
_NONE: frozenset[str] = frozenset()
_NEVER = frozenset({"__dict__", "__weakref__"})
_Change = tuple[Any, str, Any]
"""A place, a name, and what the environment has by it: `ABSENT` where it has taken it away."""


class OwnNames:
    """What one environment has in the place of what everybody has.

    Args:
        own_modules: names of the modules of its own files; it is added to while they are imported.

    Attributes:
        broken: a function of `builtins` that it has replaced by something else, "" for none: nothing could go on.
    """

    def __init__(self, own_modules: set[str]) -> None:
        self._reaches: dict[Reach, None] = {}
        self._watched: set[int] = set()
        self._further: dict[int, ModuleType] = {}
        self._before: list[tuple[Any, Mapping[str, Any], dict[str, Any]]] = []
        self._changes: list[_Change] = []
        self._own_modules = own_modules
        self._exchanged: dict[int, set[str]] = {id(_loaded): own_modules}
        self._is_in_place = False
        self.broken = ""

    @property
    def changed(self) -> str:
        """Something of its own that the environment has, such as `json.dumps`; "" for nothing."""
        for place, name, _ in self._changes:
            module = getattr(place, "__module__", None)
            owner = getattr(place, "__qualname__" if module else "__name__", type(place).__name__)
            return f"{module}.{owner}.{name}" if module else f"{owner}.{name}"
        return ""

    def leave_out(self, place: object, names: Iterable[str]) -> None:
        """Names that are exchanged with the lab's anyway.

        Args:
            place: the attributes of a module or an object, or a class.
            names: in it.
        """
        self._exchanged.setdefault(id(place), set()).update(names)

    def follow(self, reach: Reach) -> None:
        """Code is about to be executed that can change something."""
        if reach and reach not in self._reaches:
            self._reaches[reach] = None
            if self._is_in_place:
                self._watch()

    def changes(self, module: ModuleType) -> None:
        """A module is about to be changed, whatever the code that does so says."""
        self._further[_id(module)] = module
        if self._is_in_place:
            self._watch_one(module)

    def forget(self) -> None:
        """Have nothing of its own any more: the environment begins anew."""
        self._changes.clear()
        self._further.clear()

    def put_in_place(self) -> None:
        """Have the environment's own; `set_aside` must follow."""
        self._is_in_place = True
        if self._reaches or self._further:
            self._before.clear()
            self._watched.clear()
            self._watch()
            for place, name, value in self._changes:
                _put(place, name, value)

    def set_aside(self) -> None:
        """Have what everybody has, and keep the environment's own."""
        if not self._is_in_place:
            return
        self._is_in_place = False
        if not self._before:
            return
        changes: list[_Change] = []
        for place, namespace, before in self._before:
            if _len(namespace) != _len(before) or _any(_map(is_not, namespace.values(), before.values())):
                self._set_aside(changes, place, namespace, before)
        self._changes = changes

    def _set_aside(
        self, changes: list[_Change], place: Any, namespace: Mapping[str, Any], before: dict[str, Any]
    ) -> None:
        exchanged = self._exchanged.get(_id(place)) or self._exchanged.get(_id(namespace)) or _NONE
        for name in [*before, *[name for name in namespace.copy() if name not in before]]:  # type: ignore[attr-defined]
            now, theirs = namespace.get(name, ABSENT), before.get(name, ABSENT)
            if now is theirs or name in exchanged or name in _NEVER:
                continue
            if theirs is ABSENT and _stays(place, name, now):
                continue
            if namespace is _BUILTINS and theirs is not ABSENT and name not in MAY_BE_REPLACED:
                self.broken = self.broken or name
            changes.append((place, name, now))
            _put(place, name, theirs)

    def _watch(self) -> None:
        for place in self._further.values():
            self._watch_one(place)
        for reach in self._reaches:
            for place in _places(reach, self._own_modules):
                self._watch_one(place)

    def _watch_one(self, place: Any) -> None:
        if _id(place) not in self._watched:
            namespace = _vars(place) if place is not _loaded else place
            self._watched.add(_id(place))
            self._before.append((place, namespace, namespace.copy()))


_BUILTINS = vars(builtins)


def _places(reach: Reach, own_modules: set[str]) -> Iterator[Any]:
    if reach.tables:
        yield from (builtins, sys, _loaded)
    for chain in sorted(reach.places):
        place = None if chain[0] in own_modules else found(chain)
        if place is not None:
            yield place


def _stays(place: Any, name: str, value: Any) -> bool:
    """Whether what was added is nobody's own: a module that was imported, as a name of its package or of all."""
    if place is _loaded:
        origin = getattr(getattr(value, "__spec__", None), "origin", None)
        return origin in ("built-in", "frozen")
    return (
        _isinstance(place, ModuleType)
        and _isinstance(value, ModuleType)
        and (_loaded.get(f"{place.__name__}.{name}") is value)
    )


def _put(place: Any, name: str, value: Any) -> None:
    if _isinstance(place, _type):
        if value is not ABSENT:
            _type.__setattr__(place, name, value)
        elif name in _vars(place):
            _type.__delattr__(place, name)
        return
    namespace = place if place is _loaded else _vars(place)
    if value is ABSENT:
        namespace.pop(name, None)
    else:
        namespace[name] = value
