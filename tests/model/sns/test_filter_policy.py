"""Filter policies, by the examples of AWS's pages and by what AWS was recorded to answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sns.filter_policy import MESSAGE_ATTRIBUTES, MESSAGE_BODY, parse

RUGBY, TENNIS, BASEBALL = ({"DataType": "String", "StringValue": value} for value in ("rugby", "tennis", "baseball"))


def _text(value: str) -> dict[str, Any]:
    return {"DataType": "String", "StringValue": value}


def _number(value: str) -> dict[str, Any]:
    return {"DataType": "Number", "StringValue": value}


def _array(*values: Any) -> dict[str, Any]:
    return {"DataType": "String.Array", "StringValue": json.dumps(values)}


BINARY = {"DataType": "Binary", "BinaryValue": b"\x02"}

TRANSACTION = {
    "customer_interests": _array("soccer", "rugby", "hockey"),
    "store": _text("example_corp"),
    "event": _text("order_placed"),
    "price_usd": _number("210.75"),
}
"""The message of AWS's page with example policies."""


def _takes(policy: dict[str, Any], attributes: dict[str, Any]) -> bool:
    return parse(json.dumps(policy), MESSAGE_ATTRIBUTES).takes("body", attributes)


def _takes_body(policy: dict[str, Any], body: Any) -> bool:
    return parse(json.dumps(policy), MESSAGE_BODY).takes(body if isinstance(body, str) else json.dumps(body), {})


@pytest.mark.parametrize(
    ("rules", "attribute", "takes"),
    [
        (["rugby", "tennis"], RUGBY, True),
        (["rugby", "tennis"], TENNIS, True),
        (["rugby", "tennis"], _array("rugby", "tennis"), True),
        (["rugby", "tennis"], BASEBALL, False),
        (["rugby", "tennis"], _array("baseball"), False),
        ([{"anything-but": ["rugby", "tennis"]}], BASEBALL, True),
        ([{"anything-but": ["rugby", "tennis"]}], RUGBY, False),
        ([{"anything-but": {"prefix": "order-"}}], _text("data-entry"), True),
        ([{"anything-but": {"prefix": "order-"}}], _text("order_number"), True),
        ([{"anything-but": {"prefix": "order-"}}], _text("order-cancelled"), False),
        ([{"equals-ignore-case": "tennis"}], _text("TENNIS"), True),
        ([{"equals-ignore-case": "tennis"}], RUGBY, False),
        ([{"cidr": "10.0.0.0/24"}], _text("10.0.0.0"), True),
        ([{"cidr": "10.0.0.0/24"}], _text("10.0.0.255"), True),
        ([{"cidr": "10.0.0.0/24"}], _text("10.1.1.0"), False),
        ([{"cidr": "10.0.0.0/24"}], _text("no address"), False),
        ([{"prefix": "bas"}], BASEBALL, True),
        ([{"prefix": "bas"}], RUGBY, False),
        ([{"suffix": "ball"}], BASEBALL, True),
        ([{"suffix": "ball"}], RUGBY, False),
        ([{"numeric": ["=", 301.5]}], _number("301.5"), True),
        ([{"numeric": ["=", 301.5]}], _number("3.015e2"), True),
        ([{"anything-but": [100, 500]}], _number("101"), True),
        ([{"anything-but": [100, 500]}], _number("100"), False),
        ([{"numeric": ["<", 0]}], _number("-1"), True),
        ([{"numeric": [">", 0, "<=", 150]}], _number("150"), True),
        ([{"numeric": [">", 0, "<=", 150]}], _number("0"), False),
        ([{"numeric": [">", 0, "<=", 100]}], _text("50"), False),
        ([{"exists": True}], _text("fans"), True),
        ([{"exists": True}], BINARY, True),
        ([{"exists": False}], _text("fans"), False),
        (["anything"], BINARY, False),
    ],
)
def test_sns_filter_3_operators_on_attributes(rules: list[Any], attribute: Any, takes: bool) -> None:
    assert _takes({"name": rules}, {"name": attribute, "other": _text("x")}) is takes


@pytest.mark.parametrize(
    ("rules", "value", "takes"),
    [
        (["rugby", "tennis"], "rugby", True),
        (["rugby", "tennis"], "baseball", False),
        ([{"anything-but": ["rugby", "tennis"]}], "football", True),
        ([{"anything-but": ["rugby", "tennis"]}], ["rugby", "baseball"], True),
        ([{"anything-but": ["rugby", "tennis"]}], "rugby", False),
        ([{"prefix": "bas"}], "basketball", True),
        ([{"suffix": "ball"}], "basketball", True),
        ([{"equals-ignore-case": "tennis"}], "TeNNis", True),
        ([{"numeric": ["=", 301.5]}], 3.015e2, True),
        ([{"anything-but": [100, 500]}], [100, 50], True),
        ([{"anything-but": [100, 500]}], 100, False),
        ([{"cidr": "10.0.0.0/24"}], "10.0.0.255", True),
        ([True], True, True),
        ([True], 1, False),
        ([None], None, True),
        ([None], "null", False),
        ([{"exists": True}], None, False),
        ([{"exists": True}], "", False),
        ([{"exists": True}], 0, True),
        ([{"exists": True}], False, True),
        ([{"exists": False}], None, False),
        ([{"exists": True}], [], False),
        ([{"exists": True}], {"inner": 1}, False),
    ],
)
def test_sns_filter_3_operators_on_bodies(rules: list[Any], value: Any, takes: bool) -> None:
    assert _takes_body({"name": rules}, {"name": value}) is takes


@pytest.mark.parametrize(
    ("policy", "takes"),
    [
        (
            {
                "store": ["example_corp"],
                "event": [{"anything-but": "order_cancelled"}],
                "customer_interests": ["rugby", "football", "baseball"],
                "price_usd": [{"numeric": [">=", 100]}],
            },
            True,
        ),
        ({"store": ["example_corp"], "event": ["order_cancelled"], "encrypted": [False]}, False),
        ({"store": ["example_corp"], "encrypted": [{"exists": False}]}, True),
    ],
)
def test_sns_filter_1_every_name_has_to_match(policy: dict[str, Any], takes: bool) -> None:
    assert _takes(policy, TRANSACTION) is takes


NESTED = {
    "object": {"key": [{"prefix": "auto-"}, "hardcodedvalue"], "nested_key": [{"exists": False}]},
    "test": [{"exists": False}],
}
EITHER = {
    "$or": [{"metricName": ["CPUUtilization", "ReadLatency"]}, {"namespace": ["AWS/EC2", "AWS/ES"]}],
    "detail": {
        "scope": ["Service"],
        "$or": [{"source": ["aws.cloudwatch"]}, {"type": ["CloudWatch Alarm State Change"]}],
    },
}
RECORDS = {"Records": {"s3": {"object": {"key": [{"prefix": "auto-"}]}}, "eventName": [{"prefix": "ObjectCreated:"}]}}
DOTTED = {"object.nested.test": ["string.value"]}


def _record(name: str, key: Any) -> dict[str, Any]:
    return {"eventName": name, "s3": {"object": key}}


@pytest.mark.parametrize(
    ("policy", "body", "takes"),
    [
        (NESTED, {"object": {"key": "auto-test"}}, True),
        (NESTED, {"object": {"key": "hardcodedvalue"}}, True),
        (NESTED, {"object": {"key": "test-auto"}}, False),
        (NESTED, {"object": {"key": "auto-test"}, "test": "there"}, False),
        (NESTED, {"object": {"key": "auto-test", "nested_key": "there"}}, False),
        (NESTED, {"object": {"test": "auto-test"}}, False),
        (NESTED, "no JSON", False),
        (NESTED, '"auto-test"', False),
        (EITHER, {"metricName": "CPUUtilization", "detail": {"scope": "Service", "source": "aws.cloudwatch"}}, True),
        (
            EITHER,
            {"namespace": "AWS/ES", "detail": {"scope": "Service", "type": "CloudWatch Alarm State Change"}},
            True,
        ),
        (EITHER, {"metricName": "CPUUtilization", "detail": {"scope": "Service", "type": "CPUUtilization"}}, False),
        (EITHER, {"metricName": "CPUUtilization", "detail": {"type": "CloudWatch Alarm State Change"}}, False),
        (EITHER, {"metricName": "AWS/EC2", "detail": {"scope": "Service", "source": "aws.cloudwatch"}}, False),
        (RECORDS, {"Records": [_record("ObjectCreated:Put", {"key": "auto-1.xml"})]}, True),
        (RECORDS, {"Records": [_record("ObjectRemoved:Delete", {"key": "auto-1.xml"})]}, False),
        (RECORDS, {"Records": [_record("ObjectCreated:Put", {"key": "home-1.xml"})]}, False),
        (RECORDS, {"Records": [_record("ObjectCreated:Put", [[{"key": "auto-1.xml"}]])]}, True),
        (
            RECORDS,
            {"Records": [_record("ObjectCreated:Put", {"key": "home"}), _record("ObjectRemoved:X", {"key": "auto-1"})]},
            False,
        ),
        (DOTTED, {"object": {"nested": {"test": "string.value"}}}, True),
        (DOTTED, {"object.nested.test": "string.value"}, True),
        (DOTTED, {"object.nested": {"test": "string.value"}}, True),
        (DOTTED, {"object": {"nested.test": "string.value"}}, True),
        (DOTTED, {"object": {"nested": {"test": "string.notvalue"}}}, False),
        ({"headers": {"route-to": ["queue1"]}}, {"headers": {"route-to": ["queue1", "queue2"]}}, True),
        ({"headers": {"route-to": ["queue1"]}}, {"headers": {"route-to": ["queue3"]}}, False),
        ({"detail": {"eventVersion": [""]}}, {"resources": [], "detail": {"eventVersion": "", "other": None}}, True),
    ],
)
def test_sns_filter_1_bodies_as_aws_was_recorded(policy: dict[str, Any], body: Any, takes: bool) -> None:
    assert _takes_body(policy, body) is takes


def test_sns_filter_4_anything_but_looks_at_all_values_of_an_attribute_and_at_any_of_a_body() -> None:
    policy = {"customer_interests": [{"anything-but": ["rugby", "tennis"]}]}

    assert not _takes(policy, {"customer_interests": _array("rugby", "baseball")})
    assert _takes(policy, {"customer_interests": _array("baseball", "football")})
    assert _takes_body(policy, {"customer_interests": ["rugby", "baseball"]})


def test_sns_filter_5_a_policy_about_attributes_that_the_body_would_match() -> None:
    policy = parse('{"type": ["order"]}', MESSAGE_ATTRIBUTES)

    assert not policy.takes('{"type": "order"}', {})
    assert policy.would_take_elsewhere('{"type": "order"}')
    assert not policy.would_take_elsewhere('{"type": "refund"}')
    assert not policy.would_take_elsewhere("order")
    assert not parse('{"type": ["order"]}', MESSAGE_BODY).would_take_elsewhere('{"type": "order"}')


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ([["value"]], "Match value must be String, number, true, false, or null"),
        ([{"wrong-operator": True}], "Unrecognized match type wrong-operator"),
        ([{"suffix": "value", "prefix": "value2"}], "Only one key allowed in match expression"),
        ([], "Empty arrays are not allowed"),
        ([{"suffix": 100}], "suffix match pattern must be a string"),
        ([{"suffix": ["test", "test2"]}], "suffix match pattern must be a string"),
        ([{"cidr": ["bad-filter"]}], "prefix match pattern must be a string"),
        ([{"cidr": "bad-filter"}], "Malformed CIDR, one '/' required"),
        ([{"cidr": "bad-filter/64"}], "Nonstandard IP address: bad-filter"),
        ([{"cidr": "bad-/64filter"}], "Malformed CIDR, mask bits must be an integer"),
        ([{"cidr": "xxxx:db8:1234:1a00::/64"}], "Nonstandard IP address: xxxx:db8:1234:1a00::"),
        ([{"numeric": []}], "Invalid member in numeric match: ]"),
        ([{"numeric": ["operator"]}], "Unrecognized numeric range operator: operator"),
        ([{"numeric": [1, "<="]}], "Invalid member in numeric match: 1"),
        ([{"numeric": ["=", "000"]}], "Value of equals must be numeric"),
        ([{"numeric": [">="]}], "Value of >= must be numeric"),
        ([{"numeric": ["<", 100, ">", 10]}], "Too many elements in numeric expression"),
        ([{"numeric": [">=", 1, ">", 2]}], "Bad numeric range operator: >"),
        ([{"numeric": [">", 3, "<", 1]}], "Bottom must be less than top"),
        ([{"numeric": [">", 20, "<="]}], "Value of <= must be numeric"),
        ([{"numeric": [">", 20, 30]}], "Bad value in numeric range: 30"),
        ([{"numeric": [">", 20, "<", "30"]}], "Value of < must be numeric"),
        ([{"numeric": [">", 20, "<", 30, "<", 50]}], "Too many terms in numeric range expression"),
        ([{"exists": None}], "exists match pattern must be either true or false."),
        ([{"anything-but": {"wrong-operator": None}}], "Unsupported anything-but pattern: wrong-operator"),
        ([{"anything-but": {"suffix": "test"}}], "Unsupported anything-but pattern: suffix"),
        ([{"anything-but": {"prefix": False}}], "prefix match pattern must be a string"),
        ("value", '"key" must be an object or an array'),
    ],
)
def test_sns_filter_2_what_aws_refuses_in_its_words(rule: Any, reason: str) -> None:
    with pytest.raises(AwsError) as caught:
        parse(json.dumps({"key": rule}), MESSAGE_ATTRIBUTES)

    assert caught.value.code == "InvalidParameter"
    assert caught.value.message == f"Invalid parameter: Attributes Reason: FilterPolicy: {reason}"


@pytest.mark.parametrize(
    ("policy", "scope", "end"),
    [
        ({"key": {"suffix": ["value"]}}, MESSAGE_ATTRIBUTES, "does not support nested filter policy"),
        ({f"key_{n}": ["v"] for n in range(6)}, MESSAGE_ATTRIBUTES, "can not have more than 5 keys"),
        ({"key": [f"value{n}" for n in range(151)]}, MESSAGE_ATTRIBUTES, "too complex"),
        ({"a": {"b": {"c": [1, 2, 3, 4]}}, "d": {"e": [1, 2, 3]}, "f": [1, 2, 3]}, MESSAGE_BODY, "too complex"),
        ({"a": ["b"]}, "Elsewhere", "Please use either MessageBody or MessageAttributes"),
    ],
)
def test_sns_filter_2_bounds_of_a_policy(policy: dict[str, Any], scope: str, end: str) -> None:
    with pytest.raises(AwsError) as caught:
        parse(json.dumps(policy), scope)

    assert caught.value.message.endswith(end)


def test_sns_filter_2_a_policy_that_is_no_json_object() -> None:
    for text in ("invalid", "[]"):
        with pytest.raises(AwsError, match="FilterPolicy"):
            parse(text, MESSAGE_ATTRIBUTES)


def test_sns_filter_2_150_combinations_are_allowed() -> None:
    source = {"source": ["a", "b", "c"]}
    metrics = {"metricType": list("abcd"), "$or": [{"metricId": [1, 2, 3, 4]}, {"spaceId": list(range(7))}]}

    policy = parse(json.dumps({**source, "$or": [{"metricName": list("abcdef")}, metrics]}), MESSAGE_ATTRIBUTES)

    assert len(policy.alternatives) == 3


VALUES = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["a", "b", "ab"])


@given(st.lists(VALUES, min_size=1, max_size=4), st.dictionaries(st.sampled_from("xyz"), VALUES, max_size=3))
def test_a_list_of_values_takes_what_is_in_it(wanted: list[Any], body: dict[str, Any]) -> None:
    same = [
        each
        for each in wanted
        if "x" in body and each == body["x"] and isinstance(each, bool) is isinstance(body["x"], bool)
    ]

    assert _takes_body({"x": wanted}, body) is bool(same)
