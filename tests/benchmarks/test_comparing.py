from __future__ import annotations

import pytest

from benchmarks.comparing import committed_figures, got_worse
from benchmarks.figure import Figure

PAGE = """\
# How fast it is

| what | before | after |
| --- | --- | --- |
| one more seed | 84 ms | 14 ms |

| what | measured | limit | |
| --- | --- | --- | --- |
| twice the messages | 2.01 x the time | linear: about 2 x | met |
| messages a second | 12,500 |  |  |
| a row without a number | none |  |  |
"""


def test_figures_are_those_of_the_table_with_a_limit() -> None:
    assert committed_figures(PAGE) == {"twice the messages": 2.01, "messages a second": 12_500.0}


@pytest.mark.parametrize(
    ("figure", "told"),
    [
        (Figure("twice the messages", "2.41 x the time"), ""),
        (Figure("twice the messages", "4.02 x the time"), "2.00 x as bad as what is committed (2.01)"),
        (Figure("twice the messages", "0.50 x the time"), ""),
        (Figure("messages a second", "10,500", more_is_better=True), ""),
        (Figure("messages a second", "5,000", more_is_better=True), "2.50 x as bad as what is committed (12500)"),
        (Figure("messages a second", "50,000", more_is_better=True), ""),
        (Figure("what is new", "3 s"), ""),
        (Figure("twice the messages", "none"), ""),
    ],
)
def test_a_figure_that_is_a_fifth_worse_is_told(figure: Figure, told: str) -> None:
    assert got_worse(figure, committed_figures(PAGE)) == told
