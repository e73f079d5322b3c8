"""What answers at once imports next to nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.cli.conftest import Lab
from tests.lab_support import ROOT

HEAVY = ("pulumi", "grpc", "botocore", "boto3", "moto", "delivery_lab.model.account", "delivery_lab.program.engine")
MOST_MODULES = 560
MOST_FOR_A_RULE = 400
RULES_ALONE = 107
"""Modules that the rules alone need, Python's own included."""

_COUNT = """
import json, sys
from delivery_lab.cli.main import main
code = main(sys.argv[1:])
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


def _modules(*words: str, environment: dict[str, str] | None = None) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", _COUNT, *words],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=True,
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    return set(modules)


@pytest.mark.parametrize(
    "words",
    [
        ("--version",),
        ("--help",),
        ("run", "--help"),
        ("list",),
        ("explain",),
        ("explain", "SQS-DLQ-1"),
        ("explain", "CHK-VT-1"),
        ("schema", "workload"),
    ],
    ids=" ".join,
)
def test_a_command_that_runs_nothing_imports_nothing_that_runs(words: tuple[str, ...]) -> None:
    modules = _modules(*words)

    assert modules.isdisjoint(HEAVY)
    assert len(modules) < MOST_MODULES


def test_a_run_of_a_kept_graph_loads_neither_pulumis_sdk_nor_what_compares_two(lab: Lab) -> None:
    lab("run", "batch-partial", "--json")  # its graph is kept from here on

    modules = _modules("run", "batch-partial", "--json")

    assert modules.isdisjoint(("pulumi", "grpc", "google.protobuf"))
    assert modules.isdisjoint(("delivery_lab.compare", "delivery_lab.cli.comments.junit"))
    assert "delivery_lab.program.engine" not in modules


def test_a_rule_is_explained_without_the_checks() -> None:
    modules = _modules("explain", "SQS-DLQ-1")

    assert "delivery_lab.checks" not in modules
    assert len(modules) < MOST_FOR_A_RULE


def test_rules_alone_import_still_less() -> None:
    code = "import sys, delivery_lab.rules; print(len(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert int(done.stdout) < RULES_ALONE


def test_completion_imports_nothing_that_runs() -> None:
    code = (
        "import atexit, sys\n"
        f"atexit.register(lambda: print(sorted(set({HEAVY}) & set(sys.modules)), file=sys.stderr))\n"
        "from delivery_lab.cli.main import main\n"
        "main([])\n"
    )
    words = {"_DELIVERY_LAB_COMPLETE": "complete_bash", "COMP_WORDS": "delivery-lab run fifo-o", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **words}, capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["fifo-ordered"]
    assert done.stderr == "[]\n"
