"""The emulator of AWS: ministack as a process of its own, on 127.0.0.1 and a free port, which ends with its parent."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from delivery_lab.errors import LabError
from delivery_lab.own_folders import new_folder, remove_folder
from delivery_lab.program import naming

_WATCHED = Path(__file__).with_name("watched.py")
_HURRIED = Path(__file__).with_name("inside")
_START_SECONDS = 30
_STOP_SECONDS = 10
_PREPARE_SECONDS = 180
_IDLE_SECONDS = 1_000_000
_PORTS = 5
"""So many ports are tried."""

ENDPOINTS = (
    "apigateway",
    "apigatewayv2",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "events",
    "iam",
    "kafka",
    "kinesis",
    "lambda",
    "logs",
    "s3",
    "sns",
    "sqs",
    "ssm",
    "sts",
)
"""Services that the emulator answers for, by their names in `aws:endpoints`."""


class EmulatorError(LabError):
    """The emulator is not installed, or it does not start."""


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator.

    Attributes:
        url: where it answers.
        folder: its temporary files, which go with it.
        log: what it writes.
        speed: how many times faster its clocks are, and those of the functions that it runs.
        agreed_at: Unix time at which its clock and that of this machine agree.
    """

    url: str
    folder: Path
    log: Path
    speed: float = 1.0
    agreed_at: float = 0.0
    _tell: IO[bytes] | None = field(default=None, repr=False, compare=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False, compare=False)

    def check(self) -> None:
        """Look whether it still runs.

        Raises:
            EmulatorError: it has ended.
        """
        if self._process is not None and self._process.poll() is not None:
            tail = self.log.read_text(errors="replace")[-500:]
            raise EmulatorError(f"the emulator ended in the middle of the run; it wrote:\n{tail}\n  fix: run it again")

    def prepare(self, function: str, environments: int, cold_start_seconds: float) -> None:
        """Start execution environments of a function before it is invoked.

        On a busy machine a cold start takes seconds, which says nothing about Lambda. So it is made up: the first
        invoke in each environment waits for as long as a cold start is assumed to take (LAM-INIT-1).

        Args:
            function: name of the function in AWS.
            environments: how many.
            cold_start_seconds: for how long, on the emulator's clock.

        Raises:
            EmulatorError: they do not start, or the emulator has ended.
        """
        said = self.folder / f"prepared-{function}"
        what = f"{function} {environments} {cold_start_seconds!r} {said}"
        line = f"{naming.ACCOUNT_ID} {naming.DEFAULT_REGION} {what}\n"
        try:
            assert self._tell is not None
            self._tell.write(line.encode())
            self._tell.flush()
        except OSError as error:
            raise EmulatorError("the emulator has ended") from error
        end = time.monotonic() + _PREPARE_SECONDS
        while not said.exists():
            self.check()  # who has ended says nothing
            if time.monotonic() > end:
                raise EmulatorError(f"the emulator does not start {function} within {_PREPARE_SECONDS} s")
            time.sleep(0.05)
        problem = said.read_text()
        if problem:
            raise EmulatorError(f"the emulator does not start {function}: {problem}")

    def configuration(self, region: str = naming.DEFAULT_REGION) -> dict[str, object]:
        """The `aws:` settings of a stack that is deployed to it."""
        return {
            "aws:region": region,
            "aws:accessKey": naming.ACCOUNT_ID,
            "aws:secretKey": "test",
            "aws:skipCredentialsValidation": "true",
            "aws:skipRequestingAccountId": "true",
            "aws:skipMetadataApiCheck": "true",
            "aws:endpoints": [dict.fromkeys(ENDPOINTS, self.url)],
        }

    def reset(self) -> None:
        """Forget all resources of all accounts."""
        request = urllib.request.Request(f"{self.url}/_ministack/reset", method="POST")  # noqa: S310 - this machine
        with urllib.request.urlopen(request, timeout=_START_SECONDS):  # noqa: S310 - this machine
            pass


@contextlib.contextmanager
def running(python: Path, speed: float = 1.0) -> Iterator[Emulator]:
    """Run an emulator for a while. Whatever ends the block, and whatever ends this process, nothing of it is left.

    Args:
        python: the interpreter of the environment that has ministack (`make local`).
        speed: how many times faster its clocks are to be, and those of the functions that it runs.

    Raises:
        EmulatorError: it is not there, or does not answer.
    """
    if not python.exists():
        raise EmulatorError(f"{python} is missing: the emulator has an environment of its own\n  fix: make local")
    folder = new_folder("emulator")
    log = folder / "log"
    try:
        for left in reversed(range(_PORTS)):
            port, agreed_at = _free_port(), time.time()
            url = f"http://127.0.0.1:{port}"
            process = _started(python, folder, log, _environment(port, folder, speed, agreed_at))
            try:
                if _is_ready(url, process, log):
                    yield Emulator(url, folder, log, speed, agreed_at, process.stdin, process)
                    return
            finally:
                _stop(process)
            written = log.read_text(errors="replace")
            # Between the look for a free port and the start somebody else may have taken it.
            if not (left and "already in use" in written):
                raise EmulatorError(f"the emulator does not answer at {url}; it wrote:\n{written[-2000:]}")
    finally:
        remove_folder(folder)


def _started(python: Path, folder: Path, log: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        # Its standard input is a pipe from here: when this process ends, however it does, the pipe closes.
        return subprocess.Popen(
            [str(python), str(_WATCHED), str(folder)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            # Ctrl-C is for this process, which ends the other one in order.
            start_new_session=True,
        )


def _environment(port: int, folder: Path, speed: float, agreed_at: float) -> Mapping[str, str]:
    hurried = {"PYTHONPATH": str(_HURRIED), "DELIVERY_LAB_CLOCK": f"{agreed_at!r} {speed!r}"} if speed != 1 else {}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON", "MINISTACK_"))}
    return {
        **kept,
        # It listens on all interfaces unless it is told.
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": naming.ACCOUNT_ID,
        "AWS_ACCESS_KEY_ID": naming.ACCOUNT_ID,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": naming.DEFAULT_REGION,
        "TMPDIR": str(folder),
        # Environments that are idle stay, as they do in simulations.
        "LAMBDA_WARM_TTL_SECONDS": str(_IDLE_SECONDS),
        **hurried,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> bool:
    """Wait until the emulator answers; what answers before it says that it runs there is somebody else."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_ministack/ready", timeout=1):  # noqa: S310 - an address of this machine
                if f"Running on {url}" in log.read_text(errors="replace"):
                    return True
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.05)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        print("the emulator did not end in time, and was killed", file=sys.stderr)
        process.kill()
        process.wait()
    # Functions of an emulator that was killed work on; it was the first of a process group of its own.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
