"""One place maps attributes to names in JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from delivery_lab.checks.finding import Severity
from delivery_lab.json_names import json_name, json_path, object_in, plain


@pytest.mark.parametrize(
    ("attribute", "name"),
    [("lost", "lost"), ("dead_lettered", "deadLettered"), ("p95", "p95"), ("for_seconds", "for")],
)
def test_attributes_are_snake_case_and_names_in_json_camel_case(attribute: str, name: str) -> None:
    assert json_name(attribute) == name


def test_a_path_is_mapped_part_by_part() -> None:
    assert json_path("requests.latency_seconds.p95") == json_path("requests.latencySeconds.p95")
    assert json_path("messages.dead_lettered") == "messages.deadLettered"


@dataclass
class _Inner:
    at_seconds: float


@dataclass
class _Outer:
    inner_parts: tuple[_Inner, ...]
    how_bad: Severity
    by_name: dict[str, Path]


def test_dataclasses_become_what_json_knows_and_keys_of_mappings_stay() -> None:
    outer = _Outer((_Inner(1.5),), Severity.ERROR, {"snake_case": Path("a")})

    assert plain(outer) == {"innerParts": [{"atSeconds": 1.5}], "howBad": "error", "byName": {"snake_case": "a"}}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": NaN}', {"a": pytest.approx(float("nan"), nan_ok=True)}),
        ('{"a": 1}', {"a": 1}),
        ("[1]", {}),
        ("{", {}),
        ("", {}),
        ('{"a":' * 100_000, {}),
    ],
)
def test_the_object_in_a_text_that_may_be_anything(text: str, found: dict[str, object]) -> None:
    assert object_in(text) == found
