"""Items that are put into the tables of a deployed stack, with clients that answer as AWS does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from delivery_lab import Lab
from delivery_lab.api.on_aws import deployed_stack
from delivery_lab.errors import NotModelledError
from delivery_lab.events import RecordAppended
from delivery_lab.model.streams.items import plain
from delivery_lab.places.followable import planned
from tests.lab_support import ROOT, graph
from tests.live.fake_account import FakeAccount, run_there

_STACK = "dynamodb-stream"
_ONE_BY_ONE = "stream.worker.batchSize=1"


class _Table(FakeAccount):
    """An account with a table, and a function that gets its changes.

    Attributes:
        items: what the table holds, by id.
        missing: what an item contains that no function has had.
    """

    def __init__(self, *, attempts: int = 1, dead: int = 0, missing: str = "nothing") -> None:
        super().__init__(attempts=attempts, dead=dead)
        self.items: dict[str, Any] = {}
        self.missing = missing

    def names(self, body: str) -> dict[str, Any]:
        return {"id": json.loads(body)["id"]}

    def put_item(self, **given: Any) -> dict[str, Any]:
        assert given["ReturnValues"] == "ALL_OLD"
        item = given["Item"]
        before = self.items.get(item["id"]["S"])
        self.items[item["id"]["S"]] = item
        if before != item and self.missing not in json.dumps(item):
            number = len(self.sent)
            self.sent.append((f"{1000 + number}", f"r-{number}", json.dumps(plain(item))))
        return {} if before is None else {"Attributes": before}


def _workload(folder: Path, *sends: str) -> Path:
    file = folder / "workload.yaml"
    lines = "".join(f"  - {{at: 0, table: stream-table, {send}}}\n" for send in sends)
    file.write_text(f"send:\n{lines}poison: shouldFail\n", encoding="utf-8")
    return file


def _endings(outcome: Any) -> set[str]:
    return {name for name in outcome.unknown if name.startswith("messages.")} - {"messages.expired"}


def test_items_become_the_records_that_functions_name_with_their_ids(tmp_path: Path) -> None:
    found = run_there(_Table(), _STACK, _workload(tmp_path, "times: 3, body: {id: 'a-{n}', n: '{n}'}"))
    outcome = found.outcome
    assert (outcome.messages.sent, outcome.messages.processed, outcome.messages.lost) == (3, 3, 0)
    assert (outcome.effects.total, _endings(outcome)) == (3, set())
    records = [event for event in found.run.events if isinstance(event, RecordAppended)]
    assert [(record.record, record.key) for record in records] == [
        ("1000", '{"id": "a-1"}'),
        ("1001", '{"id": "a-2"}'),
        ("1002", '{"id": "a-3"}'),
    ]


def test_an_item_that_changes_nothing_is_no_record(tmp_path: Path) -> None:
    found = run_there(_Table(), _STACK, _workload(tmp_path, "body: {id: a, n: 1}", "body: {id: a, n: 1.0}"))
    assert (found.outcome.messages.sent, found.outcome.messages.processed) == (1, 1)
    assert "1 items were in their tables already as they were put: they become no record" in found.run.notes


def test_changes_of_one_item_are_told_apart_by_how_many_there_are(tmp_path: Path) -> None:
    outcome = run_there(_Table(), _STACK, _workload(tmp_path, "times: 3, body: {id: a, n: '{n}'}")).outcome
    assert (outcome.messages.sent, outcome.messages.processed, outcome.ordering.violations) == (3, 3, 0)


def test_a_record_of_which_no_function_said_anything_is_not_judged(tmp_path: Path) -> None:
    sends = _workload(tmp_path, "times: 3, body: {id: 'a-{n}'}")
    outcome = run_there(_Table(missing="a-2"), _STACK, sends).outcome
    assert (outcome.messages.sent, outcome.messages.processed) == (3, 2)
    assert {"messages.lost", "messages.deadLettered", "messages.remaining"} <= _endings(outcome)


def test_records_that_used_up_their_attempts_are_dead_lettered(tmp_path: Path) -> None:
    sends = _workload(tmp_path, "times: 2, body: {id: 'a-{n}'}", "body: {id: poison, shouldFail: true}")
    outcome = run_there(_Table(attempts=4, dead=1), _STACK, sends, _ONE_BY_ONE).outcome
    assert (outcome.messages.processed, outcome.messages.dead_lettered, outcome.messages.lost) == (2, 1, 0)
    assert _endings(outcome) == set()


def test_a_plan_names_what_is_put_into_tables(tmp_path: Path) -> None:
    sends = _workload(tmp_path, "times: 3, body: {id: 'a-{n}'}")
    known = deployed_stack(Lab.open(ROOT), _STACK, graph(_STACK), workload=sends).known
    [told] = [line for line in planned(known) if line.startswith("SENDS")]
    assert told == f"SENDS dynamodb:PutItem {known.stack.tables[0].arn}: 3 messages"


def test_an_item_without_an_id_is_refused(tmp_path: Path) -> None:
    sends = _workload(tmp_path, "body: {name: a}")
    with pytest.raises(NotModelledError, match=r"what stream-table hands on could not be told apart"):
        deployed_stack(Lab.open(ROOT), _STACK, graph(_STACK), workload=sends)
