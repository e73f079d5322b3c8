"""What objects hold at one moment, and setting them back to it: how a loaded function is used for another run.

A snapshot follows all references from a few roots and remembers, of each object that can change, what it holds. The
objects themselves stay, so whoever refers to one goes on referring to it. Objects that were there before are not
followed: they belong to shared packages, and every environment has the same. An object of a kind whose state cannot
be read and written is refused; what is not known is never taken for unchanging.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterable, Iterator
from types import CellType, FunctionType, MemberDescriptorType, ModuleType
from typing import Any

from delivery_lab.handlers.listeners import TREE, state_of_tree
from delivery_lab.handlers.snapshot_groups import (
    Classes,
    Dictionaries,
    Groups,
    Lists,
    refill,
    relist,
    reset_class,
    same_attributes,
    same_content,
    same_entries,
)
from delivery_lab.handlers.snapshot_kinds import (
    ATOMS,
    CONTAINERS,
    is_leaf,
    is_transparent,
    own_classes,
    state_of_opaque,
)
from delivery_lab.handlers.snapshot_references import EMPTY, Attributes, Cell, Defaults, References, Slot, attributes_of


class Snapshot:
    """The state of everything that can be reached from some roots.

    Args:
        roots: where to begin.
        made: ids of the objects that are followed, as far as Python's garbage collector knows them; others are not.
        boundary: classes of objects that are not followed.

    Raises:
        Unrestorable: something is reached whose state cannot be set back.
    """

    def __init__(self, roots: Iterable[object], made: Collection[int], boundary: tuple[type, ...]) -> None:
        self._made = made
        self._boundary = boundary
        self._dicts: list[tuple[dict[Any, Any], dict[Any, Any]]] = []
        self._lists: list[tuple[list[Any], list[Any]]] = []
        self._attributes: list[Attributes] = []
        self._cells: list[Cell] = []
        self._slots: list[Slot] = []
        self._classes: list[tuple[type, dict[str, Any]]] = []
        self._functions: list[Defaults] = []
        self._others: list[Callable[[], None]] = []
        self._seen: dict[int, object] = {}
        self._waiting = [root for root in roots if type(root) not in ATOMS]
        while self._waiting:
            found = self._waiting.pop()
            if id(found) not in self._seen and self._is_followed(found):
                self._seen[id(found)] = found
                self._take(found)
        self._groups = (
            Groups(self._dicts, Dictionaries, same_content, refill),
            Groups(self._lists, Lists, same_entries, relist),
            Groups(self._classes, Classes, same_attributes, reset_class),
        )
        self._references = References(
            self._attributes, self._slots, self._cells, self._functions, _has_python_state_alone
        )

    @property
    def followed(self) -> Iterable[object]:
        """All objects that were followed."""
        return self._seen.values()

    def restore(self) -> None:
        """Set everything back.

        Raises:
            Unrestorable: something has changed that cannot be set back.
        """
        self._references.restore()
        for groups in self._groups:
            groups.restore()
        for restore in self._others:
            restore()

    # -- taking -------------------------------------------------------------------------------------------

    def _is_followed(self, found: object) -> bool:
        if gc.is_tracked(found) and id(found) not in self._made:
            return False
        return not isinstance(found, self._boundary)

    def _follow(self, objects: Iterable[object]) -> None:
        self._waiting.extend([one for one in objects if type(one) not in ATOMS])

    def _take(self, found: object) -> None:
        kind: Any = type(found)
        if kind is dict:
            self._take_dict(found)  # type: ignore[arg-type]  # the comparison says it
        elif kind is list:
            self._take_list(found)  # type: ignore[arg-type]
        elif isinstance(found, FunctionType):
            self._take_function(found)
        elif kind is CellType:
            self._take_cell(found)  # type: ignore[arg-type]
        elif isinstance(found, type):
            self._take_class(found)
        elif isinstance(found, ModuleType):
            self._follow([vars(found)])
        elif is_leaf(kind):
            return
        elif is_transparent(kind):
            self._follow(gc.get_referents(found))
        elif kind is TREE:
            restore, inside = state_of_tree(found)
            self._others.append(restore)
            self._follow(inside)
        else:
            self._take_instance(found, kind)

    def _take_dict(self, found: dict[Any, Any]) -> None:
        content = dict.copy(found)
        self._dicts.append((found, content))
        self._follow(content)
        self._follow(content.values())

    def _take_list(self, found: list[Any]) -> None:
        entries = list.copy(found)
        self._lists.append((found, entries))
        self._follow(entries)

    def _take_function(self, found: FunctionType) -> None:
        self._functions.append((found, found.__defaults__, found.__kwdefaults__))
        self._follow([found.__globals__, found.__defaults__, found.__kwdefaults__, found.__closure__, found.__dict__])

    def _take_cell(self, found: CellType) -> None:
        try:
            inside: object = found.cell_contents
        except ValueError:
            inside = EMPTY
        self._cells.append((found, inside))
        self._follow([inside])

    def _take_class(self, found: type) -> None:
        attributes = dict(vars(found))
        self._classes.append((found, attributes))
        self._follow(attributes.values())
        self._follow(found.__bases__)
        self._follow([type(found)])

    def _take_instance(self, found: object, kind: Any) -> None:
        classes, base = own_classes(kind)
        self._follow([kind])
        for owner in classes:
            for descriptor in vars(owner).values():
                if isinstance(descriptor, MemberDescriptorType):
                    self._take_slot(descriptor, found)
        if kind.__dictoffset__:
            self._take_attributes(found)
        if base is object:
            return
        container = CONTAINERS.get(base)
        if container is not None:
            restore, inside = container(found)
            self._others.append(restore)
            self._follow(inside)
        elif is_transparent(base):
            self._follow(gc.get_referents(found))
        elif not is_leaf(base):
            self._others.append(state_of_opaque(found, base))

    def _take_attributes(self, found: object) -> None:
        attributes = attributes_of(found)
        self._attributes.append((found, attributes))
        if id(attributes) not in self._seen:  # made by asking for it, so nobody else can have it
            self._seen[id(attributes)] = attributes
            self._take(attributes)

    def _take_slot(self, descriptor: MemberDescriptorType, found: object) -> None:
        try:
            value: object = descriptor.__get__(found)
        except AttributeError:
            value = EMPTY
        self._slots.append((descriptor, found, value))
        self._follow([value])


def _has_python_state_alone(found: object) -> bool:
    kind: Any = type(found)
    return own_classes(kind)[1] is object


def shared_with(objects: frozenset[int], modules: Iterable[ModuleType]) -> Iterator[str]:
    """Where modules, or classes of theirs, hold one of some objects: names such as `requests.get`.

    Args:
        objects: ids of objects.
        modules: the modules.
    """
    for module in modules:
        content = vars(module)
        if not _disjoint(objects, content.values()):
            yield from (f"{module.__name__}.{name}" for name, value in list(content.items()) if id(value) in objects)
        for name, value in list(content.items()):
            if isinstance(value, type) and getattr(value, "__module__", None) == module.__name__:
                inside = vars(value)
                if not _disjoint(objects, inside.values()):
                    yield f"{module.__name__}.{name}"


def _disjoint(objects: frozenset[int], values: Iterable[object]) -> bool:
    return objects.isdisjoint(map(id, values))
