"""What is kept of one run among many: a few numbers, which cross process boundaries and are kept by the million."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from delivery_lab.events import Run
from delivery_lab.expectations.expectation import Expectation, Verdict
from delivery_lab.results.invariants import violations_of
from delivery_lab.results.named_figures import figures_of, plain_figures, plain_names
from delivery_lab.results.outcome import outcome_of
from delivery_lab.rules.alternatives import ALTERNATIVES


@dataclass(frozen=True, slots=True)
class Sample:
    """One run.

    Attributes:
        seed: its seed.
        figures: its figures in the order of `plain_names()`; None where one is not known.
        verdicts: whether each expectation holds, in their order.
        violations: invariants that it breaks, in words; any is a bug of the lab.
        trace_hash: hash of its events.
        rules: rules with alternatives that it relies on.
    """

    seed: int
    figures: tuple[float | None, ...]
    verdicts: tuple[Verdict, ...]
    violations: tuple[str, ...]
    trace_hash: str
    rules: tuple[str, ...] = ()

    def by_name(self) -> dict[str, float | None]:
        """Its figures by JSON name."""
        return dict(zip(plain_names(), self.figures, strict=True))

    @property
    def holds(self) -> bool:
        """Whether everything that was expected holds."""
        return all(verdict.holds for verdict in self.verdicts)


def sample_of(run: Run, expectations: Sequence[Expectation]) -> Sample:
    """Count a run, judge it, and check its invariants.

    Raises:
        ModelError: its messages are not conserved.
        UsageError: an expectation picks a consumer, tenant or function that the run does not have.
    """
    outcome = outcome_of(run)
    figures = figures_of(outcome)
    return Sample(
        seed=run.seed,
        figures=plain_figures(outcome),
        verdicts=tuple(expectation.judge(figures) for expectation in expectations),
        violations=tuple(str(violation) for violation in violations_of(run, outcome)),
        trace_hash=run.trace_hash,
        rules=tuple(rule for rule in run.rules if rule in ALTERNATIVES),
    )
