"""C libraries get no socket while handlers run in a process of the command: the run ends with library and line."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from delivery_lab import own_process
from delivery_lab.handlers import network_supervisor, no_network
from tests.lab_support import FOREIGN, ROOT

_COMMAND = [sys.executable, "-m", "delivery_lab.cli"]

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not no_network.is_offered(), reason="this system has no such filter"
)

_BY_CTYPES = """
import ctypes

class Address(ctypes.Structure):
    _fields_ = [("family", ctypes.c_uint16), ("port", ctypes.c_uint16), ("host", ctypes.c_uint32), ("z", ctypes.c_long)]

LIBC = ctypes.CDLL(None)

def handle(event, context):
    opened = LIBC.socket(2, 1, 0)
    port = (PORT >> 8) | ((PORT & 255) << 8)
    LIBC.connect(opened, ctypes.byref(Address(2, port, 0x0100007f, 0)), 16)
"""

_BY_LIBRDKAFKA = """
from confluent_kafka import cimpl

def handle(event, context):
    producer = cimpl.Producer({"bootstrap.servers": "127.0.0.1:PORT", "log_level": 0})
    producer.produce("topic", b"x")
    producer.flush(20)
"""


class _Server:
    """Counts who connects to it."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.reached = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                one, _ = self._socket.accept()
            except OSError:
                return
            self.reached += 1
            one.close()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[_Server]:
    one = _Server()
    yield one
    one.close()


def _project(folder: Path, code: str, port: int) -> Path:
    for name in ("Pulumi.yaml", "Pulumi.prod.yaml", "__main__.py", "workload.yaml"):
        (folder / name).write_text((FOREIGN / name).read_text())
    (folder / "worker").mkdir()
    (folder / "worker" / "app.py").write_text(code.replace("PORT", str(port)))
    return folder


def _run(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [*_COMMAND, *words, "--project", str(project), "--workload", str(project / "workload.yaml")]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize(
    ("code", "library", "place"),
    [
        (_BY_CTYPES, r"_ctypes\S*", r"at \S*app\.py:10 in handle"),
        (_BY_LIBRDKAFKA, r"librdkafka\S*", r"(at \S*app\.py:\d+ in handle|in a thread of its own)"),
    ],
    ids=["ctypes", "librdkafka"],
)
def test_a_c_library_reaches_nobody_and_the_run_ends_with_its_name_and_line(
    tmp_path: Path, server: _Server, code: str, library: str, place: str
) -> None:
    done = _run(_project(tmp_path, code, server.port), "run", "prod")

    said = f"error: function worker connects with the C library {library}, which sends past Python, {place}\n  fix: "
    assert re.search(said, done.stderr), done.stderr
    assert (done.returncode, done.stdout, server.reached) == (1, "", 0)


_WORKERS = """
import ctypes, errno, multiprocessing, sys
from delivery_lab import own_process
from delivery_lab.handlers import no_network

def work(told):
    own_process.claim(told)
    sockets = no_network.Sockets(lambda error: None)
    sockets.begin()
    libc = ctypes.CDLL(None, use_errno=True)
    refused = libc.socket(10, 1, 0) == -1 and ctypes.get_errno() == errno.EACCES
    sockets.end()
    return refused and not no_network.why_not()

if __name__ == "__main__":
    own_process.claim()
    assert work(own_process.claimed())
    with multiprocessing.get_context(sys.argv[1]).Pool(1) as pool:
        print(pool.apply(work, (own_process.claimed(),)))
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_that_share_the_work_have_no_network_either(tmp_path: Path, method: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(_WORKERS)
    words = [sys.executable, str(script), method]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)

    assert (done.stdout, done.stderr) == ("True\n", "")


def test_the_sockets_of_python_are_answered_as_ever(tmp_path: Path) -> None:
    code = (
        "import urllib.request\n\ndef handle(event, context):\n"
        "    print(urllib.request.urlopen('http://example.com/a').read())\n"
    )
    project = _project(tmp_path, code, 0)
    workload = project / "workload.yaml"
    workload.write_text(
        workload.read_text() + "answers:\n  - {http: GET http://example.com/a, status: 200, body: hi}\n"
    )
    done = _run(project, "run", "prod", "--logs")

    assert done.returncode == 0, done.stderr
    assert "worker: b'hi'" in done.stderr


def test_a_process_that_is_not_the_commands_gets_no_filter() -> None:
    assert own_process.claimed() is None
    assert no_network.why_not() == "this process is not the command's own"
    assert signal.getsignal(signal.SIGSYS) is signal.SIG_DFL


_LATE = """
import ctypes, time
from delivery_lab import own_process
from delivery_lab.handlers import no_network
own_process.claim()
sockets = no_network.Sockets(lambda error: None)
sockets.begin()
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGSYS])
ctypes.CDLL(None).socket(2, 1, 0)
ctypes.CDLL(None).sleep(60)
"""


def test_c_code_that_waits_for_its_connection_for_ever_is_ended() -> None:
    code = f"from delivery_lab.handlers import network_supervisor\n{_LATE}"
    environment = {**os.environ, network_supervisor.PATIENCE: "0.1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=50, env=environment
    )

    assert done.returncode == -signal.SIGKILL
    assert re.fullmatch(
        r"error: the C library _ctypes\S*, which sends past Python, waits for a connection while handlers run; the "
        r"simulation has no network, so the process was ended\n",
        done.stderr,
    ), done.stderr


def test_a_supervisor_that_is_given_nothing_ends_without_a_word() -> None:
    code = (
        "import socket\nfrom delivery_lab.handlers import network_supervisor\n"
        "mine, other = socket.socketpair()\nother.close()\nnetwork_supervisor.main(mine.detach())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
