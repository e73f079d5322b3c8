"""Conditions that are remembered mean what they mean to moto by itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto.dynamodb.comparisons import ConditionExpressionParser

from delivery_lab.model import moto_expressions

NAMES, VALUES = {"#state": "state", "#id": "id"}, {":old": {"S": "old"}, ":new": {"N": "1"}}
CONDITIONS = (
    "attribute_not_exists(#id)",
    "attribute_not_exists(id) OR #state = :old",
    "size(#id) >= :new AND NOT (#state IN (:old, :new))",
    "#state BETWEEN :old AND :new",
    "a.b.#id <> :new",
)


@pytest.fixture
def remembered() -> Iterator[None]:
    """Conditions are remembered, as during a run."""
    moto_expressions.begin()
    yield
    moto_expressions.end()


def read(condition: str) -> tuple[str, list[str], list[str]]:
    """What moto reads, and the names and values that it found."""
    parser = ConditionExpressionParser(condition, NAMES, VALUES)
    return repr(parser.parse()), parser.expr_attr_names_found, parser.expr_attr_values_found


ALONE = {condition: read(condition) for condition in CONDITIONS}


@pytest.mark.usefixtures("remembered")
@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_is_read_again_as_the_first_time_and_with_other_names(condition: str) -> None:
    assert [read(condition), read(condition)] == [ALONE[condition]] * 2

    other = ConditionExpressionParser(condition, {**NAMES, "#state": "other"}, VALUES)
    assert repr(other.parse()) == ALONE[condition][0].replace("state", "other")


@pytest.mark.usefixtures("remembered")
@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_is_read_with_the_values_of_its_call(condition: str) -> None:
    others = {":old": {"S": "older"}, ":new": {"N": "27"}}
    first = ConditionExpressionParser(condition, NAMES, VALUES).parse()

    again = repr(ConditionExpressionParser(condition, NAMES, others).parse())

    moto_expressions.end()
    assert again == repr(ConditionExpressionParser(condition, NAMES, others).parse())
    assert repr(first) == ALONE[condition][0]


@pytest.mark.usefixtures("remembered")
def test_a_value_that_is_missing_is_missed_each_time() -> None:
    read("#state = :old")
    for _ in range(2):
        with pytest.raises(KeyError, match=":old"):
            ConditionExpressionParser("#state = :old", NAMES, {}).parse()


@pytest.mark.usefixtures("remembered")
def test_a_condition_that_cannot_be_read_is_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="Cannot parse condition starting at:% 1"):
            read("#state % 1")


def test_moto_is_left_as_it_was() -> None:
    before = vars(ConditionExpressionParser)["parse"]
    moto_expressions.begin()
    assert vars(ConditionExpressionParser)["parse"] is not before
    moto_expressions.end()
    assert vars(ConditionExpressionParser)["parse"] is before
