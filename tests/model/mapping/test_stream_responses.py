"""What an answer of the function means for the records of a shard: delivered once, or again."""

import json
from typing import Any

import pytest

from delivery_lab.events import BatchResult, RecordsCheckpointed
from tests.model.partition_world import PartitionWorld, identifier, records_of
from tests.model.support import Call, Script, succeed


def answered_with(payload: str, error: str | None = None) -> PartitionWorld:
    """A shard of three records whose first batch is answered so, and whose later ones succeed."""
    world = PartitionWorld(succeed)
    world.function()
    source = world.kinesis()
    world.stream_mapping(source, report_batch_item_failures=True)
    world.start()
    for text in "abc":
        source.put(text.encode(), "k")
    world.runtime.behave = lambda call: Script(payload=payload, error=error) if len(world.calls) == 1 else Script()
    world.run()
    assert len(world.settled(RecordsCheckpointed)) == 3
    return world


def naming(name: Any) -> str:
    return json.dumps({"batchItemFailures": [name]})


EVERYTHING = ["a", "b", "c"]


@pytest.mark.parametrize("payload", ["{}", "null", '""', "[]", ""])
def test_str_report_2_an_empty_answer_is_success(payload: str) -> None:
    assert answered_with(payload).batches() == [EVERYTHING]


@pytest.mark.parametrize("failures", ["[]", "null"])
def test_str_report_3_an_empty_list_of_failures_is_success(failures: str) -> None:
    assert answered_with(f'{{"batchItemFailures": {failures}}}').batches() == [EVERYTHING]


@pytest.mark.parametrize("name", [{"itemIdentifier": ""}, {"itemIdentifier": None}, {"id": "1"}, "1", None])
def test_str_report_4_a_failure_without_an_identifier_brings_everything_back(name: Any) -> None:
    assert answered_with(naming(name)).batches() == [EVERYTHING, EVERYTHING]


@pytest.mark.parametrize("name", ["123", 123, ["1"], {}])
def test_str_report_5_an_identifier_of_no_record_brings_everything_back(name: Any) -> None:
    assert answered_with(naming({"itemIdentifier": name})).batches() == [EVERYTHING, EVERYTHING]


@pytest.mark.parametrize(
    "payload",
    ["<html>", '{"batchItemFailures": {}}', '{"batchItemFailures": "1"}', '{"batchItemFailures": [], "share": NaN}'],
)
def test_str_report_6_what_cannot_be_read_brings_everything_back(payload: str) -> None:
    assert answered_with(payload).batches() == [EVERYTHING, EVERYTHING]


@pytest.mark.parametrize("payload", ['{"statusCode": 200}', '"done"', "5", "[1]", "true"])
def test_str_report_7_an_answer_about_something_else_is_success(payload: str) -> None:
    assert answered_with(payload).batches() == [EVERYTHING]


def test_str_error_1_an_exception_brings_everything_back_whatever_the_answer_says() -> None:
    world = answered_with('{"batchItemFailures": []}', error="ValueError")

    assert world.batches() == [EVERYTHING, EVERYTHING]
    assert [event.rule for event in world.events(BatchResult)] == ["STR-ERROR-1", "STR-REPORT-2"]


def test_str_error_1_a_timeout_does_too() -> None:
    world = PartitionWorld(lambda call: Script(takes_seconds=9 if call.environment == 1 else 1))
    world.function(timeout=5)
    source = world.kinesis()
    world.stream_mapping(source)
    world.start()
    for text in "abc":
        source.put(text.encode(), "k")

    world.run()

    assert world.batches() == [EVERYTHING, EVERYTHING]


def test_str_checkpoint_1_what_is_behind_the_checkpoint_is_not_delivered_again() -> None:
    def behave(call: Call) -> Script:
        # Each batch fails from its second record on: one more is done each time.
        names = [{"itemIdentifier": identifier(record)} for record in records_of(call)[1:]]
        return Script(payload=json.dumps({"batchItemFailures": names}))

    world = PartitionWorld(behave)
    world.function()
    source = world.kinesis()
    world.stream_mapping(source, report_batch_item_failures=True)
    world.start()
    ids = [source.put(text.encode(), "k").id for text in "abc"]

    world.run()

    assert world.batches() == [["a", "b", "c"], ["b", "c"], ["c"]]
    assert world.settled(RecordsCheckpointed) == ids
