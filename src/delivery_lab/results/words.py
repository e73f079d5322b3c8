"""How numbers are put into sentences."""

from __future__ import annotations

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60))


def plural(count: int, one: str, many: str) -> str:
    """The word that goes with a count."""
    return one if count == 1 else many


def duration(seconds: float) -> str:
    """A span of time as people read it: `45 s`, `2.5 min`, `4 h`, `7 d`."""
    for unit, size in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.1f}".removesuffix(".0") + f" {unit}"
    return f"{seconds:.0f} s"
