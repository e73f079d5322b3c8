"""What goes off at times: schedules of Scheduler, and rules with a schedule expression."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from delivery_lab.events import FeederAccepted, Journal
from delivery_lab.model.clock import EPOCH, Scheduler, seconds
from delivery_lab.model.feeds.feed import Feed
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.schedules.expressions import EveryInterval, Expression, Once
from delivery_lab.rule_ids import RuleId

PRECISION_SECONDS = 60
"""Within so many seconds a schedule goes off (SCH-TIME-1)."""

HandOn = Callable[[Feed, str, datetime], None]
"""Lets a target have what a schedule makes: the feed, the id of the message, and the time for which it was meant."""


@dataclass(frozen=True, slots=True)
class TimeTable:
    """When something goes off.

    Attributes:
        expression: its schedule expression.
        text: the expression as it is written, for notes.
        window_seconds: length of the flexible window, 0 without one.
        begin: not before this time, None for the start of the run.
        end: not after this time, None for never.
        first_at_once: whether a rate goes off when it is created (SCH-RATE-1), rather than one interval later.
    """

    expression: Expression
    text: str
    window_seconds: int = 0
    begin: datetime | None = None
    end: datetime | None = None
    first_at_once: bool = False

    def times(self) -> Iterator[datetime]:
        """The times, before anything is drawn."""
        once = isinstance(self.expression, Once)
        begin = EPOCH if self.begin is None or once else max(self.begin, EPOCH)
        found = self.expression.times(begin)
        if isinstance(self.expression, EveryInterval) and not self.first_at_once:
            next(found)
        for moment in found:
            if self.end is not None and moment > self.end and not once:
                return
            yield moment


class Clockwork:
    """Something that goes off at times.

    Args:
        name: its name in journal and results (its logical name).
        table: when it goes off.
        rules: rules that each time leans on.
        hand_on: lets a target have what it makes.
        scheduler: the run's clock.
        streams: the run's chance.
        journal: where events are written.
    """

    def __init__(
        self,
        name: str,
        table: TimeTable,
        rules: tuple[RuleId, ...],
        hand_on: HandOn,
        *,
        scheduler: Scheduler,
        streams: RandomStreams,
        journal: Journal,
    ) -> None:
        self.name = name
        self.table = table
        self.feeds: list[Feed] = []
        self._rules = rules
        self._hand_on = hand_on
        self._scheduler = scheduler
        self._streams = streams
        self._journal = journal
        self.count = 0
        """How often it went off."""
        self.started = False
        """Whether time decides."""
        self._times: Iterator[datetime] = iter(())

    def start(self) -> None:
        """Let time decide: from now on it goes off as its table says (SCH-RUN-1)."""
        self.started = True
        self._times = self.table.times()
        self._wind()

    def _wind(self) -> None:
        """Set the next time. It keeps no run going: a run that has no end in time would have none at all."""
        moment = next(self._times, None)
        if moment is None:
            return
        chance = self._streams.stream("schedule", self.name).random()
        within = (self.table.window_seconds or PRECISION_SECONDS) * chance
        at = seconds((moment - EPOCH).total_seconds() + within)
        self._scheduler.at(max(at, self._scheduler.now), self._went_off, moment, background=True)

    def _went_off(self, moment: datetime) -> None:
        self._journal.rely_on("SCH-TIME-1", "SCH-TIME-2", "SCH-RUN-1")
        self.go_off(moment)
        self._wind()

    def go_off(self, moment: datetime | None = None) -> None:
        """Go off once.

        Args:
            moment: the time for which it was meant, None for now.
        """
        self.count += 1
        now = self._scheduler.now
        meant = moment or EPOCH + timedelta(microseconds=now)
        message = self._streams.uuid("schedule id", self.name)
        self._journal.rely_on("SIM-ONCE-2", *self._rules)
        self._journal.append(
            FeederAccepted(
                now,
                None,
                self.name,
                message,
                "{}",
                name=f"{self.name} {self.count}",
                group="",
                invoke=None,
                follow_up=False,
            )
        )
        for feed in self.feeds:
            self._hand_on(feed, message, meant)
