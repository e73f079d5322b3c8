"""Spans of time as people read them."""

from __future__ import annotations

import pytest

from delivery_lab.durations import exact, rounded


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (0.5, "0.5 s"),
        (59, "59 s"),
        (60, "1 min"),
        (90, "90 s"),
        (300, "5 min"),
        (5_400, "90 min"),
        (43_200, "12 h"),
        (86_400, "1 d"),
        (100_000, "100000 s"),
        (345_600.0, "4 d"),
        (604_800, "7 d"),
        (1_209_600, "14 d"),
    ],
)
def test_a_setting_is_shown_without_loss(seconds: float, shown: str) -> None:
    assert exact(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (60.264, "60.3 s"),
        (119.9, "119.9 s"),
        (120, "2 min"),
        (240.4, "4 min"),
        (7_200, "2 h"),
        (172_800, "2 d"),
        (1_209_600, "14 d"),
    ],
)
def test_what_was_measured_is_shown_to_one_decimal(seconds: float, shown: str) -> None:
    assert rounded(seconds) == shown
