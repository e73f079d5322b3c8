"""Where the emulator's environment is, and what it means that it is missing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

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
