"""What the target of a schedule gets."""

from __future__ import annotations

import json

from delivery_lab.errors import NotModelledError

_ATTEMPT = "<aws.scheduler.attempt-number>"


def notification(schedule_arn: str, execution_id: str, time: str, account: str, region: str) -> str:
    """What Scheduler sends where a target has no input (SCH-INPUT-2)."""
    told = {
        "version": "0",
        "id": execution_id,
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": account,
        "time": time,
        "region": region,
        "resources": [schedule_arn],
        "detail": "{}",
    }
    return json.dumps(told, separators=(",", ":"))


def filled_in(given: str, schedule_arn: str, execution_id: str, time: str) -> str:
    """An input with its context attributes (SCH-INPUT-3).

    Raises:
        NotModelledError: it asks for the number of the attempt, which a retry would change.
    """
    if _ATTEMPT in given:
        raise NotModelledError(f"the input of a schedule has {_ATTEMPT}; that is not modelled\n  nearest: leave it out")
    values = {"schedule-arn": schedule_arn, "execution-id": execution_id, "scheduled-time": time}
    for name, value in values.items():
        given = given.replace(f"<aws.scheduler.{name}>", value)
    return given
