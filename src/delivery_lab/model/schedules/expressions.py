"""Schedule expressions: `rate(5 minutes)`, `cron(0 10 * * ? *)` and, for Scheduler, `at(2026-01-01T10:00:00)`.

Cron expressions of AWS have six fields and signs that others do not have; `aws-croniter` reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from aws_croniter import AwsCroniter
from aws_croniter.exceptions import AwsCroniterExpressionError

_RATE = re.compile(r"rate\(\s*([1-9]\d*)\s+(minute|hour|day)(s?)\s*\)")
_AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)")
_SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400}


class BadExpressionError(Exception):
    """A schedule expression that AWS refuses."""


@dataclass(frozen=True, slots=True)
class EveryInterval:
    """At regular intervals.

    Attributes:
        seconds: from one time to the next.
    """

    seconds: int

    def times(self, begin: datetime) -> Iterator[datetime]:
        """All times from a beginning on: the first is the beginning itself."""
        moment = begin
        while True:
            yield moment
            moment += timedelta(seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class Cron:
    """At times of the calendar.

    Attributes:
        fields: the six fields.
        zone: name of the time zone.
    """

    fields: str
    zone: str = "UTC"

    def times(self, begin: datetime) -> Iterator[datetime]:
        """All times after a beginning.

        A time that the clocks of the zone leave out is left out (SCH-ZONE-1); one that they show twice comes once.
        """
        zone = ZoneInfo(self.zone)
        cron = AwsCroniter(self.fields)
        wall = cron.occurrence(begin.astimezone(zone).replace(tzinfo=UTC)).next()
        while wall is not None:
            moment = wall.replace(tzinfo=zone).astimezone(UTC)
            if moment > begin and moment.astimezone(zone).replace(tzinfo=UTC) == wall:
                yield moment
            wall = cron.occurrence(wall).next()


@dataclass(frozen=True, slots=True)
class Once:
    """At one time.

    Attributes:
        wall: the time, as clocks of the zone show it.
        zone: name of the time zone.
    """

    wall: datetime
    zone: str = "UTC"

    def times(self, begin: datetime) -> Iterator[datetime]:
        """That time, if it is not over at the beginning."""
        moment = self.wall.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)
        if moment >= begin:
            yield moment


Expression = EveryInterval | Cron | Once


def parse(text: str, zone: str = "UTC", *, once: bool = False) -> Expression:
    """Read a schedule expression.

    Args:
        text: the expression.
        zone: name of the time zone in which it is meant.
        once: whether `at(...)` is known: to Scheduler, not to rules.

    Raises:
        BadExpressionError: AWS would refuse it.
    """
    if not _is_zone(zone):
        raise BadExpressionError(f"{zone} is no time zone")
    rate = _RATE.fullmatch(text)
    if rate is not None:
        value, unit, plural = int(rate[1]), rate[2], rate[3]
        # A rule wants the singular for one, and only then.
        if not once and (value == 1) == bool(plural):
            raise BadExpressionError(f"it is {unit} for 1, and {unit}s for more")
        return EveryInterval(value * _SECONDS[unit])
    if text.startswith("cron(") and text.endswith(")"):
        return Cron(_checked(text[5:-1]), zone)
    if once and text.startswith("at(") and text.endswith(")"):
        found = _AT.fullmatch(text)  # no zone, no part of a second, and no day alone
        try:
            return Once(datetime.fromisoformat(found[1] if found else ""), zone)
        except ValueError as error:
            raise BadExpressionError("it is no time such as 2026-01-01T10:00:00") from error
    raise BadExpressionError("it is neither rate(...) nor cron(...)")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _checked(fields: str) -> str:
    text = " ".join(fields.split())
    try:
        AwsCroniter(text)
    except (AwsCroniterExpressionError, ValueError) as error:
        raise BadExpressionError(str(error)) from error
    return text
