"""Settings that mappings of streams and of topics share, and what AWS refuses of them at creation."""

from __future__ import annotations

from collections.abc import Sequence

from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.limits.across import allows_record_age
from delivery_lab.limits.limit import Bound
from delivery_lab.limits.mappings import RECORD_AGE
from delivery_lab.model.clock import iso_time
from delivery_lab.model.partition import StartingPosition
from delivery_lab.rule_ids import RuleId

Bounded = tuple[str, float | None, Bound]
"""A setting, its value (None: not set), and its bound."""


def refused(name: str, message: str, rule: RuleId, fix: str) -> DeploymentRefusedError:
    """AWS's answer to `CreateEventSourceMapping`."""
    return DeploymentRefusedError(name, "InvalidParameterValueException", message, rule=rule, fix=fix)


def check_bounds(name: str, bounds: Sequence[Bounded], rule: RuleId) -> None:
    """Refuse values beyond their bounds.

    Raises:
        DeploymentRefusedError: naming setting, value and bounds.
    """
    for setting, value, bound in bounds:
        if value is not None and not bound.allows(value):
            message = f"Value {value} at '{setting}' failed to satisfy constraint: {bound.range}"
            raise refused(name, message, rule, f"set {setting} from {bound.range}")


def check_age(name: str, age_seconds: int, rule: RuleId) -> None:
    """Refuse a maximum age that is neither -1 nor from 60 s to 7 days (STR-AGE-2).

    Raises:
        DeploymentRefusedError: it is between.
    """
    if not allows_record_age(age_seconds):
        message = f"MaximumRecordAgeInSeconds must be -1 or from {RECORD_AGE.range}, not {age_seconds}"
        fix = f"set maximumRecordAgeInSeconds to -1 or from {RECORD_AGE.range}"
        raise refused(name, message, rule, fix)


def starting_position(
    name: str,
    position: str | None,
    instant: int | None,
    allowed: Sequence[StartingPosition],
    rule: RuleId,
    source: str,
    now: int,
) -> StartingPosition:
    """Read a starting position.

    Args:
        name: the mapping's name.
        position: the position, None where none is set.
        instant: the time of `AT_TIMESTAMP`, in microseconds since the run began; None where none is set.
        allowed: positions that the kind of source has.
        rule: id of the rule by which others are refused.
        source: what the source is called in messages.
        now: this instant.

    Raises:
        DeploymentRefusedError: it is missing, unknown, or not for this kind of source.
        NotModelledError: its time is still to come in the run.
    """
    names = " or ".join(allowed)
    if position is None:
        message = f"StartingPosition is required for event source {source}"
        raise refused(name, message, rule, f"set startingPosition to {names}")
    if position not in allowed:
        message = f"Unsupported starting position for arn type: {source} ({position})"
        raise refused(name, message, rule, f"set startingPosition to {names}")
    if (instant is not None) != (position == StartingPosition.AT_TIMESTAMP):
        message = "StartingPositionTimestamp goes with StartingPosition AT_TIMESTAMP, and only with it"
        raise refused(name, message, rule, "set both, or neither")
    if instant is not None and instant > now:
        # Not said as AWS's refusal: the date of a run is made up, and on the day of the deployment it may be past.
        raise NotModelledError(
            f"{name}: startingPositionTimestamp {iso_time(instant)} is still to come in a run, which begins at "
            f"{iso_time(0)}; AWS refuses a time in the future ({rule})\n  nearest: {iso_time(now)} or earlier"
        )
    return StartingPosition(position)
