"""What people call the messages of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from delivery_lab.results.fates import Fate

_DIRECTIONS = dict.fromkeys((0x200E, 0x200F, 0x061C, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""Characters that turn the direction of what follows them, without being seen."""


def names_of(called: Mapping[str, str], fates: Iterable[Fate]) -> dict[str, str]:
    """The names of messages by their ids, as a timeline has them, but without what would turn the words behind them.

    Args:
        called: names of those that are told of.
        fates: what became of all messages.
    """
    names = dict(called)
    for fate in fates:
        names.setdefault(fate.message_id, fate.business_id)
    return {message: name.translate(_DIRECTIONS) for message, name in names.items()}
