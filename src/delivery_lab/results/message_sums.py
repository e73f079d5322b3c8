"""What sentences say of messages, counted: where there are too many of them to list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from delivery_lab.results.evidence import ProcessedBy
from delivery_lab.results.fates import Ending

MOST_LISTED = 10_000
"""Outcomes of runs with more messages do not list them (`perMessageOmitted`)."""


class MessageEnd(NamedTuple):
    """How one message ended.

    Attributes:
        outcome: where.
        evidence: why it counts as processed, None where it does not.
        deliveries: how often it was handed to a handler.
        effects: how often work was seen to be done for it, None where that is not known.
    """

    outcome: Ending
    evidence: ProcessedBy | None
    deliveries: int
    effects: int | None = None


@dataclass(frozen=True, slots=True)
class MessageSums:
    """Counts over all messages of a run.

    Attributes:
        processed_by: messages that count as processed, by the surest reason.
        dead_untouched: dead-lettered messages that no handler ever got.
        delivered_again: processed messages that were delivered more than once.
        more_deliveries: deliveries of these beyond the first of each.
        expired_done: expired messages whose work was done.
    """

    processed_by: Mapping[ProcessedBy, int]
    dead_untouched: int
    delivered_again: int
    more_deliveries: int
    expired_done: int


def summed(ends: Iterable[MessageEnd]) -> MessageSums:
    """Count how messages ended."""
    by: Counter[ProcessedBy] = Counter()
    untouched = again = more = done = 0
    for end in ends:
        if end.evidence is not None and end.outcome == "processed":
            by[end.evidence] += 1
        if end.outcome == "deadLettered" and not end.deliveries:
            untouched += 1
        if end.outcome == "expired" and end.effects:
            done += 1
        if end.outcome == "processed" and end.deliveries > 1:
            again += 1
            more += end.deliveries - 1
    return MessageSums(dict(by), untouched, again, more, done)
