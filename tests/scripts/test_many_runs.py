"""The script that runs safe variants with very many seeds: it resumes, and says what it found."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from delivery_lab.api.lab import Lab
from scripts import many_runs
from scripts.many_runs import Block, blocks_to_do, read_blocks, run_block, told
from tests.lab_support import ROOT

DONE = Block("batch-partial", 1, many_runs.BLOCK, 1.0, "x", "y")


def test_what_is_done_is_not_run_again_and_variants_take_turns() -> None:
    size = many_runs.BLOCK

    assert list(blocks_to_do(["batch-partial", "sqs-park"], size + 10, [DONE])) == [
        ("sqs-park", 1, size),
        ("batch-partial", size + 1, 10),
        ("sqs-park", size + 1, 10),
    ]


def test_a_block_has_the_same_hash_over_its_traces_each_time() -> None:
    lab = Lab.open(ROOT, cached=True)
    first, second = (run_block(lab, "batch-partial", 5, 2) for _ in range(2))

    assert replace(first, seconds=0) == replace(second, seconds=0)
    assert (first.runs, first.violations, first.lost, first.failed) == (2, {}, [], "")


def test_a_variant_that_loses_messages_and_one_that_cannot_be_run_are_said() -> None:
    lab = Lab.open(ROOT, cached=True)

    assert run_block(lab, "batch-unreported", 1, 2).lost == [1, 2]
    assert run_block(lab, "nothing", 1, 1).failed.startswith("no stack 'nothing'")


def test_the_file_is_resumed_behind_a_line_that_was_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(many_runs, "BLOCK", 1)
    file = tmp_path / "runs.jsonl"
    assert many_runs.main(["1", str(file), "batch-partial"]) == 0
    with file.open("a", encoding="utf-8") as output:
        output.write('{"stack": "ba')

    assert len(read_blocks(file)) == 1
    assert many_runs.main(["2", str(file), "batch-partial"]) == 0

    assert [json.loads(line)["first"] for line in file.read_text(encoding="utf-8").splitlines()] == [1, 2]
    assert capsys.readouterr().out.splitlines()[-1] == "all: 2 runs, 0 violations, 0 lose messages"


def test_what_is_wrong_is_counted() -> None:
    blocks = [DONE, replace(DONE, first=51, violations={"60": "INV"}, lost=[61]), replace(DONE, failed="no")]

    assert told(blocks) == [
        "batch-partial: seeds from 1 on cannot be run: no",
        f"batch-partial: {2 * many_runs.BLOCK} runs, 1 violations, 1 lose messages",
        f"all: {2 * many_runs.BLOCK} runs, 1 violations, 1 lose messages",
    ]
