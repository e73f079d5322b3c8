"""What of the lab's surroundings is here, and what each part is needed for."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from delivery_lab._version import MODEL_VERSION, __version__

_PATIENCE_SECONDS = 10
_VERSION = re.compile(r"\d+\.\d+[\w.-]*")

REQUIRED = (
    ("pulumi", "evaluating programs"),
    ("boto3", "the calls of handlers"),
    ("moto", "tables, S3 and the other services that keep what is put into them"),
    ("greenlet", "running handlers in virtual time"),
    ("time-machine", "the clock of handlers"),
    ("pydantic", "workloads and settings"),
)
"""Packages without which nothing runs, and what needs them."""

OPTIONAL = (
    ("pulumi-aws", "programs that use pulumi-aws", "pip install 'pulumi-aws>=7,<8'"),
    ("cfn-lint", "value ranges of resources in check", "pip install 'delivery-lab[check]'"),
    ("pulumi-policy", "the checks as a policy pack", "pip install pulumi-policy"),
    ("aws-lambda-powertools", "handlers that use powertools without packing it", "pip install aws-lambda-powertools"),
    (
        "confluent-kafka",
        "Kafka with --on local, and handlers that produce to it without packing it",
        "pip install 'delivery-lab[local]'",
    ),
)
"""Packages that some projects need, what for, and how to get them."""

COMMANDS = (
    ("pulumi", "version", "deployments and files for --state", "https://www.pulumi.com/docs/install/"),
    (
        "node",
        "--version",
        "Pulumi programs in JavaScript; functions in it are described, never run",
        "https://nodejs.org",
    ),
    ("ministack", "--version", "an emulator to deploy to", "pip install ministack, in an environment of its own"),
)
"""Commands that some work needs: how they tell their version, what for, and where they come from."""

FILTER = "network filter"
_FILTERS = "keeping handlers' C libraries off the network in `delivery-lab` (where the lab is a library it is not used)"
_PROBE = (
    "from delivery_lab.own_process import claim; claim(); "
    "from delivery_lab.handlers.no_network import why_not; print(why_not())"
)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the surroundings.

    Attributes:
        name: a package, or a command.
        kind: `package`, `command` or `kernel`.
        found: its version, None where it is not here.
        needed_for: what it is needed for.
        required: whether nothing runs without it.
        fix: how to get it, "" where it is here.
    """

    name: str
    kind: str
    found: str | None
    needed_for: str
    required: bool = False
    fix: str = ""


def parts() -> Iterator[Part]:
    """Each part, the required ones first."""
    yield Part("delivery-lab", "package", f"{__version__}, model {MODEL_VERSION}", "everything", required=True)
    yield Part("python", "command", platform.python_version(), "everything; functions run on it too", required=True)
    for name, purpose in REQUIRED:
        found = _package(name)
        yield Part(name, "package", found, purpose, True, "" if found else f"pip install {name}")
    for name, purpose, fix in OPTIONAL:
        found = _package(name)
        yield Part(name, "package", found, purpose, fix="" if found else fix)
    for name, argument, purpose, fix in COMMANDS:
        found = _command(name, argument)
        yield Part(name, "command", found, purpose, fix="" if found else fix)
    yield _network_filter()


def _network_filter() -> Part:
    """Whether handlers run under the filter of `handlers.no_network` here: another process tries, for it stays."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", _PROBE], capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=False
        )
        why_not = done.stdout.strip() if done.returncode == 0 else "the process that tried it failed"
    except (OSError, subprocess.TimeoutExpired) as error:
        why_not = str(error)
    if not why_not:
        return Part(FILTER, "kernel", "seccomp", _FILTERS)
    fix = (
        f"{why_not}. Without it the clients that docs/protection.md lists are refused by name, Python's own sockets "
        "are answered or refused as always, and other C libraries are not seen: run in a container without network, "
        "or on Linux 5.5 or later"
    )
    return Part(FILTER, "kernel", None, _FILTERS, fix=fix)


def _package(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _command(name: str, argument: str) -> str | None:
    """The version that a command tells; None where it is not here, or does not answer."""
    path = shutil.which(name)
    if path is None:
        return None
    try:
        done = subprocess.run([path, argument], capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    told = _VERSION.search(done.stdout + done.stderr)
    return told.group() if told and done.returncode == 0 else None
