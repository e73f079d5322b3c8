"""What all tests share."""

from __future__ import annotations

import gc
import math
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from delivery_lab.events import FunctionConfigured, Run

if TYPE_CHECKING:
    from delivery_lab.results.invariants import Violation
    from delivery_lab.results.outcome import Outcome

# In CI the same examples every time: a red build must be reproducible. Elsewhere hypothesis looks for new ones.
settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "default")

# The tests of one process import half a million objects that are no garbage; looking through them less often saves a
# fifth of the time.
gc.set_threshold(100_000, 20, 20)


@pytest.fixture(autouse=True, scope="session")
def _cache_of_this_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests keep graphs in a folder of theirs, not in the user's: one for all processes, so that one evaluates each."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache-of-session"))
        yield


@pytest.fixture(autouse=True, scope="session")
def _no_processes_for_many_runs() -> Iterator[None]:
    """Many seeds and many stacks are run in the process of the tests: each core has one already, and a new one imports
    everything anew. Tests of such processes ask for them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("delivery_lab.explore.workers.WORTH_PROCESSES_SECONDS", math.inf)
        patch.setattr("delivery_lab.cli.workers.WORTH_PROCESSES", sys.maxsize)
        yield


@pytest.fixture
def only_new_garbage() -> Iterator[None]:
    """`gc.collect` looks through what the test makes: through all that earlier tests have left takes a second."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _heeded_interrupts() -> Iterator[None]:
    """In the background of a script the shell has Ctrl-C ignored, and every process inherits that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


_CHECKING = ("delivery_lab.explore.sample", "delivery_lab.api.simulated")
"""Modules that check runs by themselves: what they have found is not looked for again."""


@pytest.fixture(autouse=True)
def _runs_keep_the_invariants(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every run that a test simulates is checked when the test is over, whoever asked for it."""
    runs: list[Run] = []
    checked: dict[int, list[Violation]] = {}
    begin = Run.__init__

    def noted(check: Callable[..., list[Violation]]) -> Callable[..., list[Violation]]:
        def violations_of(run: Run, outcome: Outcome | None = None) -> list[Violation]:
            found = checked[id(run)] = check(run, outcome)
            return found

        return violations_of

    def remembered(run: Run, *arguments: Any, **named: Any) -> None:
        begin(run, *arguments, **named)
        runs.append(run)

    monkeypatch.setattr(Run, "__init__", remembered)
    for name in _CHECKING:
        if name in sys.modules:  # what is not imported yet is not made to be
            monkeypatch.setattr(f"{name}.violations_of", noted(sys.modules[name].violations_of))
    yield
    for run in runs:
        # Runs that tests make by hand have no configuration, and often no more than one event that matters.
        # One that was read while it happened has no journal, and one that is not over has no hash yet.
        whole = run.trace_hash and not run.readers
        if whole and any(isinstance(event, FunctionConfigured) for event in run.events):
            assert_invariants(run, checked.get(id(run)))


def assert_invariants(run: Run, found: Sequence[Violation] | None = None) -> None:
    """What must hold in every run holds in this one.

    Args:
        run: the run.
        found: what it breaks, where somebody has looked.
    """
    from delivery_lab.results.invariants import violations_of  # not every test needs what this imports

    assert [str(violation) for violation in (violations_of(run) if found is None else found)] == []
