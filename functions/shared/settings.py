"""Environment variables of a function, read and checked once, while its module is imported.

A wrong value then fails the very first invoke with a message that names it, and not the tenth in a
branch that was never tried.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

from shared.errors import ConfigurationError

_FLAGS = {"true": True, "false": False}


def required(name: str) -> str:
    """The value of a variable that has to be there.

    Raises:
        ConfigurationError: it is missing or empty.
    """
    value = os.environ.get(name, "")
    if not value:
        raise ConfigurationError(f"{name} is not set: add it to the function's environment variables")
    return value


def optional(name: str) -> str | None:
    """The value of a variable, None where it is missing or empty."""
    return os.environ.get(name) or None


def choice(name: str, allowed: Sequence[str], default: str) -> str:
    """One word out of several.

    Raises:
        ConfigurationError: it is none of them.
    """
    value = os.environ.get(name, default)
    if value not in allowed:
        raise ConfigurationError(f"{name} must be one of {', '.join(allowed)}: {value!r}")
    return value


def flag(name: str, default: bool) -> bool:
    """`true` or `false`.

    Raises:
        ConfigurationError: it is neither.
    """
    return _FLAGS[choice(name, tuple(_FLAGS), str(default).lower())]


def number(name: str, default: float, *, minimum: float, maximum: float = math.inf) -> float:
    """A finite number within bounds, both included.

    Raises:
        ConfigurationError: it is no number or out of bounds.
    """
    text = os.environ.get(name)
    if text is None:
        return float(default)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or not minimum <= value <= maximum:
        raise ConfigurationError(f"{name} must be a number {_bounds(minimum, maximum)}: {text!r}")
    return value


def whole_number(name: str, default: int, *, minimum: int, maximum: float = math.inf) -> int:
    """A whole number within bounds, both included.

    Raises:
        ConfigurationError: it is no whole number or out of bounds.
    """
    value = number(name, default, minimum=minimum, maximum=maximum)
    if not value.is_integer():
        raise ConfigurationError(f"{name} must be a whole number {_bounds(minimum, maximum)}: {os.environ.get(name)!r}")
    return int(value)


def _bounds(minimum: float, maximum: float) -> str:
    return f"of at least {minimum:g}" if maximum == math.inf else f"from {minimum:g} to {maximum:g}"
