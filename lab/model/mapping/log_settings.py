"""Settings that mappings of streams and of topics share, and what AWS refuses of them at creation."""

from __future__ import annotations

from collections.abc import Sequence

from lab.errors import DeploymentRefusedError
from lab.model.log import StartingPosition
from lab.model.mapping.log_decisions import ENDLESS

Bound = tuple[str, float | None, float, float]

LONGEST_AGE_SECONDS = 604_800
SHORTEST_AGE_SECONDS = 60
MOST_RETRIES = 10_000


def refused(name: str, message: str, rule: str, fix: str) -> DeploymentRefusedError:
    """AWS's answer to `CreateEventSourceMapping`."""
    return DeploymentRefusedError(name, "InvalidParameterValueException", message, rule=rule, fix=fix)


def check_bounds(name: str, bounds: Sequence[Bound], rule: str) -> None:
    """Refuse values beyond their bounds.

    Raises:
        DeploymentRefusedError: naming setting, value and bounds.
    """
    for setting, value, lowest, highest in bounds:
        if value is not None and not lowest <= value <= highest:
            message = f"Value {value} at '{setting}' failed to satisfy constraint: {lowest} to {highest}"
            raise refused(name, message, rule, f"set {setting} from {lowest} to {highest}")


def check_age(name: str, age_seconds: int, rule: str) -> None:
    """Refuse a maximum age that is neither -1 nor from 60 s to 7 days (STR-AGE-2).

    Raises:
        DeploymentRefusedError: it is between.
    """
    if age_seconds != ENDLESS and not SHORTEST_AGE_SECONDS <= age_seconds <= LONGEST_AGE_SECONDS:
        message = (
            f"MaximumRecordAgeInSeconds must be -1 or from {SHORTEST_AGE_SECONDS} to {LONGEST_AGE_SECONDS}, "
            f"not {age_seconds}"
        )
        fix = f"set maximumRecordAgeInSeconds to -1 or from {SHORTEST_AGE_SECONDS} to {LONGEST_AGE_SECONDS}"
        raise refused(name, message, rule, fix)


def starting_position(
    name: str, position: str | None, timestamp: str | None, allowed: Sequence[StartingPosition], rule: str, source: str
) -> StartingPosition:
    """Read a starting position.

    Raises:
        DeploymentRefusedError: it is missing, unknown, or not for this kind of source.
    """
    names = " or ".join(allowed)
    if position is None:
        message = f"StartingPosition is required for event source {source}"
        raise refused(name, message, rule, f"set startingPosition to {names}")
    if position not in allowed:
        message = f"Unsupported starting position for arn type: {source} ({position})"
        raise refused(name, message, rule, f"set startingPosition to {names}")
    if (timestamp is not None) != (position == StartingPosition.AT_TIMESTAMP):
        message = "StartingPositionTimestamp goes with StartingPosition AT_TIMESTAMP, and only with it"
        raise refused(name, message, rule, "set both, or neither")
    return StartingPosition(position)
