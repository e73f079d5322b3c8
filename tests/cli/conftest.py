"""Running the command in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

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


@pytest.fixture
def lab(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Call the command with some words, from the root of our project; how long the work takes is never said."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(console, "FIRST_SECONDS", 86_400)

    def call(*words: str) -> Said:
        code = main(list(words))
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return call
