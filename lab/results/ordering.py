"""Order per key: whether messages of one key were processed in the order in which they were sent."""

from __future__ import annotations

from collections.abc import Iterable

from lab.results.fates import Fate


def violations(fates: Iterable[Fate]) -> int:
    """Messages that were first processed after a later message of the same key had been.

    Work that is done again does not count, nor does a message that was never processed: what is given up, or waits, is
    no longer in the sequence. Messages without a key have no order.

    Args:
        fates: in the order of their sends.
    """
    by_key: dict[tuple[str, str], list[int]] = {}
    for fate in fates:
        if fate.key is not None and fate.processed_as is not None:
            by_key.setdefault((fate.source, fate.key), []).append(fate.processed_as)
    return sum(_late(turns) for turns in by_key.values())


def _late(turns: list[int]) -> int:
    """How many of some turns come after one that stands behind them."""
    late = 0
    earliest_behind = None
    for turn in reversed(turns):
        if earliest_behind is not None and turn > earliest_behind:
            late += 1
        earliest_behind = turn if earliest_behind is None else min(earliest_behind, turn)
    return late
