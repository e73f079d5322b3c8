"""What a reader does with each input, at every depth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from delivery_lab.program.graph import UNKNOWN
from delivery_lab.stack.support import Refusal, Support, refused_inputs
from tests.stack.world import resource

SUPPORT = Support(
    modelled=frozenset({"size", "outer.inner.depth", "entries.key", "free.*"}),
    harmless=frozenset({"note", "quiet.*"}),
    refused={"odd": Refusal("an even one"), "outer.strange": Refusal("a plain one")},
)


def refused(**inputs: Any) -> list[str]:
    return list(refused_inputs(resource("a:b/c:D", "thing", inputs), SUPPORT))


@pytest.mark.parametrize(
    "inputs",
    [
        {"size": 3, "note": "x", "name": "n", "tags": {"any": "thing"}},
        {"outer": {"inner": {"depth": 3}}},
        {"entries": [{"key": "a"}, {"key": "b"}]},
        {"free": {"any": {"thing": 1}}},
        {"quiet": {"any": {"thing": 1}}},
        {"quiet": [{"any": 1}]},
        {"unlisted": None, "outer": {"unlisted": None}},
        {"odd": False},
        {"outer": UNKNOWN},
    ],
    ids=str,
)
def test_what_is_listed_passes(inputs: dict[str, Any]) -> None:
    assert refused(**inputs) == []


@pytest.mark.parametrize(
    ("inputs", "lines"),
    [
        ({"odd": 3}, ["thing: odd = 3; nearest: an even one"]),
        ({"unlisted": 3}, ["thing: unlisted = 3; nearest: leave it out"]),
        ({"outer": {"unlisted": 3}}, ["thing: outer.unlisted = 3; nearest: leave it out"]),
        ({"outer": {"inner": {"deeper": 3}}}, ["thing: outer.inner.deeper = 3; nearest: leave it out"]),
        ({"outer": {"strange": {"a": 1}}}, ["thing: outer.strange = {'a': 1}; nearest: a plain one"]),
        (
            {"entries": [{"key": "a"}, {"kind": "b"}]},
            ["thing: entries.kind = 'b'; nearest: leave it out"],
        ),
        ({"odd": UNKNOWN}, ["thing: odd = (known after deployment); nearest: an even one"]),
    ],
    ids=str,
)
def test_what_is_not_listed_is_refused_by_its_path(inputs: dict[str, Any], lines: list[str]) -> None:
    assert refused(**inputs) == lines


def test_a_secret_is_not_shown() -> None:
    held = replace(resource("a:b/c:D", "thing", {"outer": {"strange": "x"}}), secret_inputs=frozenset({"outer"}))

    assert list(refused_inputs(held, SUPPORT)) == ["thing: outer.strange = [secret]; nearest: a plain one"]
