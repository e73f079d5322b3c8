"""What a deployment is made of, in short hashes."""

from __future__ import annotations

import shutil
from pathlib import Path

from delivery_lab.compare.fingerprints import changed, fingerprints
from delivery_lab.program.engine import evaluate
from delivery_lab.program.project import read_project
from tests.lab_support import FOREIGN, ROOT, graph


def test_the_same_stack_has_the_same_hashes_and_another_setting_is_found() -> None:
    before = fingerprints(graph("batch-partial"), ROOT)

    assert before == fingerprints(graph("batch-partial"), ROOT)
    after = fingerprints(graph("batch-partial", ("batch.worker.batchSize=7",)), ROOT)
    assert changed(before, after) == (
        "aws:lambda/eventSourceMapping:EventSourceMapping batch-mapping has other inputs or other code",
    )


def test_code_that_changes_is_found_and_the_place_of_the_project_is_not(tmp_path: Path) -> None:
    copy = tmp_path / "orders"
    shutil.copytree(FOREIGN, copy, ignore=shutil.ignore_patterns("__pycache__"))
    stack = next(iter(read_project(copy).stacks())).name

    def hashes(root: Path) -> dict[str, str]:
        return fingerprints(evaluate(read_project(root), stack, ()), root)

    before = hashes(FOREIGN)
    assert changed(before, hashes(copy)) == ()
    handler = copy / "worker" / "app.py"
    handler.write_text(handler.read_text(encoding="utf-8") + "\nADDED = 1\n", encoding="utf-8")

    found = changed(before, hashes(copy))

    assert found
    assert all(words.startswith("aws:lambda/function:Function ") for words in found)


def test_what_is_new_and_what_is_gone_are_told() -> None:
    assert changed({"a": "1", "b": "2"}, {"b": "2", "c": "3"}) == ("a is not there any more", "c is new")
