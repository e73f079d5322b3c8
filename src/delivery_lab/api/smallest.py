"""The smallest case that fails for the same reason, and what of it does not matter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from delivery_lab.api.case import Case
from delivery_lab.api.expected import read_expectations
from delivery_lab.errors import LabError
from delivery_lab.expectations.expectation import Expectation
from delivery_lab.explore.sample import Sample, sample_of
from delivery_lab.explore.settings import GivenSetting, settings_of
from delivery_lab.explore.shrinking import Pass, shrink
from delivery_lab.explore.simpler import PASSES
from delivery_lab.program.graph import Graph
from delivery_lab.simulation.fault_presets import all_faults
from delivery_lab.simulation.prepared import Prepared
from delivery_lab.stack.stack import Stack

if TYPE_CHECKING:
    from delivery_lab.api.lab import Lab
    from delivery_lab.simulation.workload import Workload

MOST_TRIES = 400
"""So many simpler cases are tried."""


@dataclass(frozen=True, slots=True)
class Smallest:
    """What is left of a failing case.

    Attributes:
        case: the smallest one that was found.
        messages: how many messages (or requests) it sends.
        tries: how many cases were tried.
        complete: whether nothing simpler was left to try.
        notes: what does not matter, each in a sentence without its full stop.
    """

    case: Case
    messages: int
    tries: int
    complete: bool
    notes: tuple[str, ...]

    @property
    def words(self) -> str:
        """How small it is, in words."""
        faults, overrides = len(self.case.workload.faults), len(self.case.overrides)
        counted = ((self.messages, "message"), (faults, "fault"), (overrides, "changed setting"))
        told = [f"{count} {name}{'' if count == 1 else 's'}" for count, name in counted if count]
        return ", ".join(told) or "nothing in it"


def smallest_case(lab: Lab, case: Case, *, settings: bool = True, most_tries: int = MOST_TRIES) -> Smallest | None:
    """Make a failing case as small as it gets, and say what does not matter.

    Args:
        lab: the project.
        case: a run that fails its one expectation, or breaks an invariant.
        settings: whether to move settings to AWS's defaults, and to try others; each evaluates the program.
        most_tries: so many simpler workloads and settings are tried.

    Returns:
        None where the case does not fail at all.

    Raises:
        LabError: it cannot be run.
    """
    with _CaseRuns(lab, case) as runs:
        # In place of a preset stand its faults: most of them do not matter.
        faults = all_faults(case.workload, Stack.of(runs.graph(case)))
        case = replace(case, workload=case.workload.model_copy(update={"faults": faults, "fault_preset": None}))
        if not runs.reason_of(case):
            return None
        passes = [_of_workload(each) for each in PASSES]
        if settings:
            passes.append(_fewer_of(case.overrides))
            passes.append(lambda each: _nearer_to_defaults(runs.graph(each), each))
        found = shrink(case, passes, runs.fails, most_tries)
        notes = [*_faults_that_do_not_matter(case, found.case)]
        if settings:
            notes += _settings_that_do_not_matter(runs, found.case)
        notes += _overrides_that_do_not_matter(case, found.case)
        if not found.complete:
            notes.append(f"It may not be the smallest case: {most_tries} were tried")
        return Smallest(found.case, runs.messages(found.case), found.tries, found.complete, tuple(notes))


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a run fails ("" where it does not), and how many messages, or else requests, it sends."""

    reason: str
    messages: int


def _failure(sample: Sample) -> _Failure:
    """The invariant that a run breaks, or else the expectation that fails, and whether its value is known."""
    figures = sample.by_name()
    messages = int((figures["messages.sent"] or 0) or (figures["requests.total"] or 0))
    if sample.violations:
        return _Failure(sample.violations[0].partition(" ")[0], messages)
    for number, verdict in enumerate(sample.verdicts):
        if not verdict.holds:
            return _Failure(f"expectation {number}, {'' if verdict.actual is not None else 'not '}known", messages)
    return _Failure("", messages)


class _CaseRuns:
    """Runs candidates; what belongs to one set of overrides is kept as long as they stay the same."""

    def __init__(self, lab: Lab, case: Case) -> None:
        self._lab = lab
        self._expectations: tuple[Expectation, ...] = read_expectations(case.expect)
        self._prepared: tuple[tuple[str, ...], Prepared] | None = None
        self._open = ExitStack()
        self._known: dict[str, _Failure] = {}
        self._first = _Failure("", 0)
        self._fewest = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def reason_of(self, case: Case) -> str:
        """Why a case fails; "" where it does not. What fails for the same reason later `fails`."""
        self._first = _failure(self._sample(case))
        self._fewest = self._first.messages
        return self._first.reason

    def fails(self, case: Case) -> bool:
        """Whether a case fails for the same reason, and sends no more than the smallest one so far."""
        found = self._of(case)
        if found.reason != self._first.reason or found.messages > self._fewest:
            return False
        self._fewest = found.messages
        return True

    def fails_too(self, case: Case) -> bool:
        """Whether a case fails for the same reason; what cannot be run does not."""
        return self._of(case).reason == self._first.reason

    def messages(self, case: Case) -> int:
        """How many messages and requests a case sends."""
        return self._of(case).messages

    def _of(self, case: Case) -> _Failure:
        key = json.dumps([case.overrides, case.workload.model_dump(mode="json")], sort_keys=True, default=str)
        if key not in self._known:
            try:
                self._known[key] = _failure(self._sample(case))
            except LabError:
                self._known[key] = _Failure("", 0)
        return self._known[key]

    def graph(self, case: Case) -> Graph:
        """The resources of a case."""
        return self._lab.graph(
            case.stack, case.overrides, self._lab.asked(case.stack, case.options(), judges=True).program
        )

    def _sample(self, case: Case) -> Sample:
        asked = self._lab.asked(case.stack, case.options(), judges=True)
        graph, workload = asked.deployed(self._lab.graph(case.stack, case.overrides, asked.program))
        # External resources and code of the workload are part of the graph.
        key = (*case.overrides, json.dumps(workload.model_dump(mode="json", include={"external", "functions"})))
        if self._prepared is None or self._prepared[0] != key:
            self._open.close()
            prepared = self._open.enter_context(Prepared(Stack.of(graph), self._lab.project.root))
            self._prepared = (key, prepared)
        run = self._prepared[1].simulate(workload, case.seed, asked.assumptions)
        return sample_of(run, self._expectations)


def _of_workload(simpler: Pass[Workload]) -> Pass[Case]:
    def candidates(case: Case) -> Iterator[Case]:
        for workload in simpler(case.workload):
            yield replace(case, workload=workload)

    return candidates


def _fewer_of(given: tuple[str, ...]) -> Pass[Case]:
    """Without an override that was asked for; those that move settings to defaults stay."""

    def candidates(case: Case) -> Iterator[Case]:
        for text in given:
            left = tuple(other for other in case.overrides if other != text)
            if left != case.overrides:
                yield replace(case, overrides=left)

    return candidates


def _nearer_to_defaults(graph: Graph, case: Case) -> Iterator[Case]:
    moved = {text.partition("=")[0].strip() for text in case.overrides}
    for setting in settings_of(graph):
        if setting.value != setting.default and setting.path not in moved:
            yield replace(case, overrides=(*case.overrides, _override(setting, setting.default)))


def _override(setting: GivenSetting, value: object) -> str:
    return f"{setting.path}={json.dumps(value)}"


def _faults_that_do_not_matter(before: Case, after: Case) -> Iterator[str]:
    kept = [fault.words for fault in after.workload.faults]
    gone: list[str] = []
    for fault in before.workload.faults:
        if fault.words in kept:
            kept.remove(fault.words)
        else:
            gone.append(fault.words)
    if gone:
        yield f"These faults do not matter, it fails without them as well: {', '.join(dict.fromkeys(gone))}"


def _overrides_that_do_not_matter(before: Case, after: Case) -> Iterator[str]:
    gone = [text for text in before.overrides if text not in after.overrides]
    if gone:
        yield f"These overrides do not matter, it fails without them as well: {', '.join(gone)}"


def _settings_that_do_not_matter(runs: _CaseRuns, case: Case) -> Iterator[str]:
    """Settings with which it fails whatever AWS's other values are, as far as they were tried."""
    found = []
    for setting in settings_of(runs.graph(case)):
        valid = [value for value in setting.others if _can_be_set(runs, case, setting, value)]
        if valid and all(runs.fails_too(_changed(case, setting, value)) for value in valid):
            found.append(f"{setting.path} ({', '.join(json.dumps(value) for value in valid)})")
    if found:
        yield f"These settings do not matter, any other value that was tried fails as well: {', '.join(found)}"


def _changed(case: Case, setting: GivenSetting, value: object) -> Case:
    return replace(case, overrides=(*case.overrides, _override(setting, value)))


def _can_be_set(runs: _CaseRuns, case: Case, setting: GivenSetting, value: object) -> bool:
    try:
        runs.graph(_changed(case, setting, value))
    except LabError:
        return False
    return True
