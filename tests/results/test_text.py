"""Conclusions, timelines and comparisons as people read them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from delivery_lab.compare.comparison import Change, compare, settings_of
from delivery_lab.events import (
    BatchReleased,
    BatchRetryScheduled,
    BatchSplit,
    DestinationRefused,
    Event,
    EventDiscarded,
    InvokeRefused,
    MessageFiltered,
    MessageReturned,
    RecordFiltered,
    RecordsDiscarded,
    RecordSkipped,
)
from delivery_lab.events.instants import seconds
from delivery_lab.program.graph import Graph, Resource
from delivery_lab.results.conclusion import conclusion
from delivery_lab.results.outcome import outcome_of
from delivery_lab.results.timeline import FIRST_LINES, LAST_LINES, shortened, timeline
from delivery_lab.rule_ids import RuleId
from tests.lab_support import graph, run
from tests.results.world import MAPPING, dead_lettered, deleted, delivered, ended, log, run_of, sent


def test_conclusions_name_the_worst_first() -> None:
    lost = run_of(sent("a"), sent("b"), delivered("1", "a", "b"), ended("1", named=("b",)), deleted("a", "b"))
    dead = dead_lettered("a")

    assert conclusion(outcome_of(lost)) == (
        "1 of 2 messages is lost: deleted, never processed, in no dead-letter queue; 1 of 2 is not named as failed "
        "by the response, and more is not known of the work."
    )
    assert conclusion(outcome_of(run_of(sent("a"), dead))) == (
        "1 healthy message ends in the dead-letter queue (without ever reaching the function)."
    )
    assert conclusion(outcome_of(run_of(sent("a")))) == "1 is still waiting at the end."
    assert conclusion(outcome_of(run_of())) == "Nothing was sent."


def test_conclusions_say_what_duplicates_cost() -> None:
    twice = [log("processed", "a", at=1), log("processed", "a", at=6)]
    story = run_of(
        sent("a"), delivered("1", "a"), delivered("2", "a", at=5), twice, ended("1"), ended("2"), deleted("a")
    )

    assert conclusion(outcome_of(story)) == (
        "1 duplicate effect; every message is processed at least once, at the cost of 1 more delivery."
    )


def test_conclusions_leave_the_names_of_shards_and_partitions_as_they_are() -> None:
    shard = conclusion(outcome_of(run("stream-age")))
    partition = conclusion(outcome_of(run("msk-default", "kafka.consumer.onFailure=sqs")))

    assert shard.startswith("Shard shardId-000000000001 is blocked for 60 s with 15 records behind; ")
    assert partition.startswith("Partition streamtopic-0 is blocked for 2.9 min with 30 records behind; ")


def test_a_timeline_tells_which_invoke_still_works_on_a_message() -> None:
    story = run_of(sent("a"), delivered("1", "a"), delivered("2", "a", at=5), ended("1", at=8), ended("2", at=9))

    assert [line.text for line in timeline(story)] == [
        "sent to jobs: a",
        "worker #1 gets a",
        "worker #2 gets a, while worker #1 still works on it",
        "worker #1 ends: 1 deleted ()",
        "worker #2 ends: 1 deleted ()",
    ]


def test_what_a_function_has_deleted_itself_is_not_kept() -> None:
    told = [line.text for line in timeline(run("batch-manual-delete"))]

    assert "deleted by batch-worker #1: 10" in told
    assert "batch-worker #1 ends: kept in the queue: 3 6 9 (the invoke failed with BatchFailedError)" in told
    assert not [text for text in told if text.startswith("deleted by batch-worker #1: 3")]


def test_a_message_that_nobody_looked_for_is_told_with_the_time_since_which_it_is_visible() -> None:
    late = [
        MessageReturned(seconds(45), "SQS-VT-1", "jobs", "a", seconds(30)),
        MessageReturned(seconds(45), "SQS-VT-1", "jobs", "b", seconds(45)),
    ]
    lines = shortened(timeline(run_of(sent("a"), sent("b"), late)))
    assert lines[1:] == [
        "      45.000 s  visible again in jobs since 30.000 s: a  [SQS-VT-1]",
        "      45.000 s  visible again in jobs: b  [SQS-VT-1]",
    ]


def test_a_partition_keeps_what_is_filtered_out_of_it() -> None:
    of_queue = MessageFiltered(seconds(1), "ESM-FILTER-1", "jobs", "a", "mapping", wanted_by=())
    of_stream = RecordFiltered(seconds(1), "STR-FILTER-1", "kinesis", "jobs", "shard-0", "a", "mapping")

    told = [list(timeline(run_of(sent("a"), filtered)))[1].text for filtered in (of_queue, of_stream)]

    assert told == ["filtered out and deleted by mapping: a", "filtered out and skipped by mapping: a"]


def test_whom_a_filter_takes_a_message_from_is_told() -> None:
    filtered = MessageFiltered(seconds(1), "ESM-FILTER-1", "jobs", "a", "mine", wanted_by=("yours", "theirs"))

    told = list(timeline(run_of(sent("a"), filtered)))[1].text

    assert told == "filtered out and deleted by mine, although yours and theirs would have taken it: a"


def _discarded(target: str | None) -> Event:
    return RecordsDiscarded(
        seconds(1),
        "STR-RETRY-1",
        "kinesis",
        "orders",
        "shard-0",
        ("a",),
        "mapping",
        0,
        "RetryAttemptsExhausted",
        target,
    )


def test_a_timeline_tells_what_becomes_of_records_that_are_discarded() -> None:
    refused = DestinationRefused(seconds(1), "STR-DEST-3", "mapping", "failures", "InvalidParameterValue")

    assert [line.text for line in timeline(run_of(_discarded("failures")))] == [
        "mapping discards a (RetryAttemptsExhausted) and reports it to failures"
    ]
    assert [line.text for line in timeline(run_of(_discarded(None)))] == [
        "mapping discards a (RetryAttemptsExhausted) without an on-failure destination"
    ]
    assert [line.text for line in timeline(run_of(refused, _discarded(None)))] == [
        "failures refuses the report of mapping: InvalidParameterValue",
        "mapping discards a (RetryAttemptsExhausted), unreported",
    ]


def test_a_timeline_tells_of_records_in_the_words_of_streams() -> None:
    skipped = RecordSkipped(seconds(1), "STR-START-2", "kinesis", "orders", "shard-0", "a", "mapping")
    split = BatchSplit(seconds(2), "STR-BISECT-1", "kinesis", "orders", "shard-0", ("b", "c", "d"), "mapping", 0, 2)
    cut_by_the_checkpoint = replace(split, cut_at=0)

    assert [line.text for line in timeline(run_of(skipped, split, cut_by_the_checkpoint))] == [
        "skipped in orders, appended before mapping began to read: a",
        "mapping splits a batch: b c | d",
    ]


def test_a_batch_of_a_stream_is_checkpointed_and_one_of_a_queue_deleted() -> None:
    story = [*delivered("1", "a", "b", partition="shard-0"), *ended("1", "b", partition="shard-0")]

    assert [line.text for line in timeline(run_of(story))] == [
        "worker #1 gets a b",
        "worker #1 ends: 1 checkpointed, still at the head of shard-0: b ()",
    ]


@pytest.mark.parametrize(
    ("rule", "why"),
    [("ASY-GONE-1", " without an on-failure destination"), ("ASY-LOOP-1", ", for Lambda stops a recursive loop")],
)
def test_an_asynchronous_event_that_is_discarded_is_told_with_the_reason(rule: RuleId, why: str) -> None:
    event = EventDiscarded(seconds(3), rule, "worker", "e")

    assert [line.text for line in timeline(run_of(event))] == [f"discarded from events of worker{why}: e"]


def test_messages_of_one_instant_are_one_line() -> None:
    many = [sent(str(number)) for number in range(1, 21)]

    (line,) = timeline(run_of(*many))

    assert line.text == "sent to jobs: 1 2 3 4 5 6 7 8 9 10 ... 20 (20 in all)"


def test_a_long_timeline_keeps_its_beginning_and_its_end() -> None:
    lines = timeline(run_of(*[sent(str(number), at=number) for number in range(100)]))

    short = shortened(lines)

    assert len(short) == FIRST_LINES + LAST_LINES + 1
    assert short[FIRST_LINES] == f"         ...    {100 - FIRST_LINES - LAST_LINES} more, up to 91.000 s"


def test_throttles_and_what_follows_are_told() -> None:
    story = run_of(
        sent("a"),
        InvokeRefused(0, "LAM-CONC-2", "worker", "Reserved", 429, MAPPING),
        BatchRetryScheduled(0, "ESM-THROTTLE-1", "mapping", "jobs", 1, ("a",), seconds(1.5), None, None),
        BatchReleased(seconds(2), "ESM-THROTTLE-2", "mapping", "jobs", ("a",)),
    )

    assert [str(line) for line in timeline(story)[1:]] == [
        "       0.000 s  worker is throttled (Reserved)  [LAM-CONC-2]",
        "       0.000 s  mapping will try a again at 1.500 s  [ESM-THROTTLE-1]",
        "       2.000 s  mapping will not try a again  [ESM-THROTTLE-2]",
    ]


def test_settings_are_the_effective_ones_of_the_outermost_component() -> None:
    settings = settings_of(graph("batch-partial"))

    assert settings["batch.worker.batchSize"] == 10
    assert settings["batch.queue.retentionSeconds"] == 345_600
    assert not [key for key in settings if key.startswith("batch-")]


def test_auto_names_are_no_difference_and_policies_differ_by_statement() -> None:
    pairs = [(graph(stack), outcome_of(run(stack))) for stack in ("visibility-short", "visibility-heartbeat")]

    changes = compare(*pairs).resources

    assert [change.what for change in changes if not change.what.startswith(" ")] == [
        "aws:iam/rolePolicy:RolePolicy visibility-worker-policy",
        "aws:lambda/function:Function visibility-worker",
    ]
    granted = [change for change in changes if "ExtendVisibility" in change.what]
    assert {change.sign for change in granted} == {"+"}
    assert Change("+", "    policy.Statement[ExtendVisibility].Effect", after="Allow") in granted


def test_a_resource_that_only_one_variant_has_is_added_or_removed() -> None:
    pairs = [(graph(stack), outcome_of(run(stack))) for stack in ("visibility-safe", "visibility-short")]

    signs = {change.what: change.sign for change in compare(*pairs).resources}
    back = {change.what: change.sign for change in compare(*reversed(pairs)).resources}

    lowered = "pulumi-python:dynamic/visibility:LoweredVisibility visibility-queue-lowered"
    assert signs[lowered] == "+"
    assert back[lowered] == "-"


def _function(token: str, tags: dict[str, str]) -> Graph:
    variables = {"TOKEN": token, "STAGE": "live"}
    resource = Resource(
        urn="urn:pulumi:dev::shop::aws:lambda/function:Function::worker",
        type="aws:lambda/function:Function",
        name="worker",
        custom=True,
        id="worker-1",
        parent="",
        inputs={"environment": {"variables": variables}, "tags": tags, "layers": [token]},
        outputs={},
        secret_paths=frozenset({("environment", "variables", "TOKEN"), ("layers", 0), ("tags",)}),
    )
    return Graph("shop", "dev", {resource.urn: resource}, {}, {})


def test_secrets_are_compared_and_never_shown() -> None:
    outcome = outcome_of(run_of(sent("a")))
    before, after = _function("hunter2", {"owner": "hunter2"}), _function("hunter3", {})

    comparison = compare((before, outcome), (after, outcome))

    assert comparison.resources == (
        Change("~", "aws:lambda/function:Function worker"),
        Change("~", "    environment.variables.TOKEN", "[secret]", "[secret]"),
        Change("~", "    layers", ["[secret]"], ["[secret]"]),
        Change("~", "    tags", "[secret]", "[secret]"),
    )
    assert compare((before, outcome), (before, outcome)).nothing_differs
