"""Replacing attributes for the length of a run, and putting every one of them back."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

_MISSING = object()

_known: dict[str, int] = {}
"""The `id` of each module that has been looked through; that takes milliseconds, so each is done once."""

_bound: dict[str, list[str]] = {}
"""By module, the names under which it holds something that is replaced during runs."""

_latest: tuple[list[str], list[int]] = ([], [])
"""Name and `id` of each module that there was the last time."""

_holding: list[int] = []
"""Positions among them of those that hold something that is replaced."""


class Patches:
    """Replacements that are undone in reverse order."""

    def __init__(self) -> None:
        self._undo: list[tuple[Any, str, Any]] = []

    def set(self, owner: Any, name: str, value: Any) -> None:
        """Replace an attribute of a module, class or object; one it has only inherited is deleted again later."""
        self._undo.append((owner, name, vars(owner).get(name, _MISSING)))
        setattr(owner, name, value)

    def set_where_present(self, owner: Any, replacements: Mapping[str, Any]) -> None:
        """Replace those attributes that this version of Python has."""
        for name, value in replacements.items():
            if hasattr(owner, name):
                self.set(owner, name, value)

    def rebind_imported(self, replacements: Mapping[int, Any]) -> None:
        """Replace what modules bound earlier with `from time import sleep` and the like.

        Args:
            replacements: by `id` of the object to replace. The lab's own modules keep the real things.
        """
        for module, attributes in _modules_with(replacements):
            content = vars(module)
            for attribute in attributes:
                value = content.get(attribute)
                if id(value) in replacements:
                    self._undo.append((module, attribute, value))
                    setattr(module, attribute, replacements[id(value)])

    def undo(self) -> None:
        """Put everything back as it was."""
        while self._undo:
            owner, name, value = self._undo.pop()
            if value is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, value)


def _modules_with(replacements: Mapping[int, Any]) -> Iterator[tuple[ModuleType, list[str]]]:
    """Modules that hold something that is replaced, and under which names; most runs find the modules of the last."""
    modules: list[Any] = list(sys.modules.values())  # programs put other things there, too
    names, ids = list(sys.modules), list(map(id, modules))
    if (names, ids) != _latest:
        for name, module in zip(names, modules, strict=True):
            if _known.get(name) != id(module):
                _known[name] = id(module)
                if isinstance(module, ModuleType) and name.partition(".")[0] not in _LEFT_ALONE:
                    _bound[name] = [key for key, value in vars(module).copy().items() if id(value) in replacements]
        _latest[0][:], _latest[1][:] = names, ids
        _holding[:] = [number for number, name in enumerate(names) if _bound.get(name)]
    return ((modules[number], _bound[names[number]]) for number in _holding)


_LEFT_ALONE = frozenset(
    (
        "delivery_lab",
        "time",
        "_thread",
        "threading",
        "os",
        "posix",
        "_queue",
        "_frozen_importlib",
        "time_machine",
        "_pytest",
    )
)
