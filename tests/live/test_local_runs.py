"""Variants on the emulator: what real queues and functions do beside what the simulation says."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from delivery_lab import Lab, Outcome
from delivery_lab.api.placed import EMULATOR_VARIABLE, run_on_emulator
from delivery_lab.api.simulated import Simulation
from delivery_lab.errors import NotModelledError
from delivery_lab.live.emulator import EmulatorError
from delivery_lab.live.errors import PlaceError
from tests.lab_support import ROOT
from tests.live.support import emulator_python, listeners, processes_with_argument, run_at_a_speed_kept_up_with

_SPEED = 4.0
_FIGURES = ("messages", "deliveries", "effects", "invocations", "ordering")


def _run(stack: str, speed: float, *parts: str) -> Simulation:
    """A run on the emulator, some parts of whose outcome are those of the simulation."""
    lab = Lab.open(ROOT)
    told = _parts(lab.simulate(stack), parts)
    found = run_at_a_speed_kept_up_with(lab, stack, speed, lambda outcome: _parts(outcome, parts) == told)
    assert _parts(found.outcome, parts) == told
    return found


def _parts(outcome: Outcome, names: Iterable[str]) -> dict[str, object]:
    return {name: getattr(outcome, name) for name in names}


@pytest.mark.emulator
@pytest.mark.parametrize(
    "stack", ["batch-partial", "batch-unreported", "batch-manual-delete", "visibility-short", "visibility-heartbeat"]
)
def test_a_variant_does_on_real_queues_what_the_simulation_says(stack: str, temporary: Path) -> None:
    emulator_python()
    found = _run(stack, _SPEED, *_FIGURES)
    assert found.outcome.place == "local"
    assert sorted(found.outcome.unknown) == ["alarms", "cost", "deliveries.recognised", "traceHash"]
    speed = found.replay.removeprefix(f"delivery-lab run {stack} --on local --speed ").split()[0]
    told = f"all clocks ran {speed} times as fast: what is computed seems to take {speed} times as long"
    assert told in found.run.notes
    assert list(temporary.iterdir()) == []


@pytest.mark.emulator
@pytest.mark.parametrize("stack", ["apigateway-sqs", "apigateway-sqs-safe"])
def test_what_a_rest_api_sends_is_seen_when_it_is_received(stack: str, temporary: Path) -> None:
    """How many messages share a batch hangs on milliseconds; what becomes of them does not."""
    emulator_python()
    _run(stack, _SPEED, "messages", "deliveries", "effects")
    assert list(temporary.iterdir()) == []


@pytest.mark.emulator
@pytest.mark.parametrize("stack", ["async-none", "async-bounded-age"])
def test_asynchronous_invokes_come_to_what_the_simulation_says(stack: str, temporary: Path) -> None:
    emulator_python()
    _run(stack, 8.0, *_FIGURES)
    assert list(temporary.iterdir()) == []


@pytest.mark.emulator
@pytest.mark.parametrize(("stack", "sent"), [("stream-partial", 40), ("dynamodb-stream", 20)])
def test_a_stream_is_read_to_its_end_and_poison_ends_at_the_destination(stack: str, sent: int, temporary: Path) -> None:
    """Which records share a batch hangs on the poll's phase and on milliseconds; what becomes of them does not."""
    emulator_python()
    outcome = run_on_emulator(Lab.open(ROOT), stack, speed=2.0).outcome
    messages = outcome.messages
    assert (messages.sent, messages.lost, messages.remaining, messages.expired) == (sent, 0, 0, 0)
    assert messages.dead_lettered >= 1
    # Behind a checkpoint only what follows the poison is tried again: what ended at the destination had its chance.
    assert messages.processed + messages.dead_lettered >= sent
    assert outcome.deliveries.max_per_message >= 4
    assert list(temporary.iterdir()) == []


@pytest.mark.emulator
@pytest.mark.parametrize("stack", ["sns-sqs-raw", "s3-sqs", "eventbridge-sqs", "pipe-sqs-safe"])
def test_what_topics_buckets_buses_and_pipes_hand_on_comes_to_what_the_simulation_says(
    stack: str, temporary: Path
) -> None:
    """How many messages share a batch hangs on milliseconds; what becomes of them does not."""
    emulator_python()
    _run(stack, 12.0, "messages", "deliveries", "effects")
    assert list(temporary.iterdir()) == []


@pytest.mark.emulator
def test_a_message_that_a_function_parks_stands_for_the_one_that_it_names(temporary: Path) -> None:
    emulator_python()
    _run("sqs-park", 8.0, "messages")
    assert list(temporary.iterdir()) == []


@pytest.mark.emulator
def test_a_topic_is_read_to_its_end_and_poison_ends_at_the_destination(temporary: Path) -> None:
    """Brokers of librdkafka, 600 s of which are waited for at the highest speed (KAF-START-2)."""
    emulator_python()
    lab = Lab.open(ROOT)
    outcome, told = run_on_emulator(lab, "msk-bisect", speed=20.0).outcome, lab.simulate("msk-bisect")
    assert outcome.messages == told.messages
    assert outcome.deliveries.max_per_message >= 4
    assert list(temporary.iterdir()) == []


@pytest.mark.emulator
def test_a_stack_that_is_refused_ends_the_run_and_nothing_is_left(temporary: Path) -> None:
    emulator_python()
    with pytest.raises(NotModelledError, match="functions that no API invokes"):
        run_on_emulator(Lab.open(ROOT), "sync-naive", speed=_SPEED)
    assert list(temporary.iterdir()) == []


@pytest.mark.emulator
@pytest.mark.parametrize(
    "stack", ["visibility-safe", "stream-bounded", "dynamodb-stream", "async-default", "msk-bisect", "s3-sqs"]
)
def test_an_emulator_that_dies_in_the_middle_is_named_and_nothing_is_left(stack: str, temporary: Path) -> None:
    """Until then nothing listens beyond loopback: not the emulator, not its functions, not the lab's own brokers."""
    emulator_python()
    killed: list[int] = []
    heard: set[str] = set()

    def kill() -> None:
        # A function runs by then, so everything is deployed, and its queue, stream or events are being read.
        while not killed:
            for folder in temporary.glob("delivery-lab-of-*/emulator-*"):
                log = folder / "log"
                if log.exists() and "Lambda worker spawned for" in log.read_text(errors="replace"):
                    killed.extend(processes_with_argument(folder))
            time.sleep(0.05)
        heard.update(listeners(os.getpid(), *killed))
        for process in killed:
            os.kill(process, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    with pytest.raises((PlaceError, EmulatorError)):
        run_on_emulator(Lab.open(ROOT), stack)
    thread.join()
    assert heard == {"127.0.0.1"}
    assert list(temporary.iterdir()) == []


@pytest.mark.emulator
@pytest.mark.parametrize("stack", ["visibility-safe", "msk-bisect", "s3-sqs"])
def test_nothing_is_left_after_ctrl_c(stack: str, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "TMPDIR": str(tmp_path)}
    command = subprocess.Popen(
        [sys.executable, "-m", "delivery_lab.cli", "run", stack, "--on", "local", "--project", str(ROOT)],
        env={**environment, EMULATOR_VARIABLE: str(emulator_python())},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    with command:
        folder = next(_emulators(tmp_path))
        command.send_signal(signal.SIGINT)
        _, said = command.communicate(timeout=60)
    assert command.returncode == 130, said
    assert processes_with_argument(folder) == []
    assert not folder.exists()


def _emulators(folder: Path) -> Iterator[Path]:
    """The folders of emulators that run functions; waits for the first."""
    while True:
        for found in folder.glob("delivery-lab-of-*/emulator-*"):
            with contextlib.suppress(OSError):
                if "Lambda worker spawned" in (found / "log").read_text(errors="replace"):
                    yield found
        time.sleep(0.05)


def test_a_missing_environment_is_named_with_the_command_that_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(EMULATOR_VARIABLE, str(tmp_path / "python"))
    with pytest.raises(EmulatorError) as caught:
        run_on_emulator(Lab.open(ROOT), "batch-partial")
    assert str(caught.value) == (
        f"{tmp_path / 'python'} is missing: the emulator has an environment of its own\n  fix: make local"
    )
