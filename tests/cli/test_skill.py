"""The skill file: its form, and every command in it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import Lab
from tests.lab_support import ROOT

SKILL = ROOT / "skills" / "delivery-lab" / "SKILL.md"
TEXT = SKILL.read_text(encoding="utf-8")
COMMANDS = re.findall(r"^ {4,}(delivery-lab .+)$", TEXT, re.MULTILINE)
INLINE = re.findall(r"`(delivery-lab [^`]+)`", TEXT)


def test_the_front_matter_has_what_the_format_asks_for() -> None:
    _, front, body = TEXT.split("---\n", 2)
    given = yaml.safe_load(front)

    assert set(given) == {"name", "description"}
    assert given["name"] == SKILL.parent.name
    assert len(given["description"]) <= 1024
    assert len(body.splitlines()) < 500


def test_there_is_a_command_for_each_of_the_four_questions() -> None:
    assert re.findall(r"^\*\*(.+?)\*\*", TEXT, re.MULTILINE) == [
        "What happens to the messages?",
        "What does a change do?",
        "What is dangerous, and what should be set?",
        "Does it always hold?",
    ]
    assert {"run", "diff", "check", "explore", "explain", "list", "init"} == {one.split()[1] for one in COMMANDS}
    assert INLINE == ["delivery-lab diff main..HEAD"]  # tests of revisions run it


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_does_what_the_skill_says(lab: Lab, command: str, tmp_path: Path) -> None:
    command = command.replace("/tmp/", f"{tmp_path}/")
    words = [word.strip("'") for word in re.findall(r"'[^']+'|\S+", command)]

    said = lab(*words[1:])

    assert said.code == 0, said.err
    if "--json" in words:
        lines = [json.loads(line) for line in said.out.splitlines()]
        assert lines or words[1] == "check"
        for name in _named(words[1]):
            assert all(_has(line, name) for line in lines), name


def _named(command: str) -> list[str]:
    """The names of JSON that the skill speaks of."""
    names = {
        "run": [
            *("messages.healthyDeadLettered", "messages.filtered", "deliveries.duplicates", "effects.duplicated"),
            *("evidence.processed", "intervals", "model.assumptions", "perMessage"),
        ],
        "diff": ["worse", "settings", "resources", "behaviour"],
        "check": ["why", "fix", "places"],
    }
    for named in (name for group in names.values() for name in group):
        assert named.rpartition(".")[2] in TEXT
    return names.get(command, [])


def _has(line: dict[str, Any], name: str) -> bool:
    found: Any = line
    for part in name.split("."):
        if part not in found:
            return False
        found = found[part]
    return True
