"""Each operator of event patterns by the table of AWS's page eb-create-pattern-operators.html: matching and not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.model.eventbridge.pattern import parse

ROWS: list[tuple[str, dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]] = [
    (
        "and",
        {"Location": ["New York"], "Day": ["Monday"]},
        [{"Location": "New York", "Day": "Monday"}],
        [{"Location": "New York", "Day": "Tuesday"}, {"Day": "Monday"}],
    ),
    (
        "anything-but",
        {"state": [{"anything-but": "initializing"}]},
        [{"state": "running"}],
        [{"state": "initializing"}],
    ),
    (
        "anything-but, begins with",
        {"Region": [{"anything-but": {"prefix": "us-"}}]},
        [{"Region": "eu-west-1"}],
        [{"Region": "us-east-1"}],
    ),
    (
        "anything-but, ends with",
        {"FileName": [{"anything-but": {"suffix": ".png"}}]},
        [{"FileName": "a.jpg"}],
        [{"FileName": "a.png"}],
    ),
    (
        "anything-but, ignoring case",
        {"state": [{"anything-but": {"equals-ignore-case": "initializing"}}]},
        [{"state": "running"}],
        [{"state": "initializing"}, {"state": "INITIALIZING"}],
    ),
    (
        "anything-but, wildcard",
        {"FilePath": [{"anything-but": {"wildcard": "*/lib/*"}}]},
        [{"FilePath": "/usr/bin/a"}],
        [{"FilePath": "/usr/lib/a"}],
    ),
    ("begins with", {"Region": [{"prefix": "us-"}]}, [{"Region": "us-east-1"}], [{"Region": "eu-us-1"}]),
    (
        "begins with, ignoring case",
        {"service": [{"prefix": {"equals-ignore-case": "eventb"}}]},
        [{"service": "EventBridge"}, {"service": "eventbridge"}],
        [{"service": "AnEventBridge"}],
    ),
    ("empty", {"LastName": [""]}, [{"LastName": ""}], [{"LastName": "x"}, {"LastName": None}]),
    ("equals", {"Name": ["Alice"]}, [{"Name": "Alice"}], [{"Name": "alice"}]),
    (
        "equals, ignoring case",
        {"Name": [{"equals-ignore-case": "alice"}]},
        [{"Name": "Alice"}, {"Name": "ALICE"}],
        [{"Name": "Alicia"}],
    ),
    ("ends with", {"FileName": [{"suffix": ".png"}]}, [{"FileName": "a.png"}], [{"FileName": "a.png.jpg"}]),
    (
        "ends with, ignoring case",
        {"service": [{"suffix": {"equals-ignore-case": "tbridge"}}]},
        [{"service": "EVENTBRIDGE"}],
        [{"service": "EventBridges"}],
    ),
    ("exists", {"ProductName": [{"exists": True}]}, [{"ProductName": "x"}], [{"Other": "x"}]),
    ("does not exist", {"ProductName": [{"exists": False}]}, [{"Other": "x"}], [{"ProductName": "x"}]),
    ("not", {"Weather": [{"anything-but": ["Raining"]}]}, [{"Weather": "Sunny"}], [{"Weather": "Raining"}]),
    ("null", {"UserID": [None]}, [{"UserID": None}], [{"UserID": ""}, {"UserID": 0}]),
    (
        "number",
        {"Price": [{"numeric": ["=", 100]}]},
        [{"Price": 100}, {"Price": 1e2}],
        [{"Price": 101}, {"Price": "100"}],
    ),
    (
        "range",
        {"Price": [{"numeric": [">", 10, "<=", 20]}]},
        [{"Price": 10.5}, {"Price": 20}],
        [{"Price": 10}, {"Price": 20.5}],
    ),
    (
        "or of values",
        {"PaymentType": ["Cash", "Credit"]},
        [{"PaymentType": "Cash"}, {"PaymentType": "Credit"}],
        [{"PaymentType": "Debit"}],
    ),
    (
        "or of fields",
        {"$or": [{"Location": ["New York"]}, {"Day": ["Monday"]}]},
        [{"Location": "New York"}, {"Location": "Rome", "Day": "Monday"}],
        [{"Location": "Rome", "Day": "Tuesday"}],
    ),
    (
        "address",
        {"SourceIp": [{"cidr": "10.0.0.0/24"}]},
        [{"SourceIp": "10.0.0.0"}, {"SourceIp": "10.0.0.255"}],
        [{"SourceIp": "10.0.1.0"}, {"SourceIp": "elsewhere"}],
    ),
    (
        "wildcard",
        {"FileName": [{"wildcard": "dir/*.png"}]},
        [{"FileName": "dir/a.png"}],
        [{"FileName": "dir/a.jpg"}, {"FileName": "a/dir/b.png"}],
    ),
]
"""What is compared, the pattern, details that match, and details that do not."""


def _cases(which: int) -> list[Any]:
    return [pytest.param(row[1], detail, id=f"{row[0]}: {detail}") for row in ROWS for detail in row[which]]


def _takes(pattern: dict[str, Any], detail: dict[str, Any]) -> bool:
    return parse(json.dumps({"detail": pattern})).takes({"source": "shop", "detail": {**detail, "unasked": [1]}})


@pytest.mark.parametrize(("pattern", "detail"), _cases(2))
def test_eb_pattern_1_what_matches_in_the_documented_table(pattern: dict[str, Any], detail: dict[str, Any]) -> None:
    assert _takes(pattern, detail)


@pytest.mark.parametrize(("pattern", "detail"), _cases(3))
def test_eb_pattern_1_what_does_not_match_in_the_documented_table(
    pattern: dict[str, Any], detail: dict[str, Any]
) -> None:
    assert not _takes(pattern, detail)
