"""Characters that a terminal has not: the command writes them as JSON escapes them, and never fails for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab_support import ROOT

_ASCII = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
_WORKLOAD = """
send: [{at: 0, http: {method: POST, path: /enqueue, body: {count: 1}}}]
expect: ["messages.sent == 1"]
"""


@pytest.fixture
def workload(tmp_path: Path) -> Path:
    file = tmp_path / "\u00e9\U0001f600.yaml"
    file.write_text(_WORKLOAD, encoding="utf-8")
    return file


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "delivery_lab.cli", "run", "batch-partial", *words]
    environment = {**os.environ, **_ASCII, "PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_any_name_on_a_terminal_that_knows_ascii_only(workload: Path) -> None:
    said = _run("--workload", str(workload))

    assert (said.returncode, "error" in said.stderr) == (0, False)
    assert said.stdout.isascii()
    assert r"workload \u00e9\ud83d\ude00" in said.stdout


def test_json_stays_json(workload: Path) -> None:
    said = _run("--workload", str(workload), "--json")

    assert said.returncode == 0
    assert json.loads(said.stdout)["workload"] == "\u00e9\U0001f600"


def test_errors_too(workload: Path) -> None:
    workload.write_text("send: 5")
    said = _run("--workload", str(workload))

    assert said.returncode == 2
    assert said.stderr.isascii()
    assert ".yaml:1: send: has to be a valid list, not 5\n" in said.stderr
