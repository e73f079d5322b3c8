"""What a program hangs on the process that evaluates it: functions for its end, signals, and Python's own modules.

In a deployment the process is the program's own and ends with it. Here it goes on: with other programs, with the run.
So functions for the end of the process are called when the program has ended, what it put into Python's modules is
taken out again, and signals stay the lab's: its Ctrl-C and its time limit work with them.
"""

from __future__ import annotations

import atexit
import builtins
import functools
import importlib
import os
import random
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from delivery_lab.errors import ProgramError, text_of
from delivery_lab.process_wide import SETTINGS
from delivery_lab.program.endings import all_finalizers, call_last, own_finalizers
from delivery_lab.program.frames import Frames, is_installed
from delivery_lab.program.leaving import Left, Refuse

_MODULES = (builtins, os, random, signal, socket, sys, threading, time)
"""Modules that programs replace something in, and that the lab works with."""
_LAB = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")  # noqa: PTH100, PTH118, PTH120
"""The lab's own files, which may lie in the project: in this one they do."""
_KEPT_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM, signal.SIGVTALRM})


@contextmanager
def ending_with_the_program(frames: Frames) -> Iterator[None]:
    """Call what a program wants to be called at the end of the process, when the program has ended.

    What installed packages register is left to the end of the process.

    Args:
        frames: knows the project's files.
    """
    registered: list[tuple[Callable[..., object], tuple[Any, ...], dict[str, Any]]] = []
    register, unregister = atexit.register, atexit.unregister

    def register_here(function: Any, /, *args: Any, **named: Any) -> Any:
        file = sys._getframe(1).f_code.co_filename
        if is_installed(file) or file.startswith(_LAB):
            return register(function, *args, **named)
        registered.append((function, args, named))
        return function

    def unregister_here(function: Any, /) -> None:
        registered[:] = [each for each in registered if each[0] != function]
        unregister(function)

    atexit.register, atexit.unregister = register_here, unregister_here
    process, finalizers = os.getpid(), all_finalizers()
    try:
        yield
    finally:
        atexit.register, atexit.unregister = register, unregister
        while registered and os.getpid() == process:
            function, args, named = registered.pop()
            name = getattr(function, "__name__", "function")
            what = f"what the program registered with atexit ({name})"
            call_last(what, functools.partial(function, *args, **named), frames)
        for what, finalizer in own_finalizers(finalizers) if os.getpid() == process else ():
            call_last(what, finalizer, frames)


@contextmanager
def standard_modules() -> Iterator[None]:
    """Put back what a program has replaced in, or deleted from, the modules that the lab works with."""
    before = [(vars(module), dict(vars(module))) for module in _MODULES]
    deep, trace, profile = sys.getrecursionlimit(), sys.gettrace(), sys.getprofile()
    settings = [ask() for ask, _ in SETTINGS]
    reload = importlib.reload
    # Loaded again, `threading` would know none of the threads that there are: those of the engine end with a traceback.
    importlib.reload = lambda module: module if module in _MODULES else reload(module)
    try:
        yield
    finally:
        importlib.reload = reload
        for now, then in before:
            now.update(then)
        sys.setrecursionlimit(deep)
        for (ask, put), value in zip(SETTINGS, settings, strict=True):
            if ask() != value:
                put(value)
        if sys.gettrace() is not trace:
            sys.settrace(trace)
        if sys.getprofile() is not profile:
            sys.setprofile(profile)


@contextmanager
def own_signals(frames: Frames, refuse: Refuse) -> Iterator[None]:
    """Leave Ctrl-C and the alarm to the lab while a program runs.

    Args:
        frames: knows the project's files.
        refuse: is told of an alarm that the program sets.
    """
    real = {name: getattr(signal, name) for name in ("signal", "alarm", "setitimer", "pthread_sigmask")}
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())

    def is_programs() -> bool:
        file = sys._getframe(2).f_code.co_filename
        return not file.startswith(_LAB) and frames.label(file) is not None

    def set_handler(number: Any, handler: Any, /) -> Any:
        if number in _KEPT_SIGNALS and is_programs():
            return signal.getsignal(number)
        return real["signal"](number, handler)

    def alarming(name: str, off: object) -> Callable[..., Any]:
        def alarm(*args: Any) -> Any:
            if not is_programs() or (name == "setitimer" and args[:1] != (signal.ITIMER_REAL,)):
                return real[name](*args)
            if not any(args if name == "alarm" else args[1:]):
                return off
            position = frames.of_frame(sys._getframe(1))
            refuse(
                ProgramError(
                    f"the program sets an alarm with signal.{name}, which is that of its time limit here ({position})\n"
                    "  fix: leave it out, and limit the program with --program-timeout SECONDS"
                ),
                position,
            )
            raise Left(name)

        return alarm

    stand_ins = {
        "signal": set_handler,
        "pthread_sigmask": _masking(is_programs),
        "alarm": alarming("alarm", 0),
        "setitimer": alarming("setitimer", (0.0, 0.0)),
    }
    for name, stand_in in stand_ins.items():
        setattr(signal, name, stand_in)
    try:
        yield
    finally:
        for name, function in real.items():
            setattr(signal, name, function)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _masking(is_programs: Callable[[], bool]) -> Callable[..., Any]:
    """Stands for `signal.pthread_sigmask`: who blocks all signals does not block Ctrl-C and the alarm."""
    real = signal.pthread_sigmask

    def set_mask(how: int, numbers: Iterable[int], /) -> Any:
        return real(how, set(numbers) - _KEPT_SIGNALS if is_programs() else numbers)

    return set_mask


@contextmanager
def own_limits(frames: Frames) -> Iterator[None]:
    """Accept limits that a program sets for its process, without effect: the run that follows is the lab's."""
    set_limit, both = resource.setrlimit, getattr(resource, "prlimit", None)

    def is_programs() -> bool:
        return frames.label(sys._getframe(2).f_code.co_filename) is not None

    def setrlimit(which: int, limits: Any, /) -> None:
        if not is_programs():
            set_limit(which, limits)

    def prlimit(process: int, which: int, limits: Any = None, /) -> Any:
        may = limits is not None and not (is_programs() and process in (0, os.getpid()))
        return real_prlimit(process, which, *([limits] if may else []))

    real_prlimit: Any = both
    resource.setrlimit = setrlimit
    if both is not None:
        resource.prlimit = prlimit
    try:
        yield
    finally:
        resource.setrlimit = set_limit
        if both is not None:
            resource.prlimit = both


@contextmanager
def threads_failures(frames: Frames) -> Iterator[None]:
    """Say in one line what ends a thread of the program, and let it trace no threads: the engine's are among them.

    A trace function that raises would end those. And where a signal waits for the main thread, a traced thread of
    Python 3.11 goes round in `RESUME` until the main thread runs, which may be waiting for it.
    """
    excepthook, real = threading.excepthook, {name: getattr(threading, name) for name in ("settrace", "setprofile")}
    trace, profile = threading.gettrace(), threading.getprofile()

    def say(args: threading.ExceptHookArgs, /) -> None:
        found = frames.of_exception(args.exc_value) if args.exc_value is not None else []
        if not found:
            excepthook(args)
        elif not isinstance(args.exc_value, Left):
            name = args.thread.name if args.thread is not None else "a thread"
            told = f"{args.exc_type.__name__}: {text_of(args.exc_value)} ({found[-1][0]})"
            print(f"note: {name} of the program ends with {told}", file=sys.stderr)

    def for_others(name: str) -> Callable[[Any], None]:
        def set_it(function: Any) -> None:
            if frames.label(sys._getframe(1).f_code.co_filename) is None:
                real[name](function)

        return set_it

    threading.excepthook = say
    for name in real:
        setattr(threading, name, for_others(name))
    try:
        yield
    finally:
        threading.excepthook = excepthook
        for name, function in real.items():
            setattr(threading, name, function)
        real["settrace"](trace)
        real["setprofile"](profile)
