"""What `diff` is asked for, how comparisons are printed, and what they come to for the exit code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import typer

from delivery_lab.cli.comments.apart import NOTHING_LEFT_OUT, NotCompared
from delivery_lab.cli.comments.judged import JudgedStack
from delivery_lab.cli.console import Console
from delivery_lab.cli.interrupts import INTERRUPTED
from delivery_lab.cli.options import OutputFormat

if TYPE_CHECKING:
    from delivery_lab import Difference
    from delivery_lab.api.explored import PairedExploration
    from delivery_lab.api.inputs import RunOptions


class FailDiffOn(StrEnum):
    """What makes the exit code 5."""

    EXPECTATIONS = "expectations"
    """An expectation does not hold for B."""
    WORSE = "worse"
    """More is lost, healthy dead-lettered, expired or done twice than with A, or an expectation no longer holds."""
    NEVER = "never"

    def fails(self, difference: Difference) -> bool:
        """Whether a comparison fails the command."""
        if self is FailDiffOn.WORSE:
            return bool(difference.worse)
        return self is FailDiffOn.EXPECTATIONS and not all(one.holds for one in difference.after.outcome.expectations)

    def fails_often(self, found: PairedExploration) -> bool:
        """Whether a comparison over many seeds fails the command."""
        if self is FailDiffOn.WORSE:
            return bool(found.worse)
        return self is FailDiffOn.EXPECTATIONS and not all(one.holds for one in found.after.kept())


@dataclass(frozen=True, slots=True)
class Comparing:
    """What the options of `diff` say, and what was compared so far.

    Text and JSON are printed as they come. A comment or a document of test cases is about all comparisons, and printed
    at the end.

    Attributes:
        options: those of the runs.
        fail_on: what makes the exit code 5.
        seeds: with how many seeds both are run, None for one.
        unchanged: whether figures that are the same are printed too.
        output: how it is printed.
        quiet_if_same: whether nothing is printed of a comparison in which nothing differs.
    """

    options: RunOptions
    fail_on: FailDiffOn
    seeds: int | None
    unchanged: bool
    output: OutputFormat
    quiet_if_same: bool
    _compared: list[tuple[Difference, PairedExploration | None]] = field(default_factory=list, init=False)
    _judged: list[JudgedStack] = field(default_factory=list, init=False)

    def shown(self, console: Console, difference: Difference) -> bool:
        """Print a comparison, and say whether it fails the command."""
        from delivery_lab.cli.views.comparison import show_difference

        self._compared.append((difference, None))
        if self._at_once and not (self.quiet_if_same and difference.nothing_differs):
            show_difference(console, difference, as_json=self.output is OutputFormat.JSON, unchanged=self.unchanged)
        return self.fail_on.fails(difference)

    def shown_often(self, console: Console, difference: Difference, found: PairedExploration) -> bool:
        """Print a comparison over many seeds, and say whether it fails the command.

        Raises:
            typer.Exit: it was interrupted; what is there has been printed.
        """
        from delivery_lab.cli.views.exploration import show_pairs

        self._compared.append((difference, found))
        if self._at_once and not (self.quiet_if_same and _same(difference, found)):
            show_pairs(console, difference, found, as_json=self.output is OutputFormat.JSON)
        if found.after.interrupted:
            from delivery_lab.cli.comments.differences import stack_name

            self.end(console, stack_name(difference), "..".join(difference.names))
            raise typer.Exit(INTERRUPTED)
        return self.fail_on.fails_often(found)

    def end(
        self,
        console: Console,
        key: str,
        what: str,
        apart: NotCompared = NOTHING_LEFT_OUT,
    ) -> None:
        """Print what is about all comparisons.

        Args:
            console: where to.
            key: what tells a comment from others, also when a later commit is compared.
            what: what was compared: `A..B`.
            apart: what was not compared, and why.
        """
        if self._at_once or (self.quiet_if_same and not apart.matters and all(_same(*pair) for pair in self._compared)):
            return
        differences = [difference for difference, _ in self._compared]
        pairs = [(difference, found) for difference, found in self._compared if found is not None]
        if self.output is OutputFormat.MARKDOWN:
            from delivery_lab.cli.comments.differences import comment_of_differences
            from delivery_lab.cli.comments.explorations import comment_of_pairs

            if pairs:
                console.data(comment_of_pairs(pairs, key, what, apart))
            else:
                console.data(comment_of_differences(differences, key, what, apart))
            return
        from delivery_lab.cli.comments.junit import cases_of_exploration, cases_of_run, junit_of_cases

        cases = {one.after.outcome.stack: cases_of_run(one.after.outcome) for one in differences}
        cases |= {found.after.stack: cases_of_exploration(found.after) for _, found in pairs}
        cases |= {one.stack: one.cases for one in apart.judged}
        console.data(junit_of_cases(cases, apart.failures))

    def judged(self, found: JudgedStack) -> bool:
        """Take the expectations of a stack that is new, and say whether they fail the command."""
        self._judged.append(found)
        return self.fail_on is FailDiffOn.EXPECTATIONS and bool(found.broken)

    def violated(self) -> Iterator[tuple[Sequence[str], str]]:
        """Of each run that was compared what it violates, and the command that runs it again."""
        for difference, pairs in self._compared:
            for simulation in (difference.before, difference.after):
                yield simulation.violations, simulation.replay
            for found in () if pairs is None else (pairs.before, pairs.after):
                yield from found.violated
        for one in self._judged:
            yield from one.violations

    @property
    def _at_once(self) -> bool:
        return self.output in (OutputFormat.TEXT, OutputFormat.JSON)


def _same(difference: Difference, found: PairedExploration | None) -> bool:
    """Whether nothing differs: in one run, and over many seeds where there are any."""
    return difference.nothing_differs and (found is None or not any(pair.real for pair in found.pairs))
