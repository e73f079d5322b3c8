"""Stacks that a comment is about without comparing them: new ones, removed ones, and those that could not be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

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
    """

    after: str = ""
    same: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    failures: Mapping[str, str] = field(default_factory=dict)

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
        return ", ".join(filter(None, (failed, *others)))

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

    def failed(self) -> str:
        """The first stack that could not be compared and why, as a sentence; "" where all could be."""
        for stack, why in self.failures.items():
            more = f" (and {counted(len(self.failures) - 1, 'more stack')})" if len(self.failures) > 1 else ""
            first = why.strip().partition("\n")[0].rstrip(".")
            return f"{stack} could not be compared{more}: {first}."
        return ""

    def actions(self) -> list[str]:
        """Which stacks could not be compared, and why, as items of a list."""
        return [f"- {escaped(stack)} could not be compared: {escaped(why)}" for stack, why in self.failures.items()]

    def closing(self) -> list[str]:
        """Which stacks are the same, as a sentence."""
        return [_sentence(f"the same in both revisions, so left out: {', '.join(self.same)}")] if self.same else []

    def paragraph(self, conclusion: str) -> str:
        """The first paragraph of a comment: what could not be compared, what the rest comes to, what is new or gone.

        Args:
            conclusion: what the comparisons come to, "" where nothing was compared.
        """
        parts = [escaped(self.failed()), conclusion, *map(_sentence, self.apart())]
        return " ".join(filter(None, parts)) or "No stack was compared."


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _sentence(text: str) -> str:
    return f"{escaped(text[:1].upper() + text[1:])}."


NOTHING_LEFT_OUT = NotCompared()
"""Everything was compared."""
