"""Faults of a workload that deliver twice, or let a mapping's delete fail: each has an effect, or it is said."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from delivery_lab.errors import WorkloadError
from delivery_lab.events import (
    TIMED_OUT,
    ApiCallRefused,
    CallUnanswered,
    EnvironmentStarted,
    InvokeEnded,
    InvokeStarted,
    MessageReceived,
    Run,
)
from delivery_lab.model.clock import seconds
from delivery_lab.results.figures import Outcome
from delivery_lab.results.outcome import outcome_of
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload_files import read_workload
from delivery_lab.stack.stack import Stack
from tests.checks.world import graph_of

SOURCES = {
    "queue": ("mapping(queue_with_dlq(), function(), batch_size=1, function_response_types=[])", "queue: jobs"),
    "fifo": (
        """
jobs = aws.sqs.Queue("jobs", name="jobs.fifo", fifo_queue=True, content_based_deduplication=True,
    visibility_timeout_seconds=60)
mapping(jobs, function(), batch_size=1, function_response_types=[])
""",
        "queue: jobs, key: a",
    ),
    "stream": (
        """
jobs = aws.kinesis.Stream("jobs", shard_count=1)
mapping(jobs, function(), batch_size=1, function_response_types=[], starting_position="TRIM_HORIZON")
""",
        "stream: jobs, key: a",
    ),
    "event": ("function()", "invoke: worker, type: async"),
}
HANDLER = "def handle(event, context):\n    return None\n"
TIMEOUT_SECONDS = 10
HALF_DONE = """
import time

def handle(event, context):
    print("begun")
    time.sleep(1)
    print("done")
"""


def run_of(folder: Path, source: str, fault: str, handler: str = HANDLER) -> Run:
    program, target = SOURCES[source]
    folder.mkdir(exist_ok=True)
    graph = graph_of(folder / "shop", program, {"worker/app.py": handler})
    workload = folder / "jobs.yaml"
    workload.write_text(
        f"send: [{{every: 1, times: 4, {target}, body: {{id: '{{n}}'}}}}]\nfaults: [{fault}]\n", encoding="utf-8"
    )
    return simulate(Stack.of(graph), folder / "shop", read_workload(workload), seed=1)


def run(folder: Path, source: str, fault: str) -> Outcome:
    return outcome_of(run_of(folder, source, fault))


@pytest.mark.parametrize("source", SOURCES)
def test_sim_fault_1_a_function_that_gets_everything_twice_does_so_whatever_feeds_it(
    tmp_path: Path, source: str
) -> None:
    outcome = run(tmp_path, source, "{function: worker, kind: duplicate}")

    assert (outcome.messages.sent, outcome.messages.processed) == (4, 4)
    assert (outcome.deliveries.total, outcome.deliveries.duplicates, outcome.deliveries.max_per_message) == (8, 4, 2)


DONE = """
import time

import boto3

table = boto3.resource("dynamodb").Table("done")

def handle(event, context):
    record = event["Records"][0] if "Records" in event else {"messageId": event["id"]}
    known_as = record.get("messageId") or record["eventID"]
    try:
        table.put_item(Item={"id": known_as}, ConditionExpression="attribute_not_exists(id)")
    except table.meta.client.exceptions.ConditionalCheckFailedException:
        ANSWER
    time.sleep(1)
    print("worked")
"""
TABLE = """
key = {"name": "id", "type": "S"}
aws.dynamodb.Table("done", name="done", hash_key="id", billing_mode="PAY_PER_REQUEST", attributes=[key])
"""


@pytest.mark.parametrize("effect", ["{log: worked}", None])
@pytest.mark.parametrize(
    ("source", "answer"), [("queue", "return"), ("stream", "return"), ("event", "return"), ("event", "raise")]
)
def test_work_that_a_second_delivery_finds_claimed_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, answer: str, effect: str | None
) -> None:
    program, target = SOURCES[source]
    monkeypatch.setitem(SOURCES, source, (TABLE + program, target))
    mark = f"\neffect: {effect}" if effect else ""
    fault = f"{{function: worker, kind: duplicate}}]{mark}\nexpect: ["
    found = outcome_of(run_of(tmp_path, source, fault, DONE.replace("ANSWER", answer)))

    assert (found.messages.processed, found.messages.lost, found.effects.duplicated or 0) == (4, 0, 0)


def test_sim_once_1_a_copy_that_misses_its_delete_is_delivered_when_the_visibility_timeout_ends(tmp_path: Path) -> None:
    outcome = run(tmp_path, "queue", "{queue: jobs, kind: duplicate, ids: ['2']}")

    assert (outcome.messages.processed, outcome.messages.remaining) == (4, 0)
    assert [len(message.delivered_at) for message in outcome.per_message] == [1, 2, 1, 1]
    first, second = outcome.per_message[1].delivered_at
    assert 60 <= second - first < 81


def test_sim_fault_1_a_refused_delete_of_a_mapping_leaves_the_message_in_the_queue(tmp_path: Path) -> None:
    outcome = run(tmp_path, "queue", "{for: 30, service: sqs, operation: DeleteMessage, kind: error}")

    assert outcome.messages.processed == 4
    assert outcome.deliveries.duplicates == 4


@pytest.mark.parametrize(
    ("source", "fault", "note"),
    [
        ("event", "{service: sqs, operation: SendMessage, kind: error}", "error of SendMessage of sqs"),
        ("queue", "{at: 1000, queue: jobs, kind: duplicate}", "duplicate of jobs"),
        ("queue", "{function: worker, kind: throttle, ids: [nobody]}", "throttle of worker"),
        ("queue", "{service: dynamodb, kind: latency, seconds: 1}", "latency of calls of dynamodb"),
    ],
)
def test_a_fault_that_never_happens_is_said(tmp_path: Path, source: str, fault: str, note: str) -> None:
    found = run_of(tmp_path, source, fault)

    assert f"fault 1 of the workload never happened: {note}" in found.notes


@pytest.mark.parametrize(
    ("source", "fault", "message"),
    [
        (
            "queue",
            "{service: sqs, operation: SendMesage, kind: error}",
            "sqs has no operation SendMesage; did you mean SendMessage?",
        ),
        ("queue", "{service: sqs, operation: Fly, kind: error}", "sqs has no operation Fly"),
        (
            "queue",
            "{function: wroker, kind: error}",
            "the stack prod has no function wroker (there are: worker)",
        ),
        ("queue", "{queue: job, kind: lostReceive}", "the stack prod has no queue job (there are: dead, jobs)"),
        (
            "fifo",
            "{queue: jobs, kind: duplicate}",
            (
                "jobs is a FIFO queue, which delivers a message again only after its visibility timeout: the kind "
                "duplicate is for standard queues (SIM-ONCE-1)"
            ),
        ),
    ],
)
def test_a_fault_that_cannot_happen_is_refused(tmp_path: Path, source: str, fault: str, message: str) -> None:
    with pytest.raises(WorkloadError) as caught:
        run(tmp_path, source, fault)

    assert str(caught.value) == f"{tmp_path / 'jobs.yaml'}:2: {message}"


@pytest.mark.parametrize("source", SOURCES)
def test_every_invoke_is_cold_where_environments_end(tmp_path: Path, source: str) -> None:
    warm = run_of(tmp_path / "warm", source, "{at: 1000, function: worker, kind: coldStart}")
    cold = run_of(tmp_path / "cold", source, "{function: worker, kind: coldStart}")

    assert [sum(isinstance(event, EnvironmentStarted) for event in found.events) for found in (warm, cold)] == [1, 4]
    assert outcome_of(cold).messages.processed == 4


@pytest.mark.parametrize(("kind", "error"), [("crash", "Runtime.ExitError"), ("timeout", TIMED_OUT)])
@pytest.mark.parametrize("source", SOURCES)
def test_code_that_is_cut_short_has_done_what_comes_before_and_is_tried_again(
    tmp_path: Path, source: str, kind: str, error: str
) -> None:
    found = run_of(tmp_path, source, f"{{function: worker, kind: {kind}, seconds: 0.5, for: 1}}", HALF_DONE)

    ended = [event for event in found.events if isinstance(event, InvokeEnded)]
    cut, *more = [event for event in ended if event.error is not None]
    began = next(event for event in found.events if isinstance(event, InvokeStarted) and event.invoke == cut.invoke)
    # A cold start takes 0.25 s.
    assert (cut.instant_us - began.instant_us) / 1_000_000 == (0.75 if kind == "crash" else 0.25 + TIMEOUT_SECONDS)
    assert cut.error == error
    assert more == []
    assert [line.text.strip() for line in found.logs if cut.invoke == line.request_id][:1] == ["begun"]
    assert outcome_of(found).messages.processed == 4


def test_code_that_ends_before_it_could_be_cut_short_has_nothing_happen_to_it(tmp_path: Path) -> None:
    found = run_of(tmp_path, "queue", "{function: worker, kind: crash, seconds: 2}", HALF_DONE)

    assert outcome_of(found).invocations.failed == 0
    assert "fault 1 of the workload never happened: crash of worker" in found.notes


def test_the_instant_at_which_code_is_cut_short_is_drawn_from_all_scales(tmp_path: Path) -> None:
    found = run_of(tmp_path, "event", "{function: worker, kind: crash}", HALF_DONE)

    worked = [
        event.instant_us
        for event in found.events
        if isinstance(event, InvokeEnded) and event.error == "Runtime.ExitError"
    ]
    assert 0 < len(worked) == len(set(worked))


@pytest.mark.parametrize("source", ["queue", "fifo", "stream"])
def test_pollers_that_stop_go_on_later(tmp_path: Path, source: str) -> None:
    at_once = run(tmp_path / "at once", source, "{at: 1000, function: worker, kind: throttle}")
    later = run(tmp_path / "later", source, "{function: worker, kind: pause, seconds: 20, for: 10}")

    assert later.messages.processed == 4
    assert min(each.delivered_at[0] for each in later.per_message) >= 20
    assert at_once.latency_seconds.max is not None
    assert at_once.latency_seconds.max < 10


def test_messages_of_a_lost_receive_are_visible_again_one_receive_older(tmp_path: Path) -> None:
    found = run_of(tmp_path, "queue", "{queue: jobs, kind: lostReceive, for: 0.5}")

    received = [event for event in found.events if isinstance(event, MessageReceived)]
    first = received[0].message
    assert [event.receive_count for event in received if event.message == first] == [1, 2]
    (told,) = [each for each in outcome_of(found).per_message if each.message_id == first]
    assert len(told.delivered_at) == 1
    assert told.delivered_at[0] >= 30  # after the visibility timeout
    assert told.outcome == "processed"


RECEIVES = """
import boto3
from botocore.config import Config

sqs = boto3.client("sqs", config=Config(retries={{"total_max_attempts": {attempts}}}))

def handle(event, context):
    for _ in range(5):
        found = sqs.receive_message(
            QueueUrl="jobs", WaitTimeSeconds={wait}, MessageSystemAttributeNames=["ApproximateReceiveCount"]
        )
        for message in found.get("Messages", []):
            print("count", message["Attributes"]["ApproximateReceiveCount"])
            sqs.delete_message(QueueUrl="jobs", ReceiptHandle=message["ReceiptHandle"])
            return
"""
ALONE = 'aws.sqs.Queue("jobs", name="jobs", visibility_timeout_seconds=5)\nfunction(timeout=60)'


def _received_by_a_handler(folder: Path, *, wait: int, attempts: int, invoke_at: int) -> Run:
    graph = graph_of(folder / "shop", ALONE, {"worker/app.py": RECEIVES.format(wait=wait, attempts=attempts)})
    workload = folder / "jobs.yaml"
    workload.write_text(
        "send:\n  - {at: 2, queue: jobs, body: {id: '1'}}\n"
        f"  - {{at: {invoke_at}, invoke: worker, type: async, body: {{}}}}\n"
        "faults: [{queue: jobs, kind: lostReceive, for: 4}]\n",
        encoding="utf-8",
    )
    return simulate(Stack.of(graph), folder / "shop", read_workload(workload), seed=1)


@pytest.mark.parametrize("invoke_at", [1, 3], ids=["waiting for it", "at once"])
def test_a_receive_of_a_handler_that_is_lost_is_repeated_by_its_client(tmp_path: Path, invoke_at: int) -> None:
    found = _received_by_a_handler(tmp_path, wait=20, attempts=3, invoke_at=invoke_at)

    received = [event for event in found.events if isinstance(event, MessageReceived)]
    assert [event.receive_count for event in received] == [1, 2]
    assert received[1].instant_us - received[0].instant_us == seconds(5)  # its visibility timeout
    assert [event.what for event in found.events if isinstance(event, CallUnanswered)] == ["sqs ReceiveMessage"]
    assert [log.text.strip() for log in found.logs if log.text.startswith("count")] == ["count 2"]


def test_a_handler_whose_client_does_not_retry_gets_the_closed_connection(tmp_path: Path) -> None:
    found = _received_by_a_handler(tmp_path, wait=0, attempts=1, invoke_at=3)

    errors = [event.error for event in found.events if isinstance(event, InvokeEnded) and event.error]
    assert errors
    assert "ConnectionClosedError" in str(errors[0])


FAN_OUT = """
jobs = aws.kinesis.Stream("jobs", shard_count=1)
fast = aws.kinesis.StreamConsumer("fast", stream_arn=jobs.arn)
aws.lambda_.EventSourceMapping("mapping", event_source_arn=fast.arn, function_name=function().arn,
    starting_position="TRIM_HORIZON")
"""


@pytest.mark.parametrize("kind", ["throttle", "error"])
def test_kin_read_3_records_whose_read_is_refused_wait_for_a_later_poll(tmp_path: Path, kind: str) -> None:
    plain = outcome_of(run_of(tmp_path / "plain", "stream", "{at: 1000, function: worker, kind: error}"))
    found = run_of(
        tmp_path / "refused", "stream", f"{{service: kinesis, operation: GetRecords, kind: {kind}, for: 10}}"
    )
    late = outcome_of(found)

    refused = [event for event in found.events if isinstance(event, ApiCallRefused)]
    assert {(event.rule, event.by.kind) for event in refused} == {("KIN-READ-3", "mapping")}
    assert [b.instant_us - a.instant_us for a, b in itertools.pairwise(refused)] == [seconds(1)] * (len(refused) - 1)
    assert late.messages.processed == plain.messages.processed == 4
    assert late.deliveries.duplicates == 0
    assert [each.delivered_at[0] >= 10 for each in late.per_message] == [True] * 4
    assert all(each.delivered_at[0] < 5 for each in plain.per_message)


@pytest.mark.parametrize("kind", ["throttle", "error"])
def test_kin_read_3_what_is_pushed_to_a_consumer_is_not_read_by_requests(tmp_path: Path, kind: str) -> None:
    graph = graph_of(tmp_path / "shop", FAN_OUT, {"worker/app.py": HANDLER})
    workload = tmp_path / "jobs.yaml"
    workload.write_text(
        "send: [{stream: jobs, key: a, body: {id: '1'}}]\n"
        f"faults: [{{service: kinesis, operation: GetRecords, kind: {kind}}}]\n",
        encoding="utf-8",
    )
    found = simulate(Stack.of(graph), tmp_path / "shop", read_workload(workload), seed=1)

    assert outcome_of(found).messages.processed == 1
    assert f"fault 1 of the workload never happened: {kind} of GetRecords of kinesis" in found.notes
