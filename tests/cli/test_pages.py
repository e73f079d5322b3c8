"""The pages say what the commands in them print."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.api import simulated
from tests.cli.conftest import QUICK_EVENTS, Lab
from tests.cli.shown import Shown, commands_of, missing
from tests.lab_support import ROOT

DOCS = ROOT / "docs"
PAGES = {"batch": 20, "concurrency": 10, "visibility": 10}
"""Pages and how many commands with output each has at least."""


def _with_output(page: Path) -> list[Shown]:
    return [command for command in commands_of(page) if command.lines and command.words[0] == "delivery-lab"]


COMMANDS = [(page.stem, command) for page in sorted(DOCS.rglob("*.md")) for command in _with_output(page)]


@pytest.mark.parametrize(("page", "commands"), PAGES.items())
def test_a_page_has_its_commands(page: str, commands: int) -> None:
    assert len(_with_output(DOCS / f"{page}.md")) >= commands


@pytest.mark.parametrize(
    "command", [command for _, command in COMMANDS], ids=[f"{page}: {command.text}" for page, command in COMMANDS]
)
def test_a_command_prints_what_the_page_shows(lab: Lab, command: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    if command.tells_alternatives:
        monkeypatch.setattr(simulated, "QUICK_EVENTS", QUICK_EVENTS)
    # What explore says of the smallest case is no output, so that no page shows it: tests of replay look at it.
    more = ["--no-shrink"] if command.words[1] == "explore" else []
    said = lab(*command.words[1:], *more)

    assert missing(command.lines, said.out) == []
