"""Where the emulator's environment is, and what it means that it is missing."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

import pytest

from delivery_lab import Lab, Outcome
from delivery_lab.api.placed import run_on_emulator
from delivery_lab.api.simulated import Simulation
from tests.lab_support import ROOT

EMULATOR_PYTHON = ROOT / ".local-env" / "bin" / "python"


def emulator_python() -> Path:
    """The interpreter that has the emulator; a test without it is skipped, in CI it fails."""
    require(EMULATOR_PYTHON, "make local")
    return EMULATOR_PYTHON


def require(path: Path, command: str) -> None:
    """Skip a test whose tools are missing. In CI that is a failure: there they have to be."""
    if not path.exists():
        missing(f"{path.relative_to(ROOT)} is missing: {command}")


def missing(reason: str) -> NoReturn:
    """Skip the test, or let it fail in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def run_at_a_speed_kept_up_with(lab: Lab, stack: str, speed: float, agrees: Callable[[Outcome], bool]) -> Simulation:
    """A run on the emulator that comes to what is expected, else the last of three, each slower than the one before.

    What a machine computes seems to take so many times as long as all clocks are faster, and functions reach their
    timeouts on a busy one. What the rules of the pollers do wrong they do at every speed.
    """
    for slower in (1, 2, 3):
        found = run_on_emulator(lab, stack, speed=speed / slower)
        if agrees(found.outcome):
            break
    return found


def processes_with_argument(folder: Path) -> list[int]:
    """Processes that were started with a folder as their argument."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                arguments = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if str(folder).encode() in arguments:
                found.append(int(entry.name))
    return found


def listeners(*processes: int) -> set[str]:
    """The addresses at which processes, and those that they started, listen."""
    own: set[str] = set()
    for process in _with_children(processes):
        with contextlib.suppress(OSError):  # it may have ended
            for open_file in Path(f"/proc/{process}/fd").iterdir():
                with contextlib.suppress(OSError):
                    own.add(str(open_file.readlink()))
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == _LISTENS and f"socket:[{inode}]" in own:
                found.add(_address(local.partition(":")[0]))
    return found


_LISTENS = "0A"


def _address(text: str) -> str:
    """An address as the kernel tells it: words of four bytes, each in the order of this machine."""
    words = [int(text[start : start + 8], 16).to_bytes(4, sys.byteorder) for start in range(0, len(text), 8)]
    found = ipaddress.ip_address(b"".join(words))
    # gRPC listens at 127.0.0.1 by a socket of IPv6, which tells the address of IPv4 within one of its own.
    return str((found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None) or found)


def _with_children(processes: Iterable[int]) -> list[int]:
    found = list(processes)
    for process in found:
        with contextlib.suppress(OSError):
            for children in Path(f"/proc/{process}/task").glob("*/children"):
                found.extend(map(int, children.read_text(encoding="ascii").split()))
    return found
