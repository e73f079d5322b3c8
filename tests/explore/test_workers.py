"""Seeds in processes: the same samples in the same order, however many there are."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from delivery_lab.errors import LabError, UsageError
from delivery_lab.explore import workers
from delivery_lab.explore.sample import Sample
from delivery_lab.explore.workers import Sampling, samples
from delivery_lab.handlers.fibers import keep_for_ever


class Opening:
    """Runs whose sample says their seed, and which process ran them."""

    def __init__(self, folder: Path, failing: int | None = None, dying: int | None = None) -> None:
        self.folder, self.failing, self.dying = folder, failing, dying
        self.parent = os.getpid()

    @contextmanager
    def __call__(self) -> Iterator[Sampling]:
        mark = self.folder / f"open-{os.getpid()}"
        mark.touch()
        yield self.sample
        mark.rename(self.folder / f"closed-{os.getpid()}")

    def sample(self, seed: int) -> Sample:
        if seed == self.failing:
            raise UsageError(f"seed {seed} cannot be run")
        if seed == self.dying and os.getpid() != self.parent:
            os._exit(9)
        return Sample(seed, (), (), (str(os.getpid()),), "")


@pytest.fixture(autouse=True)
def worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take processes for anything that takes longer than nothing."""
    monkeypatch.setattr(workers, "WORTH_PROCESSES_SECONDS", -1.0)


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_samples_come_in_the_order_of_the_seeds(tmp_path: Path, processes: int) -> None:
    found = list(samples(Opening(tmp_path), range(7, 107), processes))

    assert [sample.seed for sample in found] == list(range(7, 107))
    ran = {sample.violations[0] for sample in found}
    assert len(ran) <= processes + 1
    assert (len(ran) > 1) == (processes > 1)


def test_what_was_opened_is_closed_in_every_process(tmp_path: Path) -> None:
    list(samples(Opening(tmp_path), range(100), 2))

    assert not list(tmp_path.glob("open-*"))
    assert list(tmp_path.glob("closed-*"))


def test_a_run_that_fails_is_the_error_of_all(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="seed 60 cannot be run"):
        list(samples(Opening(tmp_path, failing=60), range(100), 2))


def test_a_worker_that_is_killed_is_said(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="a worker process ended before its runs were done"):
        list(samples(Opening(tmp_path, dying=60), range(100), 2))


class Keeping(Opening):
    """Runs each of which leaves the stack of a handler behind that was stopped."""

    def sample(self, seed: int) -> Sample:
        keep_for_ever(object())
        return super().sample(seed)


@pytest.mark.skipif(sys.platform != "linux", reason="a limit of this process is that of processes that are forked")
def test_processes_that_keep_much_are_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "MOST_STACKS_KEPT", 20)
    monkeypatch.setattr(workers, "LARGEST_CHUNK", 10)
    found = list(samples(Keeping(tmp_path), range(200), 2))

    assert [sample.seed for sample in found] == list(range(200))
    assert len({sample.violations[0] for sample in found}) >= 4  # this process, and two pairs at least
    assert not list(tmp_path.glob("open-*"))


def test_who_stops_listening_leaves_no_process(tmp_path: Path) -> None:
    runs = samples(Opening(tmp_path), range(1000), 2)
    seen = [next(runs).seed for _ in range(10)]
    runs.close()  # type: ignore[attr-defined]

    assert seen == list(range(10))
    children = {int(mark.name.rpartition("-")[2]) for mark in tmp_path.iterdir()} - {os.getpid()}
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
