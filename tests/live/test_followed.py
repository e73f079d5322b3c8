"""Streams and asynchronous events of a deployed stack, with clients that answer as AWS does."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from delivery_lab import Lab
from delivery_lab.api.on_aws import DeployedStack, deployed_stack, run_on_aws
from delivery_lab.errors import NotModelledError
from delivery_lab.events.asynchronous import AsynchronousEvent
from delivery_lab.live.errors import PlaceError
from delivery_lab.model.asynchronous import EventInvokeConfig
from delivery_lab.model.clock import seconds
from delivery_lab.places.followable import planned
from delivery_lab.places.followed_events import FollowedEvents
from delivery_lab.places.logs import LoggedInvoke
from tests.lab_support import ROOT, graph
from tests.live.fake_account import IMPATIENT, FakeAccount, run_there

_ONE_BY_ONE = "stream.worker.batchSize=1"


def _workload(folder: Path, send: str) -> Path:
    file = folder / "workload.yaml"
    file.write_text(f"send:\n{send}\npoison: shouldFail\n", encoding="utf-8")
    return file


def _records(folder: Path) -> Path:
    return _workload(
        folder,
        "  - {at: 0, times: 3, stream: stream, key: k, body: {id: 'a-{n}'}}\n"
        "  - {at: 0, stream: stream, key: k, body: {id: poison, shouldFail: true}}",
    )


def _events(folder: Path) -> Path:
    return _workload(
        folder,
        "  - {at: 0, times: 3, invoke: async-worker, type: async, body: {id: 'a-{n}'}}\n"
        "  - {at: 0, invoke: async-worker, type: async, body: {id: poison, shouldFail: true}}",
    )


def _some(folder: Path) -> Path:
    return _workload(folder, "  - {at: 0, times: 3, stream: stream, key: k, body: {id: 'a-{n}'}}")


def test_records_that_functions_have_done_are_followed_to_their_end(tmp_path: Path) -> None:
    account = FakeAccount()
    outcome = run_there(account, "stream-bounded", _some(tmp_path)).outcome
    assert (outcome.place, outcome.evidence.processed) == ("aws", "contract")
    assert (outcome.messages.sent, outcome.messages.processed, outcome.messages.lost) == (3, 3, 0)
    assert (outcome.messages.remaining, outcome.invocations.total, outcome.effects.total) == (0, 3, 3)
    assert not [name for name in outcome.unknown if name.startswith("messages.") and name != "messages.expired"]
    assert outcome.unknown["deliveries"] == "records that an invoke held and said nothing of are not seen"
    assert account.calls == ["Throttles", "Errors", "IteratorAge"]


def test_an_error_in_the_middle_says_what_was_sent_by_then(tmp_path: Path) -> None:
    class _Full(FakeAccount):
        def put_record(self, **given: Any) -> dict[str, Any]:
            if len(self.sent) == 2:
                code = "ProvisionedThroughputExceededException"
                raise ClientError({"Error": {"Code": code, "Message": "Rate exceeded"}}, "PutRecord")
            return super().put_record(**given)

    with pytest.raises(PlaceError) as caught:
        run_there(_Full(), "stream-bounded", _some(tmp_path))
    assert str(caught.value) == (
        "sending to stream was refused: ProvisionedThroughputExceededException: Rate exceeded\n"
        "  fix: the shards take no more: send later or more slowly (every:), or have more shards\n"
        "  2 of 3 were sent by then, and stay there"
    )


def test_between_two_reads_of_logs_counts_what_was_read_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs are read seldom where that takes long, and queues are looked at more often."""
    monkeypatch.setattr("delivery_lab.places.sent._DUTY", 1e9)
    found = run_there(FakeAccount(), "stream-bounded", _some(tmp_path), longest_seconds=3)
    assert found.outcome.messages.processed == 3
    assert not [note for note in found.run.notes if note.startswith("not drained")]


def test_what_rests_on_whole_minutes_is_said(tmp_path: Path) -> None:
    notes = run_there(FakeAccount(), "stream-bounded", _records(tmp_path)).run.notes
    assert (
        "drained rests on the logs: nothing was logged for 0.05 s, and 1 records were not done by then; a mapping that "
        "waits longer between two tries was cut off"
    ) in notes
    assert "IteratorAge of stream-worker was 2.5 s at most, in whole minutes and with others' records" in notes


def test_records_that_nobody_has_done_are_not_judged_where_a_report_stands_for_many(tmp_path: Path) -> None:
    found = run_there(FakeAccount(dead=1), "stream-bounded", _records(tmp_path), expect="messages.lost == 0")
    outcome = found.outcome
    why = (
        "functions did not say of 1 of 4 records that they have done them, and the on-failure queue got 1 reports of "
        "1 to 10 records each: which were discarded, skipped or wait is not seen"
    )
    names = ("lost", "deadLettered", "healthyDeadLettered", "processedDeadLettered", "remaining")
    assert {outcome.unknown[f"messages.{name}"] for name in names} == {why}
    assert (outcome.messages.processed, "messages.processed" in outcome.unknown) == (3, False)
    assert not outcome.expectations[0].holds


def test_records_that_used_up_their_attempts_one_in_a_batch_are_dead_lettered(tmp_path: Path) -> None:
    outcome = run_there(FakeAccount(dead=1, attempts=4), "stream-bounded", _records(tmp_path), _ONE_BY_ONE).outcome
    assert (outcome.messages.processed, outcome.messages.dead_lettered, outcome.messages.lost) == (3, 1, 0)
    assert "messages.deadLettered" not in outcome.unknown
    early = run_there(FakeAccount(dead=1, attempts=3), "stream-bounded", _records(tmp_path), _ONE_BY_ONE).outcome
    assert "messages.deadLettered" in early.unknown


def test_of_functions_that_say_nothing_no_record_is_judged(tmp_path: Path) -> None:
    found = run_there(FakeAccount(says=False), "stream-bounded", _some(tmp_path))
    why = "no function said in the log contract what it did with a record, and nothing else says who read it"
    assert found.outcome.unknown["messages.processed"] == why
    assert found.conclusion == "What became of the messages cannot be told."


@pytest.mark.parametrize("state", ["Disabled", "Enabling"])
def test_a_mapping_that_does_not_read_yet_is_told_before_anything_is_sent(tmp_path: Path, state: str) -> None:
    account = FakeAccount(state=state)
    with pytest.raises(PlaceError) as caught:
        run_there(account, "stream-bounded", _some(tmp_path))
    assert str(caught.value) == (
        f"stream-mapping does not poll stream (its state: {state})\n  fix: enable it, or deploy the stack"
    )
    assert account.sent == []


def test_events_are_followed_by_the_id_that_their_invokes_have(tmp_path: Path) -> None:
    outcome = run_there(FakeAccount(attempts=3, dead=1), "async-default", _events(tmp_path)).outcome
    assert (outcome.messages.sent, outcome.messages.processed, outcome.messages.dead_lettered) == (4, 3, 1)
    assert (outcome.deliveries.total, outcome.invocations.total, outcome.invocations.failed) == (6, 6, 3)
    assert not [name for name in outcome.unknown if name.startswith("messages.") and name != "messages.expired"]


def test_events_that_used_up_their_attempts_are_where_the_queue_grew_by_as_many(tmp_path: Path) -> None:
    outcome = run_there(FakeAccount(attempts=3, dead=1), "async-destinations", _events(tmp_path)).outcome
    assert (outcome.messages.processed, outcome.messages.dead_lettered, outcome.messages.lost) == (3, 1, 0)
    outcome = run_there(FakeAccount(attempts=3, dead=2), "async-destinations", _events(tmp_path)).outcome
    assert outcome.unknown["messages.deadLettered"] == (
        "another number of events ended in the dead-letter queue than used up their attempts or their age"
    )


def test_errors_that_the_log_does_not_name_leave_open_how_events_ended(tmp_path: Path) -> None:
    account = FakeAccount(attempts=3, dead=1)
    account.errors = 4
    unknown = run_there(account, "async-default", _events(tmp_path)).outcome.unknown
    why = "the metric Errors of a function counts 4, and its log names 3"
    assert {unknown[f"messages.{name}"] for name in ("lost", "deadLettered", "expired", "remaining")} >= {why}
    assert unknown["invocations.failed"] == why


def test_events_that_lambda_dropped_and_no_log_names_leave_open_how_events_ended(tmp_path: Path) -> None:
    account = FakeAccount(attempts=3, dead=1)
    account.dropped = 1
    outcome = run_there(account, "async-default", _events(tmp_path)).outcome
    assert "messages.lost" not in outcome.unknown
    assert account.calls == ["Throttles", "Errors", "AsyncEventsDropped"]
    account = FakeAccount(attempts=3, dead=1)
    account.dropped = 2
    unknown = run_there(account, "async-default", _events(tmp_path)).outcome.unknown
    why = "the metric AsyncEventsDropped of a function counts 2, and 1 events are known to have failed"
    assert {unknown[f"messages.{name}"] for name in ("lost", "deadLettered", "expired", "remaining")} == {why}
    assert "invocations.failed" not in unknown


def test_an_event_that_is_still_to_be_tried_is_waited_for(tmp_path: Path) -> None:
    lab = Lab.open(ROOT)
    found = run_on_aws(
        lab,
        "async-default",
        allow=lambda _: True,
        longest_seconds=0.3,
        patience=IMPATIENT,
        graph=graph("async-default"),
        session=FakeAccount(attempts=2),
        workload=_events(tmp_path),
    )
    assert (found.outcome.messages.processed, found.outcome.messages.remaining) == (3, 1)
    assert "not drained after 0.3 s: the run was ended" in found.run.notes


class _Untold(dict[str, str]):
    """Takes down what cannot be told."""

    def cannot_tell(self, why: str, *figures: str) -> None:
        self.update(dict.fromkeys(figures, why))


@pytest.mark.parametrize(
    ("config", "ends", "unknown"),
    [
        (EventInvokeConfig(1, 60), ["EventCompleted s", "EventDiscarded f", "EventExpired o"], ""),
        (
            EventInvokeConfig(1, 60, on_failure="arn:queue"),
            ["EventCompleted s", "EventDeadLettered f", "EventDeadLettered o"],
            "",
        ),
        (
            EventInvokeConfig(1, 60, on_failure="arn:topic"),
            ["EventCompleted s", "EventDeadLettered f", "EventDeadLettered o"],
            "what an on-failure destination or dead-letter queue got that is no queue is not seen",
        ),
    ],
)
def test_an_event_ends_by_success_attempts_or_age(config: EventInvokeConfig, ends: list[str], unknown: str) -> None:
    followed = FollowedEvents("worker", config, {"s": 0, "f": 0, "o": 0, "w": seconds(50)})
    log = [
        LoggedInvoke("worker", event, seconds(at), seconds(at), error)
        for event, at, error in (("s", 1, "E"), ("s", 62, None), ("f", 1, "E"), ("f", 62, "E"), ("o", 1, "E"))
    ]
    untold = _Untold()
    found = list(followed.ended(log, seconds(100), {"arn:queue": 2}, 2, untold))
    told = [f"{type(event).__name__} {event.event}" for event in found if isinstance(event, AsynchronousEvent)]
    assert told == ends
    assert set(untold.values()) == ({unknown} if unknown else set())
    assert followed.waiting(log, seconds(100)) == ["o", "w"]
    assert followed.waiting(log, seconds(121)) == ["w"]


@functools.cache
def _streams() -> DeployedStack:
    return deployed_stack(Lab.open(ROOT), "stream-bounded", graph("stream-bounded"))


def test_a_plan_names_what_is_put_into_streams() -> None:
    plan = list(planned(_streams().known))
    arn = _streams().known.account.streams_by_name["stream"].arn
    assert f"SENDS kinesis:PutRecord {arn}: 40 messages" in plan
    assert f"lambda:ListEventSourceMappings {arn}" in plan
    [metrics] = [line for line in plan if line.startswith("cloudwatch:")]
    assert metrics.startswith("cloudwatch:GetMetricStatistics Throttles, Errors, IteratorAge of ")


def test_a_plan_names_the_metric_of_dropped_events_where_events_are_sent(tmp_path: Path) -> None:
    stack = "async-default"
    known = deployed_stack(Lab.open(ROOT), stack, graph(stack), workload=_events(tmp_path)).known
    [metrics] = [line for line in planned(known) if line.startswith("cloudwatch:")]
    assert metrics.startswith("cloudwatch:GetMetricStatistics Throttles, Errors, AsyncEventsDropped of ")


@pytest.mark.parametrize(
    ("stack", "what"),
    [
        ("msk-bounded", "brokers are reached from within their network only"),
    ],
)
def test_what_cannot_be_followed_is_refused_with_the_reason(stack: str, what: str) -> None:
    with pytest.raises(NotModelledError) as caught:
        deployed_stack(Lab.open(ROOT), stack, graph(stack))
    assert str(caught.value).endswith(f": {what}\n  nearest: --on simulation, or --on local")


def test_filters_of_streams_are_refused() -> None:
    changed = 'stream.worker.filters=[{"data": {"kind": ["a"]}}]'
    with pytest.raises(NotModelledError, match=r"stream-mapping filters records: one that it leaves out reaches no"):
        deployed_stack(Lab.open(ROOT), "stream-bounded", graph("stream-bounded", (changed,)))
