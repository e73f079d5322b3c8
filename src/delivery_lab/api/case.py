"""One run as it can be written down: everything that a project does not say by itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

from delivery_lab.api.asked import Asked
from delivery_lab.api.inputs import RunOptions
from delivery_lab.simulation.workload import Workload


@dataclass(frozen=True, slots=True)
class Case:
    """A run of a stack.

    Attributes:
        stack: name of the stack.
        overrides: settings changed, as texts.
        workload: what is sent, with fields of bodies set, answers of an option in it, and nothing expected.
        seed: the seed.
        assume: alternative assumptions, as texts.
        expect: what has to hold, from wherever it was said.
    """

    stack: str
    overrides: tuple[str, ...]
    workload: Workload
    seed: int
    assume: tuple[str, ...] = ()
    expect: tuple[str, ...] = ()

    def options(self) -> RunOptions:
        """It as options of a run."""
        return {
            "workload": self.workload,
            "overrides": self.overrides,
            "seed": self.seed,
            "assume": self.assume,
            "expect": self.expect,
        }


def case_of(asked: Asked, seed: int, assumed: str | None = None) -> Case:
    """A run that was asked for, with one of its seeds.

    Args:
        asked: what was asked for.
        seed: the seed.
        assumed: an assumption (`RULE=VALUE`) that was tried besides.
    """
    answers = asked.workload.answers
    # Those of the project's file are last, and the project still says them where the case is run again.
    own = answers[: len(answers) - len(asked.file.answers)]
    workload = asked.workload.model_copy(update={"answers": own, "expect": []})
    assume = asked.call.assume if assumed is None else (*asked.call.assume, assumed)
    expect = tuple(dict.fromkeys(asked.expectations))
    return Case(asked.call.stack, asked.call.overrides, workload, seed, assume, expect)


def with_only(case: Case, expectation: str) -> Case:
    """The same run, of which one thing alone is expected."""
    return replace(case, expect=(expectation,))
