"""What a run is asked for: by the command or the caller, by the workload, and by the project's `delivery-lab.yaml`.

What is nearer to the caller comes first: an option, then the workload, then the project's file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from delivery_lab.api.inputs import RunOptions, assumption_texts, texts
from delivery_lab.api.project_file import ProjectFile
from delivery_lab.api.simulated import Call
from delivery_lab.program.answers import ProgramAnswers
from delivery_lab.program.graph import Graph
from delivery_lab.rules.alternatives import read_assumptions
from delivery_lab.rules.assumptions import Assumptions
from delivery_lab.simulation.externals import with_externals
from delivery_lab.simulation.given_code import with_code
from delivery_lab.simulation.program_answers import program_answers
from delivery_lab.simulation.workload import Workload
from delivery_lab.simulation.workload_answers import Answer
from delivery_lab.simulation.workload_files import (
    GivenFaults,
    default_workload,
    read_answers,
    read_body,
    read_faults,
    read_workload,
    workloads_for,
)
from delivery_lab.stack.stack import Stack

WORKLOADS = "workloads"
"""Folder of a project that holds the workloads of its stacks."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run is asked for.

    Attributes:
        call: what the caller said.
        workload: what to send, with what the project's file adds.
        assumptions: how to read what can be read in several ways.
        program: what the program gets from the outside.
        file: the project's file.
        origin: the project's file, for messages.
    """

    call: Call
    workload: Workload
    assumptions: Assumptions
    program: ProgramAnswers
    file: ProjectFile
    origin: str

    @property
    def expectations(self) -> tuple[str, ...]:
        """What has to hold when the run has ended: for the project, for the workload, and for the caller."""
        return (*self.file.expect, *self.workload.expect, *self.call.expect)

    def deployed(self, graph: Graph) -> tuple[Graph, Workload]:
        """The graph with what other stacks create, and the workload with what the project's file says of functions.

        Raises:
            WorkloadError: something external is none, or is created by the program.
        """
        arns = {resource.outputs.get("arn") for resource in graph.resources.values() if not resource.external}
        theirs = {arn: one for arn, one in self.file.external.items() if arn not in arns}
        external = {**theirs, **self.workload.external}
        whole = with_externals(graph, external, self.workload.origin)
        known = {function.label for function in Stack.of(graph).functions} if self.file.functions else set()
        told = {name: one for name, one in self.file.functions.items() if name in known}
        notes = tuple(
            f"{self.origin}: functions: this stack has no function {name}"
            for name in self.file.functions
            if name not in known
        )
        functions = {**told, **self.workload.functions}
        workload = self.workload.model_copy(update={"functions": functions, "external": external})
        whole = with_code(whole, functions, self.call.root)
        return (replace(whole, warnings=(*whole.warnings, *notes)) if notes else whole), workload


def asked(root: Path, stack: str, options: RunOptions, workload: Workload, file: ProjectFile, origin: str) -> Asked:
    """Put together what a run is asked for.

    Args:
        root: folder of the project.
        stack: name of the stack.
        options: what the caller says.
        workload: what to send, as it was read.
        file: the project's file.
        origin: the project's file, for messages.

    Raises:
        UsageError: an option is malformed.
    """
    assume, body = assumption_texts(options.get("assume")), texts(options.get("body"), "--body")
    seed, given = options.get("seed"), options.get("workload")
    call = Call(
        stack=stack,
        root=root,
        workload_file=None if given is None else workload.path,
        built=workload.path is None,
        overrides=texts(options.get("overrides"), "--set"),
        body=body,
        seed=file.seed if seed is None else seed,
        assume=assume,
        expect=texts(options.get("expect"), "--expect"),
        answers=None if options.get("answers") is None else Path(str(options.get("answers"))),
        faults=str(options.get("faults") or ""),
        prices=None if options.get("prices") is None else Path(str(options.get("prices"))),
    )
    optional = _optional(options.get("answers"))
    program = answers_of_program(file, origin, [*optional, *workload.answers], workload.origin)
    faults = options.get("faults")
    given_faults = GivenFaults() if faults is None else read_faults(str(faults))
    full = workload.with_body(read_body(body)).model_copy(
        update={
            "answers": [*optional, *workload.answers, *file.answers],
            "faults": [*workload.faults, *given_faults.faults],
            "fault_preset": given_faults.fault_preset or workload.fault_preset,
        }
    )
    return Asked(call, full, read_assumptions(assume), program, file, origin)


def answers_of_program(file: ProjectFile, origin: str, first: list[Answer], where: str) -> ProgramAnswers:
    """What a program gets from the outside.

    Args:
        file: the project's file.
        origin: the project's file, for messages.
        first: lines that come before those of the project's file.
        where: where they come from, for messages.

    Raises:
        WorkloadError: a line names what AWS does not have.
    """
    program_answers(file.answers, origin)  # what is wrong in a file is said of it
    found = program_answers([*first, *file.answers], where)
    key = f"{found.key} {file.config} {file.environment}"
    return replace(found, config=file.config, config_origin=origin, environment=file.environment, key=key)


def answers_for_checks(file: ProjectFile, origin: str, given: str | Path | None) -> ProgramAnswers:
    """What a program gets where nothing is run: there is no workload then."""
    return answers_of_program(file, origin, _optional(given), str(given or origin))


def _optional(given: str | Path | None) -> list[Answer]:
    """The lines of `--answers`."""
    return [] if given is None else read_answers(Path(given))


def workload_of(root: Path, file: ProjectFile, stack: str, given: Workload | str | Path | None) -> Workload:
    """The workload of a stack: the one given, else that of the project's file, else that of its folder of workloads.

    Args:
        root: folder of the project.
        file: the project's file.
        stack: name of the stack.
        given: a workload, or a file, relative to the current folder or else to the project's.

    Raises:
        WorkloadError: there is none, or it is malformed.
    """
    if given is None:
        named = _default_file(file, stack)
        return default_workload(root / WORKLOADS, stack) if named is None else read_workload(root / named)
    if isinstance(given, (str, Path)):
        path = Path(given)
        beside = root / path
        return read_workload(beside if not path.exists() and beside.exists() else path)
    return given


def has_workload(root: Path, file: ProjectFile, stack: str, given: Workload | str | Path | None) -> bool:
    """Whether there is a workload for a stack; arguments as for `workload_of`.

    Raises:
        WorkloadError: one that may be for it is malformed.
    """
    return given is not None or _default_file(file, stack) is not None or bool(workloads_for(root / WORKLOADS, stack))


def _default_file(file: ProjectFile, stack: str) -> str | None:
    """The workload that the project's file names for a stack, None where it names none."""
    if isinstance(file.workload, str) or file.workload is None:
        return file.workload
    patterns = [pattern for pattern in file.workload if fnmatchcase(stack, pattern)]
    # A stack named outright is meant before one that a pattern covers.
    chosen = stack if stack in file.workload else next(iter(patterns), None)
    return None if chosen is None else file.workload[chosen]
