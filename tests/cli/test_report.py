"""`delivery-lab report`: what it writes, and what it says where it cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from delivery_lab.api.lab import Lab as OpenedLab
from tests.cli.conftest import Lab


def test_a_report_of_two_variants(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "report.html"

    found = lab("report", "batch-partial", "batch-unreported", "-o", str(file))

    assert (found.code, found.out) == (0, f"{file}\n")
    text = file.read_text(encoding="utf-8")
    assert "<title>2 variants of delivery-lab</title>" in text
    assert text.count('<section class="chapter"') == 2
    assert "3 of 10 messages are lost" in text


def test_a_variant_that_cannot_be_run_is_in_the_report_and_decides_the_exit_code(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "report.html"

    found = lab("report", "batch-partial", "nothing-known", "-o", str(file), "--set", "batch.worker.batchSize=0")

    assert found.code == 2
    assert not file.exists()  # a stack that is not there is a mistake of who typed it


def test_settings_that_are_refused_are_told_in_the_report(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "report.html"

    found = lab("report", "batch-partial", "-o", str(file), "--set", "batch.worker.batchSize=0")

    assert found.code != 0
    assert "batchSize" in found.err
    assert '<span class="badge bad">not run</span>' in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("words", [("batch-partial",), ("--all",), ("--compare", "batch-partial", "batch-unreported")])
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_run(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setattr(OpenedLab, "run", lambda *_, **__: pytest.fail("it is run"))

    folder = lab("report", *words, "-o", str(tmp_path))
    nowhere = lab("report", *words, "-o", str(tmp_path / "no-folder" / "report.html"))

    assert (folder.code, nowhere.code) == (1, 1)
    assert folder.err.endswith(f"error: {tmp_path} cannot be written: it is a folder, not a file\n")
    assert nowhere.err.endswith("report.html cannot be written: No such file or directory\n")
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_refused_leaves_an_older_report_as_it_is(lab: Lab, tmp_path: Path) -> None:
    older, other = tmp_path / "older.html", tmp_path / "other.html"
    older.write_text("older", encoding="utf-8")

    for file in (older, other):
        assert lab("report", "nothing-known", "-o", str(file)).code == 2

    assert older.read_text(encoding="utf-8") == "older"
    assert not other.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "name the stacks to report on, or say --all or --compare A B (stacks: "),
        (("batch-partial", "--compare", "a", "b"), "--compare names its two stacks: leave others and --all out"),
        (("batch-partial", "--seeds", "0"), "0 seeds cannot be run: at least 1"),
    ],
)
def test_what_is_typed_wrong(lab: Lab, tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    found = lab("report", *words, "-o", str(tmp_path / "report.html"))

    assert found.code == 2
    assert message in found.err


def test_many_seeds(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "report.html"

    assert lab("report", "batch-partial", "--seeds", "3", "-o", str(file)).code == 0
    assert "median of 3 seeds" in file.read_text(encoding="utf-8")


def test_two_variants_side_by_side(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "report.html"

    assert lab("report", "--compare", "batch-partial", "batch-unreported", "--no-quantify", "-o", str(file)).code == 0
    text = file.read_text(encoding="utf-8")
    assert "<title>batch-partial against batch-unreported</title>" in text
    assert text.count('class="picture wide" tabindex="0"') == 2
    assert text.count('class="picture wide" inert') == 2  # on one axis of time


def test_a_trace_beside_a_run(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "trace.json"

    assert lab("run", "batch-partial", "--no-alternatives", "--trace", str(file)).code == 0
    assert json.loads(file.read_text(encoding="utf-8"))["otherData"]["stack"] == "batch-partial"
    assert "--trace goes with one stack" in lab("run", "batch-partial", "batch-single", "--trace", str(file)).err
