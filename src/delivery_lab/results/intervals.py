"""Figures as intervals: what a run comes to over the plausible values of the assumptions that it leans on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from delivery_lab.results.figures import Interval, Outcome
from delivery_lab.results.named_figures import plain_figures, plain_names

_GROUPS = ("messages", "deliveries", "effects", "invocations", "latencySeconds", "ordering")


def intervals_of(outcome: Outcome, others: Sequence[tuple[str, Outcome]]) -> dict[str, Interval]:
    """The figures that depend on assumptions, by dotted JSON name.

    Args:
        outcome: the run with the values that the model assumes.
        others: the same run with an end of a rule's plausible range: id of the rule, and the outcome.
    """
    found: dict[str, Interval] = {}
    figures = [(rule, dict(_figures(other))) for rule, other in others]
    for name, value in _figures(outcome):
        seen = [value, *(other[name] for _, other in figures)]
        rules = tuple(dict.fromkeys(rule for rule, other in figures if other[name] != value))
        numbers = [number for number in seen if number is not None]
        if rules and numbers:
            found[name] = Interval(low=min(numbers), high=max(numbers), assumption=", ".join(rules))
    return found


def _figures(outcome: Outcome) -> Iterator[tuple[str, float | None]]:
    return (
        (name, value)
        for name, value in zip(plain_names(), plain_figures(outcome), strict=True)
        if name.partition(".")[0] in _GROUPS
    )
