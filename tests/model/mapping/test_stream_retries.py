"""Retries of a batch of which part succeeded, and what its document says, as recorded on AWS."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from delivery_lab.events import RecordsCheckpointed, RecordsDiscarded
from delivery_lab.model.mapping.destinations import QueueDestination
from delivery_lab.rules.assumptions import Assumptions, RetryCount, UnnamedResponse
from tests.model.partition_world import (
    POISON,
    PartitionWorld,
    data_of,
    documents,
    identifier,
    records_of,
    reporting_records,
)
from tests.model.support import Call, Script


def shard_of(*texts: str, world: PartitionWorld, **settings: Any) -> tuple[PartitionWorld, QueueDestination]:
    """A run over one shard with these records, and its destination."""
    world.function()
    source = world.kinesis()
    failures = world.destination_queue()
    chosen = {"report_batch_item_failures": True, **settings}
    world.stream_mapping(source, destination=failures, **chosen)
    world.start()
    for text in texts:
        source.put(text.encode(), "k")
    world.run()
    return world, failures


def test_str_report_9_a_last_record_that_always_fails_is_delivered_5_times_with_3_retries() -> None:
    world, failures = shard_of(
        "0",
        "1",
        "2",
        "3",
        "4",
        POISON,
        world=PartitionWorld(reporting_records()),
        batch_size=3,
        maximum_retry_attempts=3,
    )

    assert world.batches() == [["0", "1", "2"], ["3", "4", POISON], *[[POISON]] * 4]
    (document,) = documents(failures)
    assert document["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert document["requestContext"]["approximateInvokeCount"] == 4
    assert document["KinesisBatchInfo"]["batchSize"] == 1


def test_str_report_9_records_that_fail_in_turn_use_up_no_retry_of_each_other() -> None:
    seen: set[str] = set()

    def behave(call: Call) -> Script:
        for record, text in zip(records_of(call), data_of(call), strict=True):
            if text in "258" and text not in seen:
                seen.add(text)
                return Script(payload=json.dumps({"batchItemFailures": [{"itemIdentifier": identifier(record)}]}))
        return Script()

    world, failures = shard_of(*"0123456789", world=PartitionWorld(behave), maximum_retry_attempts=0)

    assert ["".join(batch) for batch in world.batches()] == ["0123456789", "23456789", "56789", "89"]
    assert len(world.settled(RecordsCheckpointed)) == 10
    assert documents(failures) == []


@pytest.mark.parametrize(("count", "deliveries"), [(RetryCount.ANEW, 5), (RetryCount.KEPT, 3)])
def test_str_report_10_retries_used_up_before_the_checkpoint_moved(count: RetryCount, deliveries: int) -> None:
    world = PartitionWorld()
    world.account.assumptions = Assumptions(retry_count=count)
    left = {"first": 2, POISON: 99}

    def behave(call: Call) -> Script:
        for record, text in zip(records_of(call), data_of(call), strict=True):
            if left.get(text, 0):
                left[text] -= 1
                return Script(payload=json.dumps({"batchItemFailures": [{"itemIdentifier": identifier(record)}]}))
        return Script()

    world.runtime.behave = behave
    shard_of("first", POISON, world=world, maximum_retry_attempts=2)

    # Twice without progress, once with it, and then the rest alone: three times, or once if both retries are used up.
    assert world.batches() == [["first", POISON]] * 3 + [[POISON]] * (deliveries - 2)
    assert "STR-REPORT-10" in world.journal.rules


@pytest.mark.parametrize(("reading", "deliveries"), [(UnnamedResponse.SUCCESS, 1), (UnnamedResponse.OBJECT_FAILS, 3)])
def test_str_report_7_a_mapping_takes_another_response_as_it_is_assumed(
    reading: UnnamedResponse, deliveries: int
) -> None:
    world = PartitionWorld(lambda call: Script(payload='{"statusCode": 200}'))
    world.account.assumptions = Assumptions(unnamed_record_response=reading)

    _, failures = shard_of("a", world=world, maximum_retry_attempts=2)

    assert world.batches() == [["a"]] * deliveries
    assert len(documents(failures)) == (deliveries > 1)


def test_str_report_11_what_is_behind_the_failed_record_is_discarded_with_it() -> None:
    world, failures = shard_of(
        "0", POISON, "2", "3", world=PartitionWorld(reporting_records()), maximum_retry_attempts=1
    )

    (discarded,) = world.events(RecordsDiscarded)
    assert len(discarded.records) == 3
    (document,) = documents(failures)
    assert document["requestContext"]["approximateInvokeCount"] == 2
    assert "STR-REPORT-11" in world.journal.rules


def test_str_bisect_2_a_cut_at_the_record_returned_begins_a_batch_of_its_own() -> None:
    world, failures = shard_of(
        "0", "1", POISON, world=PartitionWorld(reporting_records()), bisect=True, maximum_retry_attempts=3
    )

    assert world.batches() == [["0", "1", POISON], *[[POISON]] * 4]
    (document,) = documents(failures)
    assert document["requestContext"]["approximateInvokeCount"] == 4


def test_str_report_9_without_a_limit_the_waits_begin_anew_when_the_checkpoint_moves() -> None:
    failing = {"a": 6, "b": 1}

    def behave(call: Call) -> Script:
        for record, text in zip(records_of(call), data_of(call), strict=True):
            if failing.get(text, 0):
                failing[text] -= 1
                return Script(payload=json.dumps({"batchItemFailures": [{"itemIdentifier": identifier(record)}]}))
        return Script()

    world, _ = shard_of("a", "b", world=PartitionWorld(behave))

    instants = [call.at_seconds for call in world.calls]
    waits = [later - earlier for earlier, later in itertools.pairwise(instants)]
    assert waits[5] > 8
    assert waits[6] < 1


def test_str_dest_1_a_batch_too_old_for_its_first_invoke_counts_as_invoked_once() -> None:
    world = PartitionWorld(reporting_records())
    world.function()
    source = world.kinesis()
    failures = world.destination_queue()
    source.put(b"old", "k")
    world.wait(61)
    world.stream_mapping(source, destination=failures, maximum_record_age_seconds=60, maximum_retry_attempts=0)
    world.start()

    world.run()

    (document,) = documents(failures)
    assert document["requestContext"]["condition"] == "RecordAgeExceeded"
    assert document["requestContext"]["approximateInvokeCount"] == 1
    assert "responseContext" not in document
    assert world.calls == []
