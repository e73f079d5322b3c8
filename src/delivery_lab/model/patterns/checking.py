"""Checks of patterns that SNS and EventBridge make in the same way, in the words of the engine behind both."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

_LOWER, _UPPER = (">", ">="), ("<", "<=")


class BadPatternError(Exception):
    """A pattern that AWS refuses; the message is AWS's reason."""


def check_comparison(operator: str, operand: Any) -> None:
    """Refuse operands of `cidr` and `numeric` that are none; other operators are left alone.

    Raises:
        BadPatternError: it is none.
    """
    if operator == "cidr":
        _check_cidr(operand)
    if operator == "numeric":
        _check_numeric(operand)


def _check_cidr(operand: str) -> None:
    address, slash, mask = operand.partition("/")
    if not slash or "/" in mask:
        raise BadPatternError("Malformed CIDR, one '/' required")
    if not mask.isdecimal():
        raise BadPatternError("Malformed CIDR, mask bits must be an integer")
    try:
        ipaddress.ip_network(operand, strict=False)
    except ValueError as error:
        raise BadPatternError(f"Nonstandard IP address: {address}") from error


def _check_numeric(operand: Any) -> None:
    if not isinstance(operand, list) or not operand or not isinstance(operand[0], str):
        shown = operand[0] if isinstance(operand, list) and operand else "]"
        raise BadPatternError(f"Invalid member in numeric match: {shown}")
    sign, *rest = operand
    if sign not in ("=", *_LOWER, *_UPPER):
        raise BadPatternError(f"Unrecognized numeric range operator: {sign}")
    if not rest or not is_number(rest[0]):
        raise BadPatternError(f"Value of {'equals' if sign == '=' else sign} must be numeric")
    if len(rest) > 1:
        _check_range(sign, rest[0], rest[1:])


def _check_range(sign: str, bottom: float, rest: Sequence[Any]) -> None:
    """Refuse what is no range: a lower bound, and then an upper one."""
    if sign not in _LOWER:
        raise BadPatternError("Too many elements in numeric expression")
    second, *more = rest
    if not isinstance(second, str):
        raise BadPatternError(f"Bad value in numeric range: {second}")
    if second not in _UPPER:
        raise BadPatternError(f"Bad numeric range operator: {second}")
    if not more or not is_number(more[0]):
        raise BadPatternError(f"Value of {second} must be numeric")
    if len(more) > 1:
        raise BadPatternError("Too many terms in numeric range expression")
    if bottom >= more[0]:
        raise BadPatternError("Bottom must be less than top")


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)
