"""Figures by name: those of the JSON contract, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from delivery_lab.errors import UsageError
from delivery_lab.expectations.expectation import read_expectation
from delivery_lab.expectations.expressions import FigureName
from delivery_lab.results.named_figures import check_name, figure_names, figures_of
from tests.lab_support import outcome


def name_of(text: str) -> FigureName:
    return next(read_expectation(f"{text} == 0").names())


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{name}.{key}".removeprefix("."))
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield name, value


@pytest.mark.parametrize("stack", ["batch-partial", "stream-default", "sync-naive"])
def test_every_number_of_an_outcome_is_a_figure_of_that_name(stack: str) -> None:
    found = outcome(stack)
    content = json.loads(found.as_json())
    for apart in ("schemaVersion", "seed", "intervals", "firstHarmSeconds", "perMessageOmitted"):
        content.pop(apart)
    content["requests"].pop("answers")
    figures = figures_of(found)

    for name, value in _leaves(content):
        check_name(name_of(name))
        assert figures(name_of(name)) == value, name


def test_every_name_is_found_in_an_outcome() -> None:
    plain = [name for name in figure_names() if "[" not in name]

    assert "messages.healthyDeadLettered" in plain
    assert "virtualSeconds" in plain
    figures = figures_of(outcome("batch-partial"))
    assert all(isinstance(figures(name_of(name)), int | float | None) for name in plain)


def test_members_are_picked_by_name() -> None:
    found = outcome("batch-partial")
    consumer = found.consumers[0]

    assert figures_of(found)(name_of(f'consumers["{consumer.name}"].messages.sent')) == consumer.messages.sent
    with pytest.raises(UsageError) as refused:
        figures_of(found)(name_of('consumers["other"].messages.sent'))
    assert str(refused.value) == f'there is no consumers["other"] in this run (there are: {consumer.name})'


def test_what_the_place_of_a_run_cannot_tell_has_no_value() -> None:
    found = outcome("batch-partial")
    found = found.model_copy(update={"unknown": {"messages.lost": "nobody saw", "effects": "nobody said"}})
    verdict = read_expectation("messages.lost == 0").judge(figures_of(found))
    assert (verdict.holds, verdict.reason) == (False, "messages.lost is not known: nobody saw")
    name = f'consumers["{found.consumers[0].name}"].effects.total'
    verdict = read_expectation(f"{name} > 0").judge(figures_of(found))
    assert (verdict.holds, verdict.reason) == (False, f"{name} is not known: nobody said")
    assert read_expectation("messages.sent == 10").judge(figures_of(found)).holds


def test_an_answer_that_nobody_got_was_given_0_times() -> None:
    assert figures_of(outcome("batch-partial"))(name_of('requests.answers["599"]')) == 0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("messages.losst", "there is no figure messages.losst; did you mean messages.lost?"),
        ("lost", "there is no figure lost; did you mean messages.lost?"),
        ("seed", "there is no figure seed"),
        ("zzz.qqq", "there is no figure zzz.qqq"),
        ('messages["lost"]', 'there is no figure messages["lost"]; did you mean messages.lost?'),
    ],
)
def test_a_name_that_is_no_figure_is_refused_with_the_nearest(name: str, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_name(name_of(name))
    assert str(refused.value) == f"{message} (docs/results.md has them all)"


def test_a_group_of_figures_is_no_figure() -> None:
    with pytest.raises(UsageError) as refused:
        check_name(name_of("latencySeconds"))
    several = "latencySeconds.p50, latencySeconds.p95, latencySeconds.max"
    assert str(refused.value) == f"latencySeconds is not one figure but several: {several}"
