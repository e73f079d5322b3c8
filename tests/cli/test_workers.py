"""Many stacks at once: processes of their own, one order, one voice, and nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from delivery_lab.cli.console import Console
from delivery_lab.cli.workers import WORTH_PROCESSES, Failure, for_each
from delivery_lab.errors import LabError, UsageError
from tests.lab_support import FOREIGN, ROOT

_COMMAND = [sys.executable, "-m", "delivery_lab.cli"]
_STACKS = [f"stack-{number}" for number in range(WORTH_PROCESSES + 1)]


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A project with enough stacks for processes of their own."""
    folder = tmp_path / "orders"
    shutil.copytree(FOREIGN, folder)
    settings = (folder / "Pulumi.prod.yaml").read_text()
    (folder / "Pulumi.prod.yaml").unlink()
    for name in _STACKS:
        (folder / f"Pulumi.{name}.yaml").write_text(settings)
    return folder


def _words(project: Path) -> list[str]:
    return [*_COMMAND, "run", "--all", "--project", str(project), "--workload", str(project / "workload.yaml")]


def test_a_few_are_worked_on_one_after_the_other_in_this_process() -> None:
    seen: list[str] = []
    assert list(for_each(lambda name: seen.append(name), ["b", "a"], Console(), "trying", ROOT)) == [
        ("b", None),
        ("a", None),
    ]
    assert seen == ["b", "a"]


def test_what_is_wrong_with_a_stack_becomes_a_failure_and_the_others_go_on() -> None:
    def work(name: str) -> str:
        if name == "bad":
            raise UsageError("it is bad")
        return name

    found = dict(for_each(work, ["bad", "good"], Console(), "trying", ROOT))
    assert found == {"bad": Failure("it is bad", 2), "good": "good"}


@dataclass(frozen=True)
class Takes:
    """Work that takes as long as a stack's name says; the process of one that says so is killed."""

    parent: int

    def __call__(self, name: str) -> str:
        if name == "killed" and os.getpid() != self.parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return name.upper()


@dataclass
class AtOnce:
    """In place of processes: works at once, in this process, and takes as much processor time as names say."""

    monkeypatch: pytest.MonkeyPatch
    begun: list[str] = field(default_factory=list)

    @contextmanager
    def __call__(self, processes: int, *told: object) -> Iterator[AtOnce]:
        yield self

    def submit(self, attempt: Callable[[str], object], name: str) -> Future[object]:
        self.begun.append(name)
        clock = iter((0.0, float(name.partition("-")[2] or 1)))
        self.monkeypatch.setattr("delivery_lab.cli.workers.time.process_time", lambda: next(clock))
        future: Future[object] = Future()
        future.set_result(attempt(name))
        return future


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AtOnce:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("delivery_lab.cli.workers.WORTH_PROCESSES", 2)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    pool = AtOnce(monkeypatch)
    monkeypatch.setattr("delivery_lab.cli.workers.worker_pool", pool)
    return pool


def test_what_took_longest_the_last_time_is_begun_first_and_told_in_its_turn(at_once: AtOnce) -> None:
    names = ["a-2", "b-30", "c-4"]
    first = list(for_each(Takes(0), names, Console(), "trying", ROOT))
    assert at_once.begun == names
    at_once.begun.clear()

    assert list(for_each(Takes(0), [*names, "new"], Console(), "trying", ROOT)) == [*first, ("new", "NEW")]
    assert at_once.begun == ["new", "b-30", "c-4", "a-2"]
    assert first == [("a-2", "A-2"), ("b-30", "B-30"), ("c-4", "C-4")]


def test_without_the_cache_nothing_is_known_of_the_last_time_and_nothing_kept(at_once: AtOnce, tmp_path: Path) -> None:
    for _ in range(2):
        list(for_each(Takes(0), ["a-2", "b-30"], Console(cache=False), "trying", ROOT))

    assert at_once.begun == ["a-2", "b-30"] * 2
    assert not (tmp_path / "cache").exists()


def test_a_process_that_is_killed_ends_the_command_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("delivery_lab.cli.workers.WORTH_PROCESSES", 2)
    monkeypatch.setattr("os.cpu_count", lambda: 2)

    with pytest.raises(LabError) as raised:
        list(for_each(Takes(os.getpid()), ["a", "killed", "z"], Console(), "trying", ROOT))

    assert str(raised.value) == (
        "a process that shared the work ended before it was done (killed, or out of memory)\n"
        "  fix: name fewer stacks at once, or a smaller workload"
    )


def test_many_are_told_in_the_order_of_their_names_and_as_one_alone_is(many: Path) -> None:
    every = subprocess.run([*_words(many), "--json"], capture_output=True, text=True, check=True)
    one = subprocess.run(
        [*_COMMAND, "run", _STACKS[-1], "--json", *_words(many)[-4:]], capture_output=True, text=True, check=True
    )

    lines = every.stdout.splitlines()
    assert [json.loads(line)["stack"] for line in lines] == _STACKS
    assert lines[-1] == one.stdout.strip()


def test_one_broken_stack_of_many_is_named_and_decides_the_exit_code(many: Path) -> None:
    (many / f"Pulumi.{_STACKS[2]}.yaml").write_text("config: [")
    done = subprocess.run(_words(many), capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert f"error: {_STACKS[2]}: Pulumi.{_STACKS[2]}.yaml:1: not valid YAML: " in done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()[1:7]] == [*_STACKS[:2], *_STACKS[3:]]


def test_ctrl_c_ends_all_processes_with_one_message(many: Path) -> None:
    (many / "worker" / "app.py").write_text(
        "import time\ndef handle(event, context):\n    while True:\n        time.sleep(0.000001)\n"
    )
    process = subprocess.Popen(_words(many), stdout=-1, stderr=-1, text=True, start_new_session=True)
    try:
        assert process.stderr is not None
        while not process.stderr.readline().startswith("simulating stack-"):
            pass  # a worker says so once its simulation takes longer than a second
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()

    assert process.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == "interrupted; nothing was left behind"
    assert "Traceback" not in err
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
