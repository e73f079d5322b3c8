"""What a redrive of dead-letter queues did."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.events import MoveTaskChanged, MoveTaskStatus, Run
from delivery_lab.results.figures import SCHEMA_VERSION, Figures, Messages, Outcome
from delivery_lab.results.following import read_events
from delivery_lab.results.outcome import outcome_of
from delivery_lab.results.words import plural


class Redriven(Figures):
    """What became of the messages that were moved back: each is in exactly one place."""

    at_seconds: float
    """Virtual seconds after the start at which the redrive began."""
    moved: int
    processed: int
    back_in_dead_letter_queue: int
    lost: int
    expired: int
    remaining: int
    duplicated_effects: int | None
    """Duplicate effects because of the redrive; None where they are not known."""
    virtual_seconds: float
    """From the redrive until everything was at rest."""


class MoveTaskEnd(Figures):
    """How the task of one dead-letter queue ended."""

    queue: str
    status: MoveTaskStatus
    moved: int
    failure: str = ""
    """Why it failed, in AWS's word."""


class RedriveOutcome(Figures):
    """One run with a redrive behind it (the JSON of `redrive --json`)."""

    schema_version: int = SCHEMA_VERSION
    stack: str
    place: str
    workload: str
    seed: int
    fix: tuple[str, ...]
    trace_hash: str
    before: Messages
    tasks: tuple[MoveTaskEnd, ...]
    redrive: Redriven
    after: Messages

    def as_json(self) -> str:
        """The contract's JSON object."""
        return self.model_dump_json(by_alias=True)


def redrive_outcome(before: Run, after: Run, fix: tuple[str, ...]) -> RedriveOutcome:
    """Count a redrive.

    Args:
        before: the run up to it.
        after: the whole run.
        fix: settings that were changed before it.
    """
    first, last = outcome_of(before), outcome_of(after)
    return RedriveOutcome(
        stack=last.stack,
        place=last.place,
        workload=last.workload,
        seed=last.seed,
        fix=fix,
        trace_hash=last.trace_hash,
        before=first.messages,
        tasks=tuple(_tasks(after)),
        redrive=_redriven(first, last, after),
        after=last.messages,
    )


def _tasks(run: Run) -> Iterator[MoveTaskEnd]:
    for event in run.events:
        if isinstance(event, MoveTaskChanged) and event.status != "RUNNING":
            yield MoveTaskEnd(queue=event.queue, status=event.status, moved=event.moved, failure=event.failure)


def _redriven(first: Outcome, last: Outcome, after: Run) -> Redriven:
    ended = [fate.outcome for fate in read_events(after).fates if fate.redriven_at is not None]
    return Redriven(
        at_seconds=first.virtual_seconds,
        moved=len(ended),
        processed=ended.count("processed"),
        back_in_dead_letter_queue=ended.count("deadLettered"),
        lost=ended.count("lost"),
        expired=ended.count("expired"),
        remaining=ended.count("remaining"),
        duplicated_effects=_more(first.effects.duplicated, last.effects.duplicated),
        virtual_seconds=round(last.virtual_seconds - first.virtual_seconds, 6),
    )


def _more(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else after - before


def redrive_conclusion(outcome: RedriveOutcome) -> str:
    """A redrive in short."""
    done = outcome.redrive
    parts = [_failed(task) for task in outcome.tasks if task.failure]
    if done.moved:
        parts.extend(_moved(done))
    elif not parts:
        parts.append(_nothing_to_move(outcome))
    text = "; ".join(parts)
    return text[0].upper() + text[1:] + "."


def _failed(task: MoveTaskEnd) -> str:
    return (
        f"the task of {task.queue} failed after {task.moved} moved ({task.failure}): it met a message that was sent "
        "there directly, which has no queue to go back to (RDR-SOURCE-2)"
    )


def _nothing_to_move(outcome: RedriveOutcome) -> str:
    elsewhere = outcome.before.dead_lettered
    text = "the dead-letter queue was empty: nothing was moved"
    if not elsewhere:
        return text
    return (
        f"{text} ({elsewhere} dead-lettered {plural(elsewhere, 'message is', 'messages are')} in a parking queue, a "
        "failure destination or another dead-letter queue)"
    )


def _moved(done: Redriven) -> Iterator[str]:
    yield f"{done.processed} of {done.moved} redriven {plural(done.moved, 'message is', 'messages are')} processed"
    back, again = done.back_in_dead_letter_queue, done.duplicated_effects
    for count, where in (
        (back, "back in the dead-letter queue"),
        (done.lost, "lost"),
        (done.expired, "expired"),
        (done.remaining, "still waiting"),
    ):
        if count:
            yield f"{count} {plural(count, 'is', 'are')} {where}"
    if again is None:
        yield "whether work was done again is not known"
    elif again:
        yield f"{again} {plural(again, 'duplicate effect', 'duplicate effects')}"
    else:
        yield "no duplicate effects"
