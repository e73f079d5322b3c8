"""Each operator of filter policies by the examples of AWS's pages: what matches, and what does not, in both scopes.

The pages are string-value-matching.html, numeric-value-matching.html, attribute-key-matching.html and and-or-logic.html
of the guide of SNS.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sns.filter_policy import MESSAGE_ATTRIBUTES, MESSAGE_BODY, parse

SPORTS, ADDRESSES, PRICES = "customer_interests", "source_ip", "price_usd"

VALUES: list[tuple[str, str, list[Any], list[Any], list[Any]]] = [
    ("exact", SPORTS, ["rugby", "tennis"], ["rugby", "tennis"], ["baseball"]),
    ("anything-but", SPORTS, [{"anything-but": ["rugby", "tennis"]}], ["baseball", "football"], ["rugby", "tennis"]),
    ("anything-but one", "event", [{"anything-but": "order_cancelled"}], ["order_placed"], ["order_cancelled"]),
    (
        "anything-but prefix",
        "event",
        [{"anything-but": {"prefix": "order-"}}],
        ["data-entry", "order_number"],
        ["order-cancelled"],
    ),
    (
        "equals-ignore-case",
        SPORTS,
        [{"equals-ignore-case": "tennis"}],
        ["TENNIS", "Tennis", "tennis"],
        ["rugby", "tennis "],
    ),
    ("cidr", ADDRESSES, [{"cidr": "10.0.0.0/24"}], ["10.0.0.0", "10.0.0.255"], ["10.1.1.0", "10.0.1.0"]),
    ("prefix", SPORTS, [{"prefix": "bas"}], ["baseball", "basketball"], ["rugby", "a bas"]),
    ("suffix", SPORTS, [{"suffix": "ball"}], ["baseball", "basketball"], ["rugby", "balls"]),
    ("numeric =", "balance", [{"numeric": ["=", 301.5]}], [301.5, 3.015e2], [301.6, -301.5]),
    ("anything-but numbers", "price", [{"anything-but": [100, 500]}], [101, 100.1], [100, 500]),
    ("numeric below", PRICES, [{"numeric": ["<", 0]}], [-1, -0.5], [0, 1]),
    ("numeric between", PRICES, [{"numeric": [">", 0, "<=", 150]}], [1, 149.99, 150], [0, -1, 150.01]),
    ("numeric at least", PRICES, [{"numeric": [">=", 100]}], [100, 210.75], [99.99]),
]
"""What is asked, of which name, in which words, what matches, and what does not."""


def _cases(which: int) -> list[Any]:
    return [pytest.param(row[1], row[2], value, id=f"{row[0]}: {value}") for row in VALUES for value in row[which]]


def _attribute(value: Any) -> dict[str, Any]:
    kind = "String" if isinstance(value, str) else "Number"
    return {"DataType": kind, "StringValue": str(value)}


def _by_attributes(policy: Any, **attributes: dict[str, Any]) -> bool:
    return parse(json.dumps(policy), MESSAGE_ATTRIBUTES).takes("body", attributes)


def _by_body(policy: Any, body: Any) -> bool:
    return parse(json.dumps(policy), MESSAGE_BODY).takes(json.dumps(body), {})


@pytest.mark.parametrize(("name", "rules", "value"), _cases(3))
def test_sns_filter_3_what_matches_in_the_documented_examples(name: str, rules: list[Any], value: Any) -> None:
    assert _by_attributes({name: rules}, **{name: _attribute(value)})
    assert _by_body({name: rules}, {name: value, "more": 1})
    assert _by_body({"order": {name: rules}}, {"order": {name: value}})


@pytest.mark.parametrize(("name", "rules", "value"), _cases(4))
def test_sns_filter_3_what_does_not_match_in_the_documented_examples(name: str, rules: list[Any], value: Any) -> None:
    assert not _by_attributes({name: rules}, **{name: _attribute(value)})
    assert not _by_body({name: rules}, {name: value, "more": 1})
    assert not _by_body({"order": {name: rules}}, {"order": {name: value}})
    assert not _by_body({"order": {name: rules}}, {name: value})


STORE, INTERESTS = _attribute("fans"), {"DataType": "String.Array", "StringValue": '["baseball", "basketball"]'}


@pytest.mark.parametrize(
    ("wanted", "attributes", "takes"),
    [
        (True, {"store": STORE, SPORTS: INTERESTS}, True),
        (True, {SPORTS: INTERESTS}, False),
        (True, {}, False),
        (False, {"store": STORE, SPORTS: INTERESTS}, False),
        (False, {SPORTS: INTERESTS}, True),
        (False, {}, False),
    ],
)
def test_sns_filter_3_keys_that_are_there_and_keys_that_are_not(
    wanted: bool, attributes: dict[str, dict[str, Any]], takes: bool
) -> None:
    assert _by_attributes({"store": [{"exists": wanted}]}, **attributes) is takes


@pytest.mark.parametrize(
    ("wanted", "body", "takes"),
    [
        (True, {"store": "fans", SPORTS: ["baseball", "basketball"]}, True),
        (True, {SPORTS: ["baseball", "basketball"]}, False),
        (False, {"store": "fans", SPORTS: ["baseball", "basketball"]}, False),
        (False, {SPORTS: ["baseball", "basketball"]}, True),
    ],
)
def test_sns_filter_3_properties_that_are_there_and_properties_that_are_not(
    wanted: bool, body: dict[str, Any], takes: bool
) -> None:
    assert _by_body({"store": [{"exists": wanted}]}, body) is takes


def test_sns_filter_3_anything_but_together_with_a_key_that_is_not_there() -> None:
    policy = {SPORTS: [{"anything-but": ["rugby"]}, {"exists": False}]}

    assert _by_attributes(policy, **{SPORTS: _attribute("tennis")})
    assert _by_attributes(policy, store=STORE)
    assert not _by_attributes(policy, **{SPORTS: _attribute("rugby")})


EITHER = {"source": ["aws.cloudwatch"], "$or": [{"metricName": ["CPUUtilization"]}, {"namespace": ["AWS/EC2"]}]}


@pytest.mark.parametrize(
    ("values", "takes"),
    [
        ({"source": "aws.cloudwatch", "metricName": "CPUUtilization"}, True),
        ({"source": "aws.cloudwatch", "namespace": "AWS/EC2"}, True),
        ({"source": "aws.cloudwatch", "metricName": "CPUUtilization", "namespace": "AWS/EC2"}, True),
        ({"source": "aws.cloudwatch"}, False),
        ({"source": "aws.cloudwatch", "metricName": "ReadLatency"}, False),
        ({"source": "aws.s3", "namespace": "AWS/EC2"}, False),
    ],
)
def test_sns_filter_3_or_of_names_in_both_scopes(values: dict[str, str], takes: bool) -> None:
    assert _by_attributes(EITHER, **{name: _attribute(value) for name, value in values.items()}) is takes
    assert _by_body(EITHER, values) is takes


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"wildcard": "*ball"}, "Unrecognized match type wildcard"),
        ({"anything-but": {"wildcard": "*ball"}}, "Unsupported anything-but pattern: wildcard"),
        ({"anything-but": {"suffix": "ball"}}, "Unsupported anything-but pattern: suffix"),
    ],
)
@pytest.mark.parametrize("scope", [MESSAGE_ATTRIBUTES, MESSAGE_BODY])
def test_sns_filter_3_operators_that_only_eventbridge_has_are_refused(
    scope: str, rule: dict[str, Any], reason: str
) -> None:
    with pytest.raises(AwsError) as caught:
        parse(json.dumps({SPORTS: [rule]}), scope)

    assert caught.value.message.endswith(f"FilterPolicy: {reason}")
