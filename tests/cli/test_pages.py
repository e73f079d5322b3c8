"""The pages of docs say what the commands in them print.

Of a command's output a page shows the lines that matter, in their order. `...` stands for what it leaves out: in a line
for a part of it, alone for whole lines.
"""

from __future__ import annotations

import re
import shlex

import pytest

from tests.cli.conftest import Lab
from tests.lab_support import ROOT

PROMPT = "    $ delivery-lab "
PAGES = {"batch": 20, "concurrency": 10, "visibility": 10}
"""Pages and how many commands each has at least."""


def _commands(page: str) -> list[tuple[str, list[str]]]:
    """Each command of a page with the lines below it."""
    found: list[tuple[str, list[str]]] = []
    inside = False
    for line in (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8").splitlines():
        if line.startswith(PROMPT):
            found.append((line.removeprefix(PROMPT), []))
            inside = True
        elif inside and line.startswith("    "):
            found[-1][1].append(line.strip())
        else:
            inside = False
    return found


COMMANDS = [(page, command, lines) for page in PAGES for command, lines in _commands(page)]


@pytest.mark.parametrize(("page", "commands"), PAGES.items())
def test_a_page_has_its_commands(page: str, commands: int) -> None:
    found = _commands(page)
    assert len(found) >= commands
    assert all(lines for _, lines in found)


@pytest.mark.parametrize(
    ("command", "shown"),
    [(command, lines) for _, command, lines in COMMANDS],
    ids=[f"{page}: {command}" for page, command, _ in COMMANDS],
)
def test_a_command_prints_what_the_page_shows(lab: Lab, command: str, shown: list[str]) -> None:
    said = lab(*shlex.split(command))

    printed = [line.strip() for line in said.out.splitlines()]
    patterns = {line: _pattern(line) for line in shown if line != "..."}
    assert [line for line, pattern in patterns.items() if not any(map(pattern.fullmatch, printed))] == []
    places = [next(n for n, text in enumerate(printed) if pattern.fullmatch(text)) for pattern in patterns.values()]
    assert places == sorted(places)


def _pattern(line: str) -> re.Pattern[str]:
    """What a printed line has to be like to be the one shown."""
    return re.compile(re.escape(line).replace(re.escape(" ... "), " .* "))
