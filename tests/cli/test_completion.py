"""What the shell offers at the Tab key."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab_support import FOREIGN, ROOT

_VARIABLE = "_DELIVERY_LAB_COMPLETE"


def _offers(*words: str, folder: Path = ROOT) -> list[str]:
    """What bash would offer for the last of the words."""
    line = ("delivery-lab", *words)
    environment = {**os.environ, _VARIABLE: "complete_bash"}
    environment |= {"COMP_WORDS": " ".join(line), "COMP_CWORD": str(len(line) - 1)}
    done = subprocess.run(
        [sys.executable, "-m", "delivery_lab.cli"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_stacks_are_completed() -> None:
    assert _offers("run", "batch-partial", "fifo-") == ["fifo-ordered", "fifo-unordered"]


@pytest.mark.parametrize("words", [("diff",), ("diff", "batch-partial"), ("check",), ("redrive",)])
def test_every_command_with_stacks_completes_them(words: tuple[str, ...]) -> None:
    assert _offers(*words, "fifo-o") == ["fifo-ordered"]


def test_the_stacks_are_those_of_the_project_that_is_named() -> None:
    assert _offers("run", "--project", str(FOREIGN), "p") == ["prod"]


def test_where_there_is_no_project_nothing_is_offered(tmp_path: Path) -> None:
    assert _offers("run", "b", folder=tmp_path) == []


def test_rules_and_checks_are_completed() -> None:
    assert _offers("explain", "SQS-DLQ-") == [f"SQS-DLQ-{number}" for number in range(1, 7)]
    assert _offers("explain", "CHK-VT-1") == ["CHK-VT-1"]


def test_rules_with_alternatives_are_completed_and_then_their_values() -> None:
    assert _offers("run", "batch-partial", "--assume", "SQS-ST") == ["SQS-STALE-2="]
    assert _offers("run", "batch-partial", "--assume", "SQS-STALE-2=") == [
        "SQS-STALE-2=coin",
        "SQS-STALE-2=delete",
        "SQS-STALE-2=keep",
    ]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_script_for_every_shell(shell: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "delivery_lab.cli"],
        env={**os.environ, _VARIABLE: f"source_{shell}"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert f"complete_{shell}" in done.stdout
    assert "delivery-lab" in done.stdout
