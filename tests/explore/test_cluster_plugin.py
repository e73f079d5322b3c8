"""The processes of a worker of a cluster: who is lost is replaced, and nothing is left behind."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pytest

from delivery_lab import own_folders
from delivery_lab.errors import LabError
from delivery_lab.explore import cluster_plugin
from delivery_lab.explore.cluster_plugin import ShippedProject
from delivery_lab.explore.remote import SeedProcess
from delivery_lab.explore.sample import Sample
from delivery_lab.explore.shipment import Shipment
from delivery_lab.explore.workers import Sampling


def _refused(folder: Path) -> object:
    raise AssertionError(folder)


def _plugin(opening_in: Callable[[Path], object] = _refused) -> ShippedProject:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w"):
        pass
    return ShippedProject("lab", Shipment(archive.getvalue(), opening_in, dict))  # type: ignore[arg-type]


def test_a_worker_removes_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(own_folders, "_roots", {})
    running, second = _plugin(), _plugin()
    running.setup(None)
    second.setup(None)
    assert len(list(tmp_path.glob("delivery-lab-of-*/shipped-*"))) == 2

    second.teardown(None)
    assert len(list(tmp_path.glob("delivery-lab-of-*/shipped-*"))) == 1
    running.teardown(None)
    assert list(tmp_path.iterdir()) == []


class Processes:
    """Stands for the processes of a worker: what each does in its turn, and which have ended."""

    def __init__(self, *courses: Callable[[Processes], list[Sample]]) -> None:
        self._courses = iter(courses)
        self.made, self.ended, self.stopped = 0, 0, 0

    def __call__(self, _: object) -> Self:
        self.made += 1
        self.lost = self.full = False
        return self

    def run(self, _: Sequence[int]) -> list[Sample]:
        return next(self._courses)(self)

    def end(self) -> None:
        self.ended += 1

    def stop(self) -> None:
        self.stopped += 1


DONE = [Sample(7, (), (), (), "")]


def done(_: Processes) -> list[Sample]:
    return DONE


def done_and_full(process: Processes) -> list[Sample]:
    process.full = True
    return DONE


def lost(process: Processes) -> list[Sample]:
    process.lost = True
    raise LabError("a process ended")


def failing(_: Processes) -> list[Sample]:
    raise LabError("this run fails")


def _running(monkeypatch: pytest.MonkeyPatch, *courses: Callable[[Processes], list[Sample]]) -> Processes:
    processes = Processes(*courses)
    monkeypatch.setattr(cluster_plugin, "SeedProcess", processes)
    return processes


@pytest.fixture
def project() -> Iterator[ShippedProject]:
    found = _plugin(lambda folder: folder)
    found.setup(None)
    yield found
    found.teardown(None)


def test_a_process_is_used_again_until_it_has_kept_too_much(
    project: ShippedProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes = _running(monkeypatch, done, done_and_full, done)

    assert [project.run([7]) for _ in range(3)] == [DONE] * 3
    assert (processes.made, processes.ended) == (2, 1)


def test_seeds_of_a_process_that_is_killed_run_again_in_another_one(
    project: ShippedProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes = _running(monkeypatch, lost, lost, done)

    assert project.run([7]) == DONE
    assert (processes.made, processes.ended) == (3, 2)


def test_processes_that_are_killed_again_and_again_are_said(
    project: ShippedProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes = _running(monkeypatch, lost, lost, lost)

    with pytest.raises(LabError) as caught:
        project.run([7])

    assert str(caught.value) == (
        "processes of a worker of the cluster ended again and again before their runs were done (killed, or out of "
        "memory)\n  fix: give its machine more memory, or the worker fewer threads"
    )
    assert processes.ended == 3


def test_a_run_that_fails_is_not_tried_again(project: ShippedProject, monkeypatch: pytest.MonkeyPatch) -> None:
    processes = _running(monkeypatch, failing, done)

    with pytest.raises(LabError, match="this run fails"):
        project.run([7])
    assert project.run([8]) == DONE
    assert (processes.made, processes.ended) == (1, 0)


def test_a_process_that_is_at_work_ends_with_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Ctrl-C leaves of an exploration: Dask does not end what a thread of a worker is doing."""
    project = _plugin(lambda folder: folder)
    project.setup(None)

    def ended_meanwhile(process: Processes) -> list[Sample]:
        project.teardown(None)
        return lost(process)

    processes = _running(monkeypatch, ended_meanwhile)
    with pytest.raises(LabError, match="a process ended"):
        project.run([7])
    assert (processes.made, processes.stopped, processes.ended) == (1, 1, 1)


class Dying:
    """Runs that kill their process, but for the first."""

    @contextmanager
    def __call__(self) -> Iterator[Sampling]:
        def sampling(seed: int) -> Sample:
            if seed > 1:
                os._exit(9)
            return Sample(seed, (), (), (), "")

        yield sampling


def test_a_process_that_has_ended_says_that_it_is_lost() -> None:
    process = SeedProcess(Dying())
    try:
        assert [sample.seed for sample in process.run([1])] == [1]
        assert not process.lost
        with pytest.raises(LabError, match="a process of a worker of the cluster ended before its runs were done"):
            process.run([2])
        assert process.lost
    finally:
        process.end()
