"""Instants: whole microseconds since the start of a run.

Integers keep two promises that floats cannot: adding the same delays in another order gives the same instant, and a
trace hashes the same on every platform.
"""

from __future__ import annotations

from functools import lru_cache

MICROSECONDS_PER_SECOND = 1_000_000


def seconds(value: float) -> int:
    """Turn a number of seconds into microseconds."""
    return round(value * MICROSECONDS_PER_SECOND)


def in_seconds(instant: int) -> float:
    """Turn microseconds into seconds."""
    return instant / MICROSECONDS_PER_SECOND


moment = lru_cache(maxsize=1)(in_seconds)
"""The same, for who keeps it: much happens to many messages at one instant, and one number stands for it."""
