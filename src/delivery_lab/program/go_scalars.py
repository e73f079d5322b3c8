"""What an unquoted scalar of a YAML file is, by the rules of the library that the Pulumi CLI reads its files with.

The CLI is written in Go and reads with `gopkg.in/yaml.v3` (`resolve.go`), which differs from PyYAML where it matters in
stack files: `yes` and `12:30` are texts, `1e3` is a number, `017` is 15, `1_000` is 1000. The rules here are those of
that library at 3.0.1, tried against it with 60,000 scalars. Not followed: a sign inside a prefixed number (`0b-1`), and
the year 0.
"""

from __future__ import annotations

import datetime
import math
import re
from typing import Final

Scalar = None | bool | int | float | str | datetime.date
"""A value; an instant is a `datetime.datetime`, which is a date too."""

_WORDS: Final[dict[str, Scalar]] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}

_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_BASES = (16, 2, 8, 10)
"""Of the groups of `_INTEGER` after the sign."""

_LONGEST = 1_000
"""More digits than this are far beyond any number of Go's; Python refuses to read some thousands of them."""

_LEAST, _MOST = -(1 << 63), (1 << 64) - 1
"""Integers beyond these are no integers of Go's."""

_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_FRACTION = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")

_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_TIME = re.compile(r"(?:(?P<t>[Tt])| +)(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?(?P<zone>Z|[-+]\d\d:\d\d)?", re.ASCII)


def resolve(text: str, *, dates: bool = True) -> Scalar:
    """The value of an unquoted scalar.

    Args:
        text: the scalar.
        dates: whether dates and instants are read as such; else they stay texts.
    """
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first == ".":
        return _finite(text) if _FRACTION.fullmatch(text) else text
    if not (first in "+-" or "0" <= first <= "9"):
        return text
    return _number_or_date(text, dates)


def _number_or_date(text: str, dates: bool) -> Scalar:
    instant = _date_of(text)
    if instant is not None:
        return instant if dates else text
    plain = text.replace("_", "")
    integer = _INTEGER.fullmatch(plain)
    if integer is not None and len(plain) <= _LONGEST:
        sign, *digits = integer.groups()
        number = next(int(found, base) for found, base in zip(digits, _BASES, strict=True) if found is not None)
        number = -number if sign == "-" else number
        # Go's unsigned integers, which go further up, are read without a sign.
        if _LEAST <= number <= (_MOST if not sign else -_LEAST - 1):
            return number
    value = _finite(plain) if _FLOAT.fullmatch(plain) else plain
    return text if isinstance(value, str) else value


def _finite(text: str) -> float | str:
    """The number, or the text where no float is that large."""
    number = float(text)
    return text if math.isinf(number) else number


def _date_of(text: str) -> datetime.date | None:
    """The date or instant that a text is, None if it is none. An instant without a zone is one of UTC."""
    date = _DATE.match(text)
    if date is None:
        return None
    rest = text[date.end() :]
    try:
        day = datetime.date(*map(int, date.groups()))
        return day if not rest else _instant(day, rest)
    except ValueError:
        return None  # there is no such day or hour, so it is a text


def _instant(day: datetime.date, rest: str) -> datetime.datetime | None:
    time = _TIME.fullmatch(rest)
    if time is None or bool(time["t"]) != bool(time["zone"]):
        return None
    _, hour, minute, second, fraction, _ = time.groups()
    clock = datetime.time(int(hour), int(minute), int(second), int((fraction or "")[:6].ljust(6, "0")))
    return datetime.datetime.combine(day, clock, _zone(time["zone"]))


def _zone(text: str | None) -> datetime.timezone:
    if text is None or text == "Z":
        return datetime.UTC
    sign = -1 if text[0] == "-" else 1
    return datetime.timezone(sign * datetime.timedelta(hours=int(text[1:3]), minutes=int(text[4:6])))
