"""Writes on a condition by which code claims a message before it works on it (EVD-CLAIM-1).

The write itself is no work of a function that goes on to write something else for the same message. If that work fails,
the claim stays, and later deliveries of the message are refused by it, although nothing was done.
"""

from __future__ import annotations

from delivery_lab.events import ChangeRequested, RecordsLookedAt

_CONDITIONS = ('"ConditionExpression"', '"IfNoneMatch"', '"IfMatch"')


def is_conditional(change: ChangeRequested) -> bool:
    """Whether something is only written under a condition."""
    return change.service in ("dynamodb", "s3") and any(name in change.content for name in _CONDITIONS)


class Claims:
    """Finds the functions that write on a condition, and then something without one while they read the same record."""

    def __init__(self) -> None:
        self._alone: set[str] = set()  # invokes with one record
        self._conditional: set[str] = set()  # invokes that wrote on a condition
        self._changes: list[tuple[str, str, int | None, bool]] = []

    def looked(self, event: RecordsLookedAt) -> None:
        """An invoke read records."""
        if event.records == 1:
            self._alone.add(event.invoke)

    def requested(self, event: ChangeRequested) -> None:
        """An invoke asked for a change."""
        if event.purpose != "work" or event.refused:
            return
        conditional = is_conditional(event)
        if conditional:
            self._conditional.add(event.invoke)
        if event.invoke in self._conditional:
            self._changes.append((event.invoke, event.function, event.looking_at, conditional))

    def functions(self) -> frozenset[str]:
        """The functions that do so, as far as is known by now."""
        claimed: set[tuple[str, int]] = set()
        found: set[str] = set()
        for invoke, function, looking_at, conditional in self._changes:
            position = 0 if invoke in self._alone else looking_at
            if position is None:
                continue
            if conditional:
                claimed.add((invoke, position))
            elif (invoke, position) in claimed:
                found.add(function)
        return frozenset(found)
