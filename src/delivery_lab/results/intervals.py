"""Figures as intervals: what a run comes to over the plausible values of the assumptions that it leans on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from delivery_lab.results.figures import Interval, Outcome

_GROUPS = ("messages", "deliveries", "effects", "invocations", "latency_seconds", "ordering")


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
    content: Mapping[str, Mapping[str, Any]] = outcome.model_dump(by_alias=True, include=set(_GROUPS))
    for group, figures in content.items():
        for name, value in figures.items():
            yield f"{group}.{name}", value
