"""What a part of the package loads when it is imported: no more than it needs before anything is asked of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.lab_support import ROOT

# Each of these takes a good part of a second to load, or brings hundreds of modules along.
HEAVY = ("pulumi", "grpc", "botocore", "boto3", "moto", "cfnlint", "greenlet", "typer", "rich")


def loaded_by(code: str) -> set[str]:
    """The heavy packages that are loaded when a fresh Python has run the code."""
    text = f"{code}\nimport sys\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module",
    [
        "delivery_lab",
        "delivery_lab.api.lab",
        "delivery_lab.checks.finding",
        "delivery_lab.checks.registry",
        "delivery_lab.compare.comparison",
        "delivery_lab.errors",
        "delivery_lab.model.account",
        "delivery_lab.program.config",
        "delivery_lab.program.graph",
        "delivery_lab.program.overrides",
        "delivery_lab.results.outcome",
        "delivery_lab.rules",
        "delivery_lab.rules.alternatives",
        "delivery_lab.simulation.workload",
    ],
)
def test_importing_loads_nothing_heavy(module: str) -> None:
    assert loaded_by(f"import {module}") == set()


def test_listing_the_stacks_of_a_project_loads_nothing_heavy() -> None:
    code = (
        "from pathlib import Path\n"
        "from delivery_lab.program.project import read_project\n"
        "assert 'sync-breaker' in [stack.name for stack in read_project(Path.cwd()).stacks()]"
    )
    assert loaded_by(code) == set()


def test_what_counts_as_heavy_is_seen() -> None:
    assert loaded_by("import delivery_lab.program.engine") >= {"pulumi", "grpc"}
