"""What Python and the SDK are made of, while a program runs: nothing of it may be gone when the engine needs it.

The program shares its process with the engine, as it does in a deployment with the SDK and gRPC: without `time.time`
these wait for ever, without `builtins.print` they fail somewhere else. So a program that deletes such a name, or puts
None in its place, is ended at that line. To replace a function by another is fine. What a program takes away past that
(by `vars`, in classes, in `sys.modules`) is put back as soon as its own code has ended.
"""

from __future__ import annotations

import builtins
import importlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, ModuleType
from typing import Any

from delivery_lab.errors import ProgramError
from delivery_lab.program.frames import Frames, is_installed
from delivery_lab.program.leaving import Left, Refuse

_OF_THE_SDK = frozenset({"pulumi", "grpc", "google", "yaml", "dill", "semver"})
_WITH_CLASSES = frozenset({"threading", "asyncio", "concurrent", "logging", "pathlib", "json", "selectors", "queue"})
"""Packages of Python whose classes the engine works with, and that are written in Python: theirs can be changed."""
_MAY_BE_NONE = frozenset(
    {"stdin", "stdout", "stderr", "__stdin__", "__stdout__", "__stderr__", "unraisablehook", "displayhook"}
)
"""Names of `sys` that Python itself does without."""
_ABSENT = object()
_LAB = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")  # noqa: PTH100, PTH118, PTH120
_callable, _dict, _type, _vars = callable, dict, type, vars
"""Kept by names of this module: a program can take them out of `builtins`."""

Kept = list[tuple[Any, dict[str, Any]]]
"""Modules and classes, each with what it has."""


@contextmanager
def whole(frames: Frames, refuse: Refuse) -> Iterator[Callable[[], None]]:
    """Keep what the engine works with for the time of a run.

    Args:
        frames: knows the project's files.
        refuse: is told of what the program takes away; the program is ended there.

    Yields:
        What puts back all that is gone; to be called when the program's own code has ended, however it has.
    """
    modules = _modules()
    kept = _kept(modules)
    restore = _restoring(modules, kept)
    watched = _watched(frames, refuse, {id(place): before for place, before in kept})
    guarded = [module for module in modules.values() if type(module) is ModuleType]
    for module in guarded:
        module.__class__ = watched
    try:
        yield restore
    finally:
        restore()
        for module in guarded:
            module.__class__ = ModuleType
        _forget_stand_ins(kept)


def _modules() -> dict[str, ModuleType]:
    names = sys.stdlib_module_names | _OF_THE_SDK
    return {
        name: module
        for name, module in sys.modules.items()
        if name.partition(".")[0] in names and name != "__main__" and isinstance(module, ModuleType)
    }


def _kept(modules: dict[str, ModuleType]) -> Kept:
    kept: Kept = []
    for module in modules.values():
        kept.append((module, dict(vars(module))))
        name = module.__name__
        if name.partition(".")[0] in _WITH_CLASSES:
            classes = (value for value in vars(module).values() if isinstance(value, type))
            kept.extend((value, dict(vars(value))) for value in classes if value.__module__ == name)
    return kept


def _restoring(modules: dict[str, ModuleType], kept: Kept) -> Callable[[], None]:
    """Make what puts back. It begins without any builtin function: all of them may be gone."""
    of_builtins, functions = vars(builtins), dict(vars(builtins))
    of_sys, loaded = vars(sys), sys.modules

    def restore() -> None:
        _put_back_in(of_builtins, functions)
        if of_sys.get("modules") is not loaded:
            of_sys["modules"] = loaded
        for name, module in modules.items():
            if loaded.get(name) is not module:
                loaded[name] = module
        for place, before in kept:
            now = _vars(place)
            if now != before:  # few have changed, and to look at every name takes ten times as long
                _put_back_in(place, before)

    return restore


def _put_back_in(place: Any, before: dict[str, Any]) -> None:
    now = place if _type(place) is _dict else _vars(place)
    for name, value in before.items():
        found = now.get(name, _ABSENT)
        if found is not value and _is_gone(name, value, found):
            _put_back(place, name, value)


def _put_back(place: Any, name: str, value: Any) -> None:
    if _type(place) is _dict:
        place[name] = value
    elif isinstance(place, ModuleType):
        vars(place)[name] = value
    else:
        setattr(place, name, value)


def _forget_stand_ins(kept: Kept) -> None:
    """Take out what the program has put into the place of functions. What installed packages replace stays."""
    for place, before in kept:
        now = vars(place)
        for name, value in before.items() if now != before else ():
            found = now.get(name, _ABSENT)
            if found is not value and (callable(value) or found is None):
                code = getattr(found, "__code__", None)
                if not (isinstance(code, CodeType) and is_installed(code.co_filename)):
                    _put_back(place, name, value)


def _is_gone(name: str, before: Any, now: Any) -> bool:
    """Whether what a name stood for cannot be used any longer as it could be."""
    if now is _ABSENT:
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


def _watched(frames: Frames, refuse: Refuse, had: dict[int, dict[str, Any]]) -> type[ModuleType]:
    """Make a class for modules that ends a program where it takes something away."""

    def look(module: ModuleType, name: str, now: Any) -> None:
        before = had[id(module)].get(name, _ABSENT)
        if before is _ABSENT or before is now or not _is_gone(name, before, now):
            return
        frame = sys._getframe(2)
        file = frame.f_code.co_filename
        if file.startswith(_LAB) or frames.label(file) is None:
            return
        position, what = frames.of_frame(frame), f"{module.__name__}.{name}"
        does = f"deletes {what}" if now is _ABSENT else f"sets {what} to {_word(now)}"
        refuse(
            ProgramError(
                f"the program {does} ({position}), with which Python, Pulumi's SDK or the lab work in the same "
                "process\n"
                "  fix: leave it as it is, or put something in its place that can be used like it"
            ),
            position,
        )
        raise Left(what)

    class Watched(ModuleType):
        """A module of Python's or the SDK's while a program runs."""

        def __new__(cls, *name_and_text: Any) -> Any:
            return ModuleType(*name_and_text)  # what is imported is made by `type(sys)`

        def __setattr__(self, name: str, value: Any) -> None:
            look(self, name, value)
            super().__setattr__(name, value)

        def __delattr__(self, name: str) -> None:
            look(self, name, _ABSENT)
            super().__delattr__(name)

        def __reduce__(self) -> tuple[Callable[[str], ModuleType], tuple[str]]:
            # The SDK serializes functions of dynamic providers with the modules that they use.
            return importlib.import_module, (self.__name__,)

    return Watched


def _word(value: Any) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"
