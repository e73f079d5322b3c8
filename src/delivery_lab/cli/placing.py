"""Where a command runs a stack: in virtual time, or in a real place."""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.errors import UsageError

SIMULATION = "simulation"
LOCAL = "local"
_LONGEST_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class PlaceOptions:
    """A run on the emulator.

    Attributes:
        speed: how many times faster all clocks there are.
        longest_seconds: when a run ends that is not drained.
    """

    speed: float
    longest_seconds: float


def place_of(place: str, speed: float | None, longest: float | None, *, once: bool = True) -> PlaceOptions | None:
    """What the options say of the place; None for the simulation.

    Args:
        place, speed, longest: the options.
        once: whether one stack is run, one time.

    Raises:
        UsageError: there is no such place, or an option does not go with it.
    """
    if place == SIMULATION:
        for option, value in (("--speed", speed), ("--for", longest)):
            if value is not None:
                raise UsageError(f"{option} goes with --on local: virtual time takes no time")
        return None
    if place != LOCAL:
        raise UsageError(f"--on {place}: the places are {SIMULATION} and {LOCAL}")
    if not once:
        raise UsageError("--on local goes with one stack, and without --alternatives: each run takes its real time")
    return PlaceOptions(1.0 if speed is None else speed, _LONGEST_SECONDS if longest is None else longest)
