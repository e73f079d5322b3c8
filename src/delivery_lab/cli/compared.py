"""What `diff` is asked for besides what is compared, and what a comparison comes to for the exit code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import typer

from delivery_lab.cli.console import Console
from delivery_lab.cli.progress import INTERRUPTED

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
    """What the options of `diff` say.

    Attributes:
        options: those of the runs.
        fail_on: what makes the exit code 5.
        seeds: with how many seeds both are run, None for one.
        unchanged: whether figures that are the same are printed too.
        as_json: whether JSON is printed.
    """

    options: RunOptions
    fail_on: FailDiffOn
    seeds: int | None
    unchanged: bool
    as_json: bool

    def shown(self, console: Console, difference: Difference) -> bool:
        """Print a comparison, and say whether it fails the command."""
        from delivery_lab.cli.views.comparison import show_difference

        show_difference(console, difference, as_json=self.as_json, unchanged=self.unchanged)
        return self.fail_on.fails(difference)

    def shown_often(self, console: Console, difference: Difference, found: PairedExploration) -> bool:
        """Print a comparison over many seeds, and say whether it fails the command.

        Raises:
            typer.Exit: it was interrupted; what is there has been printed.
        """
        from delivery_lab.cli.views.exploration import show_pairs

        show_pairs(console, difference, found, as_json=self.as_json)
        if found.after.interrupted:
            raise typer.Exit(INTERRUPTED)
        return self.fail_on.fails_often(found)
