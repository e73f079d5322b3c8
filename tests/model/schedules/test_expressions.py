"""Schedule expressions, by the examples of AWS's pages and by what AWS was recorded to refuse."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import pytest

from delivery_lab.model.schedules.expressions import BadExpressionError, parse

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def _times(text: str, zone: str = "UTC", count: int = 3, *, begin: datetime = BEGIN) -> list[str]:
    found = parse(text, zone, once=True).times(begin)
    return [moment.strftime("%Y-%m-%d %H:%M") for moment in islice(found, count)]


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("rate(5 minutes)", ["2026-01-01 00:00", "2026-01-01 00:05", "2026-01-01 00:10"]),
        ("rate(1 hour)", ["2026-01-01 00:00", "2026-01-01 01:00", "2026-01-01 02:00"]),
        ("rate(7 days)", ["2026-01-01 00:00", "2026-01-08 00:00", "2026-01-15 00:00"]),
        ("cron(0 10 * * ? *)", ["2026-01-01 10:00", "2026-01-02 10:00", "2026-01-03 10:00"]),
        ("cron(15 12 * * ? *)", ["2026-01-01 12:15", "2026-01-02 12:15", "2026-01-03 12:15"]),
        ("cron(0 18 ? * MON-FRI *)", ["2026-01-01 18:00", "2026-01-02 18:00", "2026-01-05 18:00"]),
        ("cron(0 8 1 * ? *)", ["2026-01-01 08:00", "2026-02-01 08:00", "2026-03-01 08:00"]),
        ("cron(0/15 * * * ? *)", ["2026-01-01 00:15", "2026-01-01 00:30", "2026-01-01 00:45"]),
        ("cron(0/30 20-23 ? * MON-FRI *)", ["2026-01-01 20:00", "2026-01-01 20:30", "2026-01-01 21:00"]),
        ("cron(0 2 ? * SAT#3 *)", ["2026-01-17 02:00", "2026-02-21 02:00", "2026-03-21 02:00"]),
        ("cron(15 10 ? * 6L 2026)", ["2026-01-30 10:15", "2026-02-27 10:15", "2026-03-27 10:15"]),
        ("cron(0 9 L * ? *)", ["2026-01-31 09:00", "2026-02-28 09:00", "2026-03-31 09:00"]),
        ("cron(0 9 3W * ? *)", ["2026-01-02 09:00", "2026-02-03 09:00", "2026-03-03 09:00"]),
        ("cron(0 20 * * ? 2025)", []),
        ("at(2026-01-01T10:00:00)", ["2026-01-01 10:00"]),
        ("at(2025-01-01T10:00:00)", []),
    ],
)
def test_sch_cron_1_times_of_expressions(text: str, times: list[str]) -> None:
    assert _times(text) == times


def test_sch_zone_1_times_of_a_zone() -> None:
    assert _times("cron(0 10 * * ? *)", "America/New_York", 1) == ["2026-01-01 15:00"]
    assert _times("at(2026-07-01T10:00:00)", "Europe/Berlin") == ["2026-07-01 08:00"]


def test_sch_zone_1_a_time_that_the_clocks_leave_out_is_left_out() -> None:
    begin = datetime(2026, 3, 7, 12, tzinfo=UTC)

    assert _times("cron(30 2 * * ? *)", "America/New_York", 2, begin=begin) == ["2026-03-09 06:30", "2026-03-10 06:30"]


def test_sch_zone_1_a_time_that_the_clocks_show_twice_comes_once() -> None:
    begin = datetime(2026, 10, 31, 12, tzinfo=UTC)

    assert _times("cron(30 1 * * ? *)", "America/New_York", 2, begin=begin) == ["2026-11-01 05:30", "2026-11-02 06:30"]


@pytest.mark.parametrize(
    "text",
    [
        "cron(INVALID)",
        "cron(0 dummy ? * MON-FRI *)",
        "cron(7 20 * * NOT *)",
        "cron(71 8 1 * ? *)",
        "cron(0 1 * * * *)",
        "cron(0 10 * * ?)",
        "rate(0 minutes)",
        "rate(10 seconds)",
        "rate(1 minutes)",
        "rate(5 minute)",
        "at(2026-01-01T10:00:00)",
        "every day",
    ],
)
def test_sch_cron_1_what_a_rule_refuses(text: str) -> None:
    with pytest.raises(BadExpressionError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("at(tomorrow)", "UTC"),
        ("at(2026-01-01)", "UTC"),
        ("at(2026-01-01T10:00:00Z)", "UTC"),
        ("rate(1 hour)", "Mars/Olympus"),
    ],
)
def test_what_scheduler_refuses(text: str, zone: str) -> None:
    with pytest.raises(BadExpressionError):
        parse(text, zone, once=True)
