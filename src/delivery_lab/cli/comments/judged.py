"""A stack that only the second of two revisions has: nothing to compare it with, but expectations of it are judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from delivery_lab.api.explored import Exploration
    from delivery_lab.api.simulated import Simulation
    from delivery_lab.cli.comments.junit import Case


@dataclass(frozen=True, slots=True)
class JudgedStack:
    """What came of the expectations of a stack that is new.

    Attributes:
        stack: its name.
        cases: its expectations, and why one does not hold.
        replay: the command that runs it again.
        violations: invariants that a run violates, and the command that runs it: a bug of the lab.
        as_json: its expectations as JSON has them.
    """

    stack: str
    cases: tuple[Case, ...]
    replay: str
    violations: tuple[tuple[Sequence[str], str], ...]
    as_json: tuple[dict[str, Any], ...]

    @classmethod
    def of_run(cls, found: Simulation) -> Self:
        """What one run comes to."""
        from delivery_lab.cli.comments.junit import cases_of_run

        outcome = found.outcome
        told = tuple(one.model_dump(by_alias=True) for one in outcome.expectations)
        return cls(outcome.stack, cases_of_run(outcome), found.replay, ((found.violations, found.replay),), told)

    @classmethod
    def of_exploration(cls, found: Exploration) -> Self:
        """What many seeds come to."""
        from delivery_lab.cli.comments.junit import cases_of_exploration

        told = tuple(
            {"text": one.text, "holds": one.holds, "count": one.share.count, "runs": one.share.runs}
            for one in found.kept()
        )
        return cls(found.stack, cases_of_exploration(found), found.call.command(), found.violated, told)

    @property
    def broken(self) -> tuple[Case, ...]:
        """The expectations that do not hold."""
        return tuple(case for case in self.cases if case[1] is not None)
