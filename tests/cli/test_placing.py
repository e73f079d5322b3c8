"""Where commands run a stack."""

from __future__ import annotations

import pytest

from delivery_lab.cli.placing import PlaceOptions, place_of
from delivery_lab.errors import UsageError


def test_the_simulation_needs_no_options() -> None:
    assert place_of("simulation", None, None) is None


def test_the_emulator_has_real_time_and_an_hour_by_default() -> None:
    assert place_of("local", None, None) == PlaceOptions(speed=1.0, longest_seconds=3600.0)
    assert place_of("local", 4.0, 60.0) == PlaceOptions(speed=4.0, longest_seconds=60.0)


@pytest.mark.parametrize(
    ("place", "speed", "longest", "message"),
    [
        ("simulation", 2.0, None, "--speed goes with --on local: virtual time takes no time"),
        ("simulation", None, 60.0, "--for goes with --on local: virtual time takes no time"),
        ("aws", None, None, "--on aws: the places are simulation and local"),
    ],
)
def test_what_does_not_go_together_is_said(
    place: str, speed: float | None, longest: float | None, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        place_of(place, speed, longest)
    assert str(caught.value) == message
