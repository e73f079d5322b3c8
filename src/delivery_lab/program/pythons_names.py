"""What Python and the SDK are made of, while a program runs: nothing of it may be gone when the engine needs it.

The program shares its process with the engine, as it does in a deployment with the SDK and gRPC: without `time.time`
these wait for ever, without `builtins.print` they fail somewhere else. So a program that deletes such a name, or puts
None in its place, is ended at that line. To replace a function by another is fine. What a program takes away past that
(by `vars`, in classes, in `sys.modules`) is put back as soon as its own code has ended.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import Any

from delivery_lab.errors import ProgramError
from delivery_lab.program.frames import Frames, is_installed
from delivery_lab.program.leaving import Left, Refuse
from delivery_lab.watched_modules import ABSENT, OnTaken, is_gone, stand_ins, watched

_OF_THE_SDK = frozenset({"pulumi", "grpc", "google", "yaml", "dill", "semver"})
_LAB = "delivery_lab"
"""The lab's own modules are watched, too: the program shares its process with them."""
_WITH_CLASSES = frozenset({"threading", "asyncio", "concurrent", "logging", "pathlib", "json", "selectors", "queue"})
"""Packages of Python whose classes the engine works with, and that are written in Python: theirs can be changed."""
_dict, _type, _vars = dict, type, vars
"""Kept by names of this module: a program can take them out of `builtins`."""

Kept = list[tuple[Any, dict[str, Any]]]
"""Modules and classes, each with what it has."""


class PutBack:
    """What a program has changed of what the engine works with, put back in two steps.

    Args:
        restore: puts back what is gone.
        kept: modules and classes, with what they had.
    """

    def __init__(self, restore: Callable[[], None], kept: Kept) -> None:
        self.restore = restore
        self._kept = kept
        self._places: dict[tuple[str, str], str] = {}
        self._replaced: dict[str, None] = {}

    def note(self, module: ModuleType, name: str, position: str) -> None:
        """The program sets a name of a module, at a line of its own."""
        self._places[module.__name__, name] = position

    def forget(self) -> None:
        """Take out what the program has put into the place of functions. What installed packages replace stays."""
        for place, name, value in stand_ins(self._kept, is_installed):
            where = self._places.get((place.__name__, name), "")
            module = "" if isinstance(place, ModuleType) else f"{place.__module__}."
            self._replaced[f"{module}{place.__name__}.{name}{f' ({where})' if where else ''}"] = None
            _put_back(place, name, value)

    def explained(self, what: str) -> ProgramError | None:
        """Why the engine could not go on, where it may be what the program has put into the place of something.

        Args:
            what: what happened to the engine.
        """
        if not self._replaced:
            return None
        return ProgramError(
            f"the program puts something else in the place of {', '.join(self._replaced)}, with which Python, Pulumi's "
            f"SDK or the lab work in the same process: {what}\n"
            "  fix: leave it as it is, or put something in its place that can be used like it"
        )


@contextmanager
def whole(frames: Frames, refuse: Refuse) -> Iterator[PutBack]:
    """Keep what the engine works with for the time of a run.

    Args:
        frames: knows the project's files.
        refuse: is told of what the program takes away; the program is ended there.

    Yields:
        What puts back all that is gone, when the program's own code has ended, however it has; and all that is
        replaced, when nothing of the program is wanted any longer.
    """
    modules = _modules()
    kept = _kept(modules)
    put_back = PutBack(_restoring(modules, kept), kept)

    def changes(module: ModuleType, name: str, frame: FrameType) -> None:
        position = frames.of_frame(frame)
        if position:
            put_back.note(module, name, position)

    try:
        with watched(modules.values(), _refusing(frames, refuse), changes):
            try:
                yield put_back
            finally:
                put_back.restore()
    finally:
        put_back.forget()


def _modules() -> dict[str, ModuleType]:
    names = sys.stdlib_module_names | _OF_THE_SDK | {_LAB}
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
        found = now.get(name, ABSENT)
        if found is not value and is_gone(name, value, found):
            _put_back(place, name, value)


def _put_back(place: Any, name: str, value: Any) -> None:
    if _type(place) is _dict:
        place[name] = value
    elif isinstance(place, ModuleType):
        vars(place)[name] = value
    else:
        setattr(place, name, value)


def _refusing(frames: Frames, refuse: Refuse) -> OnTaken:
    def taken(does: str, frame: FrameType) -> None:
        if frames.label(frame.f_code.co_filename) is None:
            return
        position = frames.of_frame(frame)
        refuse(
            ProgramError(
                f"the program {does} ({position}), with which Python, Pulumi's SDK or the lab work in the same "
                "process\n  fix: leave it as it is, or put something in its place that can be used like it"
            ),
            position,
        )
        raise Left(does)

    return taken
