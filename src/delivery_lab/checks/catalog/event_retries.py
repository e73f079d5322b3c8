"""For how long rules and schedules try their targets, and what becomes of what these still do not take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from delivery_lab.checks.catalog.event_rules import EVENTS, rule_targets
from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.durations import exact
from delivery_lab.limits.eventbridge import EVENT_AGE, RETRIES
from delivery_lab.stack.events import EventTarget
from delivery_lab.stack.schedules import Schedule
from delivery_lab.stack.stack import Stack


@dataclass(frozen=True, slots=True)
class _TriedTarget:
    """A target as somebody tries it.

    Attributes:
        holder: the resource that has the retry policy.
        names: the resources that a finding is about.
        by: who tries it.
        target: the target, in words.
        permission: what its dead-letter queue has to be permitted.
    """

    holder: EventTarget | Schedule
    names: tuple[str, ...]
    by: str
    target: str
    permission: str

    @property
    def drops(self) -> bool:
        """Whether it has no dead-letter queue."""
        return self.holder.dead_letter_arn.value is None


def _tried_targets(stack: Stack) -> Iterator[_TriedTarget]:
    """Every target of a rule and of a schedule that is not switched off."""
    for rule, target in rule_targets(stack):
        what = f"{target.name} of {rule.name}"
        yield _TriedTarget(target, (target.name, rule.name), "EventBridge", what, f"whose policy lets {EVENTS} send")
    for schedule in stack.all(Schedule):
        if schedule.state.known != "DISABLED":
            what = f"the target of {schedule.name}"
            yield _TriedTarget(
                schedule, (schedule.name,), "Scheduler", what, "that the role of the schedule may send to"
            )


class NoTargetDlq(Check):
    id = "CHK-EVENT-2"
    title = "target of a rule or schedule without a dead-letter queue"
    severity = Severity.NOTE
    why = "What EventBridge or Scheduler cannot deliver is dropped without a trace."
    fix = "Set deadLetterConfig, and let EventBridge, or the role of the schedule, send to that queue too."
    source = "EB-DLQ-4"

    def find(self, stack: Stack) -> Iterator[Found]:
        for trial in _tried_targets(stack):
            if trial.drops:
                why = f"What {trial.by} cannot deliver to {trial.target} is dropped, and no queue has it."
                fix = f"set deadLetterConfig of {trial.holder.name} to a queue {trial.permission}"
                yield Found(trial.names, values_of(trial.holder.dead_letter_arn), why, fix)


class ShortRetries(Check):
    id = "CHK-EVENT-5"
    title = "target whose retries were cut short, without a dead-letter queue"
    severity = Severity.WARNING
    why = "An outage of the target that is longer than its retries drops every event that comes in meanwhile."
    fix = "Leave the retry policy as it is by default, 185 times within 24 hours, and set deadLetterConfig."
    source = "EB-RETRY-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for trial in _tried_targets(stack):
            retries, age = trial.holder.maximum_retries, trial.holder.maximum_age_seconds
            if not trial.drops or retries.known is None or age.known is None:
                continue
            if retries.known >= RETRIES.default and age.known >= EVENT_AGE.default:
                continue
            why = (
                f"{trial.by} tries {trial.target} again {_times(retries.known)} within {exact(age.known)}, and then "
                f"drops the event; left alone it would be {RETRIES.default} times within {exact(EVENT_AGE.default)}."
            )
            fix = f"remove the retryPolicy of {trial.holder.name}, and set its deadLetterConfig"
            edits = (Edit.of(retries, RETRIES.default), Edit.of(age, EVENT_AGE.default))
            yield Found(trial.names, values_of(retries, age), why, fix, edits)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
