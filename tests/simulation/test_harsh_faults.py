"""Faults of a deployment in the middle, and of what is around an invoke: code, clocks, mappings, reads of streams."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from delivery_lab.errors import WorkloadError
from delivery_lab.events import ApiCallRefused, EnvironmentStarted, InvokeEnded, RecordSkipped, RecordsRewound, Run
from delivery_lab.model.clock import seconds
from delivery_lab.results.invariants import violations_of
from delivery_lab.results.outcome import outcome_of
from delivery_lab.simulation.fault_presets import all_faults
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload_files import read_workload
from delivery_lab.stack.stack import Stack
from tests.checks.world import graph_of

PLAIN = "def handle(event, context):\n    return None\n"
COUNTING = """
import time

count = 0

def handle(event, context):
    global count
    count += 1
    time.sleep(3)
    print("count", count)
"""
CLOCKS = """
import datetime
import json
import time

def handle(event, context):
    began, wall = time.monotonic(), time.time()
    time.sleep(0.5)
    told = datetime.datetime.now(datetime.timezone.utc).timestamp()
    left = context.get_remaining_time_in_millis()
    print(json.dumps({"wall": wall, "date": told, "slept": round(time.monotonic() - began, 3), "left": left}))
"""
CLAIMING = """
import json
import time

import boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table("claims")

def handle(event, context):
    for record in event["Records"]:
        claim = {"id": json.loads(record["body"])["id"], "until": int(time.time()) + 5}
        try:
            table.put_item(Item=claim, ConditionExpression="attribute_not_exists(id) OR #u < :now",
                ExpressionAttributeNames={"#u": "until"}, ExpressionAttributeValues={":now": int(time.time())})
        except ClientError:
            print("held by another")
            raise
        print("claimed")
        raise RuntimeError("dies with the claim")
"""
EVENTS = "function()"
QUEUE = "mapping(queue_with_dlq(), function(), batch_size=1, function_response_types=[])"
CLAIMS = (
    QUEUE
    + """
aws.dynamodb.Table("claims", name="claims", billing_mode="PAY_PER_REQUEST", hash_key="id",
    attributes=[{"name": "id", "type": "S"}])
"""
)
STREAM = """
jobs = aws.kinesis.Stream("jobs", shard_count=1)
mapping(jobs, function(), batch_size=1, function_response_types=[], starting_position="LATEST")
"""
TABLE = """
jobs = aws.dynamodb.Table("jobs", name="jobs", billing_mode="PAY_PER_REQUEST", hash_key="id", stream_enabled=True,
    stream_view_type="NEW_IMAGE", attributes=[{"name": "id", "type": "S"}])
aws.lambda_.EventSourceMapping("mapping", event_source_arn=jobs.stream_arn, function_name=function().arn,
    starting_position="LATEST")
"""
TOPIC = """
aws.lambda_.EventSourceMapping("mapping", function_name=function(timeout=10).arn, topics=["orders"],
    starting_position="LATEST", self_managed_event_source={"endpoints": {"KAFKA_BOOTSTRAP_SERVERS": "kafka:9092"}})
"""
ASYNC = "invoke: worker, type: async"
TO_QUEUE = "queue: jobs"
TO_STREAM = "stream: jobs, key: a"
TO_TABLE = "table: jobs"
TO_TOPIC = "topic: orders"


def run(
    folder: Path, program: str, target: str, fault: str, *, handler: str = PLAIN, times: int = 4, every: float = 1
) -> Run:
    folder.mkdir(exist_ok=True)
    graph = graph_of(folder / "shop", program, {"worker/app.py": handler})
    file = folder / "jobs.yaml"
    file.write_text(
        f"send: [{{every: {every}, times: {times}, {target}, body: {{id: 'm{{n}}'}}}}]\nfaults: [{fault}]\n",
        encoding="utf-8",
    )
    found = simulate(Stack.of(graph), folder / "shop", read_workload(file), seed=1)
    assert list(violations_of(found)) == []
    return found


def printed(found: Run) -> list[str]:
    return [log.text.strip() for log in found.logs]


# -- code that is replaced --------------------------------------------------------------------------------------------


def test_lam_code_1_replaced_code_is_loaded_anew_and_its_memory_is_lost(tmp_path: Path) -> None:
    before = run(tmp_path / "before", EVENTS, ASYNC, "", handler=COUNTING, every=10)
    after = run(
        tmp_path / "after", EVENTS, ASYNC, "{at: 15, function: worker, kind: codeReplaced}", handler=COUNTING, every=10
    )

    assert printed(before) == ["count 1", "count 2", "count 3", "count 4"]
    assert printed(after) == ["count 1", "count 2", "count 1", "count 2"]
    assert "LAM-CODE-1" in after.rules
    assert "LAM-CODE-1" not in before.rules


def test_lam_code_2_what_runs_ends_with_the_code_it_has_and_its_environment_is_not_used_again(tmp_path: Path) -> None:
    # Messages at 0, 1, 2 and 3 run for three seconds each, in environments of their own; the code is replaced at 1.5.
    fault = "{at: 1.5, function: worker, kind: codeReplaced}"
    found = run(tmp_path, QUEUE, TO_QUEUE, fault, handler=COUNTING, times=8)

    ends = [event for event in found.events if isinstance(event, InvokeEnded)]
    assert [event.error for event in ends] == [None] * 8
    old = {1, 2}
    assert [event.environment for event in ends if event.instant_us > seconds(6)] != []
    assert not old & {event.environment for event in ends if event.instant_us > seconds(6)}
    assert (outcome_of(found).messages.processed, outcome_of(found).deliveries.duplicates) == (8, 0)
    assert "LAM-CODE-2" in found.rules


def test_code_is_replaced_once_and_not_at_all_where_nothing_is_invoked_afterwards(tmp_path: Path) -> None:
    once = run(tmp_path / "once", EVENTS, ASYNC, "{function: worker, kind: codeReplaced}", every=10)
    never = run(tmp_path / "never", EVENTS, ASYNC, "{at: 1000, function: worker, kind: codeReplaced}", every=10)

    assert len([event for event in once.events if isinstance(event, EnvironmentStarted)]) == 1
    assert "fault 1 of the workload never happened: codeReplaced of worker" in never.notes


# -- clocks that are late ---------------------------------------------------------------------------------------------


def test_sim_clock_1_a_late_clock_changes_times_and_dates_but_no_durations(tmp_path: Path) -> None:
    right = run(tmp_path / "right", EVENTS, ASYNC, "", handler=CLOCKS, times=1)
    late = run(
        tmp_path / "late", EVENTS, ASYNC, "{function: worker, kind: lateClock, seconds: 90}", handler=CLOCKS, times=1
    )

    (one,), (other,) = (list(map(json.loads, printed(found))) for found in (right, late))
    assert (one["wall"] - other["wall"], one["date"] - other["date"]) == pytest.approx((90, 90), abs=1e-3)
    assert (other["slept"], other["left"]) == (one["slept"], one["left"])
    assert "SIM-CLOCK-1" in late.rules
    assert "SIM-CLOCK-1" not in right.rules


def test_sim_clock_1_an_environment_whose_clock_is_late_takes_an_expired_claim_for_one_that_holds(
    tmp_path: Path,
) -> None:
    # A claim holds for 5 s and the visibility timeout is 60 s. Only the second environment has a late clock.
    faults = "{function: worker, kind: coldStart}, {at: 30, for: 60, function: worker, kind: lateClock, seconds: 120}"
    late = run(tmp_path / "late", CLAIMS, TO_QUEUE, faults, handler=CLAIMING, times=1)
    right = run(tmp_path / "right", CLAIMS, TO_QUEUE, "{function: worker, kind: coldStart}", handler=CLAIMING, times=1)

    assert printed(right)[:2] == ["claimed", "claimed"]
    assert printed(late)[:2] == ["claimed", "held by another"]


# -- mappings that are created again ----------------------------------------------------------------------------------

SOURCES = {"stream": (STREAM, TO_STREAM), "table": (TABLE, TO_TABLE)}


@pytest.mark.parametrize("source", SOURCES)
def test_str_start_5_a_mapping_created_again_at_latest_misses_what_comes_before_it_polls(
    tmp_path: Path, source: str
) -> None:
    program, target = SOURCES[source]
    fault = "{at: 10, function: worker, kind: recreated, seconds: 30}"
    found = run(tmp_path, program, target, fault, times=6, every=9)

    # Records come at 0, 9, 18, 27, 36 and 45. The first read from 10 on is that of the third.
    outcome = outcome_of(found)
    delivered = [bool(each.delivered_at) for each in outcome.per_message]
    skipped = [event for event in found.events if isinstance(event, RecordSkipped)]
    assert delivered == [True, True, False, False, False, False]
    assert {event.rule for event in skipped} == {"STR-START-5"}
    assert (outcome.messages.processed, outcome.messages.lost) == (2, 4)
    assert {"STR-START-5", "STR-START-6"} <= set(found.rules)


def test_str_start_5_what_comes_after_the_new_mapping_polls_is_read(tmp_path: Path) -> None:
    fault = "{at: 10, function: worker, kind: recreated, seconds: 5}"
    outcome = outcome_of(run(tmp_path, STREAM, TO_STREAM, fault, times=6, every=9))

    assert [bool(each.delivered_at) for each in outcome.per_message] == [True, True, False, True, True, True]


def test_str_start_6_an_invoke_that_runs_while_its_mapping_is_deleted_counts(tmp_path: Path) -> None:
    # The first record is worked on for 3 s, in which the second one is read: with that the mapping is created again.
    fault = "{at: 1.9, function: worker, kind: recreated, seconds: 1}"
    found = run(tmp_path, STREAM, TO_STREAM, fault, handler=COUNTING, times=5, every=2)

    outcome = outcome_of(found)
    assert outcome.per_message[0].outcome == "processed"
    assert outcome.per_message[1].outcome == "lost"
    assert outcome.messages.processed + outcome.messages.lost == 5


def test_str_start_6_a_batch_that_fails_after_its_mapping_was_deleted_is_not_tried_again(tmp_path: Path) -> None:
    failing = "import time\n\ndef handle(event, context):\n    time.sleep(3)\n    raise RuntimeError('no')\n"
    fault = "{at: 1.9, function: worker, kind: recreated, seconds: 1}"
    outcome = outcome_of(run(tmp_path, STREAM, TO_STREAM, fault, handler=failing, times=2, every=2))

    assert [len(each.delivered_at) for each in outcome.per_message] == [1, 0]
    assert outcome.messages.lost == 2


def test_str_start_4_a_mapping_that_is_disabled_and_enabled_goes_on_where_it_was(tmp_path: Path) -> None:
    found = run(tmp_path, STREAM, TO_STREAM, "{at: 10, for: 1, function: worker, kind: pause, seconds: 30}", every=10.2)

    assert outcome_of(found).messages.processed == 4
    assert [event for event in found.events if isinstance(event, RecordSkipped)] == []
    assert "STR-START-4" in found.rules


def test_str_start_5_of_a_topic_with_a_group_of_the_mappings_own(tmp_path: Path) -> None:
    fault = "{at: 300, function: worker, kind: recreated, seconds: 100}"
    outcome = outcome_of(run(tmp_path, TOPIC, TO_TOPIC, fault, times=6, every=100.5))

    # Polled from 180 on; those of 0 and 100.5 are before. The one of 301.5 begins it anew, until 401.5 or so.
    assert [bool(each.delivered_at) for each in outcome.per_message] == [False, False, True, False, True, True]


@pytest.mark.parametrize("source", SOURCES)
def test_str_start_7_a_mapping_created_again_at_trim_horizon_delivers_again_what_is_there(
    tmp_path: Path, source: str
) -> None:
    program, target = SOURCES[source]
    fault = "{at: 10, function: worker, kind: recreated, seconds: 30}"
    found = run(tmp_path, program.replace("LATEST", "TRIM_HORIZON"), target, fault, times=6, every=9)

    # Records come at 0, 9, 18, 27, 36 and 45. The third, of 18, is read by the new mapping first, from 48 on.
    outcome = outcome_of(found)
    assert [len(each.delivered_at) for each in outcome.per_message] == [2, 2, 1, 1, 1, 1]
    assert [each.delivered_at[-1] >= 48 for each in outcome.per_message] == [True] * 6
    assert (outcome.messages.processed, outcome.messages.lost, outcome.deliveries.duplicates) == (6, 0, 2)
    rewound = [event for event in found.events if isinstance(event, RecordsRewound)]
    assert {(event.rule, event.mapping) for event in rewound} == {("STR-START-7", "mapping")}
    assert sum(len(event.records) for event in rewound) == 6
    assert {"STR-START-7", "STR-START-8"} <= set(found.rules)
    assert "STR-START-5" not in found.rules


def test_str_start_7_at_a_timestamp_what_is_there_from_then_on_is_delivered_again(tmp_path: Path) -> None:
    at = 'starting_position="AT_TIMESTAMP", starting_position_timestamp="2025-12-31T00:00:00Z"'
    program = STREAM.replace('starting_position="LATEST"', at)
    fault = "{at: 10, function: worker, kind: recreated, seconds: 30}"
    outcome = outcome_of(run(tmp_path, program, TO_STREAM, fault, times=3, every=9))
    assert [len(each.delivered_at) for each in outcome.per_message] == [2, 2, 1]


def test_str_start_8_an_invoke_of_the_former_mapping_decides_nothing_for_the_new_one(tmp_path: Path) -> None:
    # The first record is worked on from about 1 to 4; with the read of the second the mapping is created again.
    fault = "{at: 1.9, function: worker, kind: recreated, seconds: 1}"
    program = STREAM.replace("LATEST", "TRIM_HORIZON")
    found = run(tmp_path, program, TO_STREAM, fault, handler=COUNTING, times=2, every=2)

    outcome = outcome_of(found)
    assert [len(each.delivered_at) for each in outcome.per_message] == [2, 1]
    assert (outcome.deliveries.overlapping, outcome.messages.processed) == (1, 2)


def test_str_start_7_a_record_that_was_discarded_is_tried_again(tmp_path: Path) -> None:
    program = STREAM.replace('position="LATEST"', 'position="TRIM_HORIZON", maximum_retry_attempts=0')
    failing = "def handle(event, context):\n    raise RuntimeError('no')\n"
    fault = "{at: 10, function: worker, kind: recreated, seconds: 5}"
    outcome = outcome_of(run(tmp_path, program, TO_STREAM, fault, handler=failing, times=2, every=12))

    assert [len(each.delivered_at) for each in outcome.per_message] == [2, 1]
    assert outcome.messages.lost == 2


def test_str_start_7_of_a_topic_with_a_group_of_the_mappings_own(tmp_path: Path) -> None:
    fault = "{at: 300, function: worker, kind: recreated, seconds: 100}"
    program = TOPIC.replace("LATEST", "TRIM_HORIZON")
    outcome = outcome_of(run(tmp_path, program, TO_TOPIC, fault, times=6, every=100.5))

    assert [len(each.delivered_at) for each in outcome.per_message] == [2, 2, 2, 1, 1, 1]
    assert outcome.messages.processed == 6


@pytest.mark.parametrize(
    ("program", "target", "why"),
    [
        (QUEUE, TO_QUEUE, "it has no mapping of a stream or a topic, and a queue keeps what nobody reads"),
        (
            STREAM.replace('position="LATEST"', 'position="LATEST", tumbling_window_in_seconds=60'),
            TO_STREAM,
            "mapping has tumbling windows, whose state a new mapping does not have: that is not modelled",
        ),
        (
            TOPIC.replace("})", '}, self_managed_kafka_event_source_config={"consumer_group_id": "ours"})'),
            TO_TOPIC,
            "mapping has a consumer group of its own name, and a new mapping goes on where that is (KAF-GROUP-2)",
        ),
    ],
)
def test_what_does_not_forget_where_it_was_when_it_is_created_again_is_refused(
    tmp_path: Path, program: str, target: str, why: str
) -> None:
    with pytest.raises(WorkloadError) as refused:
        run(tmp_path, program, target, "{function: worker, kind: recreated, seconds: 60}")
    assert str(refused.value) == (
        f"{tmp_path / 'jobs.yaml'}:2: the kind recreated is for a mapping of a stream or topic that forgets where it "
        f"was (STR-START-5, STR-START-7); of worker: {why}\n"
        "  fix: write the kind pause for a mapping that goes on where it was (STR-START-4)"
    )


# -- reads of table streams -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "code"), [("throttle", "ThrottlingException"), ("error", "InternalServerError")])
def test_dds_read_2_records_whose_read_is_refused_wait_for_a_later_poll(tmp_path: Path, kind: str, code: str) -> None:
    fault = f"{{service: dynamodbstreams, operation: GetRecords, kind: {kind}, for: 10}}"
    found = run(tmp_path, TABLE, TO_TABLE, fault)

    refused = [event for event in found.events if isinstance(event, ApiCallRefused)]
    assert {(event.rule, event.by.kind, event.service, event.code) for event in refused} == {
        ("DDS-READ-2", "mapping", "dynamodbstreams", code)
    }
    outcome = outcome_of(found)
    assert (outcome.messages.processed, outcome.deliveries.duplicates) == (4, 0)
    assert [each.delivered_at[0] >= 10 for each in outcome.per_message] == [True] * 4


# -- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            "{function: worker, kind: lateClock, seconds: 301}",
            (
                "faults.1: AWS refuses calls that were signed more than 300 s ago, as by a clock that is 301 s late: "
                "that is not modelled, so let it be at most 300"
            ),
        ),
        ("{function: worker, kind: lateClock}", "faults.1: the kind lateClock needs seconds"),
        ("{function: worker, kind: recreated}", "faults.1: the kind recreated needs seconds"),
        (
            "{function: worker, kind: codeReplaced, seconds: 3}",
            (
                "faults.1: seconds goes with the kinds latency, pause, lateClock, recreated, crash and timeout, and "
                "with duplicate of a feeder"
            ),
        ),
        (
            "{function: worker, kind: codeReplaced, ids: [a]}",
            "faults.1: codeReplaced happens to no message in particular: leave ids out",
        ),
        (
            "{queue: jobs, kind: codeReplaced}",
            (
                "faults.1: a queue alone has the kinds duplicate and lostReceive only; codeReplaced needs service: "
                "sqs beside it"
            ),
        ),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(tmp_path: Path, fault: str, message: str) -> None:
    with pytest.raises(WorkloadError) as refused:
        run(tmp_path, QUEUE, TO_QUEUE, fault)
    assert str(refused.value) == f"{tmp_path / 'jobs.yaml'}:2: {message}"


def test_a_described_function_has_no_clock(tmp_path: Path) -> None:
    graph = graph_of(tmp_path / "shop", QUEUE, {"worker/app.py": PLAIN})
    file = tmp_path / "jobs.yaml"
    send = "send: [{queue: jobs, body: {id: a}}]\nfunctions: {worker: {duration: 1}}\n"
    file.write_text(send + "faults: [{function: worker, kind: lateClock, seconds: 3}]\n", encoding="utf-8")
    with pytest.raises(WorkloadError) as refused:
        simulate(Stack.of(graph), tmp_path / "shop", read_workload(file), seed=1)
    assert str(refused.value) == (
        f"{file}:3: worker is described by the workload, and has no code that reads a clock\n"
        "  fix: leave the fault lateClock out, or let the function's code run"
    )

    file.write_text(send + "faultPreset: harsh\n", encoding="utf-8")
    run_of_preset = simulate(Stack.of(graph), tmp_path / "shop", read_workload(file), seed=1)
    assert outcome_of(run_of_preset).messages.sent == 1


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (STREAM, {"codeReplaced", "lateClock", "recreated"}),
        (TABLE, {"codeReplaced", "lateClock", "recreated"}),
        (TOPIC, {"codeReplaced", "lateClock", "recreated"}),
        (STREAM.replace("LATEST", "TRIM_HORIZON"), {"codeReplaced", "lateClock", "recreated"}),
        (QUEUE, {"codeReplaced", "lateClock"}),
    ],
)
def test_harsh_has_a_deployment_in_the_middle_where_it_can_happen(
    tmp_path: Path, program: str, expected: set[str]
) -> None:
    stack = Stack.of(graph_of(tmp_path / "shop", program, {"worker/app.py": PLAIN}))
    file = tmp_path / "jobs.yaml"
    file.write_text("send: [{invoke: worker, body: {id: a}}]\nfaultPreset: harsh\n", encoding="utf-8")
    lines = all_faults(read_workload(file), stack)

    assert {line.kind for line in lines} & {"codeReplaced", "lateClock", "recreated"} == expected
    reads = {line.service for line in lines if line.operation == "GetRecords"}
    assert reads == (
        {"dynamodbstreams"} if program == TABLE else {"kinesis"} if program.startswith(STREAM[:30]) else set()
    )
    simulate(stack, tmp_path / "shop", read_workload(file), seed=1)
