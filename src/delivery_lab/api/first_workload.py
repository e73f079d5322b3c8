"""A first workload of a stack: what each function is sent, shaped after what its handler reads, and tried."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from delivery_lab.api.asked import answers_for_checks
from delivery_lab.api.first.sends import FirstSends, Line
from delivery_lab.api.inputs import Overrides
from delivery_lab.api.lab import Lab
from delivery_lab.api.project_file import read_project_file
from delivery_lab.errors import LabError, UsageError
from delivery_lab.own_folders import own_folder
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.simulation.supported import function_problems
from delivery_lab.stack.functions import Function
from delivery_lab.stack.stack import Stack


def workload_of(
    lab: Lab, stack: str, overrides: Overrides | None = None, answers: Path | None = None
) -> tuple[str, LabError | None]:
    """The text of a first workload of a stack, and why it cannot be run yet.

    It is run once; functions whose code cannot be run here are described.

    Args:
        lab: the project, or a state.
        stack: name of the stack.
        overrides: settings to change.
        answers: a file of answers.

    Raises:
        LabError: the program cannot be evaluated for it, or nothing of it can be sent to.
    """
    told = answers_for_checks(*read_project_file(lab.project), answers)
    found = Stack.of(lab.graph(stack, overrides, told))
    first = FirstWorkload(found, FirstSends(found, lab.project.root))
    trial = _TrialRun(lab, stack, overrides, answers)
    problem = trial.problem(first.text())
    if problem is not None:
        for function in found.functions:
            if trial.problem(first.text(function)) is not None:
                first.described.add(function.urn)
        problem = trial.problem(first.text())
    return first.text(), problem


@dataclass(frozen=True, slots=True)
class _TrialRun:
    """Runs a workload to see whether it can be run."""

    lab: Lab
    stack: str
    overrides: Overrides | None
    answers: Path | None

    def problem(self, text: str) -> LabError | None:
        """Why a workload cannot be run; None where it can, or sends nothing."""
        if "\n  - {at" not in text:
            return None
        with own_folder("workload") as folder:
            file = folder / "first.yaml"
            file.write_text(text, encoding="utf-8")
            try:
                self.lab.run(self.stack, workload=file, overrides=self.overrides, answers=self.answers)
            except LabError as error:
                return error
        return None


@dataclass(frozen=True, slots=True)
class FirstWorkload:
    """The parts of a first workload.

    Attributes:
        stack: the stack.
        sends: what it sends.
        described: URNs of functions that are described, since their code cannot be run.
    """

    stack: Stack
    sends: FirstSends
    described: set[str] = field(default_factory=set)

    def text(self, only: Function | None = None) -> str:
        """The text of the workload file.

        Args:
            only: send to this function alone.

        Raises:
            UsageError: nothing of the stack can be sent to.
        """
        found = [(function, line) for function, line in self.sends.lines() if only is None or function is only]
        if not found and only is None:
            raise UsageError(
                f"the stack {self.stack.name} has no queue or stream that a function reads, and no function: there is "
                "nothing to send to"
            )
        lines = [
            f"# A first workload of {self.stack.name}: one message for each source. docs/workloads.md has all keys.",
            f"stacks: [{json.dumps(self.stack.name)}]",
            "send:",
            *dict.fromkeys(_line(line) for _, line in found),
        ]
        settings = list(self._settings())
        if settings:
            lines += ["functions:", *settings]
        return "\n".join([*lines, *self._more()]) + "\n"

    def _settings(self) -> Iterator[str]:
        """What a run needs to know of functions: what those do whose code cannot be run, and unknown variables."""
        for function in self.stack.functions:
            name = json.dumps(function.label)
            unknown = sorted(name for name, value in function.variables.items() if value is UNKNOWN)
            if function.urn in self.described or function_problems(self.stack, function):
                answer = ", response: {statusCode: 200}" if self.sends.answers_requests(function) else ""
                yield f"  {name}: {{duration: 0.2{answer}}}  # its code cannot be run here, so it is described"
            elif unknown:
                values = ", ".join(f'{json.dumps(variable)}: "..."' for variable in unknown)
                yield f"  {name}: {{environment: {{{values}}}}}  # known only after deployment: give the real values"

    def _more(self) -> Iterable[str]:
        name = next((function.label for function in self.stack.functions), "NAME")
        poison = f"# poison: {next(iter(self.sends.flags()), 'broken')}".ljust(37)
        return (
            f"{poison}# a field that marks messages no handler can process",
            "# faults:",
            f"#   - {{at: 10, for: 60, function: {json.dumps(name)}, kind: throttle}}",
            "# expect:",
            "#   - messages.lost == 0",
        )


def _line(send: Line) -> str:
    pairs = (f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in {"at": 0, **send}.items())
    return f"  - {{{', '.join(pairs)}}}"
