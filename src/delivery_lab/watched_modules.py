"""Modules of Python that tell what is taken away from them: a name is deleted, or gets what cannot be used like it.

Programs and handlers share their process with what runs them. Without `time.time` that waits for ever, without
`builtins.print` it fails somewhere else.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import CodeType, FrameType, ModuleType
from typing import Any

ABSENT = object()
"""Stands for the value of a name that is not there."""
StandIn = tuple[Any, str, Any]
"""A module or class, a name, and what it stood for."""
OnTaken = Callable[[str, FrameType], None]
"""Is told what is done, such as "deletes time.time", and by which frame, before it happens."""

OnChanged = Callable[[ModuleType, str, FrameType], None]
"""Is told of a module and the name in it that is about to be changed, and by which frame."""

_MAY_BE_NONE = frozenset(
    {"stdin", "stdout", "stderr", "__stdin__", "__stdout__", "__stderr__", "unraisablehook", "displayhook"}
)
"""Names of `sys` that Python itself does without."""
MAY_BE_REPLACED = frozenset(
    {"print", "open", "input", "__import__", "__build_class__", "breakpoint", "exit", "quit", "help", "_"}
)
"""Names of `builtins` in whose place others are put for a purpose; nothing works with something else by the others."""
_LAB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")  # noqa: PTH100, PTH118, PTH120
_callable = callable  # by a name of this module: a program can take it out of `builtins`


def _nobody(_module: ModuleType, _name: str, _frame: FrameType) -> None:
    """Nobody is told."""


@contextmanager
def watched(modules: Iterable[ModuleType], on_taken: OnTaken, on_changed: OnChanged = _nobody) -> Iterator[None]:
    """Tell of what code other than the lab's takes away from modules in this block.

    Args:
        modules: the modules.
        on_taken: is told of what is taken away.
        on_changed: is told which module is about to be changed in any way.
    """
    kind = _kind(on_taken, on_changed)
    changed = [module for module in modules if type(module) is ModuleType]
    for module in changed:
        module.__class__ = kind
    try:
        yield
    finally:
        for module in changed:
            ModuleType.__setattr__(module, "__class__", ModuleType)  # past the one that looks


def is_gone(name: str, before: Any, now: Any) -> bool:
    """Whether what a name stood for cannot be used any longer as it could be."""
    if now is ABSENT:
        return True
    if name in _MAY_BE_NONE:
        return False
    if _callable(before):
        return not _callable(now)
    if name.startswith("_"):  # of no use to others, such as `logging._srcfile`, which may be None
        return False
    if now is None:
        return before is not None
    return hasattr(before, "__getitem__") and not hasattr(now, "__getitem__")


def stand_ins(kept: Iterable[tuple[Any, Mapping[str, Any]]], of_installed: Callable[[str], bool]) -> Iterator[StandIn]:
    """Where something else stands in a function's place, or None in anything's; what installed code put there stays.

    Args:
        kept: modules and classes, each with what it had.
        of_installed: whether a file belongs to an installed package.
    """
    for place, before in kept:
        now = vars(place)
        for name, value in before.items() if now != before else ():
            found = now.get(name, ABSENT)
            if found is not value and (_callable(value) or found is None):
                code = getattr(found, "__code__", None)
                if not (isinstance(code, CodeType) and of_installed(code.co_filename)):
                    yield place, name, value


def _kind(on_taken: OnTaken, on_changed: OnChanged) -> type[ModuleType]:
    added: set[tuple[str, str]] = set()

    def look(module: ModuleType, name: str, now: Any) -> None:
        content = vars(module)  # of which nothing may be left
        before, what = content.get(name, ABSENT), (content.get("__name__", ""), name)
        if before is ABSENT:
            added.add(what)
        elif before is not now and what not in added and is_gone(name, before, now):
            frame = sys._getframe(2)
            if not frame.f_code.co_filename.startswith(_LAB):
                named = f"{what[0]}.{name}"
                on_taken(f"deletes {named}" if now is ABSENT else f"sets {named} to {_word(now)}", frame)

    class Watched(ModuleType):
        """A module of Python's while code of others runs."""

        def __new__(cls, *name_and_text: Any) -> Any:
            return ModuleType(*name_and_text)  # what is imported is made by `type(sys)`

        def __setattr__(self, name: str, value: Any) -> None:
            look(self, name, value)
            on_changed(self, name, sys._getframe(1))
            super().__setattr__(name, value)

        def __delattr__(self, name: str) -> None:
            look(self, name, ABSENT)
            on_changed(self, name, sys._getframe(1))
            super().__delattr__(name)

        def __reduce__(self) -> tuple[Callable[[str], ModuleType], tuple[str]]:
            # Pulumi's SDK serializes functions of dynamic providers with the modules that they use.
            return importlib.import_module, (self.__name__,)

    return Watched


def _word(value: Any) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"
