"""What a handler returns, as the JSON that Lambda's Python runtime writes."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery_lab.errors import NotModelledError
from delivery_lab.handlers.marshalling import EndsProcessError, marshalled
from delivery_lab.model.runtime import InvokeResponse
from tests.handlers.world import World

Point = collections.namedtuple("Point", "x y")  # as handlers write them


class _Answer:
    def _asdict(self) -> dict[str, Any]:
        return {"a": [self.__class__.__name__]}


class _Odd(float):
    def __repr__(self) -> str:
        return "odd"


class _Level(enum.IntEnum):
    LOW = 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (decimal.Decimal("0.10"), "0.10"),
        ({"count": decimal.Decimal(12)}, '{"count": 12}'),
        (decimal.Decimal("1E+3"), "1E+3"),
        (decimal.Decimal("-sNaN"), "NaN"),
        (decimal.Decimal("-Infinity"), "-Infinity"),
        (Point(1, [Point(2, ())]), '{"x": 1, "y": [{"x": 2, "y": []}]}'),
        (_Answer(), '{"a": ["_Answer"]}'),
        ({"a": b"\xc3\xa9", b"k": {}}, '{"a": "é", "k": {}}'),
        ([_Odd(1), _Level.LOW, float("nan"), float("-inf")], "[1.0, 1, NaN, -Infinity]"),
        ({_Level.LOW: 1, None: 2, True: 3, 0.5: 4, float("inf"): 5, b"6": 6, 7: 7},
         '{"1": 3, "null": 2, "0.5": 4, "Infinity": 5, "6": 6, "7": 7}'),
        ({1: "é", None: (), 0.5: [True, None]}, '{"1": "é", "null": [], "0.5": [true, null]}'),
        (collections.OrderedDict(a=collections.defaultdict(int)), '{"a": {}}'),
    ],
)  # fmt: skip
def test_lam_response_1_values_that_the_runtime_writes(value: Any, text: str) -> None:
    assert marshalled(value, "python3.13") == text


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({1, 2}, "Object of type set is not JSON serializable"),
        (bytearray(b"a"), "Object of type bytearray is not JSON serializable"),
        ([datetime.date(2026, 1, 1)], "Object of type date is not JSON serializable"),
        ({(1, 2): 3}, "keys must be str, int, float, bool or None, not tuple"),
        ({decimal.Decimal(1): 3}, "keys must be str, int, float, bool or None, not Decimal"),
        ([b"\xff"], "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)
def test_lam_response_1_values_that_it_does_not(value: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError)) as failed:
        marshalled(value, "python3.13")
    assert str(failed.value) == message


@pytest.mark.parametrize("further", [None, decimal.Decimal(1)])
def test_a_value_that_stands_in_itself(further: Any) -> None:
    value: list[Any] = [further]
    value.append(value)
    with pytest.raises(ValueError, match="Circular reference detected"):
        marshalled(value, "python3.13")


@pytest.mark.parametrize("further", [None, decimal.Decimal(1)])
def test_a_value_that_stands_twice_in_another(further: Any) -> None:
    twice = [further]
    assert json.loads(marshalled([twice, twice], "python3.13")) == [twice, twice]


def test_lam_response_1_earlier_runtimes_write_escapes() -> None:
    assert marshalled({"é": "\ud800"}, "python3.11") == '{"\\u00e9": "\\ud800"}'
    assert marshalled(["é", decimal.Decimal(1)], "python3.11") == '["\\u00e9", 1]'
    with pytest.raises(EndsProcessError):
        marshalled({"é": "\ud800"}, "python3.12")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    )
)
def test_ordinary_values_are_written_alike_on_both_ways(value: Any) -> None:
    with_decimal = marshalled([value, decimal.Decimal(1)], "python3.13")
    assert with_decimal == f"[{marshalled(value, 'python3.13')}, 1]"


def _answer(folder: Path, code: str) -> InvokeResponse:
    world = World(folder)
    with world.host:
        return world.invoke(world.environment(world.function(code)))


def test_lam_response_1_bytes_alone_are_the_response(tmp_path: Path) -> None:
    assert _answer(tmp_path, """def handler(e, c): return b'{"a":1}'""") == InvokeResponse('{"a":1}')
    assert _answer(tmp_path, "def handler(e, c): return b'no JSON'") == InvokeResponse("no JSON")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotModelledError) as refused:
        _answer(tmp_path, "def handler(e, c): return b'a\\xff'")
    assert str(refused.value) == (
        "worker returns 2 bytes that are not UTF-8 (invalid start byte at byte 1); responses that are no text are not "
        "modelled (LAM-RESPONSE-1)\n  nearest: return text, with the bytes in base64"
    )


@pytest.mark.parametrize("code", ["return '\\ud800'", "raise ValueError('\\ud800')"])
def test_lam_response_1_a_lone_surrogate_ends_the_process(code: str, tmp_path: Path) -> None:
    answer = _answer(tmp_path, f"def handler(e, c): {code}")

    assert (answer.error, answer.ended) == ("Runtime.ExitError", True)
    assert json.loads(answer.payload)["errorMessage"] == "RequestId: r1 Error: Runtime exited with error: exit status 1"
