"""What code sets for its whole process: in force for its environment only.

A function that sets the locale, the mask of new files, or the precision of decimals sets it for its own process on
Lambda. To ask for all of these whenever control changes would cost every function; so it is done for those whose source
names one of them.
"""

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

SETTERS = frozenset(
    {
        *("setlocale", "umask", "setdefaulttimeout", "register_error"),
        *("DefaultContext", "BasicContext", "ExtendedContext", "set_debug", "set_threshold", "callbacks", "disable"),
        *("enable", "set_int_max_str_digits", "set_coroutine_origin_tracking_depth"),
        *("field_size_limit", "stack_size", "setdlopenflags"),
    }
)
"""Names that a source has which sets one of them."""
_CONTEXTS = (decimal.DefaultContext, decimal.BasicContext, decimal.ExtendedContext)
_OF_A_CONTEXT = ("prec", "rounding", "Emin", "Emax", "capitals", "clamp", "flags", "traps")
_HANDLERS = ("strict", "ignore", "replace", "xmlcharrefreplace", "backslashreplace", "surrogateescape", "surrogatepass")

Setting = tuple[Callable[[], Any], Callable[[Any], object]]
"""Asks for a setting, and sets it."""


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


_SETTINGS: tuple[Setting, ...] = (
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


class OwnSettings:
    """What one environment has set."""

    def __init__(self) -> None:
        self._is_followed = False
        self._own: dict[int, Any] = {}
        self._before: list[Any] = []

    def follow(self) -> None:
        """Code that sets something is about to be executed, while the environment has control."""
        if not self._is_followed:
            self._is_followed = True
            self.put_in_place()

    @property
    def changed(self) -> bool:
        """Whether anything is set otherwise than the lab has it; asked while the environment has control."""
        return any(ask() != theirs for (ask, _), theirs in zip(_SETTINGS, self._before, strict=False))

    def forget(self) -> None:
        """Have set nothing: the environment begins anew."""
        self._own.clear()

    def put_in_place(self) -> None:
        """Have the environment's own; `set_aside` must follow."""
        if self._is_followed:
            self._before = [ask() for ask, _ in _SETTINGS]
            for number, value in reversed(self._own.items()):
                _SETTINGS[number][1](value)

    def set_aside(self) -> None:
        """Have the lab's own, and keep the environment's."""
        before, self._before = self._before, []
        for number, theirs in enumerate(before):
            ask, put = _SETTINGS[number]
            now = ask()
            if now != theirs:
                self._own[number] = now
                put(theirs)
            else:
                self._own.pop(number, None)
