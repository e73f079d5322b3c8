"""What a redrive of dead-letter queues did."""

from __future__ import annotations

from lab.places.simulation import Run
from lab.results.fates import read_events
from lab.results.outcome import SCHEMA_VERSION, Messages, Outcome, _Model, outcome_of


class Redriven(_Model):
    """What became of the messages that were moved back: each is in exactly one place."""

    at_seconds: float
    """Virtual seconds after the start at which the redrive began."""
    moved: int
    processed: int
    back_in_dead_letter_queue: int
    lost: int
    expired: int
    remaining: int
    duplicated_effects: int
    """Pieces of work done again because of the redrive."""
    virtual_seconds: float
    """From the redrive until everything was at rest."""


class RedriveOutcome(_Model):
    """One run with a redrive behind it (the JSON of `redrive --json`)."""

    schema_version: int = SCHEMA_VERSION
    stack: str
    place: str
    workload: str
    seed: int
    fix: tuple[str, ...]
    trace_hash: str
    before: Messages
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
        redrive=_redriven(first, last, after),
        after=last.messages,
    )


def _redriven(first: Outcome, last: Outcome, after: Run) -> Redriven:
    ended = [fate.outcome for fate in read_events(after).fates.values() if fate.redriven_at is not None]
    return Redriven(
        at_seconds=first.virtual_seconds,
        moved=len(ended),
        processed=ended.count("processed"),
        back_in_dead_letter_queue=ended.count("deadLettered"),
        lost=ended.count("lost"),
        expired=ended.count("expired"),
        remaining=ended.count("remaining"),
        duplicated_effects=last.effects.duplicated - first.effects.duplicated,
        virtual_seconds=round(last.virtual_seconds - first.virtual_seconds, 6),
    )


def redrive_conclusion(outcome: RedriveOutcome) -> str:
    """The gist of a redrive."""
    done = outcome.redrive
    if not done.moved:
        return "The dead-letter queue was empty: nothing was moved."
    parts = [f"{done.processed} of {done.moved} redriven messages are processed"]
    if done.back_in_dead_letter_queue:
        parts.append(f"{done.back_in_dead_letter_queue} are back in the dead-letter queue")
    for name, count in (("lost", done.lost), ("expired", done.expired), ("still waiting", done.remaining)):
        if count:
            parts.append(f"{count} are {name}")
    parts.append(
        f"{done.duplicated_effects} pieces of work were done again"
        if done.duplicated_effects
        else "no work was repeated"
    )
    return "; ".join(parts) + "."
