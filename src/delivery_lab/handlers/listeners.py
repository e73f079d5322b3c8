"""Listeners of botocore's clients: for each a tree of hundreds of dictionaries and lists, which hardly ever changes.

A snapshot that follows each of them compares more of them than of everything else. Listeners are added and removed by
two methods only, so it is noted where one of these was called, and the tree is set back where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from typing import Any
from weakref import WeakSet

import botocore.hooks

from delivery_lab.handlers.patches import Patches
from delivery_lab.handlers.snapshot_kinds import State

TREE: type = botocore.hooks._PrefixTrie  # type: ignore[attr-defined]
"""Keeps the listeners of one client or session, by the names of events."""

_changed: WeakSet[Any] = WeakSet()


def install(patches: Patches) -> None:
    """Note which trees change, for the time of a run."""
    for name in ("append_item", "remove_item"):
        patches.set(TREE, name, _noted(vars(TREE)[name]))


def _noted(real: Callable[..., None]) -> Callable[..., None]:
    def change(tree: Any, *args: Any, **named: Any) -> None:
        _changed.add(tree)
        real(tree, *args, **named)

    return change


def state_of_tree(tree: Any) -> State:
    """What sets a tree back, and the listeners in it."""
    kept = copy(tree)
    _changed.discard(tree)

    def restore() -> None:
        if tree in _changed:
            tree.__dict__.clear()
            tree.__dict__.update(vars(copy(kept)))
            _changed.discard(tree)

    return restore, list(_listeners(tree._root))


def _listeners(node: dict[str, Any]) -> Iterator[object]:
    for section in node["values"] or ():
        yield from section
    for child in node["children"].values():
        yield from _listeners(child)
