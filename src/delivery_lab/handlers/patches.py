"""Replacing attributes for the length of a run, and putting every one of them back."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from operator import is_
from types import ModuleType
from typing import Any

_MISSING = object()

_known: dict[str, int] = {}
"""The `id` of each module that has been looked through; that takes milliseconds, so each is done once."""

_bound: dict[str, list[str]] = {}
"""By module, the names under which it holds something that is replaced during runs."""

_latest: dict[str, Any] = {}
"""The modules that there were the last time."""

_holding: list[str] = []
"""Names of those of them that hold something that is replaced."""


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
    if not _are_those_of_last_time():
        modules: list[tuple[str, Any]] = list(sys.modules.items())  # programs put other things there, too
        for name, module in modules:
            if _known.get(name) != id(module):
                _known[name] = id(module)
                if isinstance(module, ModuleType) and name.partition(".")[0] not in _LEFT_ALONE:
                    _bound[name] = [key for key, value in vars(module).copy().items() if id(value) in replacements]
        _latest.clear()
        _latest.update(modules)
        _holding[:] = [name for name, _ in modules if _bound.get(name)]
    return ((_latest[name], _bound[name]) for name in _holding)


def _are_those_of_last_time() -> bool:
    # By what they are: each `id` would call the audit hooks, and there are two thousand modules.
    return list(sys.modules) == list(_latest) and all(map(is_, sys.modules.values(), _latest.values()))


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
