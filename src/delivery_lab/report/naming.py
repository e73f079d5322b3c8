"""What people call the messages of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from delivery_lab.results.fates import Fate


def names_of(called: Mapping[str, str], fates: Iterable[Fate]) -> dict[str, str]:
    """The names of messages by their ids, as a timeline has them.

    Args:
        called: names of those that are told of.
        fates: what became of all messages.
    """
    names = dict(called)
    for fate in fates:
        names.setdefault(fate.message_id, fate.business_id)
    return names
