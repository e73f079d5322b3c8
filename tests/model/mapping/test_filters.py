"""Event filters (semantics.md B6)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.errors import NotModelledError
from delivery_lab.events import BatchInvoked, MessageDeleted, MessageFiltered
from delivery_lab.model.mapping.filters import parse_patterns, passes
from delivery_lab.model.runtime import AwsError
from tests.model.support import World, receive, remaining


def matches(pattern: object, body: object, attributes: dict[str, Any] | None = None) -> bool:
    """Whether a message passes one pattern; a body that is no text is sent as JSON."""
    world = World()
    queue = world.queue()
    queue.send(body if isinstance(body, str) else json.dumps(body), attributes=attributes)
    (delivery,) = queue.receive()
    return passes(parse_patterns([json.dumps(pattern)]), delivery, world.account.sqs.system_attributes(delivery))


def test_esm_filter_1_what_does_not_match_is_deleted_and_not_left_for_others() -> None:
    world = World()
    queue = world.queue()
    world.function()
    world.mapping(queue, patterns=parse_patterns(['{"body": {"kind": ["order"]}}']))
    sent = world.send(queue, '{"kind": "order"}', '{"kind": "noise"}', "noise", '{"kind": "order", "n": 2}')
    world.start()
    world.run()

    assert [call.bodies for call in world.calls] == [['{"kind": "order"}', '{"kind": "order", "n": 2}']]
    assert remaining(queue) == []
    assert world.messages_of(MessageFiltered) == [sent[1], sent[2]]
    assert {event.rule for event in world.events(MessageFiltered)} == {"ESM-FILTER-1"}
    assert sorted(world.messages_of(MessageDeleted)) == sorted(sent)


def test_esm_filter_1_a_batch_of_which_nothing_is_left_is_not_invoked_and_takes_no_slot() -> None:
    world = World()
    queue = world.queue()
    world.function()
    world.mapping(queue, patterns=parse_patterns(['{"body": {"kind": ["order"]}}']))
    world.send(queue, *["noise"] * 100)
    world.start()
    world.run(1)
    assert (world.calls, remaining(queue)) == ([], [])

    world.send(queue, '{"kind": "order"}')
    world.run(2)
    assert len(world.calls) == 1


def test_esm_filter_1_with_a_window_the_batch_goes_on_collecting() -> None:
    world = World()
    queue = world.queue()
    world.function()
    world.mapping(queue, window_seconds=20, patterns=parse_patterns(['{"body": ["good"]}']))
    world.start()
    for at, body in ((1, "noise"), (2, "good"), (3, "noise"), (4, "good")):
        world.at(at, queue.send, body)
    world.run()

    assert [call.bodies for call in world.calls] == [["good", "good"]]
    assert world.times_of(BatchInvoked) == [22.0]  # the window opened with the first message that passed


def test_esm_filter_1_one_of_several_patterns_is_enough() -> None:
    patterns = parse_patterns(['{"body": {"kind": ["a"]}}', '{"body": {"kind": ["b"]}}'])
    world = World()
    queue = world.queue()
    world.send(queue, '{"kind": "a"}', '{"kind": "b"}', '{"kind": "c"}')

    assert [passes(patterns, delivery, {}) for delivery in queue.receive(3)] == [True, True, False]


def test_without_patterns_everything_passes() -> None:
    world = World()
    queue = world.queue()
    world.send(queue, "x")
    assert passes((), queue.receive()[0], {})
    assert receive(queue) == []


@pytest.mark.parametrize(
    ("pattern", "body", "expected"),
    [
        ({"body": {"kind": ["order"]}}, "kind: order", False),
        ({"body": {"kind": ["order"]}}, '["kind"]', False),
        ({"body": {"kind": [{"exists": False}]}}, "plain", False),
        ({"body": ["plain"]}, {"plain": 1}, False),
        ({"body": [{"anything-but": "plain"}]}, {"plain": 1}, False),
        ({"body": [{"exists": True}]}, {"plain": 1}, False),
        ({"body": ["plain"]}, "plain", True),
        ({"body": [{"prefix": "pl"}]}, "plain", True),
    ],
)
def test_esm_filter_2_a_pattern_for_the_other_format_does_not_match(
    pattern: object, body: object, expected: bool
) -> None:
    assert matches(pattern, body) is expected


@pytest.mark.parametrize(
    ("rule", "matching", "other"),
    [
        ("x", ["x", ["y", "x"]], ["X", None, 1, ["y"], {"x": 1}]),
        (None, [None], ["", 0, False]),
        (0, [0, 0.0], [False, None, "0"]),
        (True, [True], [1, "true", False]),
        ({"prefix": "a"}, ["a", "abc", ["x", "ab"]], ["xa", "A", 1, None]),
        ({"suffix": ".png"}, ["a.png"], ["a.jpg", ".PNG", 1]),
        ({"equals-ignore-case": "Order"}, ["order", "ORDER"], ["orders", 1]),
        ({"anything-but": "x"}, ["y", 1, None], ["x"]),
        ({"anything-but": ["x", 1]}, ["y", 2], ["x", 1]),
        ({"anything-but": {"prefix": "x"}}, ["y"], ["xa"]),
        ({"numeric": ["=", 3]}, [3, 3.0], [4, "3", None, True]),
        ({"numeric": [">", 0, "<=", 5]}, [1, 5, 0.1], [0, 5.1, "1"]),
        ({"numeric": [">=", 2]}, [2, 9], [1]),
        ({"numeric": ["<", 2]}, [1], [2]),
        ({"exists": True}, ["x", 0, "", None, []], [{"leaf": "below"}]),
    ],
)
def test_operators(rule: object, matching: list[object], other: list[object]) -> None:
    pattern = {"body": {"value": [rule]}}
    for value in matching:
        assert matches(pattern, {"value": value}), value
    for value in other:
        assert not matches(pattern, {"value": value}), value


def test_a_missing_field_matches_exists_false_and_nothing_else() -> None:
    assert matches({"body": {"value": [{"exists": False}]}}, {"other": 1})
    assert not matches({"body": {"value": [{"exists": False}]}}, {"value": 1})
    for rule in ("x", None, {"anything-but": "x"}, {"prefix": ""}, {"exists": True}, {"numeric": [">", 0]}):
        assert not matches({"body": {"value": [rule]}}, {"other": 1})
    assert matches({"body": {"a": {"b": [{"exists": False}]}}}, {"other": 1})


def test_an_element_of_a_list_of_objects_matches_in_all_its_fields_or_not_at_all() -> None:
    pattern = {"body": {"items": {"kind": ["book"], "count": [{"numeric": [">", 1]}]}}}
    assert matches(pattern, {"items": [{"kind": "pen", "count": 1}, {"kind": "book", "count": 2}]})
    assert not matches(pattern, {"items": [{"kind": "pen", "count": 2}, {"kind": "book", "count": 1}]})
    assert not matches(pattern, {"items": []})
    assert not matches(pattern, {"items": ["book", 2]})


def test_fields_are_and_rules_are_or_and_there_is_an_or_of_fields() -> None:
    pattern = {"body": {"a": ["1", "2"], "b": {"c": [3]}}}
    assert matches(pattern, {"a": "2", "b": {"c": 3}, "more": 1})
    assert not matches(pattern, {"a": "2", "b": {"c": 4}})
    assert not matches(pattern, {"a": "3", "b": {"c": 3}})
    assert not matches(pattern, {"a": "2", "b": 3})
    either = {"body": {"$or": [{"a": [1]}, {"b": [2]}]}}
    assert matches(either, {"a": 1})
    assert matches(either, {"b": 2})
    assert not matches(either, {"a": 2, "b": 1})


def test_attributes_of_the_message_can_be_matched() -> None:
    attributes = {"kind": {"DataType": "String", "StringValue": "order"}}
    pattern = {"messageAttributes": {"kind": {"stringValue": ["order"]}}}
    assert matches(pattern, "x", attributes)
    assert not matches(pattern, "x")
    assert matches({"attributes": {"ApproximateReceiveCount": ["1"]}}, "x")
    assert not matches({"attributes": {"ApproximateReceiveCount": ["2"]}}, "x")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "it is no JSON"),
        ("[]", "it is no JSON object"),
        ('"x"', "it is no JSON object"),
        ('{"body": "x"}', '"body" must be an object or a list with at least one value'),
        ('{"body": []}', '"body" must be an object or a list with at least one value'),
        ('{"body": {"a": 1}}', '"a" must be an object or a list with at least one value'),
        ('{"$or": {"a": [1]}}', "$or takes a list of patterns"),
        ('{"body": {"$or": [{"a": 1}]}}', '"a" must be an object or a list with at least one value'),
        ('{"body": [{"prefix": "a", "suffix": "b"}]}', "a rule has exactly one operator"),
        ('{"body": [{}]}', "a rule has exactly one operator"),
        ('{"body": [{"exists": "yes"}]}', "exists takes true or false"),
        ('{"body": [{"prefix": 1}]}', "prefix takes a text"),
        ('{"body": [{"anything-but": {"suffix": 1}}]}', "suffix takes a text"),
        ('{"body": [{"numeric": ["=", "1"]}]}', "'=', '1' is no sign and number"),
        ('{"body": [{"numeric": ["!", 1]}]}', "'!', 1 is no sign and number"),
        ('{"body": [{"numeric": ["="]}]}', "numeric takes one or two pairs of sign and number"),
        ('{"body": [{"numeric": 1}]}', "numeric takes one or two pairs of sign and number"),
    ],
)
def test_esm_filter_3_what_is_no_pattern_is_refused(text: str, reason: str) -> None:
    with pytest.raises(AwsError) as caught:
        parse_patterns([text])

    assert caught.value.code == "InvalidParameterValueException"
    assert (caught.value.message, caught.value.why) == ("Invalid filter pattern definition.", f"{reason}: {text}")


def test_esm_filter_3_more_patterns_and_longer_ones_than_aws_takes_are_refused() -> None:
    pattern = '{"body": {"kind": ["a"]}}'
    assert len(parse_patterns([pattern] * 10)) == 10
    with pytest.raises(AwsError, match="Number of filters 11 exceeds the limit of 10"):
        parse_patterns([pattern] * 11)

    longest = '{"body": ["' + "a" * (4_096 - 14) + '"]}'
    assert len(parse_patterns([longest])) == 1
    with pytest.raises(AwsError) as caught:
        parse_patterns([longest + " "])
    assert caught.value.why.startswith("it has 4097 characters, of at most 4096")


def test_an_operator_that_is_not_modelled_is_refused_by_name() -> None:
    text = '{"body": {"ip": [{"cidr": "10.0.0.0/24"}]}}'
    with pytest.raises(NotModelledError) as caught:
        parse_patterns([text])

    assert str(caught.value) == (
        f'the filter operator "cidr" in {text} is not modelled\n'
        "  nearest: equality, $or, exists, anything-but, numeric, prefix, suffix, equals-ignore-case"
    )
