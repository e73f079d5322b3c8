"""Runs that are read while they happen: the same results as from a journal."""

from __future__ import annotations

import pytest

from delivery_lab.api.lab import Lab
from delivery_lab.api.reporting import reported
from delivery_lab.api.simulated import Simulation
from delivery_lab.errors import ModelError
from delivery_lab.events import NOT_KEPT, Run, journal
from tests.lab_support import ROOT

AT_ONCE = 7
READ = (
    "batch-partial",
    "fifo-ordered",
    "async-destinations",
    "sns-sqs-filter",
    "stream-bisect",
    "sync-retry",
    "visibility-powertools",
)


@pytest.mark.parametrize("stack", READ)
def test_a_run_that_is_read_while_it_happens_has_the_same_outcome(stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab.open(ROOT, cached=True)
    from_journal = lab.run(stack)
    monkeypatch.setattr(journal, "KEPT_EVENTS", len(from_journal.run.events) // 2)
    monkeypatch.setattr(journal, "HANDED_ON_AT_ONCE", AT_ONCE)

    found = lab.run(stack)

    assert (from_journal.kept, found.kept) == (True, False)
    assert found.outcome == from_journal.outcome
    assert found.violations == ()
    assert list(found.each_message()) == list(from_journal.each_message())
    assert found.timeline() == from_journal.timeline()
    with pytest.raises(ModelError, match="the journal of this run was not kept: it was read while it happened"):
        list(found.run.events)


def test_readers_of_a_run_do_not_keep_the_events_that_it_began_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "KEPT_EVENTS", 60)

    readers = Lab.open(ROOT, cached=True).run("batch-partial").run.readers.values()

    held = [held.events for reader in readers for held in vars(reader).values() if isinstance(held, Run)]
    assert held
    assert all(events is NOT_KEPT for events in held)


def test_a_run_that_turns_out_otherwise_than_it_began_is_made_again_with_its_journal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lab = Lab.open(ROOT, cached=True)
    from_journal = lab.run("fifo-ordered")
    monkeypatch.setattr(journal, "KEPT_EVENTS", 5)  # no function has said by then that it follows the log contract

    found = lab.run("fifo-ordered")

    assert found.kept
    assert found.outcome == from_journal.outcome
    assert found.run.events == from_journal.run.events


def test_a_report_keeps_the_events_of_a_long_run_which_it_would_make_again_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs: list[Simulation] = []
    lab = Lab.open(ROOT, on_run=runs.append, cached=True)
    monkeypatch.setattr(journal, "KEPT_EVENTS", len(lab.run("batch-partial").run.events) // 2)
    monkeypatch.setattr(journal, "HANDED_ON_AT_ONCE", AT_ONCE)
    runs.clear()

    reported(lab, "batch-partial", {}, quantify=False, alternatives=False)
    lab.run("batch-partial")

    assert [found.kept for found in runs] == [True, False]
