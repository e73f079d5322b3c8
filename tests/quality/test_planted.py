"""Bugs that are planted are found: few seeds here, all of them with `python -m tests.quality`."""

from __future__ import annotations

from collections import Counter

import pytest

from delivery_lab.events import journal
from tests.lab_support import ROOT
from tests.quality import __main__ as command
from tests.quality.catalog import BUGS, MISSED, RARE
from tests.quality.planted import FIRST_SEED, Edit, Planted, look_for, planted

FEW = 5


def test_there_are_bugs_of_each_kind() -> None:
    counts = Counter(bug.kind for bug in BUGS.values())

    assert counts.total() >= 30
    assert min(counts[kind] for kind in ("handler", "setting", "model")) >= 10
    assert len(MISSED) <= (1 - command.WANTED) * counts.total()
    assert set(BUGS) > MISSED | RARE


@pytest.mark.parametrize("name", [name for name in BUGS if name not in MISSED | RARE])
def test_a_planted_bug_is_found(name: str) -> None:
    assert look_for(BUGS[name], range(FIRST_SEED, FIRST_SEED + FEW)) is not None


BY_INVARIANTS = [name for name, bug in BUGS.items() if not bug.expect and name != "shares-environments"]
"""Found by an invariant; with the other one the model contradicts itself, and there is no run."""


@pytest.mark.parametrize("name", BY_INVARIANTS)
def test_an_invariant_that_is_violated_is_found_while_the_run_is_read_too(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug = BUGS[name]
    with planted(bug, bug) as (lab, options):
        options["seed"] = FIRST_SEED
        from_journal = lab.run(bug.stack, **options)
        monkeypatch.setattr(journal, "KEPT_EVENTS", len(from_journal.run.events) // 2)
        monkeypatch.setattr(journal, "HANDED_ON_AT_ONCE", 7)
        found = lab.run(bug.stack, **options)

    assert not found.kept
    assert found.violations == from_journal.violations != ()
    assert found.violations == from_journal.violations  # asked for once more, each is told once


PLAIN = {(bug.stack, bug.expect, bug.base, str(bug.faults), str(bug.send)): bug.name for bug in BUGS.values()}
"""One bug for each run without it: many are looked for in the same one."""


@pytest.mark.parametrize("name", PLAIN.values())
def test_without_the_bug_nothing_is_found(name: str) -> None:
    assert look_for(BUGS[name], range(FIRST_SEED, FIRST_SEED + 1), without=True) is None


def test_an_edit_that_fits_no_longer_is_said() -> None:
    bug = Planted("x", "x", "batch-partial", edits=(Edit("functions/batch_worker/handler.py", "not there", ""),))

    with pytest.raises(AssertionError, match=r"handler\.py has not once: 'not there'"):
        look_for(bug, [1])


def test_the_command_says_what_is_found_and_what_is_missed(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["1", "mapping-ignores-reports"]) == 0
    assert capsys.readouterr().out == (
        "mapping-ignores-reports: seed 1: messages.lost == 0 (3); "
        "python -m tests.quality mapping-ignores-reports@1\n"
        "1 of 1 are found; missed: none\n"
    )

    assert command.main(["1", "forgets-what-was-refused"]) == 1
    assert capsys.readouterr().out.endswith("0 of 1 are found; missed: forgets-what-was-refused\n")


def test_a_bug_is_replayed_with_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["mapping-ignores-reports@1"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "mapping-ignores-reports: the mapping has no ReportBatchItemFailures",
        "messages.lost == 0 (3)",
    ]
    assert any("ESM-REPORT-1" in line for line in lines)


def test_the_page_lists_all_bugs_and_says_which_are_missed() -> None:
    lines = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8").splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| `") and line.count("|") == 7]

    assert [(row[0], row[2], row[3]) for row in rows] == [
        (f"`{bug.name}`", bug.kind, f"`{bug.stack}`") for bug in BUGS.values()
    ]
    assert {row[0].strip("`") for row in rows if row[5] == "missed"} == MISSED
