"""The emulator comes and goes with whoever started it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from delivery_lab.live import emulator
from delivery_lab.live.emulator import EmulatorError
from tests.lab_support import ROOT
from tests.live.support import emulator_python, processes_with_argument

_HOLDER = """
import signal
import sys
from pathlib import Path
from delivery_lab.live import emulator
# Whoever is started in the background ignores Ctrl-C, and so do its children.
signal.signal(signal.SIGINT, signal.default_int_handler)
with emulator.running(Path(sys.argv[1])) as running:
    print(running.folder, flush=True)
    sys.stdin.read()
"""


def test_an_environment_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmulatorError) as caught, emulator.running(tmp_path / "python"):
        pass
    assert str(caught.value) == (
        f"{tmp_path / 'python'} is missing: the emulator has an environment of its own\n  fix: make local"
    )


def test_an_emulator_that_does_not_start_shows_what_it_wrote() -> None:
    # This interpreter has no ministack.
    expected = r"(?s)^the emulator does not answer at http://127\.0\.0\.1:.*ministack"
    with pytest.raises(EmulatorError, match=expected), emulator.running(Path(sys.executable)):
        pass


def test_an_emulator_that_has_ended_is_told_with_what_it_wrote(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("Killed\n", encoding="utf-8")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        running = emulator.Emulator("http://127.0.0.1:1", tmp_path, log, _process=process)
        running.check()
        process.kill()
    with pytest.raises(EmulatorError) as caught:
        running.check()
    assert str(caught.value) == (
        "the emulator ended in the middle of the run; it wrote:\nKilled\n\n  fix: run it again"
    )


def test_an_emulator_that_ends_while_environments_start_is_told_at_once(tmp_path: Path) -> None:
    """Nobody says then that they have started; it took the three minutes in which they may."""
    log = tmp_path / "log"
    log.write_text("Killed\n", encoding="utf-8")
    with subprocess.Popen([sys.executable, "-c", ""]) as process, (tmp_path / "told").open("wb") as tell:
        process.wait()
        running = emulator.Emulator("http://127.0.0.1:1", tmp_path, log, _tell=tell, _process=process)
        with pytest.raises(EmulatorError, match=r"^the emulator ended in the middle of the run; it wrote:\nKilled"):
            running.prepare("worker", 2, 0.25)


@pytest.mark.emulator
def test_a_port_that_somebody_took_is_left_to_them_and_another_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else's server answers there, as the emulator does."""
    with serving() as taken:
        free = emulator._free_port
        ports = iter([taken, taken])
        monkeypatch.setattr(emulator, "_free_port", lambda: next(ports, None) or free())
        with emulator.running(emulator_python()) as running:
            assert running.url != f"http://127.0.0.1:{taken}"
            assert urllib.request.urlopen(f"{running.url}/_ministack/ready").status == 200


@pytest.mark.emulator
def test_ports_that_are_all_taken_are_an_error_with_what_the_emulator_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as taken:
        monkeypatch.setattr(emulator, "_free_port", lambda: taken)
        told = rf"(?s)^the emulator does not answer at http://127\.0\.0\.1:{taken}; it wrote:.*is already in use"
        with pytest.raises(EmulatorError, match=told), emulator.running(emulator_python()):
            pass


class _Ready(BaseHTTPRequestHandler):
    """Answers everything."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving() -> Iterator[int]:
    """A server of somebody else; its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Ready) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.emulator
def test_it_answers_and_nothing_of_it_is_left() -> None:
    with emulator.running(emulator_python()) as running:
        with urllib.request.urlopen(f"{running.url}/_ministack/ready") as answer:
            assert answer.status == 200
        assert processes_with_argument(running.folder) != []
    assert processes_with_argument(running.folder) == []
    assert not running.folder.exists()


@pytest.mark.emulator
def test_it_ends_when_the_block_is_left_by_an_error() -> None:
    with pytest.raises(KeyboardInterrupt), emulator.running(emulator_python()) as running:
        raise KeyboardInterrupt
    assert processes_with_argument(running.folder) == []
    assert not running.folder.exists()


@pytest.mark.emulator
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_it_ends_with_its_parent(number: signal.Signals) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(emulator_python())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
    )
    with holder:
        assert holder.stdout is not None
        folder = Path(holder.stdout.readline().strip())
        [emulated] = processes_with_argument(folder)
        watching = os.pidfd_open(emulated)
        holder.send_signal(number)
        holder.wait()
        # Blocks until the emulator has ended; a hang would be this test's failure.
        ended(watching)
    assert not folder.exists()


def ended(pidfd: int) -> None:
    """Wait for the end of a process that is no child of this one."""
    ready, _, _ = select.select([pidfd], [], [], 30)
    os.close(pidfd)
    assert ready, "the emulator still runs 30 s after its parent has ended"
