"""Stacks that a comment is about without comparing them: new ones, removed ones, and those that could not be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from delivery_lab.cli.comments.judged import JudgedStack
from delivery_lab.cli.comments.markdown import counted, escaped


@dataclass(frozen=True, slots=True)
class NotCompared:
    """What was not compared.

    Attributes:
        after: the revision that is compared with another one, as text.
        same: stacks that are the same in both.
        new: stacks that are in the second revision only.
        gone: stacks that are in the first revision only.
        failures: why a stack could not be compared, by its name.
        judged: what came of the expectations of those that are new and have some.
    """

    after: str = ""
    same: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    failures: Mapping[str, str] = field(default_factory=dict)
    judged: Sequence[JudgedStack] = ()

    @property
    def matters(self) -> bool:
        """Whether a comment has to say something of it, although nothing differs in what was compared."""
        return bool(self.new or self.gone or self.failures)

    @property
    def title(self) -> str:
        """What was not compared in a few words, "" where all that changed was."""
        failed = f"{counted(len(self.failures), 'stack')} could not be compared" if self.failures else ""
        kinds = {"new": len(self.new), "gone": len(self.gone)}
        others = [f"{counted(count, 'stack')} {_is(count)} {what}" for what, count in kinds.items() if count]
        return ", ".join(filter(None, (failed, *others, self._broken())))

    @property
    def broken(self) -> int:
        """How many expectations of new stacks do not hold."""
        return sum(len(one.broken) for one in self.judged)

    def _broken(self) -> str:
        """That expectations of new stacks do not hold, in a few words; "" where they do."""
        many = self.broken
        return f"{counted(many, 'expectation')} of new stacks {_does(many)} not hold" if many else ""

    def notes(self) -> Iterator[str]:
        """What was left out and why, as sentences without a point."""
        if self.same:
            yield f"the same in both revisions, so left out: {', '.join(self.same)}"
        yield from self.apart()

    def apart(self) -> Iterator[str]:
        """Which stacks are in one revision only."""
        if self.gone:
            yield f"not in {self.after} any more, so left out: {', '.join(self.gone)}"
        if self.new:
            yield f"new in {self.after}, so there is nothing to compare with: {', '.join(self.new)}"

    def _kept(self) -> Iterator[str]:
        """How many of its expectations hold for each stack that is new, as sentences."""
        for one in self.judged:
            many, broken = counted(len(one.cases), "expectation"), len(one.broken)
            kept = f"{broken} of which {_does(broken)} not hold" if broken else "all hold"
            yield f"{escaped(one.stack)}, which is new: {many}, {kept}."

    def failed(self) -> str:
        """The first stack that could not be compared and why, as a sentence; "" where all could be."""
        for stack, why in self.failures.items():
            more = f" (and {counted(len(self.failures) - 1, 'more stack')})" if len(self.failures) > 1 else ""
            first = why.strip().partition("\n")[0].rstrip(".")
            return f"{stack} could not be compared{more}: {first}."
        return ""

    def actions(self) -> list[str]:
        """Which stacks could not be compared and why, and what does not hold for new ones, as items of a list."""
        failed = [f"- {escaped(stack)} could not be compared: {escaped(why)}" for stack, why in self.failures.items()]
        broken = [
            f"- {escaped(one.stack)}: does not hold: {escaped(f'{text}: {why}')}"
            for one in self.judged
            for text, why in one.broken
        ]
        return [*failed, *broken]

    def closing(self) -> list[str]:
        """Which stacks are the same, as a sentence."""
        return [_sentence(f"the same in both revisions, so left out: {', '.join(self.same)}")] if self.same else []

    def paragraph(self, conclusion: str) -> str:
        """The first paragraph of a comment: what could not be compared, what the rest comes to, what is new or gone.

        Args:
            conclusion: what the comparisons come to, "" where nothing was compared.
        """
        parts = [escaped(self.failed()), conclusion, *map(_sentence, self.apart()), *self._kept()]
        return " ".join(filter(None, parts)) or "No stack was compared."


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _does(count: int) -> str:
    return "does" if count == 1 else "do"


def _sentence(text: str) -> str:
    return f"{escaped(text[:1].upper() + text[1:])}."


NOTHING_LEFT_OUT = NotCompared()
"""Everything was compared."""
