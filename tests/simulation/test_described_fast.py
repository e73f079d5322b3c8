"""Functions that are described get messages instead of JSON: nothing that they do tells the two apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.model.payloads import UnwrittenEvent
from delivery_lab.model.runtime import FunctionConfig
from tests.simulation.answered import Ran
from tests.simulation.test_described_functions import PROGRAM, described

WORKERS = {
    "a share fails": "{duration: 0.1, fails: {share: 0.3}, response: partial}",
    "whole batches fail": "{duration: 0.1, fails: {share: 0.1}}",
    "each takes its time": "{duration: {uniform: [0.1, 0.4]}, forEach: {uniform: [0, 0.9]}, fails: {share: 0.2}}",
    "ids fail at first": "{duration: 0.1, fails: {ids: [d-3, d-7], first: 1}, response: partial}",
    "a field fails": "{duration: 0.1, fails: {field: n, first: 2}, response: partial}",
    "lines": '{duration: 0.1, log: "{id} {message_id} {receive_count} {none}"}',
    "it times out": "{duration: 11}",
}
SENT = {
    "objects": '{queue: jobs, times: 25, every: 0.05, body: {id: "d-{n}", n: 1, text: "ü\\u2028"}}',
    "texts": '{queue: jobs, times: 12, body: " {n} is no JSON"}',
    "lists in white space": '{queue: jobs, times: 12, body: " [{n}] "}',
    "attributes": '{queue: jobs, times: 12, body: {id: "{n}"}, attributes: {kind: "k-{n}"}}',
    "the same again": "{queue: jobs, times: 12, body: {id: same}}",
}


def written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every event written as JSON and read again."""
    whole = FunctionConfig.__init__

    def told_nothing(self: FunctionConfig, *arguments: object, **named: object) -> None:
        whole(self, *arguments, **{**named, "described": False})  # type: ignore[arg-type]

    monkeypatch.setattr(FunctionConfig, "__init__", told_nothing)


def both(folder: Path, monkeypatch: pytest.MonkeyPatch, worker: str, **settings: object) -> tuple[Ran, Ran]:
    fast = described(folder / "fast", worker, **settings)  # type: ignore[arg-type]
    with monkeypatch.context() as patched:
        written(patched)
        return fast, described(folder / "written", worker, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("worker", WORKERS.values(), ids=WORKERS)
def test_sim_described_1_events_as_json_and_messages_give_the_same_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, worker: str
) -> None:
    fast, slow = both(tmp_path, monkeypatch, worker, send=SENT["objects"], reports="partial" in worker)

    assert fast.run.trace_hash == slow.run.trace_hash
    assert fast.outcome == slow.outcome


@pytest.mark.parametrize("send", SENT.values(), ids=SENT)
def test_bodies_of_every_kind_are_read_as_in_the_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, send: str
) -> None:
    worker = "{duration: 0.1, fails: {share: 0.4, ids: ['5', 'None'], first: 2}, response: partial}"
    fast, slow = both(tmp_path, monkeypatch, worker, send=send, reports=True, batch=5)

    assert fast.run.trace_hash == slow.run.trace_hash


def test_an_event_beyond_6_mb_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    send = f'{{queue: jobs, times: 30, body: {{id: "{{n}}", text: "{"x" * 700_000}"}}}}'
    fast, slow = both(tmp_path, monkeypatch, "{duration: 0.1}", send=send, batch=10)

    assert fast.run.trace_hash == slow.run.trace_hash
    assert "ESM-BATCH-3" in fast.run.rules


def test_a_fault_of_some_ids_reads_the_event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = "{at: 0, for: 60, function: worker, kind: error, ids: [d-2]}"
    send = SENT["objects"].rstrip() + f"]\nfaults: [{fault}"
    fast, slow = both(tmp_path, monkeypatch, "{duration: 0.1}", send=send, batch=1)

    assert fast.run.trace_hash == slow.run.trace_hash
    assert "SIM-FAULT-1" in fast.run.rules


def test_no_event_of_a_described_function_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: UnwrittenEvent) -> str:
        raise AssertionError("somebody reads JSON")

    monkeypatch.setattr(UnwrittenEvent, "text", property(refuse))
    found = described(tmp_path, WORKERS["a share fails"], send=SENT["objects"], reports=True, program=PROGRAM)

    assert found.outcome.messages.sent == 25
