"""`delivery-lab init` writes a first workload that runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.api.body_keys import keys_of
from tests.cli.conftest import Lab
from tests.lab_support import ROOT

FOREIGN = ROOT / "tests" / "foreign"


@pytest.mark.parametrize(
    ("project", "stack", "more"),
    [
        ("orders", "prod", ()),
        ("receipts", "dev", ("--set", "sender=a")),
        ("ledger", "dev", ()),
        ("invoices", "dev", ()),
        ("alerts", "dev", ()),
    ],
)
def test_what_is_written_runs(lab: Lab, tmp_path: Path, project: str, stack: str, more: tuple[str, ...]) -> None:
    file, where = str(tmp_path / "first.yaml"), ("--project", str(FOREIGN / project))

    written = lab("init", stack, "--to", file, *where, *more)
    said = lab("run", stack, "--workload", file, "--json", *where, *more)

    assert (written.code, written.out) == (0, "")
    assert said.code == 0, said.err
    assert said.json()["messages"]["sent"] >= 1


def test_a_message_has_the_keys_that_the_handler_reads(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "first.yaml"

    lab("init", "prod", "--to", str(file), "--project", str(FOREIGN / "orders"))

    assert file.read_text() == (
        "# A first workload of prod: one message for each source. docs/workloads.md has all keys.\n"
        'stacks: ["prod"]\n'
        "send:\n"
        '  - {at: 0, queue: "jobs", body: {"seconds": "seconds-{n}", "broken": "broken-{n}"}}\n'
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


@pytest.mark.parametrize(
    ("source", "keys"),
    [
        ("b = json.loads(r)\nb['x']; b.get('y', 1); b['x']; b['z'] = 1; other['w']", ("x", "y")),
        ("json.loads(r)['x']", ("x",)),
        ("def broken(:", ()),
        ("event['Records']", ()),
    ],
)
def test_keys_are_those_that_code_reads_from_parsed_json(source: str, keys: tuple[str, ...]) -> None:
    assert keys_of(source) == keys
