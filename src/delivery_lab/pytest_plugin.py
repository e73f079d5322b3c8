"""The pytest plugin: the fixture `delivery_lab`, and what a test that used it says of its runs when it fails.

    def test_nothing_is_lost(delivery_lab):
        outcome = delivery_lab.simulate("dev", workload="workloads/jobs.yaml")
        assert outcome.messages.lost == 0

pytest loads this module in every session of an environment that has the package, so it imports nothing but pytest, and
registers its hook only once the fixture is used. `docs/api.md` describes it for users.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from delivery_lab.api.lab import Lab
    from delivery_lab.api.simulated import Call, Simulation
    from delivery_lab.results.outcome import Outcome
    from delivery_lab.simulation.workload import Workload

HOOK = "delivery_lab_runs"
"""Name of the plugin that is registered once the fixture is used."""
MOST_RUNS = 3
"""So many runs of a test are shown when it fails."""


@pytest.fixture(scope="session")
def delivery_lab_project() -> str | Path | None:
    """Folder of the Pulumi project that `delivery_lab` opens; None for the nearest from pytest's root folder upwards.

    A test suite that has its project elsewhere defines a fixture of this name, with the scope of the session.
    """
    return None


@pytest.fixture(scope="session")
def delivery_lab(request: pytest.FixtureRequest, delivery_lab_project: str | Path | None) -> Iterator[Lab]:
    """The Pulumi project, opened once a session: its program is evaluated once for each stack and set of overrides."""
    from delivery_lab.api.lab import Lab
    from delivery_lab.errors import ProjectError
    from delivery_lab.program.project import find_project

    runs = _Runs(request.config)
    try:
        folder = find_project(request.config.rootpath).root if delivery_lab_project is None else delivery_lab_project
        lab = Lab.open(folder, runs.ran)
    except ProjectError as error:
        pytest.fail(f"{error}\n  fix: define a fixture `delivery_lab_project` that returns its folder", pytrace=False)
    request.config.pluginmanager.register(runs, HOOK)
    yield lab
    request.config.pluginmanager.unregister(runs, HOOK)


@dataclass(frozen=True, slots=True)
class _Run:
    """What is told of a run, without keeping its events."""

    outcome: weakref.ref[Outcome]
    conclusion: str
    call: Call
    workload: Workload


class _Runs:
    """Keeps the runs of a session, and adds to the report of a failed test those that it is about."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._all: list[_Run] = []
        self._of_this_test: list[_Run] = []

    def ran(self, simulation: Simulation) -> None:
        """Take note of a run."""
        run = _Run(weakref.ref(simulation.outcome), simulation.conclusion, simulation.call, simulation.workload)
        self._all.append(run)
        self._of_this_test.append(run)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add a section to the report of a failed test that used the fixture."""
        report = yield
        if call.when == "teardown":
            self._of_this_test.clear()
            self._all = [run for run in self._all if run.outcome() is not None]
        elif report.failed and "delivery_lab" in getattr(item, "fixturenames", ()):
            about = self._about(item, call)
            if about:
                report.sections.append(("Delivery Lab", "\n".join(map(self._told, about))))
        return report

    def _about(self, item: pytest.Item, call: pytest.CallInfo[None]) -> list[_Run]:
        """The runs whose outcomes the failing code held, else the last ones of the test."""
        held = {id(value) for value in _values(item, call) if value is not None}
        found = [run for run in self._all if id(run.outcome()) in held]
        return (found or self._of_this_test)[-MOST_RUNS:]

    def _told(self, run: _Run) -> str:
        command = run.call.command(self._file(run))
        return f"{run.call.stack}: {run.conclusion}\n  replay: {command}"

    def _file(self, run: _Run) -> Path | None:
        """Where a workload that was built in code has been written to, so that the command can send it."""
        cache = getattr(self._config, "cache", None)
        if run.workload.path is not None or cache is None:
            return None
        number = next(index for index, other in enumerate(self._all) if other is run)
        name = re.sub(r"\W+", "-", run.call.stack)
        file: Path = cache.mkdir("delivery-lab") / f"{name}-{number + 1}.yaml"
        run.workload.write(file)
        return file


def _values(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Any]:
    """What the failing code held: values of fixtures, local variables, and the outcomes of simulations among them."""
    found = [*getattr(item, "funcargs", {}).values()]
    if call.excinfo is not None:
        for entry in call.excinfo.traceback:
            found.extend(entry.frame.f_locals.values())
    for value in found:
        yield value
        if type(value).__module__ == "delivery_lab.api.simulated":
            yield getattr(value, "outcome", None)
