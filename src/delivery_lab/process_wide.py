"""What code sets for its whole process: asked for, and set; and what files it has open."""

from __future__ import annotations

import _socket
import codecs
import csv
import decimal
import gc
import locale
import os
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

_CONTEXTS = (decimal.DefaultContext, decimal.BasicContext, decimal.ExtendedContext)
_OF_A_CONTEXT = ("prec", "rounding", "Emin", "Emax", "capitals", "clamp", "flags", "traps")
_HANDLERS = ("strict", "ignore", "replace", "xmlcharrefreplace", "backslashreplace", "surrogateescape", "surrogatepass")

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
OPEN_FILES = "/dev/fd"
"""Folder with the numbers of the files that a process has open; some containers have none."""

Setting = tuple[Callable[[], Any], Callable[[Any], object]]
"""Asks for a setting, and sets it."""


def is_written(mode: object, flags: object) -> bool:
    """Whether a file is opened to be written, of an audit event `open`: by its mode, or by flags of the system."""
    by_mode = isinstance(mode, str) and not set(mode).isdisjoint("wax+")
    return by_mode or (isinstance(flags, int) and bool(flags & _WRITING))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _contexts() -> list[list[Any]]:
    values = [[getattr(context, name) for name in _OF_A_CONTEXT] for context in _CONTEXTS]
    return [[value.copy() if isinstance(value, Mapping) else value for value in each] for each in values]  # type: ignore[attr-defined]


def _set_contexts(values: list[list[Any]]) -> None:
    for context, each in zip(_CONTEXTS, values, strict=True):
        for name, value in zip(_OF_A_CONTEXT, each, strict=True):
            setattr(context, name, value)


def _error_handlers() -> list[Any]:
    return [codecs.lookup_error(name) for name in _HANDLERS]


def _set_error_handlers(handlers: list[Any]) -> None:
    for name, handler in zip(_HANDLERS, handlers, strict=True):
        codecs.register_error(name, handler)


def _callbacks() -> list[Any]:
    return list(gc.callbacks)


def _set_callbacks(callbacks: list[Any]) -> None:
    gc.callbacks[:] = callbacks


def open_files() -> list[int] | None:
    """The numbers of the files that this process has open, among them one that is closed again; None if unknown."""
    try:
        return [int(name) for name in os.listdir(OPEN_FILES)]  # noqa: PTH208 - names only
    except OSError:
        return None


SETTINGS: tuple[Setting, ...] = (
    (_callbacks, _set_callbacks),
    (gc.isenabled, lambda is_on: (gc.enable if is_on else gc.disable)()),
    (gc.get_threshold, lambda often: gc.set_threshold(*often)),
    (gc.get_debug, gc.set_debug),
    (lambda: locale.setlocale(locale.LC_ALL), lambda name: locale.setlocale(locale.LC_ALL, name)),
    (_umask, os.umask),
    (_socket.getdefaulttimeout, _socket.setdefaulttimeout),
    (sys.get_int_max_str_digits, sys.set_int_max_str_digits),
    (sys.get_coroutine_origin_tracking_depth, sys.set_coroutine_origin_tracking_depth),
    (csv.field_size_limit, csv.field_size_limit),
    (threading.stack_size, threading.stack_size),
    (sys.getdlopenflags, sys.setdlopenflags),
    (_contexts, _set_contexts),
    (_error_handlers, _set_error_handlers),
)
