"""docs/visibility.md says what the commands in it print."""

from __future__ import annotations

import shlex

import pytest

from tests.cli.conftest import Lab
from tests.lab_support import ROOT

PROMPT = "    $ delivery-lab "


def _commands() -> list[tuple[str, list[str]]]:
    """Each command of the page with the lines below it."""
    found: list[tuple[str, list[str]]] = []
    inside = False
    for line in (ROOT / "docs" / "visibility.md").read_text(encoding="utf-8").splitlines():
        if line.startswith(PROMPT):
            found.append((line.removeprefix(PROMPT), []))
            inside = True
        elif inside and line.startswith("    "):
            found[-1][1].append(line.strip())
        else:
            inside = False
    return found


COMMANDS = _commands()


def test_the_page_has_its_commands() -> None:
    assert len(COMMANDS) >= 10
    assert all(lines for _, lines in COMMANDS)


@pytest.mark.parametrize(("command", "shown"), COMMANDS, ids=[command for command, _ in COMMANDS])
def test_a_command_prints_what_the_page_shows(lab: Lab, command: str, shown: list[str]) -> None:
    said = lab(*shlex.split(command))

    printed = [line.strip() for line in said.out.splitlines()]
    assert [line for line in shown if line not in printed] == []
    places = [printed.index(line) for line in shown]
    assert places == sorted(places)
