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
        ("gcp", None, None, "--on gcp: the places are simulation, local and aws"),
        ("aws", 2.0, None, "--speed goes with --on local: the clocks of AWS are its own"),
    ],
)
def test_what_does_not_go_together_is_said(
    place: str, speed: float | None, longest: float | None, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        place_of(place, speed, longest)
    assert str(caught.value) == message


def test_on_aws_what_may_be_sent_is_said_beforehand() -> None:
    found = place_of("aws", None, 60.0, yes=True)
    assert found == PlaceOptions(speed=1.0, longest_seconds=60.0, name="aws", yes=True)


@pytest.mark.parametrize(("option", "told"), [("yes", "--yes"), ("dry_run", "--dry-run")])
@pytest.mark.parametrize("place", ["simulation", "local"])
def test_questions_and_plans_are_for_aws(place: str, option: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        place_of(place, None, None, yes=option == "yes", dry_run=option == "dry_run")
    assert str(caught.value) == f"{told} goes with --on aws: nothing is sent to anybody's account otherwise"


def test_several_stacks_are_no_run_on_aws() -> None:
    with pytest.raises(UsageError, match=r"^--on aws goes with one stack, and without --alternatives"):
        place_of("aws", None, None, once=False)
