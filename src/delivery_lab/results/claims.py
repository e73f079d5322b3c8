"""Writes on a condition by which code claims a message before it works on it (EVD-CLAIM-1).

The write itself is no work of a function that goes on to write something else for the same message. If that work fails,
the claim stays, and later deliveries of the message are refused by it, although nothing was done.
"""

from __future__ import annotations

from collections.abc import Iterable

from delivery_lab.events import ChangeRequested, Event, RecordsLookedAt

_CONDITIONS = ('"ConditionExpression"', '"IfNoneMatch"', '"IfMatch"')


def is_conditional(change: ChangeRequested) -> bool:
    """Whether something is only written under a condition."""
    return change.service in ("dynamodb", "s3") and any(name in change.content for name in _CONDITIONS)


def claiming_functions(events: Iterable[Event]) -> frozenset[str]:
    """The functions that write on a condition, and then something without one while they read the same record."""
    seen = [event for event in events if isinstance(event, ChangeRequested | RecordsLookedAt)]
    alone = {event.invoke for event in seen if isinstance(event, RecordsLookedAt) and event.records == 1}
    claimed: set[tuple[str, int]] = set()
    found: set[str] = set()
    for event in seen:
        if not isinstance(event, ChangeRequested) or event.purpose != "work" or event.refused:
            continue
        position = 0 if event.invoke in alone else event.looking_at
        if position is None:
            continue
        if is_conditional(event):
            claimed.add((event.invoke, position))
        elif (event.invoke, position) in claimed:
            found.add(event.function)
    return frozenset(found)
