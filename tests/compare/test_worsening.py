"""What got worse between two outcomes."""

from __future__ import annotations

from typing import Any

from delivery_lab.compare.worsening import worsened
from delivery_lab.results.figures import ExpectationFigures, Interval, Outcome
from tests.lab_support import outcome


def _with(**messages: Any) -> Outcome:
    found = outcome("batch-partial")
    return found.model_copy(update={"messages": found.messages.model_copy(update=messages)})


def test_nothing_is_worse_than_itself() -> None:
    assert worsened(_with(), _with()) == ()


def test_harmful_figures_that_go_up_are_worse_and_others_are_not() -> None:
    assert worsened(_with(lost=1), _with(lost=3, remaining=5)) == ("messages.lost went up from 1 to 3",)
    assert worsened(_with(lost=3), _with(lost=1)) == ()


def test_a_figure_that_is_not_known_any_more_is_worse() -> None:
    unknown = _with().effects.model_copy(update={"duplicated": None})
    after = _with().model_copy(update={"effects": unknown})

    assert worsened(_with(), after) == ("effects.duplicated is not known any more (it was 0)",)
    assert worsened(after, _with()) == ()


def test_an_interval_that_reaches_higher_is_worse() -> None:
    after = _with().model_copy(
        update={"intervals": {"messages.lost": Interval(low=0, high=9, assumption="ESM-THROTTLE-3")}}
    )

    assert worsened(_with(), after) == ("messages.lost may be up to 9, it was at most 0 (ESM-THROTTLE-3)",)


def test_an_expectation_that_no_longer_holds_is_worse() -> None:
    def held(*, holds: bool) -> Outcome:
        return _with().model_copy(
            update={"expectations": (ExpectationFigures(text="messages.lost == 0", actual=2, holds=holds),)}
        )

    assert worsened(held(holds=True), held(holds=False)) == ("messages.lost == 0 no longer holds: 2",)
    assert worsened(held(holds=False), held(holds=False)) == ()
