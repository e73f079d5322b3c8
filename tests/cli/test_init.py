"""`delivery-lab init` writes a first workload that runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Lab
from tests.lab_support import ROOT

FOREIGN = ROOT / "tests" / "foreign"


PROJECTS = {
    "alerts": ("dev",),
    "bundled": ("dev",),
    "catalog": ("dev", "--answers", str(FOREIGN / "catalog" / "answers.yaml")),
    "gateway": ("dev",),
    "invoices": ("dev",),
    "ledger": ("dev",),
    "network": ("dev",),
    "openapi": ("dev",),
    "orders": ("prod",),
    "receipts": ("dev", "--set", "sender=a"),
    "shipping": ("dev",),
    "thumbnails": ("dev",),
    "versions": ("dev",),
    "visits": ("dev",),
}
FAIL_WITH_ANY_MESSAGE = ("s3-sqs", "sns-sqs-raw")
"""Variants whose handler can process nothing: the test event of S3 in the batch, an envelope that is not read."""
VARIANTS = sorted(path.name.split(".")[1] for path in (ROOT / "stacks").glob("Pulumi.*.yaml"))


def runs_as_written(lab: Lab, file: Path, stack: str, *more: str) -> Any:
    written = lab("init", stack, "--to", str(file), *more)
    said = lab("run", stack, "--workload", str(file), "--json", *more)

    assert (written.code, written.out) == (0, "")
    assert written.err.splitlines()[-1].startswith(f"wrote {file}; try it with: "), written.err
    assert said.code == 0, said.err
    return said.json()


@pytest.mark.parametrize("project", PROJECTS)
def test_what_is_written_of_a_foreign_project_runs(lab: Lab, tmp_path: Path, project: str) -> None:
    stack, *more = PROJECTS[project]
    found = runs_as_written(lab, tmp_path / "first.yaml", stack, "--project", str(FOREIGN / project), *more)
    assert found["messages"]["sent"] + (found["requests"] or {"total": 0})["total"] >= 1


def test_every_project_is_tried() -> None:
    programs = {path.parent.name for path in FOREIGN.glob("*/Pulumi.yaml")}
    assert programs == set(PROJECTS)


@pytest.mark.parametrize("stack", VARIANTS)
def test_what_is_written_of_a_variant_runs_and_its_messages_are_processed(lab: Lab, tmp_path: Path, stack: str) -> None:
    found = runs_as_written(lab, tmp_path / "first.yaml", stack)
    harmed = 1 if stack in FAIL_WITH_ANY_MESSAGE else 0
    assert (found["messages"]["lost"], found["messages"]["deadLettered"]) == (0, harmed)


def test_a_message_has_the_keys_that_the_handler_reads(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "first.yaml"

    lab("init", "prod", "--to", str(file), "--project", str(FOREIGN / "orders"))

    assert file.read_text() == (
        "# A first workload of prod: one message for each source. docs/workloads.md has all keys.\n"
        'stacks: ["prod"]\n'
        "send:\n"
        '  - {at: 0, queue: "jobs", body: {"seconds": 0}}\n'
        "# poison: broken                     # a field that marks messages no handler can process\n"
        "# faults:\n"
        '#   - {at: 10, for: 60, function: "worker", kind: throttle}\n'
        "# expect:\n"
        "#   - messages.lost == 0\n"
    )


def test_a_file_that_is_there_is_only_overwritten_by_force(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "first.yaml"
    file.write_text("mine")
    words = ("init", "prod", "--to", str(file), "--project", str(FOREIGN / "orders"))

    refused = lab(*words)

    assert (refused.code, file.read_text()) == (2, "mine")
    assert refused.err == f"error: {file} is there already\n  fix: say --force to overwrite it, or --to FILE\n"
    assert lab(*words, "--force").code == 0
    assert file.read_text().startswith("# A first workload")
