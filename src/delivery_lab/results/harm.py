"""When a message was harmed: the moment from which on somebody should have been told."""

from __future__ import annotations

from collections.abc import Iterable

from delivery_lab.results.fates import Fate


def first_harm(fates: Iterable[Fate]) -> float | None:
    """The virtual second at which the first message was harmed, None where none was."""
    return min((at for at in map(harmed_at, fates) if at is not None), default=None)


def harmed_at(fate: Fate) -> float | None:
    """The virtual second at which a message was lost, expired, dead-lettered although healthy, or worked on again.

    Returns:
        None where nothing of that happened to it.
    """
    ended = fate.outcome
    if ended in ("lost", "expired") or (ended == "deadLettered" and not fate.poison):
        return fate.left_at
    if (fate.effects or 0) > 1 and len(fate.deliveries) > 1:
        return fate.deliveries[1].at_seconds
    return None
