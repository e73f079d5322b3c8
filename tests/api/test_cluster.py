"""Seeds on a cluster of Dask: scheduler and workers on this machine, on free ports, which end with the test."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from delivery_lab.api import shipping
from delivery_lab.api.explored import Exploration, explore_seeds
from delivery_lab.api.inputs import RunOptions
from delivery_lab.api.lab import Lab
from delivery_lab.api.shipping import archive_of
from delivery_lab.errors import LabError, UsageError
from delivery_lab.explore import cluster as on_cluster
from delivery_lab.explore.sample import Sample
from tests.lab_support import FOREIGN

pytest.importorskip("distributed")
from distributed.comm.core import CommClosedError

OPTIONS: RunOptions = {"workload": "workload.yaml", "seed": 5, "expect": ["messages.lost == 0"]}
START = "from distributed.cli.dask_{0} import main; main()"


class Cluster:
    """A scheduler and its workers, each a process."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack, self._folder = stack, folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        port = self.address.rpartition(":")[2]
        self._start("scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard", "--no-jupyter")
        self.workers: list[subprocess.Popen[bytes]] = []

    def add_worker(self) -> None:
        words = ("--host", "127.0.0.1", "--no-nanny", "--nthreads", "1", "--no-dashboard")
        self.workers.append(self._start("worker", self.address, *words, "--local-directory", str(self._folder)))

    def _start(self, part: str, *words: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-W", "ignore", "-c", START.format(part), *words]
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet, cwd=self._folder)
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with ExitStack() as stack:
        yield Cluster(stack, tmp_path)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_cluster, "PATIENCE_SECONDS", 60)
    monkeypatch.setattr(on_cluster, "WORKER_SECONDS", 60)
    monkeypatch.setattr(on_cluster, "CHUNK", 2)


def explored(seeds: int, address: str | None, on_sample: Callable[[Sample], None] = lambda _: None) -> Exploration:
    return explore_seeds(Lab.open(FOREIGN), "prod", OPTIONS, seeds, 1, on_sample, ranges=False, cluster=address)


def as_told(found: Exploration) -> dict[str, Any]:
    return found.as_json()


@pytest.mark.parametrize("workers", [1, 2])
def test_the_result_does_not_depend_on_where_seeds_run(cluster: Cluster, workers: int) -> None:
    for _ in range(workers):
        cluster.add_worker()
    here, there = list[str](), list[str]()
    own = explored(7, None, lambda sample: here.append(sample.trace_hash))

    found = explored(7, cluster.address, lambda sample: there.append(sample.trace_hash))

    assert there == here
    assert as_told(found) == as_told(own)


def test_a_worker_that_is_killed_changes_nothing(cluster: Cluster) -> None:
    cluster.add_worker()
    cluster.add_worker()
    seen = list[int]()

    def kill_one(sample: Sample) -> None:
        seen.append(sample.seed)
        if len(seen) == 3:
            cluster.workers[0].send_signal(signal.SIGKILL)

    found = explored(30, cluster.address, kill_one)

    assert seen == list(range(5, 35))
    assert as_told(found) == as_told(explored(30, None))


class Unanswering:
    """A client of a cluster, and what it is promised there, of which the worker was lost."""

    def __init__(self, lost_in: str = "", status: Sequence[str] = (), looks: int = 1_000) -> None:
        self._lost_in, self._status, self.looks = lost_in, status, looks

    def run(self, versions: Callable[[], dict[str, str]]) -> dict[str, dict[str, str]]:
        return {"worker": self._answer("run", versions())}

    def register_plugin(self, plugin: object, name: str) -> None:
        self._answer("register_plugin", plugin)

    def submit(self, *_: object, **__: object) -> Unanswering:
        return self

    def nthreads(self) -> dict[str, int]:
        return {}

    def scheduler_info(self) -> dict[str, Any]:
        if not self.looks:
            return {"workers": {}}
        self.looks -= 1
        return {"workers": {str(number): {"status": status} for number, status in enumerate(self._status)}}

    def result(self, timeout: float) -> None:
        raise TimeoutError

    def done(self) -> bool:
        return False

    def cancel(self, _: object) -> None: ...

    def unregister_worker_plugin(self, _: str) -> None: ...

    def close(self) -> None: ...

    def _answer(self, step: str, answer: Any) -> Any:
        if step == self._lost_in:
            raise CommClosedError("Stream is closed")
        return answer


@pytest.mark.parametrize("step", ["run", "register_plugin"])
def test_workers_that_are_lost_while_they_are_made_ready_are_said(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_cluster, "_connected", lambda _: Unanswering(lost_in=step))

    with pytest.raises(LabError) as caught:
        explored(4, "tcp://there:1")

    assert str(caught.value) == (
        "workers of tcp://there:1 could not be reached, or were lost while they were made ready: Stream is closed\n"
        "  fix: see that the scheduler reaches them, and give each 500 MB or more (dask worker --memory-limit)"
    )


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ([], "the cluster at tcp://there:1 has no workers\n  fix: start some with dask worker tcp://there:1"),
        (
            ["paused", "paused"],
            (
                "all workers of the cluster at tcp://there:1 are paused: they are near their memory limit\n"
                "  fix: give them more memory, for each 500 MB or more (dask worker --memory-limit)"
            ),
        ),
    ],
)
def test_workers_of_which_none_takes_seeds_are_said(
    status: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_cluster, "_connected", lambda _: Unanswering(status=status))
    monkeypatch.setattr(on_cluster, "IDLE_SECONDS", 0)

    with pytest.raises(LabError) as caught:
        explored(4, "tcp://there:1")

    assert str(caught.value) == message


def test_one_worker_that_is_not_paused_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Unanswering(status=["paused", "running"], looks=3)
    monkeypatch.setattr(on_cluster, "_connected", lambda _: client)
    monkeypatch.setattr(on_cluster, "IDLE_SECONDS", 0)

    with pytest.raises(LabError, match="has no workers"):  # they are lost when it has been looked three times
        explored(4, "tcp://there:1")

    assert client.looks == 0


def test_workers_with_other_versions_are_refused_by_name(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.add_worker()
    here = shipping.versions_that_count()
    monkeypatch.setattr(on_cluster, "versions_on_this_machine", lambda _: {**here, "pulumi": "1.0"})

    with pytest.raises(UsageError) as caught:
        explored(2, cluster.address)

    assert str(caught.value).startswith(f"the workers of {cluster.address} have other versions: pulumi is ")
    assert " here\n  fix: install the same lock on all of them" in str(caught.value)


def test_a_cluster_that_cannot_be_reached_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_cluster, "PATIENCE_SECONDS", 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"

        with pytest.raises(LabError) as caught:
            explored(2, address)

    assert str(caught.value).startswith(f"the cluster at {address} cannot be reached: ")


def test_a_cluster_without_workers_is_said(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_cluster, "WORKER_SECONDS", 1)

    with pytest.raises(LabError) as caught:
        explored(2, cluster.address)

    assert str(caught.value) == (
        f"the cluster at {cluster.address} has no workers\n  fix: start some with dask worker {cluster.address}"
    )


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        explored(2, "somewhere")

    assert str(caught.value) == "--cluster somewhere: write the scheduler's address as tcp://HOST:PORT"


def test_the_archive_of_a_project_depends_on_its_files_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        (tmp_path / name / ".git").mkdir(parents=True)
        (tmp_path / name / ".git" / "x").write_text(name, encoding="utf-8")
        (tmp_path / name / "Pulumi.yaml").write_text("name: x\n", encoding="utf-8")
    os.utime(tmp_path / "two" / "Pulumi.yaml", (1, 1))

    assert archive_of(tmp_path / "one") == archive_of(tmp_path / "two")
    monkeypatch.setattr(shipping, "LARGEST_BYTES", 5)
    with pytest.raises(UsageError, match="is too large for a cluster: more than 0 MB"):
        archive_of(tmp_path / "one")


def project_in(folder: Path) -> Path:
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: x\n", encoding="utf-8")
    return folder


def names_in(archive: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        return opened.getnames()


def test_what_a_checkout_holds_besides_the_project_is_not_sent(tmp_path: Path) -> None:
    root = project_in(tmp_path / "shop")
    besides = (".git", ".venv", ".local-env", ".pulumi-cli", "node_modules", "__pycache__", "functions/node_modules")
    for name in besides:
        (root / name).mkdir(parents=True)
        (root / name / "large").write_bytes(b"x")
    (root / "of any name").mkdir()
    (root / "of any name" / "pyvenv.cfg").write_text("home = /usr/bin\n", encoding="utf-8")
    (root / "functions" / "app.py").write_text("", encoding="utf-8")
    with socket.socket(socket.AF_UNIX) as left_by_a_server:
        left_by_a_server.bind(str(root / "socket"))
    os.mkfifo(root / "pipe")

    assert names_in(archive_of(root)) == ["Pulumi.yaml", "functions/app.py"]


def test_a_link_within_the_project_is_sent_and_one_that_leads_out_is_refused(tmp_path: Path) -> None:
    root = project_in(tmp_path / "shop")
    (root / "functions").mkdir()
    (root / "functions" / "again.yaml").symlink_to("../Pulumi.yaml")
    (root / ".venv").symlink_to(tmp_path)
    assert names_in(archive_of(root)) == ["Pulumi.yaml", "functions/again.yaml"]

    for leading_out in (Path("../../other"), tmp_path / "other"):
        (root / "functions" / "other").symlink_to(leading_out)
        with pytest.raises(UsageError) as refused:
            archive_of(root)
        (root / "functions" / "other").unlink()
        assert str(refused.value) == (
            f"{root / 'functions' / 'other'} cannot be sent to a cluster: it is a link to {leading_out}, "
            "which is outside of the project\n  fix: put in its place what it leads to, or a link that is relative"
        )
