"""Running the command in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from delivery_lab.api import failure_file, simulated
from delivery_lab.cli import console
from delivery_lab.cli.main import main
from tests.lab_support import ROOT


@dataclass(frozen=True)
class Said:
    """What one call of the command answered."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, Any]:
        """Standard output as one JSON object."""
        parsed: dict[str, Any] = json.loads(self.out)
        return parsed

    def lines(self) -> list[dict[str, Any]]:
        """Standard output as a JSON object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


Lab = Callable[..., Said]

QUICK_EVENTS = simulated.QUICK_EVENTS
"""Up to which size the command tries alternatives by itself, for tests that look at what they come to."""


@pytest.fixture(autouse=True)
def _no_alternatives_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alternatives of assumptions are most of the runs of a quick command, and few tests look at them."""
    monkeypatch.setattr(simulated, "QUICK_EVENTS", -1)


@pytest.fixture
def lab(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Lab:
    """Call the command with some words, from the root of our project; how long the work takes is never said, and
    failures that would be written into the root go to the test's folder."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(console, "FIRST_SECONDS", 86_400)
    write = failure_file.write_failure

    def write_elsewhere(content: failure_file.FailureFile, folder: Path) -> Path:
        return write(content, tmp_path if folder.resolve() == ROOT else folder)

    monkeypatch.setattr(failure_file, "write_failure", write_elsewhere)

    def call(*words: str) -> Said:
        code = main(list(words))
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return call
