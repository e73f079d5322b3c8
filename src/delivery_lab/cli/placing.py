"""Where a command runs a stack: in virtual time, or in a real place."""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.errors import UsageError

SIMULATION = "simulation"
LOCAL = "local"
AWS = "aws"
_LONGEST_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class PlaceOptions:
    """A run in a real place.

    Attributes:
        speed: how many times faster all clocks there are.
        longest_seconds: when a run ends that is not drained.
        name: the place.
        yes: whether messages may go to what the project did not make.
        dry_run: whether the calls are said and not made.
    """

    speed: float
    longest_seconds: float
    name: str = LOCAL
    yes: bool = False
    dry_run: bool = False


def place_of(
    place: str,
    speed: float | None,
    longest: float | None,
    *,
    once: bool = True,
    yes: bool = False,
    dry_run: bool = False,
) -> PlaceOptions | None:
    """What the options say of the place; None for the simulation.

    Args:
        place, speed, longest, yes, dry_run: the options.
        once: whether one stack is run, one time.

    Raises:
        UsageError: there is no such place, or an option does not go with it.
    """
    if place not in (SIMULATION, LOCAL, AWS):
        raise UsageError(f"--on {place}: the places are {SIMULATION}, {LOCAL} and {AWS}")
    if place != AWS:
        for option, given in (("--yes", yes), ("--dry-run", dry_run)):
            if given:
                raise UsageError(f"{option} goes with --on aws: nothing is sent to anybody's account otherwise")
    if place == SIMULATION:
        for option, value in (("--speed", speed), ("--for", longest)):
            if value is not None:
                raise UsageError(f"{option} goes with --on local: virtual time takes no time")
        return None
    if place == AWS and speed is not None:
        raise UsageError("--speed goes with --on local: the clocks of AWS are its own")
    if not once:
        raise UsageError(f"--on {place} goes with one stack, and without --alternatives: each run takes its real time")
    longest_seconds = _LONGEST_SECONDS if longest is None else longest
    return PlaceOptions(1.0 if speed is None else speed, longest_seconds, place, yes, dry_run)
