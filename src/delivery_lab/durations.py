"""Spans of time as people read them: 7 d and 5 min, not 604800 s and 300 s. JSON keeps its seconds."""

from __future__ import annotations

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60))


def exact(seconds: float) -> str:
    """A setting or a bound, without loss: in the largest unit of which it is a whole number.

    Args:
        seconds: the span, 0 or more.

    Examples:
        >>> exact(604_800), exact(43_200), exact(90), exact(0.5)
        ('7 d', '12 h', '90 s', '0.5 s')
    """
    for unit, size in _UNITS:
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:g} s" if seconds % 1 else f"{seconds:.0f} s"


def rounded(seconds: float) -> str:
    """What was measured, to one decimal: in the largest unit of which it has two.

    Args:
        seconds: the span, 0 or more.

    Examples:
        >>> rounded(60.264), rounded(240.4), rounded(1_209_600), rounded(0)
        ('60.3 s', '4 min', '14 d', '0 s')
    """
    for unit, size in _UNITS:
        if seconds >= 2 * size:
            return f"{_one_decimal(seconds / size)} {unit}"
    return f"{_one_decimal(seconds)} s"


def _one_decimal(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
