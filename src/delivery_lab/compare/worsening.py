"""What got worse between two outcomes: the figures that nobody wants to see go up, and what no longer holds."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.results.figures import Outcome
from delivery_lab.results.named_figures import plain_figure

HARMFUL = ("messages.lost", "messages.healthyDeadLettered", "messages.expired", "effects.duplicated")
"""JSON names of the figures that are worse where they are larger."""


def worsened(before: Outcome, after: Outcome) -> tuple[str, ...]:
    """What got worse, each in a few words; nothing where nothing did.

    A figure that depends on an assumption with a plausible range got worse if its value or the upper end of its
    interval went up, and one that is no longer known got worse too.

    Args:
        before: the outcome to start from.
        after: the outcome of the same workload after a change.
    """
    return (*_figures(before, after), *_expectations(before, after))


def _figures(before: Outcome, after: Outcome) -> Iterator[str]:
    for name in HARMFUL:
        was, now = plain_figure(before, name), plain_figure(after, name)
        if was is None:
            continue  # nothing to compare with
        if now is None:
            yield f"{name} is not known any more (it was {was})"
        elif now > was:
            yield f"{name} went up from {was} to {now}"
        elif _high(after, name, now) > _high(before, name, was):
            rule = after.intervals[name].assumption
            yield f"{name} may be up to {_high(after, name, now)}, it was at most {_high(before, name, was)} ({rule})"


def _expectations(before: Outcome, after: Outcome) -> Iterator[str]:
    held = {one.text for one in before.expectations if one.holds}
    for one in after.expectations:
        if not one.holds and one.text in held:
            yield f"{one.text} no longer holds: {one.told}"


def _high(outcome: Outcome, name: str, value: float) -> float:
    interval = outcome.intervals.get(name)
    return value if interval is None else max(value, interval.high)
