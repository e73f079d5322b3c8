"""What is changed inside the emulator about execution environments, with modules that stand for the emulator's own."""

from __future__ import annotations

import importlib.util
import itertools
import os
import queue
import sys
import threading
import types
from pathlib import Path
from typing import Any

import pytest

from delivery_lab.live import emulator


class _Worker:
    """An environment of the emulator."""

    def __init__(self) -> None:
        self.in_use = False

    def invoke(self, event: str) -> str:
        return f"did {event}"


@pytest.fixture
def environments(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module that runs inside the emulator, beside an emulator with one function."""
    pool: list[_Worker] = []

    worker_class = type("Worker", (_Worker,), {})

    def acquire_worker(*_: object) -> tuple[_Worker, str]:
        pool.append(worker_class())
        return pool[-1], "spawn"

    core = types.SimpleNamespace(
        lambda_runtime=types.SimpleNamespace(
            Worker=worker_class,
            acquire_worker=acquire_worker,
            ensure_spawned=lambda worker: None,
            release_worker=lambda worker: None,
            _signal=lambda process: process.ended.append("asked"),
            _collect=lambda process, deadline: process.ended.append("waited"),
        ),
        responses=types.SimpleNamespace(
            _request_account_id=types.SimpleNamespace(set=lambda account: None),
            _request_region=types.SimpleNamespace(set=lambda region: None),
        ),
    )
    functions = {"worker": {"config": {}, "code_zip": b""}}
    services = types.SimpleNamespace(lambda_svc=types.SimpleNamespace(_functions=functions))
    modules = {"ministack": types.SimpleNamespace(), "ministack.core": core, "ministack.services": services}
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    path = Path(emulator.__file__).with_name("inside") / "environments.py"
    spec = importlib.util.spec_from_file_location("environments_of_the_emulator", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    found.pool = pool  # type: ignore[attr-defined]
    found.worker_class = worker_class  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("after", ["_drain_stderr_bounded", "_drain_stderr"])
def test_lines_that_have_left_the_pipe_are_not_lost(environments: Any, after: str) -> None:
    """Each drain, after an answer or a timeout, gives what was written before it, whatever the reading thread did."""
    reading, writing = os.pipe()
    environments.listen_longer()
    worker = environments.worker_class()
    worker._stderr_queue = queue.Queue()
    worker._proc = types.SimpleNamespace(stderr=os.fdopen(reading))
    thread = threading.Thread(target=worker._read_stderr)
    thread.start()
    for number in range(50):
        os.write(writing, f"a {number}\nb {number}\n".encode())
        assert getattr(worker, after)() == f"a {number}\nb {number}"
    os.write(writing, b"cut off")
    os.close(writing)
    thread.join()
    assert getattr(worker, after)() == "cut off"
    worker._proc.stderr.close()


def test_a_thread_that_writes_without_end_does_not_hold_an_answer(
    environments: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    environments.listen_longer()
    worker = environments.worker_class()
    worker._proc = None
    told = itertools.count()
    worker._stderr_queue = types.SimpleNamespace(empty=lambda: next(told) % 2 == 1, get_nowait=lambda: "again")
    now = itertools.count(step=0.5)
    monkeypatch.setattr(environments, "time", types.SimpleNamespace(monotonic=lambda: next(now), sleep=lambda _: None))
    assert set(worker._drain_stderr_bounded().split("\n")) == {"again"}


def test_a_process_that_has_timed_out_writes_no_more(environments: Any) -> None:
    killed: list[str] = []
    environments.listen_longer()
    worker = environments.worker_class()
    worker._proc, worker._stderr_queue = None, queue.Queue()
    environments._invoke.asked = [types.SimpleNamespace(stderr=None, kill=lambda: killed.append("killed"))]
    assert worker._drain_stderr() == ""
    environments._invoke.asked = None
    assert worker._drain_stderr() == ""
    assert killed == ["killed"]


def test_the_first_invoke_in_a_prepared_environment_waits_as_long_as_a_cold_start(
    environments: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(environments.time, "sleep", waited.append)
    environments.begin_cold()
    environments.prepare("123456789012", "us-east-1", "worker", 2, 0.25)
    one, other = environments.pool
    assert [one.invoke("a"), one.invoke("b"), other.invoke("c")] == ["did a", "did b", "did c"]
    assert waited == [0.25, 0.0, 0.25]


class _Process:
    """The process of an environment."""

    stderr = None

    def __init__(self) -> None:
        self.ended: list[str] = []

    def poll(self) -> int | None:
        return 0 if self.ended else None


@pytest.mark.parametrize(
    ("answer", "ended"),
    [
        ({"status": "error", "error": "no", "trace": "Traceback"}, []),
        ({"status": "error", "error": "Task timed out after 3.00 seconds"}, ["asked", "waited"]),
        ({"status": "error", "error": "Worker process died"}, ["asked", "waited"]),
    ],
)
def test_an_environment_goes_on_after_an_exception_of_its_handler_and_after_nothing_else(
    environments: Any, answer: dict[str, str], ended: list[str]
) -> None:
    """What the emulator does after an error: it asks the process to end, waits for that, and takes what it wrote."""
    runtime = sys.modules["ministack.core"].lambda_runtime
    process = _Process()
    said: list[Any] = []

    def invoke(self: Any, event: str) -> dict[str, str]:
        self._proc = None
        runtime._signal(process)
        runtime._collect(process, 0.0)
        said.append(environments._let_live())
        return answer

    environments.worker_class.invoke = invoke
    environments.keep_after_errors()
    worker = environments.worker_class()
    assert worker.invoke("a") == answer
    assert process.ended == ended
    assert said == [process]
    assert worker._proc is (None if ended else process)
    assert environments._let_live() is None


def test_an_invoke_that_fails_within_the_emulator_ends_what_it_asked_to_end(environments: Any) -> None:
    runtime = sys.modules["ministack.core"].lambda_runtime
    process, another = _Process(), _Process()

    def invoke(self: Any, event: str) -> dict[str, str]:
        runtime._signal(process)
        raise OSError(event)

    environments.worker_class.invoke = invoke
    environments.keep_after_errors()
    with pytest.raises(OSError, match=r"^a$"):
        environments.worker_class().invoke("a")
    runtime._signal(another)  # outside of an invoke, as when all are ended
    runtime._collect(another, 0.0)
    assert (process.ended, another.ended) == (["asked", "waited"], ["asked", "waited"])
