"""The life of each message: every receive, hide, invoke, answer and delete, with the rule that decided it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from delivery_lab.events import FeedDeadLettered, FeedHandedOn, MessageMoved, PipeHandedOn, Run
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
    last: deque[LifeStep] = field(default_factory=lambda: deque(maxlen=LAST_STEPS))
    left_out: int = 0

    def add(self, step: LifeStep) -> None:
        """The next step, once also where it is about several ids of the message."""
        if (self.last or self.first or (None,))[-1] is step:
            return
        if len(self.first) < FIRST_STEPS:
            self.first.append(step)
            return
        self.left_out += len(self.last) == LAST_STEPS
        self.last.append(step)


@dataclass(frozen=True, slots=True)
class ToldLives:
    """What happened to messages, and what people call them.

    Attributes:
        lives: by the ids that were asked for.
        names: of all messages of the run, by all ids that they have.
    """

    lives: Mapping[str, Life]
    names: Mapping[str, str]


def lives_of(run: Run, wanted: Iterable[str]) -> ToldLives:
    """The lives of messages.

    Args:
        run: the run.
        wanted: ids of messages; what feeds, pipes and redrives give them for other ids is followed.
    """
    lives = {message: Life() for message in wanted}
    same = dict(lives)
    steps = Steps()
    for event in run.events:
        if isinstance(event, FeedHandedOn | FeedDeadLettered | MessageMoved | PipeHandedOn) and event.message in same:
            same.setdefault(event.new_message, same[event.message])
        for messages, kind, text in steps.tell(event):
            step: LifeStep | None = None
            for message in messages:
                life = same.get(message)
                if life is not None:
                    step = step or LifeStep(event.instant_us, kind, text, event.rule or "")
                    life.add(step)
    return ToldLives(lives, steps.called())
