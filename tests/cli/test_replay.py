"""`delivery-lab replay`, and the file that `explore` writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from delivery_lab.api import simulated
from delivery_lab.cost.prices import DEFAULT_LIST
from tests.api.test_smallest import only_settings
from tests.cli.conftest import Lab
from tests.lab_support import ROOT

BROKEN = "INV-TEST-1 at 0.000000 s: something impossible"


def failure(lab: Lab, folder: Path) -> str:
    said = lab(
        "explore",
        "batch-unreported",
        "--seeds",
        "2",
        "--expect",
        "messages.lost == 0",
        "--no-shrink",
        "--write",
        str(folder),
    )
    (file,) = folder.glob("delivery-lab-failure-*.yaml")
    assert said.err == f"the failure is written down: delivery-lab replay {file}\n"
    return str(file)


def test_a_failure_is_replayed_with_the_story_of_its_message(lab: Lab, tmp_path: Path) -> None:
    said = lab("replay", failure(lab, tmp_path))

    assert said.code == 5
    lines = said.out.splitlines()
    assert lines[0].startswith("batch-unreported: seed 20260101, ")
    assert lines[2].endswith("sent to batch-queue: 3")
    assert "\N{BALLOT X} messages.lost == 0 (3)" in lines
    assert lines[-1] == "Everything happened as it did when the file was written (the same trace hash)."


def test_the_smallest_case_is_written_down_with_what_does_not_matter(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_settings(monkeypatch, "timeoutSeconds")
    said = lab(
        "explore", "batch-unreported", "--seeds", "1", "--expect", "messages.lost == 0", "--write", str(tmp_path)
    )

    first, about, written = [line for line in said.err.splitlines() if " ..." not in line]
    assert first.startswith("the smallest case that fails has 1 message, 1 changed setting (")
    assert about.startswith("  These settings do not matter, any other value that was tried fails as well: batch.")
    again = lab("replay", written.rpartition(" ")[2])
    assert again.code == 5
    assert "These settings do not matter, any other value that was tried fails as well: batch." in again.out


def test_a_replay_in_json(lab: Lab, tmp_path: Path) -> None:
    found = lab("replay", failure(lab, tmp_path), "--json").json()

    assert (found["fails"], found["sameTrace"], found["changes"]) == (True, True, [])
    assert found["timeline"][0]["text"] == "sent to batch-queue: 3"


def test_a_failure_that_is_mended_ends_well(lab: Lab, tmp_path: Path) -> None:
    file = Path(failure(lab, tmp_path))
    text = file.read_text(encoding="utf-8").replace("stack: batch-unreported", "stack: batch-partial")
    file.write_text(text, encoding="utf-8")

    said = lab("replay", str(file))

    assert said.code == 0
    assert "It is another run than the one of the file (another trace hash)." in said.out
    assert "  ~ messages lost: 3 -> 0" in said.out.splitlines()


def test_what_is_not_written_down_does_not_fail_the_command_twice(lab: Lab, tmp_path: Path) -> None:
    said = lab(
        "explore",
        "batch-unreported",
        "--seeds",
        "1",
        "--expect",
        "messages.lost == 0",
        "--no-shrink",
        "--write",
        "/nowhere",
    )

    assert said.code == 5
    assert said.err.startswith("note: the failure is not written down: /nowhere/delivery-lab-failure-")


def test_a_violated_invariant_is_written_down_and_ends_with_1(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [BROKEN]
    monkeypatch.setattr("delivery_lab.explore.sample.violations_of", lambda *_: broken)
    monkeypatch.setattr(simulated, "violations_of", lambda *_: broken)

    said = lab("explore", "batch-partial", "--seeds", "2", "--no-shrink", "--write", str(tmp_path))

    assert said.code == 1
    assert "error: an invariant is violated, which is a bug of Delivery Lab itself: INV-TEST-1" in said.err
    (file,) = tmp_path.glob("delivery-lab-failure-*.yaml")
    assert "\nkind: invariant\n" in file.read_text(encoding="utf-8")
    again = lab("replay", str(file))
    assert again.code == 1
    assert "INV-TEST-1" in again.err


def test_a_run_that_violates_an_invariant_is_written_down_and_ends_with_1(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulated, "violations_of", lambda *_: [BROKEN])
    monkeypatch.chdir(tmp_path)
    prices = tmp_path / "prices.json"
    prices.write_text(DEFAULT_LIST.read_text(encoding="utf-8"), encoding="utf-8")

    # What it costs is no part of a failure, so another price list changes nothing of it.
    said = lab(
        "run", "batch-partial", "--seed", "7", "--faults", "standard", "--prices", str(prices), "--project", str(ROOT)
    )

    assert said.code == 1
    assert f"error: an invariant is violated, which is a bug of Delivery Lab itself: {BROKEN}" in said.err
    (file,) = tmp_path.glob("delivery-lab-failure-*.yaml")
    assert f"the failure is written down: delivery-lab replay {file.name}" in said.err
    again = lab("replay", str(file), "--json", "--project", str(ROOT))
    told = json.loads(again.out)
    assert (again.code, told["sameTrace"], told["seed"], told["violations"]) == (1, True, 7, [BROKEN])


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (("run", "batch-partial", "batch-unreported"), "delivery-lab run batch-partial"),
        (("diff", "batch-partial", "batch-unreported", "--fail-on", "never"), "delivery-lab run batch-partial"),
    ],
)
def test_several_runs_name_the_one_that_violates_an_invariant(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], command: str
) -> None:
    monkeypatch.setattr(simulated, "violations_of", lambda *_: [BROKEN])

    said = lab(*words)

    assert said.code == 1
    assert f"error: an invariant is violated, which is a bug of Delivery Lab itself: {BROKEN}" in said.err
    assert f"  again: {command}" in said.err


def test_a_file_of_another_schema_is_refused(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "old.yaml"
    file.write_text("schemaVersion: 0\n", encoding="utf-8")

    said = lab("replay", str(file))

    assert said.code == 2
    assert said.err.startswith(f"error: {file}:1: schemaVersion is 0, and this version of Delivery Lab (")
    assert said.err.splitlines()[1] == (
        "  fix: replay it with the version that wrote it (`versions` in the file), or explore again"
    )
