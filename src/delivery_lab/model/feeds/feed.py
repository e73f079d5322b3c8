"""A feed: hands messages on to one target, tries again, and puts into its dead-letter queue what the target refuses."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from delivery_lab.events import (
    FeedConfigured,
    FeedDeadLettered,
    FeedDelayed,
    FeedDiscarded,
    FeederKind,
    FeedFiltered,
    FeedHandedOn,
    FeedHandedOnAgain,
    FeedRepeated,
    FeedRetryScheduled,
    FilterMissed,
    Journal,
)
from delivery_lab.model.clock import Scheduler
from delivery_lab.model.faults import Faults
from delivery_lab.model.feeds.targets import FeedTarget, Parcel
from delivery_lab.model.runtime import AwsError
from delivery_lab.rule_ids import RuleId

RetryWait = Callable[[int, int], int | None]
"""Given the number of the coming retry and how long ago the first try was, in microseconds: how long to wait until it,
None where there is none."""


class FeedRules(NamedTuple):
    """The rules behind what a feed does.

    Attributes:
        filtered: it filters.
        handed_on: its target takes a message.
        retried: the target is tried again.
        dead_lettered: the dead-letter queue takes what the target does not.
        discarded: nothing takes it.
    """

    filtered: RuleId
    handed_on: RuleId
    retried: RuleId
    dead_lettered: RuleId
    discarded: RuleId


@dataclass(frozen=True, slots=True)
class Offer:
    """A message that a target has been offered.

    Attributes:
        parcel: the message.
        first_at: instant of the first try.
        retries: how often it was tried again.
    """

    parcel: Parcel
    first_at: int
    retries: int = 0


DeadLetter = Callable[[Offer, AwsError], Parcel]
"""What a dead-letter queue gets of a message that its target has refused."""


def as_it_was(attempt: Offer, _: AwsError) -> Parcel:
    """A dead letter that is the message itself."""
    return attempt.parcel


class Feed:
    """One feed.

    Args:
        feeder: name of the topic, bucket, bus or schedule.
        feeder_kind: what that is.
        name: name of the subscription, notification or target.
        target: what it hands messages on to.
        dead_letters: what takes those that the target refuses, None without one.
        wait: when a target is tried again that fails for reasons of its own.
        rules: the rules behind what it does.
        faults: the faults of the run; they are set after the deployment.
        scheduler: the run's clock.
        journal: where events are written.
        dead_letter: what the dead-letter queue gets.
        repeated: why a message is lost that its target takes for a repetition, "" where it is no message of its own.
    """

    def __init__(
        self,
        feeder: str,
        feeder_kind: FeederKind,
        name: str,
        target: FeedTarget,
        dead_letters: FeedTarget | None,
        *,
        wait: RetryWait,
        rules: FeedRules,
        faults: Callable[[], Faults],
        scheduler: Scheduler,
        journal: Journal,
        dead_letter: DeadLetter = as_it_was,
        repeated: str = "",
    ) -> None:
        self.name = name
        self.target = target
        self.dead_letters = dead_letters
        self.feeder = feeder
        self._feeder_kind = feeder_kind
        self._wait = wait
        self._rules = rules
        self._faults = faults
        self._scheduler = scheduler
        self._journal = journal
        self._dead_letter = dead_letter
        self._repeated = repeated

    def note_configuration(self) -> None:
        """Write down what the feed is."""
        target = self.target
        event = FeedConfigured(
            self._scheduler.now, None, self.feeder, self._feeder_kind, self.name, target.kind, target.name
        )
        self._journal.append(event)

    def pass_by(self, message: str, missed: str = "", rule: RuleId | None = None) -> None:
        """Let a message pass by, because the filter does not take it.

        Args:
            message: its id.
            missed: where the content is that the filter asks for and does not look at, "" where it is nowhere.
            rule: rule by which that counts.
        """
        now = self._scheduler.now
        if missed:
            self._journal.append(FilterMissed(now, rule, self.name, message, missed))
        self._journal.append(FeedFiltered(now, self._rules.filtered, self.feeder, self.name, message))

    def hand_on(self, parcel: Parcel) -> None:
        """Hand a message on, now and, if that fails, later. A fault of the workload lets it begin later, too."""
        late = self._faults().lateness(self.feeder, self.name, parcel.sent)
        if not late:
            self._begin(parcel)
            return
        at = self._scheduler.now + late
        self._journal.append(
            FeedDelayed(self._scheduler.now, "SIM-FAULT-1", self.feeder, self.name, parcel.message, at)
        )
        self._scheduler.at(at, self._begin, parcel)

    def _begin(self, parcel: Parcel) -> None:
        self._try(Offer(parcel, self._scheduler.now))

    def refuse(self, parcel: Parcel, error: AwsError) -> None:
        """Take a message for refused by the target, which is not asked."""
        self._stop(Offer(parcel, self._scheduler.now), error)

    def _try(self, attempt: Offer) -> None:
        try:
            self._deliver(attempt.parcel)
        except AwsError as error:
            self._failed(attempt, error)
            return
        wait = self._faults().repetition(self.feeder, self.name, attempt.parcel.sent)
        if wait is not None:
            self._scheduler.at(self._scheduler.now + wait, self._again, attempt.parcel)

    def _again(self, parcel: Parcel) -> None:
        """Hand on once more what the target has. If it refuses now, nothing changes: it is not tried again."""

        def announce(new_message: str) -> None:
            now, target = self._scheduler.now, self.target.name
            again = FeedHandedOnAgain(now, "SIM-FAULT-1", self.feeder, self.name, parcel.message, target, new_message)
            self._journal.append(again)

        with suppress(AwsError):
            self.target.accept(parcel, announce, lambda: None)

    def _deliver(self, parcel: Parcel) -> None:
        def announce(new_message: str) -> None:
            now, rule = self._scheduler.now, self._rules.handed_on
            self._journal.append(
                FeedHandedOn(now, rule, self.feeder, self.name, parcel.message, self.target.name, new_message)
            )

        def repeated() -> None:
            if self._repeated:
                self._discard(parcel, "Deduplicated", self._repeated)
                return
            now, rule, target = self._scheduler.now, self._rules.handed_on, self.target.name
            self._journal.append(FeedRepeated(now, rule, self.feeder, self.name, parcel.message, target))

        self.target.accept(parcel, announce, repeated)

    def _failed(self, attempt: Offer, error: AwsError) -> None:
        now = self._scheduler.now
        wait = self._wait(attempt.retries + 1, now - attempt.first_at) if is_temporary(error) else None
        if wait is None:
            self._stop(attempt, error)
            return
        retries, at = attempt.retries + 1, now + wait
        message = attempt.parcel.message
        self._journal.append(
            FeedRetryScheduled(now, self._rules.retried, self.feeder, self.name, message, error.code, retries, at)
        )
        self._scheduler.at(at, self._try, Offer(attempt.parcel, attempt.first_at, retries))

    def _stop(self, attempt: Offer, error: AwsError) -> None:
        parcel, why = attempt.parcel, error.why or error.message
        if self.dead_letters is None:
            self._discard(parcel, error.code, why)
            return
        target = self.dead_letters

        def announce(new_message: str) -> None:
            now, rule = self._scheduler.now, self._rules.dead_lettered
            event = FeedDeadLettered(
                now, rule, self.feeder, self.name, parcel.message, error.code, why, target.name, new_message
            )
            self._journal.append(event)

        try:
            letter = self._dead_letter(attempt, error)
            target.accept(letter, announce, lambda: self._discard(parcel, error.code, why))
        except AwsError as refused:
            self._discard(
                parcel, error.code, f"{why}; nor does its dead-letter queue: {refused.why or refused.message}"
            )

    def _discard(self, parcel: Parcel, code: str, why: str) -> None:
        now, rule = self._scheduler.now, self._rules.discarded
        self._journal.append(FeedDiscarded(now, rule, self.feeder, self.name, parcel.message, code, why))


def is_temporary(error: AwsError) -> bool:
    """Whether a target fails for reasons of its own, so that it is tried again: it is overloaded, or it is down."""
    return error.status >= 500 or error.status == 429 or error.code in _THROTTLES


_THROTTLES = frozenset({"RequestThrottled", "ThrottlingException", "Throttling", "TooManyRequestsException"})
