"""How counts and spans of time are put into sentences."""

from __future__ import annotations

from delivery_lab.durations import rounded


def plural(count: int, one: str, many: str) -> str:
    """The word that goes with a count."""
    return one if count == 1 else many


def duration(seconds: float) -> str:
    """A span of time in a sentence, where a tenth of a second says nothing: `45 s`, `2.5 min`, `7 d`."""
    return f"{seconds:.0f} s" if seconds < 120 else rounded(seconds)
