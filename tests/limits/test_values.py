"""What an API takes of one value, in words."""

from __future__ import annotations

import pytest

from delivery_lab.limits.values import Values, values_of
from delivery_lab.resource_types import ALIAS, FUNCTION, QUEUE


@pytest.mark.parametrize(
    ("taken", "value", "said"),
    [
        (Values("s", "m", values=("A", "B")), "A", ""),
        (Values("s", "m", values=("A", "B")), "a", "one of A, B"),
        (Values("s", "m", values=tuple(map(str, range(100, 120)))), "1099", "one of 20 values, such as 109"),
        (Values("s", "m", values=tuple(map(str, range(100, 120)))), "x", "one of 20 values, such as 100, 101, 102"),
        (Values("s", "m", values=("1", "2")), 2, ""),
        (Values("s", "m", pattern="[a-z]+"), "abc", ""),
        (Values("s", "m", pattern="[a-z]+"), "abc1", "it matches [a-z]+"),
        (Values("s", "m", pattern="[a-z]+"), "abc\n", "it matches [a-z]+"),
        (Values("s", "m", least=1, most=3), "abcd", "1 to 3 characters (it has 4)"),
        (Values("s", "m", most=3), "abcd", "3 characters at most (it has 4)"),
        (Values("s", "m", least=2), "a", "2 characters at least (it has 1)"),
        (Values("s", "m", lowest=1), 0, "1 at least"),
        (Values("s", "m", lowest=-1, highest=604_800), 604_801, "-1 to 604800"),
        (Values("s", "m", lowest=0.0, highest=1.0), 0.5, ""),
        (Values("s", "m", lowest=0.0, highest=1.0), "0.5", ""),
    ],
)
def test_why_a_value_is_not_taken(taken: Values, value: str | float, said: str) -> None:
    assert taken.refused(value) == said


def test_values_are_looked_up_by_type_and_path() -> None:
    assert values_of(ALIAS)["name",].refused("7") == "it matches (?!^[0-9]+$)([a-zA-Z0-9-_]+)"
    assert "one of" in values_of(FUNCTION)["runtime",].refused("pyhton3.11")
    assert values_of(QUEUE) == {}
