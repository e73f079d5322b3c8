import itertools
import json
import math
import statistics
from typing import Any

import pytest

from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.events import (
    BatchResult,
    DestinationRefused,
    InvokeRefused,
    InvokeStarted,
    RecordExpired,
    RecordFiltered,
    RecordsCheckpointed,
    RecordsDiscarded,
    RecordSkipped,
)
from delivery_lab.model.mapping.filters import parse_patterns
from delivery_lab.model.mapping.partition_work import ALIKE_BEFORE_REPEATING, RUN_ONE_IN
from delivery_lab.model.runtime import Caller, FunctionConfig
from delivery_lab.model.streams.kinesis import KinesisStream
from delivery_lab.rules.alternatives import read_assumptions
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions
from tests.model.partition_world import POISON, PartitionWorld, data_of, documents, raising, reporting_records
from tests.model.support import Behaviour, Call, Script


def world_with(behave: Behaviour | None = None, assumptions: Assumptions = DEFAULTS, **settings: Any) -> PartitionWorld:
    world = PartitionWorld(behave or raising())
    world.account.assumptions = assumptions
    world.function()
    world.source = world.kinesis()
    world.stream_mapping(world.source, **settings)
    world.start()
    return world


def put(world: PartitionWorld, *texts: str, key: str = "k") -> list[str]:
    assert isinstance(world.source, KinesisStream)
    return [world.source.put(text.encode(), key).id for text in texts]


def test_str_poll_1_a_shard_is_polled_once_a_second() -> None:
    world = world_with()
    for tenth in range(40):
        world.at(tenth / 10, put, world, str(tenth))

    world.run()

    starts = [call.at_seconds for call in world.calls][1:]  # the first one waits for the cold start
    assert len(world.calls) in (4, 5)
    assert all(abs(later - earlier - 1) < 1e-6 for earlier, later in itertools.pairwise(starts))


def test_str_batch_1_a_backlog_is_worked_off_without_waiting_for_polls() -> None:
    world = world_with(batch_size=2)
    put(world, *"abcdefg")

    world.run()

    assert world.batches() == [["a", "b"], ["c", "d"], ["e", "f"], ["g"]]
    assert world.calls[-1].at_seconds - world.calls[0].at_seconds == pytest.approx(0.3)


def test_str_batch_1_a_batch_has_at_most_6_mb() -> None:
    world = world_with()
    put(world, *("x" * 1_000_000 for _ in range(8)))

    world.run()

    assert [len(batch) for batch in world.batches()] == [4, 4]
    assert max(len(call.payload) for call in world.calls) < 6 * 1_048_576


def test_str_batch_1_a_record_too_large_for_an_invoke_is_refused_by_name() -> None:
    world = PartitionWorld()
    world.function()
    world.source = world.kinesis(record_kib=10_240)
    world.stream_mapping(world.source)
    world.start()
    put(world, "x" * 4_600_000)
    put(world, "x" * 4_800_000)

    with pytest.raises(NotModelledError, match=r"its event has 6\d{6} bytes, and an invoke takes 6291456"):
        world.run()

    assert len(world.calls) == 1


def test_str_batch_1_one_batch_of_a_shard_at_a_time() -> None:
    world = world_with(behave=lambda call: Script(takes_seconds=3), batch_size=1)
    put(world, "a", "b", "c")

    world.run()

    starts = [call.at_seconds for call in world.calls]
    assert starts == pytest.approx([starts[0], starts[0] + 3, starts[0] + 6])


def test_str_batch_2_a_window_collects_from_its_first_record_on() -> None:
    world = world_with(window_seconds=10, batch_size=5)
    for second in range(12):
        world.at(second + 0.01, put, world, str(second))

    world.run()

    assert [len(batch) for batch in world.batches()] == [5, 5, 2]
    assert world.calls[-1].at_seconds - 10 == pytest.approx(10, abs=2)


def test_str_error_2_nothing_moves_behind_a_batch_that_fails() -> None:
    world = world_with(batch_size=1)
    put(world, "a", POISON, "b", "c")

    world.run(until_seconds=3600)

    assert world.batches()[0] == ["a"]
    assert {text for batch in world.batches()[1:] for text in batch} == {POISON}


def test_kin_ret_1_retention_ends_the_standstill_and_takes_what_is_as_old() -> None:
    world = world_with(batch_size=1)
    ids = put(world, "a", POISON, "b")
    world.at(7200, put, world, "later")

    world.run()

    assert sorted(world.messages_of(RecordExpired)) == sorted(ids[1:])
    assert world.batches()[-1] == ["later"]
    assert world.times_of(RecordExpired) == [86_400, 86_400]


def test_a_record_in_flight_when_its_time_comes_may_still_succeed() -> None:
    world = world_with(behave=lambda call: Script(takes_seconds=4))
    world.runtime.behave = lambda call: Script(4, error="Late") if call.at_seconds < 86_397 else Script(4)
    ids = put(world, "a")

    world.run()

    assert world.settled(RecordsCheckpointed) == ids or world.messages_of(RecordExpired) == ids
    assert len(world.settled(RecordsCheckpointed)) + len(world.messages_of(RecordExpired)) == 1


def test_str_retry_1_three_retries_are_four_invokes_and_one_document() -> None:
    world = PartitionWorld(raising())
    world.function()
    source = world.kinesis()
    failures = world.destination_queue()
    world.stream_mapping(source, destination=failures, maximum_retry_attempts=3)
    world.start()
    records = [source.put(text.encode(), "k") for text in ("a", POISON, "b")]
    world.at(60, source.put, b"later", "k")

    world.run()

    (document,) = documents(failures)
    assert document["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert document["requestContext"]["approximateInvokeCount"] == 4
    assert document["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert document["KinesisBatchInfo"] == {
        "shardId": "shardId-000000000000",
        "startSequenceNumber": records[0].sequence,
        "endSequenceNumber": records[-1].sequence,
        "approximateArrivalOfFirstRecord": "2026-01-01T00:00:00.000Z",
        "approximateArrivalOfLastRecord": "2026-01-01T00:00:00.000Z",
        "batchSize": 3,
        "streamArn": source.arn,
    }
    assert world.batches()[-1] == ["later"]
    assert len(world.calls) == 5


def test_str_dest_1_after_a_partial_failure_there_is_no_function_error() -> None:
    world = PartitionWorld(reporting_records())
    world.function()
    source = world.kinesis()
    failures = world.destination_queue()
    world.stream_mapping(source, destination=failures, maximum_retry_attempts=1, report_batch_item_failures=True)
    world.start()
    for text in ("a", POISON, "b"):
        source.put(text.encode(), "k")

    world.run()

    (document,) = documents(failures)
    assert document["responseContext"]["functionError"] is None
    assert document["requestContext"]["approximateInvokeCount"] == 2
    assert document["KinesisBatchInfo"]["batchSize"] == 2


def test_str_dest_3_a_destination_that_refuses_does_not_hold_up_the_shard() -> None:
    world = PartitionWorld(raising())
    world.function()
    source = world.kinesis()
    failures = world.destination_queue()
    failures.queue.attributes = failures.queue.attributes.changed({"MaximumMessageSize": "1024"})
    world.stream_mapping(source, destination=failures, maximum_retry_attempts=0, batch_size=1)
    world.start()
    # The document itself is below 1 KiB: only a longer ARN makes it too long.
    object.__setattr__(failures.queue.attributes, "maximum_message_bytes", 100)
    source.put(b"poison", "k")
    source.put(b"b", "k")

    world.run()

    (discarded,) = world.events(RecordsDiscarded)
    assert discarded.target is None
    assert [event.code for event in world.events(DestinationRefused)] == ["InvalidParameterValue"]
    assert world.batches()[-1] == ["b"]


def test_str_dest_4_without_a_destination_nothing_tells_of_what_is_given_up() -> None:
    world = world_with(maximum_retry_attempts=0, batch_size=1)
    poison, good = put(world, POISON, "b")

    world.run()

    (discarded,) = world.events(RecordsDiscarded)
    assert (discarded.records, discarded.target) == ((poison,), None)
    assert world.settled(RecordsCheckpointed) == [good]


def test_str_throttle_1_throttles_use_up_no_retry() -> None:
    world = PartitionWorld(raising())
    world.function(reserved=0)
    source = world.kinesis()
    world.stream_mapping(source, maximum_retry_attempts=0)
    world.start()
    source.put(b"a", "k")

    world.run(until_seconds=3600)

    assert len(world.events(InvokeRefused)) > 50
    assert world.events(RecordsDiscarded) == []


def test_str_throttle_1_age_ends_throttles() -> None:
    world = PartitionWorld(raising())
    world.function(reserved=0)
    source = world.kinesis()
    failures = world.destination_queue()
    world.stream_mapping(source, destination=failures, maximum_record_age_seconds=60)
    world.start()
    source.put(b"a", "k")

    world.run()

    (document,) = documents(failures)
    assert document["requestContext"]["condition"] == "RecordAgeExceeded"
    assert document["requestContext"]["approximateInvokeCount"] == 1
    assert "responseContext" not in document


def test_str_retry_2_about_eight_invokes_within_a_maximum_age_of_60_s() -> None:
    counts = []
    for seed in range(40):
        world = PartitionWorld(raising(), seed=seed)
        world.function()
        source = world.kinesis()
        world.stream_mapping(source, maximum_record_age_seconds=60)
        world.start()
        source.put(POISON.encode(), "k")
        world.run()
        counts.append(len(world.calls))

    assert statistics.mode(counts) == 8
    assert set(counts) <= {7, 8, 9}


def test_str_age_1_what_is_too_old_is_given_up_without_an_invoke() -> None:
    world = world_with(batch_size=1, maximum_record_age_seconds=60)
    world.runtime.behave = lambda call: Script(takes_seconds=4.9)
    ids = put(world, *(str(number) for number in range(20)))

    world.run()

    # One invoke every 4.9 s: after a minute the others are too old.
    assert len(world.calls) == len(world.settled(RecordsCheckpointed)) == 13
    assert world.settled(RecordsDiscarded) == ids[13:]
    assert {event.rule for event in world.events(RecordsDiscarded)} == {"STR-AGE-1"}


def test_str_start_3_the_mapping_polls_from_the_beginning() -> None:
    world = world_with()
    world.at(0, put, world, "a")

    world.run()

    assert world.calls[0].at_seconds < 1 + 0.25
    assert "STR-START-3" in world.journal.rules


def test_str_age_3_a_batch_is_given_up_when_its_last_record_is_too_old() -> None:
    world = world_with(maximum_record_age_seconds=60)
    put(world, POISON)
    world.at(0.2, put, world, "b")

    world.run()

    assert world.times_of(RecordsDiscarded)[-1] == pytest.approx(60.2, abs=1.01)


def test_str_bisect_1_only_the_poison_is_given_up_and_few_invokes_are_needed() -> None:
    world = PartitionWorld(raising())
    world.function()
    source = world.kinesis()
    failures = world.destination_queue()
    world.stream_mapping(source, destination=failures, maximum_retry_attempts=0, bisect=True)
    world.start()
    for number in range(64):
        source.put((POISON if number == 37 else str(number)).encode(), "k")

    world.run()

    (document,) = documents(failures)
    assert document["KinesisBatchInfo"]["batchSize"] == 1
    assert len(world.calls) == 1 + 2 * 6
    assert len(world.settled(RecordsCheckpointed)) == 63


def test_str_bisect_2_with_reports_the_cut_is_at_the_record_returned() -> None:
    world = world_with(
        behave=reporting_records(), maximum_retry_attempts=0, bisect=True, report_batch_item_failures=True
    )
    put(world, "a", "b", POISON, "c")

    world.run()

    assert world.batches() == [["a", "b", POISON, "c"], [POISON, "c"], [POISON], ["c"]]


def test_str_report_8_what_comes_before_the_lowest_is_not_repeated_and_what_comes_after_is() -> None:
    world = world_with(behave=reporting_records(), maximum_retry_attempts=1, report_batch_item_failures=True)
    put(world, "a", POISON, "b", POISON)

    world.run()

    assert world.batches() == [["a", POISON, "b", POISON], *[[POISON, "b", POISON]] * 2]


def test_str_parallel_1_other_keys_of_a_shard_go_on() -> None:
    world = world_with(parallelization_factor=10, batch_size=1)
    put(world, POISON, key="bad")
    for number in range(20):
        put(world, str(number), key=f"key-{number}")

    world.run(until_seconds=30)

    done = {text for batch in world.batches() for text in batch} - {POISON}
    assert len(done) > 10


def test_str_start_2_latest_skips_what_was_there() -> None:
    world = PartitionWorld(raising())
    world.function()
    source = world.kinesis()
    world.stream_mapping(source, starting_position="LATEST")
    early = source.put(b"early", "k").id
    world.at(1, source.put, b"late", "k")
    world.account.start()

    world.run()

    assert world.messages_of(RecordSkipped) == [early]
    assert world.batches() == [["late"]]


def test_str_start_2_a_timestamp_skips_what_is_older() -> None:
    world = PartitionWorld(raising())
    world.function()
    source = world.kinesis()

    def create() -> None:
        world.stream_mapping(source, starting_position="AT_TIMESTAMP", starting_position_instant=5_000_000)
        world.start()

    world.at(1, source.put, b"early", "k")
    world.at(6, source.put, b"late", "k")
    world.at(7, create)

    world.run()

    assert world.batches() == [["late"]]


def test_str_start_1_a_timestamp_that_is_still_to_come_is_refused() -> None:
    world = PartitionWorld()
    world.function()

    with pytest.raises(NotModelledError, match=r"2026-01-01T00:00:05\.000Z is still to come in a run.*STR-START-1"):
        world.stream_mapping(world.kinesis(), starting_position="AT_TIMESTAMP", starting_position_instant=5_000_000)


def test_str_filter_1_what_matches_no_filter_is_passed_over() -> None:
    world = world_with(patterns=parse_patterns(['{"data": {"kind": ["order"]}}']))
    ids = put(world, '{"kind": "order"}', '{"kind": "visit"}', "plain")

    world.run()

    assert world.batches() == [['{"kind": "order"}']]
    assert world.messages_of(RecordFiltered) == ids[1:]
    assert world.settled(RecordsCheckpointed) == ids[:1]


def test_sim_repeat_1_a_failure_that_never_changes_is_run_once_in_a_while() -> None:
    world = world_with()
    put(world, POISON)

    world.run()

    invokes = len(world.events(InvokeStarted))
    ran = len(world.calls)
    assert invokes > 1_800
    assert ran == pytest.approx(ALIKE_BEFORE_REPEATING + (invokes - ALIKE_BEFORE_REPEATING) / RUN_ONE_IN, abs=5)
    assert len(world.events(BatchResult)) == invokes
    assert "SIM-REPEAT-1" in world.journal.rules


def test_sim_repeat_1_code_that_recovers_is_noticed() -> None:
    world = world_with()
    ids = put(world, POISON)
    world.at(36_000, setattr, world.runtime, "behave", lambda call: Script())

    world.run()

    assert world.settled(RecordsCheckpointed) == ids
    assert world.now < 36_000 + RUN_ONE_IN * 61


def test_sim_repeat_1_code_that_calls_aws_is_always_run() -> None:
    world = world_with()
    queue = world.queue()
    put(world, POISON)

    def behave(call: Call) -> Script:
        invoke = world.events(InvokeStarted)[-1].invoke
        world.account.call("sqs", "GetQueueUrl", {"QueueName": queue.name}, Caller("worker", invoke))
        return Script(error="ValueError", payload="{}")

    world.runtime.behave = behave
    world.run(until_seconds=7_200)

    assert len(world.calls) == len(world.events(InvokeStarted)) > ALIKE_BEFORE_REPEATING


# -- tumbling windows ---------------------------------------------------------------------------------------


def counting(call: Call) -> Script:
    """Code that counts the records of a window in its state."""
    event = call.event
    count = event["state"].get("count", 0) + len(event["Records"])
    return Script(payload=json.dumps({"state": {"count": count}}))


def test_str_window_1_state_goes_from_batch_to_batch_and_ends_with_the_window() -> None:
    world = world_with(behave=counting, tumbling_window_seconds=10, batch_size=2)
    for second in range(14):
        world.at(second + 0.5, put, world, str(second))

    world.run()

    finals = [call.event for call in world.calls if call.event["isFinalInvokeForWindow"]]
    assert [final["state"]["count"] for final in finals] == [10, 4]
    assert [final["Records"] for final in finals] == [[], []]
    assert finals[0]["window"] == {"start": "2026-01-01T00:00:00.000Z", "end": "2026-01-01T00:00:10.000Z"}
    assert [final["isWindowTerminatedEarly"] for final in finals] == [False, False]


@pytest.mark.parametrize(("grace", "finals_at"), [("1", [11, 51]), ("0", [10, 50]), ("120", [44, 170])])
def test_str_window_4_when_the_last_invoke_of_a_window_comes_and_empty_windows_have_none(
    grace: str, finals_at: list[int]
) -> None:
    assumptions = read_assumptions([f"STR-WINDOW-4={grace}"])
    world = world_with(behave=counting, assumptions=assumptions, tumbling_window_seconds=10)
    world.at(3, put, world, "a")
    world.at(44, put, world, "b")

    world.run()

    finals = [call for call in world.calls if call.event["isFinalInvokeForWindow"]]
    assert [math.floor(call.at_seconds) for call in finals] == finals_at
    assert [call.event["window"]["start"][-9:-1] for call in finals] == ["0:00.000", "0:40.000"]
    assert "STR-WINDOW-4" in world.account.journal.rules


def test_str_window_1_too_much_state_ends_the_window_early() -> None:
    big = json.dumps({"state": {"text": "x" * 1_100_000}})
    world = world_with(behave=lambda call: Script(payload=big), tumbling_window_seconds=100)
    put(world, "a")

    world.run()

    assert [call.event["isWindowTerminatedEarly"] for call in world.calls] == [False, True]
    assert world.calls[-1].at_seconds < 10


def test_str_window_2_a_response_without_a_state_fails_the_batch() -> None:
    world = world_with(behave=lambda call: Script(), tumbling_window_seconds=10, maximum_retry_attempts=1)
    ids = put(world, "a")

    world.run()

    assert world.settled(RecordsDiscarded) == ids
    assert [event.rule for event in world.events(BatchResult)] == ["STR-WINDOW-2"] * 2


def test_a_final_invoke_that_fails_is_tried_again_and_then_left_behind() -> None:
    def behave(call: Call) -> Script:
        return Script(error="Broken") if call.event["isFinalInvokeForWindow"] else counting(call)

    world = world_with(behave=behave, tumbling_window_seconds=10, maximum_retry_attempts=2)
    put(world, "a")
    world.at(50, put, world, "b")

    world.run()

    assert [data_of(call) for call in world.calls] == [["a"], [], [], [], ["b"], [], [], []]


# -- refusals -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"starting_position": None}, "StartingPosition is required"),
        ({"starting_position": "EARLIEST"}, "Unsupported starting position"),
        ({"starting_position": "AT_TIMESTAMP"}, "StartingPositionTimestamp goes with"),
        ({"starting_position_instant": 5}, "StartingPositionTimestamp goes with"),
        ({"batch_size": 10_001}, "Value 10001 at 'batchSize' failed to satisfy constraint: 1 to 10000"),
        ({"window_seconds": 301}, "Value 301 at 'maximumBatchingWindowInSeconds'"),
        ({"parallelization_factor": 11}, "Value 11 at 'parallelizationFactor' failed to satisfy constraint: 1 to 10"),
        ({"maximum_retry_attempts": 10_001}, "Value 10001 at 'maximumRetryAttempts'"),
        ({"maximum_retry_attempts": -2}, "Value -2 at 'maximumRetryAttempts'"),
        ({"tumbling_window_seconds": 901}, "Value 901 at 'tumblingWindowInSeconds'"),
    ],
)
def test_refusals_at_creation(settings: dict[str, Any], message: str) -> None:
    world = PartitionWorld()
    world.function()
    source = world.kinesis()

    with pytest.raises(DeploymentRefusedError) as refused:
        world.stream_mapping(source, **settings)

    assert message in refused.value.aws_message
    assert refused.value.code == "InvalidParameterValueException"


@pytest.mark.parametrize("age_seconds", [0, 59, 604_801, -2])
def test_str_age_2_an_age_between_none_and_a_minute_is_refused(age_seconds: int) -> None:
    world = PartitionWorld()
    world.function()
    source = world.kinesis()

    with pytest.raises(DeploymentRefusedError) as refused:
        world.stream_mapping(source, maximum_record_age_seconds=age_seconds)

    assert refused.value.aws_message == (
        f"MaximumRecordAgeInSeconds must be -1 or from 60 to 604800, not {age_seconds}"
    )


@pytest.mark.parametrize("age_seconds", [-1, 60, 604_800])
def test_str_age_2_the_bounds_themselves_are_accepted(age_seconds: int) -> None:
    world = PartitionWorld()
    world.function()

    mapping = world.stream_mapping(world.kinesis(), maximum_record_age_seconds=age_seconds)

    assert mapping.config.maximum_record_age_seconds == age_seconds


def test_str_window_3_a_tumbling_window_goes_with_one_slot() -> None:
    world = PartitionWorld()
    world.function()

    with pytest.raises(DeploymentRefusedError, match="goes with a ParallelizationFactor of 1 in this model"):
        world.stream_mapping(world.kinesis(), tumbling_window_seconds=9, parallelization_factor=2)


def test_str_start_1_a_dynamodb_stream_has_no_timestamps() -> None:
    world = PartitionWorld()
    world.function()
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/items/stream/2026"
    source = world.account.create_table_stream("items", arn, "NEW_IMAGE", "id")

    with pytest.raises(DeploymentRefusedError, match="Unsupported starting position for arn type: arn:aws:dynamodb"):
        world.stream_mapping(source, starting_position="AT_TIMESTAMP", starting_position_instant=1)


def test_a_mapping_that_is_disabled_reads_nothing() -> None:
    world = world_with(enabled=False)
    put(world, "a")

    world.run()

    assert world.calls == []


def test_records_name_the_execution_role_of_the_function_that_gets_them() -> None:
    role = "arn:aws:iam::123456789012:role/worker-role"
    world = PartitionWorld(raising())
    world.account.functions.add(
        FunctionConfig("worker", "arn:aws:lambda:us-east-1:123456789012:function:worker", "app.handler", role_arn=role)
    )
    world.source = world.kinesis()
    world.stream_mapping(world.source)
    world.start()
    put(world, "a")

    world.run()

    assert [record["invokeIdentityArn"] for record in world.calls[0].records] == [role]
