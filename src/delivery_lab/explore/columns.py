"""The samples of many runs: a column of plain numbers for each figure, 8 bytes a run and figure."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

from delivery_lab.explore.sample import Sample
from delivery_lab.results.named_figures import plain_names

MOST_KEPT = 20
"""So many failing runs, and runs that break an invariant, are kept whole; of all others only the numbers are."""


class Columns:
    """Runs that were sampled, in the order in which they were added.

    Args:
        expectations: how many there are.

    Attributes:
        seeds: the seeds.
        held: for each expectation, in how many runs it holds.
        failing: the first runs of which an expectation does not hold.
        broken: the first runs that break an invariant.
        rules: rules with alternatives that any of them relies on.
    """

    def __init__(self, expectations: int = 0) -> None:
        self.seeds = array("q")
        self.held = [0] * expectations
        self.failing: list[Sample] = []
        self.broken: list[Sample] = []
        self.rules: dict[str, None] = {}
        self._figures = [array("d") for _ in plain_names()]

    def __len__(self) -> int:
        """How many runs there are."""
        return len(self.seeds)

    def add(self, sample: Sample) -> None:
        """Add a run."""
        self.seeds.append(sample.seed)
        self.rules |= dict.fromkeys(sample.rules)
        for column, value in zip(self._figures, sample.figures, strict=True):
            column.append(math.nan if value is None else value)
        for number, verdict in enumerate(sample.verdicts):
            self.held[number] += verdict.holds
        if not sample.holds and len(self.failing) < MOST_KEPT:
            self.failing.append(sample)
        if sample.violations and len(self.broken) < MOST_KEPT:
            self.broken.append(sample)

    def beginning(self, count: int) -> Columns:
        """The figures of the first runs alone."""
        found = Columns()
        found.seeds = self.seeds[:count]
        found._figures = [column[:count] for column in self._figures]
        return found

    def column(self, name: str) -> Sequence[float]:
        """The values of a figure by its name, NaN where it is not known of a run."""
        return self._figures[plain_names().index(name)]
