"""The rest of a chapter: the stack with its findings, shards and alarms, what the result relies on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from delivery_lab import Lab
from delivery_lab.api.reporting import compared, reported
from delivery_lab.events import MappingConfigured
from delivery_lab.report.architecture import Architecture, architecture_of
from delivery_lab.report.page import page
from delivery_lab.resource_types import FUNCTION, FUNCTION_URL
from delivery_lab.results.partitions import blocked_intervals
from tests.lab_support import ROOT, run, stack_of
from tests.simulation.event_world import a_queue
from tests.simulation.pipe_world import a_pipe
from tests.stack.world import resource
from tests.stack.world import stack_of as made_of


def plan(stack: str) -> Architecture:
    """The architecture of one of our stacks."""
    return architecture_of(run(stack), stack_of(stack))


def links(stack: str) -> set[tuple[str, str, str]]:
    """What goes where."""
    return {(link.start, link.end, link.kind) for link in plan(stack).links}


def test_a_queue_behind_an_api() -> None:
    assert links("batch-partial") == {
        ("batch-api", "batch-producer", "feeds"),
        ("batch-producer", "batch-queue", "feeds"),
        ("batch-queue", "batch-mapping", "feeds"),
        ("batch-mapping", "batch-worker", "feeds"),
        ("batch-queue", "batch-dlq", "fails"),
    }


def test_a_topic_in_front_of_a_queue() -> None:
    assert ("sns-topic", "sns-queue", "feeds") in links("sns-sqs-raw-safe")


@pytest.mark.parametrize("stack", ["apigateway-sqs", "apigateway-sqs-safe"])
def test_an_api_that_hands_requests_to_a_queue_without_a_function(stack: str) -> None:
    assert [link for link in links(stack) if link[0] == "apigateway-api"] == [
        ("apigateway-api", "apigateway-queue", "feeds")
    ]


def test_an_api_that_no_request_was_sent_to_is_drawn_too() -> None:
    assert ("batch-api", "batch-producer", "feeds") in links("concurrency-trap")


def test_the_url_of_a_function_is_drawn() -> None:
    stack = made_of(resource(FUNCTION, "worker"), resource(FUNCTION_URL, "url", {"functionName": "worker"}))
    drawn = architecture_of(replace(run("batch-single"), events=()), stack)

    assert [(link.start, link.end, link.kind) for link in drawn.links] == [("url", "worker", "feeds")]


def test_a_pipe_reads_one_queue_and_feeds_another() -> None:
    polls = MappingConfigured(0, None, "pipe", "sqs", "orders", "pipe", 10, 1, -1)
    orders, jobs = a_queue("orders"), a_queue("jobs")
    ran = replace(run("batch-single"), events=(polls,))
    drawn = architecture_of(ran, made_of(orders, jobs, a_pipe(orders, jobs)))

    assert {(link.start, link.end, link.kind) for link in drawn.links} >= {
        ("orders", "pipe", "feeds"),
        ("pipe", "jobs", "feeds"),
    }
    assert {node.name: node.kind for node in drawn.nodes}["pipe"] == "pipe"


def test_a_stream_with_a_destination_and_events_with_one() -> None:
    assert ("stream-mapping", "stream-dlq", "fails") in links("stream-bounded")
    assert links("async-destinations") == {
        ("async-worker", "async-success", "feeds"),
        ("async-worker", "async-failure", "fails"),
        ("async-worker", "async-dlq", "fails"),
    }
    assert {node.name: node.kind for node in plan("async-destinations").nodes}["async-success"] == "topic"


def test_parts_say_their_settings() -> None:
    nodes = {node.name: node for node in plan("concurrency-trap").nodes}

    assert nodes["batch-worker"].facts == ("timeout 15 min", "reserved concurrency 3")
    assert "maxReceiveCount 1" in nodes["batch-queue"].facts


def test_a_mapping_says_what_bounds_its_retries() -> None:
    (mapping,) = (node for node in plan("stream-age").nodes if node.kind == "mapping")

    assert mapping.facts == (
        "batch size 10",
        "failures not reported",
        "retries without limit",
        "records up to 1 min old",
    )


def test_blocked_intervals_add_up_to_what_is_blocked() -> None:
    ran = run("stream-bounded")
    chapter = reported(Lab.open(ROOT, cached=True), "stream-bounded", {}, quantify=False)

    found = blocked_intervals(ran)
    for one in chapter.outcome.blocked:
        spans = found.get((one.source, one.log, one.mapping), ())
        assert round(sum(end - start for start, end in spans), 6) == one.seconds
    assert any(found.values())


def test_a_page_has_findings_with_their_worth_and_what_it_relies_on() -> None:
    text = page([reported(Lab.open(ROOT, cached=True), "batch-unreported", {})], "A report")

    assert "CHK-" in text
    assert '<p class="worth">' in text
    assert "What it relies on" in text


def test_another_interpretation_that_changes_the_conclusion_is_told() -> None:
    text = page(
        [reported(Lab.open(ROOT, cached=True), "concurrency-trap", {}, quantify=False, alternatives=True)], "A report"
    )

    assert "<strong>ESM-THROTTLE-2=visibility-left</strong>: Every message is processed once." in text
    assert "batch-alarm-dlq (ApproximateNumberOfMessagesVisible) goes off at " in text


def test_two_variants_side_by_side() -> None:
    contrast, chapters = compared(Lab.open(ROOT, cached=True), "batch-partial", "batch-unreported", {}, quantify=False)
    text = page(chapters, "Two", contrast)

    assert contrast.worse
    assert ("messages lost", "0", "3") in contrast.figures
    assert "batch-partial against batch-unreported" in text
    assert text.count(" inert>") == 4
    assert 'class="end-of-run"' in text
    assert any("reportBatchItemFailures" in row.what for row in contrast.settings)
