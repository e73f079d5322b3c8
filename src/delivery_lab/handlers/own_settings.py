"""What code sets for its whole process: in force for its environment only.

A function that sets the locale, the mask of new files, or the precision of decimals sets it for its own process on
Lambda. To ask for all of these whenever control changes would cost every function; so it is done for those whose source
names one of them.
"""

from __future__ import annotations

from typing import Any

from delivery_lab.process_wide import SETTINGS

SETTERS = frozenset(
    {
        *("setlocale", "umask", "setdefaulttimeout", "register_error"),
        *("DefaultContext", "BasicContext", "ExtendedContext", "set_debug", "set_threshold", "callbacks", "disable"),
        *("enable", "set_int_max_str_digits", "set_coroutine_origin_tracking_depth"),
        *("field_size_limit", "stack_size", "setdlopenflags"),
    }
)
"""Names that a source has which sets one of them."""


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
        return any(ask() != theirs for (ask, _), theirs in zip(SETTINGS, self._before, strict=False))

    def forget(self) -> None:
        """Have set nothing: the environment begins anew."""
        self._own.clear()

    def put_in_place(self) -> None:
        """Have the environment's own; `set_aside` must follow."""
        if self._is_followed:
            self._before = [ask() for ask, _ in SETTINGS]
            for number, value in reversed(self._own.items()):
                SETTINGS[number][1](value)

    def set_aside(self) -> None:
        """Have the lab's own, and keep the environment's."""
        before, self._before = self._before, []
        for number, theirs in enumerate(before):
            ask, put = SETTINGS[number]
            now = ask()
            if now != theirs:
                self._own[number] = now
                put(theirs)
            else:
                self._own.pop(number, None)
