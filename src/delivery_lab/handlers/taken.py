"""What Python is made of, while handlers run: who takes it away from the lab's process ends the run, with the line.

On Lambda such code takes it away from the runtime, which shares its process as well. What a function replaces by
something that can be used like it is accepted.
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from types import FrameType, ModuleType
from typing import Any

from delivery_lab.errors import HandlerError, describe_instead
from delivery_lab.handlers.fibers import current
from delivery_lab.handlers.host_modules import INSTALLED_PATHS
from delivery_lab.handlers.reach import LABS_MODULES
from delivery_lab.watched_modules import stand_ins, watched

_FIX = "leave it as it is, or put something in its place that can be used like it"


class PythonsNames:
    """What the modules of this process have, before handlers run."""

    def __init__(self) -> None:
        modules = [sys.modules[name] for name in LABS_MODULES if name in sys.modules]
        self._kept: list[tuple[ModuleType, dict[str, Any]]] = [(module, dict(vars(module))) for module in modules]

    def watched(self) -> AbstractContextManager[None]:
        """Refuse, in this block, what takes names away."""
        return watched([module for module, _ in self._kept], _refuse, _changes)

    def put_back(self) -> None:
        """Have all functions again. What installed packages replace when they are imported stays."""
        for module, name, value in stand_ins(self._kept, _is_installed):
            if callable(value):
                module.__dict__[name] = value


def broken(function: str, name: str) -> HandlerError:
    """What ends the run of a function that has put something else in the place of a function of `builtins`."""
    return HandlerError(
        f"function {function} replaces builtins.{name}, with which Python and the lab work in the same process\n"
        f"  fix: leave it as it is; print, open and input can be replaced\n  or {describe_instead(function)}"
    )


def _is_installed(file: str) -> bool:
    return file.startswith(INSTALLED_PATHS)


def _changes(module: ModuleType, _name: str, _frame: FrameType) -> None:
    fiber = current()
    if fiber is not None:
        fiber.environment.state.names.changes(module)


def _refuse(does: str, frame: FrameType) -> None:
    fiber = current()
    if does == "sets sys.excepthook to None":  # each environment has its own, and nothing here calls it
        return
    if fiber is None or _is_installed(frame.f_code.co_filename):
        return
    environment = fiber.environment
    line, name = environment.line_of(frame), environment.function.name
    environment.host.abort(
        HandlerError(
            f"function {name} {does} at {line}, with which Python and the lab work in the same process\n"
            f"  fix: {_FIX}\n  or {describe_instead(name)}"
        )
    )
