"""The life of each message: every receive, hide, invoke, answer and delete, with the rule that decided it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from delivery_lab.events import FeedDeadLettered, FeedHandedOn, MessageMoved, Run, told_apart
from delivery_lab.report.steps import StepKind, Steps

FIRST_STEPS = 26
LAST_STEPS = 12
"""Of a longer life the middle is left out."""


@dataclass(frozen=True, slots=True)
class LifeStep:
    """One thing that happened to a message; `rule` is the id of the rule that decided it, "" where none did."""

    at_us: int
    kind: StepKind
    text: str
    rule: str


@dataclass(slots=True)
class Life:
    """What happened to a message, the middle of a long life left out.

    Attributes:
        first: the first steps.
        last: the last steps, where there are more.
        left_out: how many steps lie between.
    """

    first: list[LifeStep] = field(default_factory=list)
    last: list[LifeStep] = field(default_factory=list)
    left_out: int = 0

    def add(self, step: LifeStep) -> None:
        """The next step."""
        if len(self.first) < FIRST_STEPS:
            self.first.append(step)
            return
        self.last.append(step)
        if len(self.last) > LAST_STEPS:
            self.last.pop(0)
            self.left_out += 1


def lives_of(run: Run, wanted: Iterable[str], names: dict[str, str]) -> dict[str, Life]:
    """The lives of messages, by the ids that were asked for.

    Args:
        run: the run.
        wanted: ids of messages; what feeds and redrives give them for other ids is followed.
        names: names of messages by id.
    """
    same = {message: message for message in wanted}
    lives = {message: Life() for message in same}
    steps = Steps(names)
    for event in told_apart(run.events):
        if isinstance(event, FeedHandedOn | FeedDeadLettered | MessageMoved) and event.message in same:
            same.setdefault(event.new_message, same[event.message])
        told: dict[str, None] = {}
        for message, kind, text in steps.tell(event):
            life = same.get(message)
            if life is not None and life not in told:
                told[life] = None
                lives[life].add(LifeStep(event.instant_us, kind, text, event.rule or ""))
    return lives
