"""What a program leaves behind at its end: `__del__`, `weakref.finalize`, `atexit`, callbacks of the garbage collector.

Python calls them when it likes, reports what they raise with a traceback and goes on. In a deployment that is at the
end of the program's own process. Here it is while the lab works, so what they raise is one line, once for each place,
and what they wait for has a limit.
"""

from __future__ import annotations

import dis
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from delivery_lab.errors import text_of
from delivery_lab.program.frames import Frames, is_installed
from delivery_lab.program.patience import OutOfTimeError, limited

_DEL = "__del__"
END_SECONDS = 10.0
"""How long what ends with the program may take on a real clock, beside the time limit of the program itself."""


@contextmanager
def failures_in_a_line(frames: Frames) -> Iterator[None]:
    """Say in one line what the program's code raises where Python can only report it and go on.

    A Ctrl-C that arrives in such code is still one; a KeyboardInterrupt that the code raises by itself is an error like
    any other.

    Args:
        frames: knows the project's files.
    """
    before, said = sys.unraisablehook, set[str]()

    def hook(unraisable: sys.UnraisableHookArgs, /) -> None:
        error = unraisable.exc_value
        found = frames.of_exception(error) if error is not None else []
        if error is None or not found or (isinstance(error, KeyboardInterrupt) and not raised_by(error, frames)):
            before(unraisable)
            return
        if isinstance(error, OutOfTimeError):
            _call_no_more(unraisable.object, error)
        name = getattr(unraisable.object, "__qualname__", type(unraisable.object).__qualname__)
        line = f"note: {name} of the program {_what_happened(error)} ({found[-1][0]})"
        if line not in said:
            said.add(line)
            print(line, file=sys.stderr)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before


def _call_no_more(function: Any, error: BaseException) -> None:
    """Take a `__del__` that has waited past the limit from its class: no other object of it waits once more."""
    trace = error.__traceback__
    code = getattr(function, "__code__", None)
    while trace is not None and trace.tb_frame.f_code is not code:
        trace = trace.tb_next
    if trace is None or code is None or not code.co_argcount:
        return
    for kind in type(trace.tb_frame.f_locals.get(code.co_varnames[0])).__mro__:
        if vars(kind).get(_DEL) is function:
            with suppress(TypeError, AttributeError):  # a class may refuse it
                delattr(kind, _DEL)


def raised_by(error: BaseException, frames: Frames) -> bool:
    """Whether a `raise` in the project's own files has raised an exception, and nothing from outside such as Ctrl-C."""
    trace = error.__traceback__
    if trace is None:
        return False
    while trace.tb_next is not None:
        trace = trace.tb_next
    code, position = trace.tb_frame.f_code, trace.tb_lasti
    if frames.label(code.co_filename) is None or position < 0:
        return False
    return dis.opname[code.co_code[position]] == "RAISE_VARARGS"


@contextmanager
def limited_end(seconds: float = END_SECONDS) -> Iterator[None]:
    """End what the program's code does in this block, such as `__del__` of its garbage, after a while.

    Args:
        seconds: how long it may take on a real clock.
    """
    with suppress(OutOfTimeError), limited(seconds):
        yield


def call_last(what: str, function: Callable[[], object], frames: Frames, seconds: float = END_SECONDS) -> None:
    """Call a function that the program wants to be called at its end; where it fails, that is one line.

    Args:
        what: what the function is, for that line.
        function: the function.
        frames: knows the project's files.
        seconds: how long it may take on a real clock.

    Raises:
        KeyboardInterrupt: Ctrl-C.
    """
    try:
        with limited(seconds):
            function()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and not raised_by(error, frames):
            raise
        found = frames.of_exception(error)
        print(f"note: {what} {_what_happened(error, seconds)}{f' ({found[-1][0]})' if found else ''}", file=sys.stderr)


def own_finalizers(before: frozenset[Any]) -> list[tuple[str, Callable[[], object]]]:
    """What a program gave to `weakref.finalize` for the end of its process, in the order in which Python calls it.

    Finalizers whose function is of an installed package, such as those of `tempfile.TemporaryDirectory`, are left to
    the end of the process: the run may read the files.

    Args:
        before: the finalizers that there were before the program (`all_finalizers`).

    Returns:
        (what it is, the finalizer) each.
    """
    found = []
    for finalizer, info in list(_registry().items()):
        code = getattr(info.func, "__code__", None)
        if info.atexit and finalizer not in before and code is not None and not is_installed(code.co_filename):
            found.append((info.index, info.func.__name__, finalizer))
    return [
        (f"what the program gave to weakref.finalize ({name})", finalizer)
        for _, name, finalizer in sorted(found, key=lambda each: each[0], reverse=True)
    ]


def all_finalizers() -> frozenset[Any]:
    """The finalizers of `weakref` that are still to be called."""
    return frozenset(_registry())


def _registry() -> dict[Any, Any]:
    registry: dict[Any, Any] = vars(weakref.finalize)["_registry"]
    return registry


def _what_happened(error: BaseException, seconds: float = END_SECONDS) -> str:
    if isinstance(error, OutOfTimeError):
        return f"has not ended after {seconds:g} s of real time"
    text = text_of(error)
    return f"raised {type(error).__name__}" + (f": {text}" if text else "")
