"""The type of rule ids: it and the registry name the same rules, and mypy refuses any other."""

from __future__ import annotations

import subprocess
import sys
import typing
from pathlib import Path

import pytest

from delivery_lab import rule_ids
from delivery_lab.rules import RULES, RuleId

SOURCES = Path(rule_ids.__file__).resolve().parent.parent


def test_the_type_and_the_registry_have_the_same_rules() -> None:
    assert set(typing.get_args(RuleId)) == set(RULES)
    assert {rule.id for rule in RULES.values()} == set(RULES)


def test_the_type_costs_nothing_to_import() -> None:
    program = (
        "import sys, delivery_lab.rule_ids; print(*sorted(name for name in sys.modules if 'delivery_lab' in name))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(SOURCES)}
    )

    names = ("", "._version", ".event_rule_ids", ".rule_ids")
    assert done.stdout.split() == [f"delivery_lab{name}" for name in names]


PROGRAMS = {
    "an event": 'MessageExpired(0, "{rule}", "jobs", "m1")',
    "a rule that a run relies on": 'Journal().rely_on("{rule}")',
    "a refusal": 'DeploymentRefusedError("jobs", "Code", "message", rule="{rule}", fix="change it")',
}

_ONLY_WHAT_NAMES_RULES = """
[mypy]
strict = True
[mypy-delivery_lab.*,pydantic.*,pulumi.*]
follow_imports = skip
[mypy-delivery_lab.errors,delivery_lab.events.*,delivery_lab.rule_ids,delivery_lab.event_rule_ids]
follow_imports = normal
"""
"""To read the whole package takes mypy twenty times as long."""


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What mypy says of each program: first with an id that is none, then with one that there is."""
    pytest.importorskip("mypy")
    folder = tmp_path_factory.mktemp("rule ids")
    head = (
        "from delivery_lab.errors import DeploymentRefusedError\n"
        "from delivery_lab.events import Journal, MessageExpired\n"
    )
    lines = [text.format(rule=rule) for text in PROGRAMS.values() for rule in ("SQS-NONE-1", "SQS-RET-1")]
    program = folder / "program.py"
    program.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    (folder / "mypy.ini").write_text(_ONLY_WHAT_NAMES_RULES, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", "--cache-dir", str(folder), str(program)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={"MYPYPATH": str(SOURCES), "PATH": ""},
    )
    assert done.stderr == ""
    said = [line for line in done.stdout.splitlines() if line.startswith("program.py") and " error: " in line]
    first = head.count("\n") + 1
    return {
        name: [line for line in said if line.split(":")[1] in (str(first + 2 * n), str(first + 2 * n + 1))]
        for n, name in enumerate(PROGRAMS)
    }


@pytest.mark.parametrize("name", PROGRAMS)
def test_mypy_refuses_a_rule_that_has_no_entry(name: str, complaints: dict[str, list[str]]) -> None:
    (complaint,) = complaints[name]

    assert "Literal['SQS-NONE-1']" in complaint
    assert complaint.endswith("[arg-type]")
