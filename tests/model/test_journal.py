"""The journal and its hash."""

from __future__ import annotations

import hashlib

from delivery_lab.model.clock import Scheduler
from delivery_lab.model.journal import Journal, Kind


def _journal(instant: int = 5, rule: str = "SQS-DLQ-1", queue: str = "jobs", ids: tuple[str, ...] = ("a",)) -> Journal:
    scheduler = Scheduler()
    journal = Journal(scheduler)
    scheduler.at(instant, lambda: journal.record(Kind.GAVE_UP, rule, queue=queue, messages=ids))
    scheduler.run()
    return journal


def test_the_hash_is_sha_256_of_one_line_per_event() -> None:
    line = b"5 gave-up SQS-DLQ-1 {'queue': 'jobs', 'messages': ('a',)}\n"

    assert _journal().hash() == hashlib.sha256(line).hexdigest()
    assert Journal(Scheduler()).hash() == hashlib.sha256().hexdigest()


def test_the_hash_does_not_depend_on_the_unicode_tables_of_the_python_version() -> None:
    # U+1C89 is a letter since Unicode 16 (Python 3.14) and was unassigned before: repr() escapes it or not.
    line = b"5 gave-up SQS-DLQ-1 {'queue': '\\u1c89 \\xe9', 'messages': ()}\n"

    assert _journal(queue="\u1c89 é", ids=()).hash() == hashlib.sha256(line).hexdigest()


def test_the_hash_changes_with_everything_that_happened() -> None:
    changed = [_journal(instant=6), _journal(rule=""), _journal(queue="other"), _journal(ids=("b",)), _journal(ids=())]

    assert len({journal.hash() for journal in (_journal(), *changed)}) == 6


def test_rules_are_those_of_events_and_those_leaned_on_sorted_and_once() -> None:
    journal = Journal(Scheduler())
    journal.record(Kind.RECEIVED, "SQS-VT-1", queue="jobs")
    journal.record(Kind.RECEIVED, "SQS-VT-1", queue="jobs")
    journal.record(Kind.SENT, "", queue="jobs")
    journal.lean_on("ESM-POLL-1")
    journal.lean_on("ESM-POLL-1")

    assert journal.rules == ("ESM-POLL-1", "SQS-VT-1")
    assert len(journal.events) == 3


def test_facts_are_read_by_type() -> None:
    event = _journal(ids=("a", "b")).events[0]

    assert (event.text("queue"), event.text("messages"), event.text("missing")) == ("jobs", "", "")
    assert (event.texts("messages"), event.texts("queue"), event.texts("missing")) == (("a", "b"), (), ())
