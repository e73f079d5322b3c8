"""The emulator of AWS: ministack as a process of its own, on 127.0.0.1 and a free port, which ends with its parent."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from delivery_lab.errors import LabError
from delivery_lab.program import naming

_WATCHED = Path(__file__).with_name("watched.py")
_START_SECONDS = 30
_STOP_SECONDS = 10

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
    """

    url: str
    folder: Path
    log: Path

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
def running(python: Path) -> Iterator[Emulator]:
    """Run an emulator for a while. Whatever ends the block, and whatever ends this process, nothing of it is left.

    Args:
        python: the interpreter of the environment that has ministack (`make local`).

    Raises:
        EmulatorError: it is not there, or does not answer.
    """
    if not python.exists():
        raise EmulatorError(f"{python} is missing: the emulator has an environment of its own\n  fix: make local")
    folder = Path(tempfile.mkdtemp(prefix="delivery-lab-emulator-"))
    port = _free_port()
    log = folder / "log"
    with log.open("wb") as output:
        # Its standard input is a pipe from here: when this process ends, however it does, the pipe closes.
        process = subprocess.Popen(
            [str(python), str(_WATCHED), str(folder)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(port, folder),
            # Ctrl-C is for this process, which ends the other one in order.
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(url, process, log)
        yield Emulator(url, folder, log)
    finally:
        _stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def _environment(port: int, folder: Path) -> Mapping[str, str]:
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
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/_ministack/ready", timeout=1):  # noqa: S310 - an address of this machine
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    tail = log.read_text(errors="replace")[-2000:]
    raise EmulatorError(f"the emulator does not answer at {url}; it wrote:\n{tail}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        print("the emulator did not end in time, and was killed", file=sys.stderr)
        process.kill()
        process.wait()
