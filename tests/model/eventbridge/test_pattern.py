"""Event patterns, by the examples of AWS's pages and by what AWS was recorded to answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.model.eventbridge.pattern import parse
from delivery_lab.model.runtime import AwsError

EC2 = {
    "version": "0",
    "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
    "detail-type": "EC2 Instance State-change Notification",
    "source": "aws.ec2",
    "account": "111122223333",
    "time": "2017-12-22T18:43:48Z",
    "region": "us-west-1",
    "resources": ["arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0"],
    "detail": {"instance-id": "i-1234567890abcdef0", "state": "terminated"},
}
"""The event of AWS's page on event patterns."""


def _takes(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    return parse(json.dumps(pattern)).takes(event)


@pytest.mark.parametrize(
    ("pattern", "takes"),
    [
        ({"source": ["aws.ec2"]}, True),
        ({"source": ["aws.s3"]}, False),
        ({"source": ["aws.ec2"], "detail": {"state": ["terminated", "running"]}}, True),
        ({"source": ["aws.ec2"], "detail": {"state": ["running"]}}, False),
        ({"source": ["aws.ec2", "aws.fargate"]}, True),
        ({"detail-type": ["EC2 Instance State-change Notification"], "region": ["us-west-1"]}, True),
        ({"resources": ["arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0"]}, True),
        ({"resources": [{"prefix": "arn:aws:s3"}]}, False),
        ({"state": ["terminated"]}, False),
        ({"time": [{"prefix": "2017-12-22"}]}, True),
    ],
)
def test_eb_pattern_1_an_event_of_aws(pattern: dict[str, Any], takes: bool) -> None:
    assert _takes(pattern, EC2) is takes


@pytest.mark.parametrize(
    ("rules", "value", "takes"),
    [
        ([""], "", True),
        ([None], None, True),
        ([None], "null", False),
        ([{"prefix": "us-"}], "us-east-1", True),
        ([{"prefix": "us-"}], "eu-west-1", False),
        ([{"prefix": {"equals-ignore-case": "eventb"}}], "EventBridge", True),
        ([{"suffix": ".png"}], "a.png", True),
        ([{"suffix": ".png"}], "a.jpg", False),
        ([{"suffix": {"equals-ignore-case": "tbridge"}}], "EVENTBRIDGE", True),
        ([{"equals-ignore-case": "alice"}], "Alice", True),
        ([{"equals-ignore-case": "alice"}], "Bob", False),
        ([{"anything-but": "initializing"}], "running", True),
        ([{"anything-but": "initializing"}], "initializing", False),
        ([{"anything-but": 123}], 456, True),
        ([{"anything-but": ["stopped", "overloaded"]}], "stopped", False),
        ([{"anything-but": [100, 200, 300]}], 101, True),
        ([{"anything-but": {"equals-ignore-case": ["initializing", "stopped"]}}], "STOPPED", False),
        ([{"anything-but": {"prefix": "init"}}], "initializing", False),
        ([{"anything-but": {"prefix": ["init", "stop"]}}], "stopped", False),
        ([{"anything-but": {"suffix": [".txt", ".rtf"]}}], "a.png", True),
        ([{"anything-but": {"wildcard": "*/lib/*"}}], "/usr/lib/x", False),
        ([{"anything-but": {"wildcard": ["*/lib/*", "*/bin/*"]}}], "/home/x", True),
        ([{"numeric": [">", 0, "<=", 5]}], 5, True),
        ([{"numeric": [">", 0, "<=", 5]}], 0, False),
        ([{"numeric": ["<", 10]}], "9", False),
        ([{"numeric": ["=", 301.8]}], 301.8, True),
        ([{"cidr": "10.0.0.0/24"}], "10.0.0.255", True),
        ([{"cidr": "10.0.0.0/24"}], "10.0.1.0", False),
        ([{"exists": True}], 0, True),
        ([{"exists": False}], 0, False),
        ([{"wildcard": "dir/*.png"}], "dir/a/b.png", True),
        ([{"wildcard": "dir/*.png"}], "dir/a.jpg", False),
        ([True], 1, False),
        ([1], 1.0, True),
        (["a", {"prefix": "b"}], "bc", True),
        (["a"], ["b", "a"], True),
        (["c"], ["b", "a"], False),
    ],
)
def test_eb_pattern_1_each_operator(rules: list[Any], value: Any, takes: bool) -> None:
    assert _takes({"detail": {"field": rules}}, {"detail": {"field": value}}) is takes


@pytest.mark.parametrize(
    ("rules", "takes"),
    [([{"exists": False}], True), ([{"exists": True}], False), ([{"anything-but": "a"}], False), ([None], False)],
)
def test_eb_pattern_1_a_field_that_is_not_there(rules: list[Any], takes: bool) -> None:
    assert _takes({"detail": {"field": rules}}, {"detail": {"other": 1}}) is takes


_OR = {"detail": {"$or": [{"c-count": [{"numeric": [">", 0, "<=", 5]}]}, {"d-count": [{"numeric": ["<", 10]}]}]}}


@pytest.mark.parametrize(
    ("detail", "takes"),
    [({"c-count": 3, "d-count": 99}, True), ({"c-count": 9, "d-count": 9}, True), ({"c-count": 9}, False)],
)
def test_eb_pattern_1_or(detail: dict[str, Any], takes: bool) -> None:
    assert _takes(_OR, {"detail": detail}) is takes


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ({}, "Empty objects are not allowed"),
        ({"detail": {}}, "Empty objects are not allowed"),
        ({"source": []}, "Empty arrays are not allowed"),
        ({"source": "shop"}, '"source" must be an object or an array'),
        ({"source": [["shop"]]}, "Match value must be String, number, true, false, or null"),
        ({"source": [{"prefix": "a", "suffix": "b"}]}, "Only one key allowed in match expression"),
        ({"source": [{"EXISTS": True}]}, "Unrecognized match type EXISTS"),
        ({"source": [{"prefix": 123}]}, "prefix match pattern must be a string"),
        ({"source": [{"suffix": [".png"]}]}, "suffix match pattern must be a string"),
        ({"source": [{"equals-ignore-case": ["a"]}]}, "equals-ignore-case match pattern must be a string"),
        ({"source": [{"wildcard": 1}]}, "wildcard match pattern must be a string"),
        ({"source": [{"wildcard": "arn:aws:events:us-east-1:**:x"}]}, "Consecutive wildcard characters at pos 26"),
        ({"source": [{"wildcard": "a\\b"}]}, "Invalid escape character"),
        ({"source": [{"exists": 1}]}, "exists match pattern must be either true or false."),
        ({"source": [{"numeric": 10}]}, "Value of numeric must be an array."),
        ({"source": [{"numeric": [">", 0, "<"]}]}, "Value of < must be numeric"),
        ({"source": [{"numeric": [">", 0, ">", 0]}]}, "Bad numeric range operator: >"),
        ({"source": [{"cidr": "bad-filter"}]}, "Malformed CIDR, one '/' required"),
        ({"source": [{"cidr": ["10.0.0.0/8"]}]}, "prefix match pattern must be a string"),
        ({"source": [{"anything-but": None}]}, "Value of anything-but must be an array or single string/number value."),
        (
            {"source": [{"anything-but": ["a", None]}]},
            "Inside anything but list, start|null|boolean is not supported.",
        ),
        ({"source": [{"anything-but": {"prefix": ""}}]}, "Null prefix/suffix not allowed"),
        ({"source": [{"anything-but": {"prefix": 1}}]}, "prefix/suffix match pattern must be a string"),
        (
            {"source": [{"anything-but": {"prefix": {"equals-ignore-case": "a"}}}]},
            "Value of anything-but must be an array or single string/number value.",
        ),
        ({"source": [{"anything-but": {"wildcard": [1]}}]}, "wildcard match pattern must be a string"),
        ({"source": [{"anything-but": {"wildcard": ["**"]}}]}, "Consecutive wildcard characters at pos 1"),
        (
            {"source": [{"anything-but": {"equals-ignore-case": 1}}]},
            "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
        ),
        ({"source": [{"anything-but": {"numeric": [">", 1]}}]}, "Unsupported anything-but pattern: numeric"),
        ({"$or": [{"a": [1]}, {"b": []}]}, "Empty arrays are not allowed"),
    ],
)
def test_eb_pattern_2_what_is_refused(pattern: dict[str, Any], reason: str) -> None:
    with pytest.raises(AwsError) as caught:
        parse(json.dumps(pattern))

    assert (caught.value.code, caught.value.message) == (
        "InvalidEventPatternException",
        f"Event pattern is not valid. Reason: {reason}",
    )


@pytest.mark.parametrize("text", ["no json", '["a list"]'])
def test_eb_pattern_2_what_is_no_object(text: str) -> None:
    with pytest.raises(AwsError, match="Event pattern is not valid"):
        parse(text)


def test_eb_pattern_3_what_stands_in_the_detail_is_found_there() -> None:
    event = {"source": "shop", "detail": {"kind": "order"}}

    assert parse('{"kind": ["order"]}').would_take_in_detail(event)
    assert parse('{"source": ["shop"], "kind": ["order"]}').would_take_in_detail(event)
    assert not parse('{"kind": ["refund"]}').would_take_in_detail(event)
    assert not parse('{"detail": {"kind": ["refund"]}}').would_take_in_detail(event)
