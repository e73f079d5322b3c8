"""The expected values are what gopkg.in/yaml.v3 (3.0.1) makes of the texts."""

from __future__ import annotations

import datetime
import math

import pytest

from delivery_lab.program.go_scalars import Scalar, resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("NULL", None),
        ("nULL", "nULL"),
        ("true", True),
        ("TRUE", True),
        ("tRue", "tRue"),
        ("yes", "yes"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("190:20:30", "190:20:30"),
        ("-", "-"),
        (".", "."),
        ("=", "="),
        ("<<", "<<"),
    ],
)
def test_words(text: str, value: Scalar) -> None:
    assert resolve(text) is value or resolve(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("+1", 1),
        ("017", 15),
        ("-017", -15),
        ("0o17", 15),
        ("0O17", 15),
        ("0x1F", 31),
        ("0X1F", 31),
        ("-0x1f", -31),
        ("0b101", 5),
        ("0B1", 1),
        ("1_000", 1000),
        ("1__0", 10),
        ("-_1", -1),
        ("0_38", 38.0),
        ("_1", "_1"),
        ("0b12", "0b12"),
        ("0xg", "0xg"),
        ("9223372036854775808", 9223372036854775808),
        ("18446744073709551615", 18446744073709551615),
        ("18446744073709551616", 1.8446744073709552e19),
        ("-9223372036854775809", -9.223372036854776e18),
        ("+9223372036854775808", 9.223372036854775808e18),
    ],
)
def test_integers_within_64_bits(text: str, value: Scalar) -> None:
    found = resolve(text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e3", 1000.0),
        ("12e03", 12000.0),
        ("1E-2", 0.01),
        ("5.", 5.0),
        (".5", 0.5),
        ("-.5e1", -5.0),
        ("08", 8.0),
        ("09.5", 9.5),
        ("1_0.5", 10.5),
        ("1.5e_3", 1500.0),
        (".5_0", 0.5),
        (".5_", ".5_"),
        ("1e", "1e"),
        ("1e400", "1e400"),
        (".5e400", ".5e400"),
        ("0x1p4", "0x1p4"),
        ("NaN", "NaN"),
        ("+.INF", math.inf),
        ("-.Inf", -math.inf),
    ],
)
def test_floating_point_numbers(text: str, value: Scalar) -> None:
    found = resolve(text)
    assert (found, type(found)) == (value, type(value))


def test_not_a_number() -> None:
    found = resolve(".NaN")
    assert isinstance(found, float)
    assert math.isnan(found)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-05-06", datetime.date(2024, 5, 6)),
        ("2024-5-6", datetime.date(2024, 5, 6)),
        ("2024-05-06T01:02:03Z", datetime.datetime(2024, 5, 6, 1, 2, 3, tzinfo=datetime.UTC)),
        ("2024-05-06t1:2:3.25Z", datetime.datetime(2024, 5, 6, 1, 2, 3, 250_000, tzinfo=datetime.UTC)),
        ("2024-05-06  01:02:03", datetime.datetime(2024, 5, 6, 1, 2, 3, tzinfo=datetime.UTC)),
        (
            "2024-05-06T01:02:03-05:30",
            datetime.datetime(2024, 5, 6, 1, 2, 3, tzinfo=datetime.timezone(-datetime.timedelta(hours=5, minutes=30))),
        ),
        ("2024-05-06T01:02:03", "2024-05-06T01:02:03"),
        ("2024-05-06 01:02:03Z", "2024-05-06 01:02:03Z"),
        ("2024-05-06T01:02:03+0200", "2024-05-06T01:02:03+0200"),
        ("2024-13-01", "2024-13-01"),
        ("2024-02-30", "2024-02-30"),
        ("2024-05-06T25:00:00Z", "2024-05-06T25:00:00Z"),
        ("2024-5", "2024-5"),
        ("20240506", 20240506),
    ],
)
def test_dates_and_instants(text: str, value: Scalar) -> None:
    found = resolve(text)
    assert (found, type(found)) == (value, type(value))
    assert resolve(text, dates=False) == (text if isinstance(value, datetime.date) else value)
