"""Buses: what targets get, what is tried again, and what becomes of the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.errors import NotModelledError
from delivery_lab.events import (
    FeedDeadLettered,
    FeedDiscarded,
    FeedFiltered,
    FeedHandedOn,
    FeedRetryScheduled,
    FilterMissed,
    Published,
    RecordAppended,
)
from delivery_lab.limits.eventbridge import EVENT_AGE, RETRIES
from delivery_lab.model.clock import in_seconds, seconds
from delivery_lab.model.eventbridge.dead_letters import RetryPolicy
from delivery_lab.model.eventbridge.inputs import ConstantInput, TransformedInput
from delivery_lab.model.faults import FaultKind, InjectedFault
from delivery_lab.model.occasions import Occasion
from delivery_lab.model.runtime import Caller
from delivery_lab.model.sqs.attributes import FifoAttributes
from tests.model.eventbridge.world import DENIED, ENTRY, RULE, TARGET, BusWorld
from tests.model.support import Call, Script, succeed

REFUSES = InjectedFault(FaultKind.ERROR, service="sqs", operation="SendMessage")
NO_JSON = TransformedInput({"all": "$.detail"}, '{"a": "<all>"}', RULE, "orders")


def _attributes(message: Any) -> dict[str, str]:
    return {name: value["StringValue"] for name, value in message.attributes.items()}


def test_eb_deliver_1_every_target_of_every_rule_gets_the_event() -> None:
    world = BusWorld()
    jobs, audit = world.queue("jobs"), world.queue("audit")
    world.function("worker")
    world.rule(jobs, name="to jobs")
    world.rule(audit, name="to audit", pattern={"detail-type": ["order"]})
    world.rule("worker", name="to worker")

    answer = world.put()
    world.run()

    (event,) = answer["Entries"]
    body = json.loads(jobs.messages[0].body)
    assert body == {
        "version": "0",
        "id": event["EventId"],
        "detail-type": "order",
        "source": "shop",
        "account": "123456789012",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-2",
        "resources": [],
        "detail": {"id": "a"},
    }
    assert audit.messages[0].body == jobs.messages[0].body
    assert [json.loads(call.payload) for call in world.calls] == [body]


def test_eb_pattern_1_a_rule_that_is_not_about_an_event_lets_it_pass_by() -> None:
    world = BusWorld()
    world.rule(world.queue("jobs"), pattern={"source": ["other"]})

    world.put()
    world.run()

    assert len(world.events(FeedFiltered)) == 1
    assert world.events(FilterMissed) == []


def test_eb_pattern_3_a_pattern_that_looks_beside_the_detail_loses_the_event() -> None:
    world = BusWorld()
    world.rule(world.queue("jobs"), pattern={"id": ["a"], "kind": ["order"]}, name="beside")
    world.rule(world.queue("others"), pattern={"kind": ["order"]}, name="missed")

    world.put({"id": "a", "kind": "order"})

    assert [event.place for event in world.events(FilterMissed)] == ["missed"]


def test_eb_time_1_at_once_and_in_order() -> None:
    world = BusWorld()
    jobs = world.queue("jobs")
    world.rule(jobs)

    for name in ("a", "b"):
        world.put({"id": name})

    assert [json.loads(message.body)["detail"]["id"] for message in jobs.messages] == ["a", "b"]
    assert {in_seconds(event.instant_us) for event in world.events(FeedHandedOn)} == {0.0}


def test_eb_fifo_1_a_fifo_queue_gets_the_group() -> None:
    world = BusWorld()
    jobs = world.queue("jobs", fifo=FifoAttributes(content_based=True))
    world.rule(jobs, group="orders")

    world.put()

    assert [message.group for message in jobs.messages] == ["orders"]


def test_eb_fifo_1_without_content_based_deduplication_the_queue_refuses() -> None:
    world = BusWorld()
    world.rule(world.queue("jobs", fifo=FifoAttributes()), group="orders")

    world.put()

    assert [event.code for event in world.events(FeedDiscarded)] == ["InvalidParameterValue"]


def test_eb_fifo_2_the_same_input_twice_is_an_event_lost() -> None:
    world = BusWorld()
    jobs = world.queue("jobs", fifo=FifoAttributes(content_based=True))
    world.rule(jobs, group="orders", input=ConstantInput('{"go": true}'))

    world.put({"id": "a"})
    world.put({"id": "b"})

    (lost,) = world.events(FeedDiscarded)
    assert (len(jobs.messages), lost.code) == (1, "Deduplicated")


@pytest.mark.parametrize(("path", "key"), [("", None), ("$.detail.id", "a"), ("$.source", "shop")])
def test_eb_kinesis_1_the_partition_key(path: str, key: str | None) -> None:
    world = BusWorld()
    stream = world.account.create_stream(
        "clicks", "arn:aws:kinesis:us-east-2:1:stream/clicks", shards=2, retention_hours=24
    )
    world.rule(stream, key_path=path)

    answer = world.put()

    (record,) = world.events(RecordAppended)
    assert record.key == (key or answer["Entries"][0]["EventId"])
    (handed_on,) = world.events(FeedHandedOn)
    assert handed_on.new_message == record.record
    assert json.loads(record.body)["detail"] == {"id": "a"}


def test_a_partition_key_that_the_event_does_not_have_is_not_known() -> None:
    world = BusWorld()
    stream = world.account.create_stream(
        "clicks", "arn:aws:kinesis:us-east-2:1:stream/clicks", shards=1, retention_hours=24
    )
    world.rule(stream, key_path="$.detail.user")

    with pytest.raises(NotModelledError, match=r"target takes the partition key from \$.detail.user"):
        world.put()
    world.is_cut_off()


def test_eb_bus_1_another_bus_gets_the_event_as_it_was() -> None:
    world = BusWorld()
    other = world.account.buses.create("other", "arn:aws:events:us-east-1:123456789012:event-bus/other")
    jobs = world.queue("jobs")
    world.rule(other, name="to other", input=ConstantInput("{}"))
    world.rule(jobs, name="to jobs", of=other)

    world.put()

    assert json.loads(jobs.messages[0].body)["region"] == "us-east-2"
    assert len(world.events(FeedHandedOn)) == 2


def test_eb_policy_1_what_may_not_be_delivered_goes_to_the_dead_letter_queue_at_once() -> None:
    world = BusWorld()
    dead = world.queue("dead")
    world.rule(world.queue("jobs"), permit=DENIED, dead_letters=dead)

    world.put()
    world.run()

    assert world.events(FeedRetryScheduled) == []
    assert _attributes(dead.messages[0]) == {
        "RULE_ARN": RULE,
        "TARGET_ARN": TARGET,
        "ERROR_CODE": "NO_PERMISSIONS",
        "ERROR_MESSAGE": "SendMessage of jobs is not authorized",
    }
    assert json.loads(dead.messages[0].body)["detail"] == {"id": "a"}


def test_eb_dlq_4_without_a_dead_letter_queue_the_event_is_dropped() -> None:
    world = BusWorld()
    world.rule(world.queue("jobs"), permit=DENIED)

    world.put()

    (dropped,) = world.events(FeedDiscarded)
    assert (dropped.code, dropped.why) == ("AccessDenied", "jobs has no policy that lets orders send")


def test_eb_dlq_5_a_dead_letter_queue_that_does_not_let_the_rule_send() -> None:
    world = BusWorld()
    refusal = "dead has no policy that lets orders send"
    permit = DENIED.__class__(refusal=refusal, rule="EB-DLQ-5")
    world.rule(world.queue("jobs"), permit=DENIED, dead_letters=world.queue("dead"), dead_letters_permit=permit)

    world.put()

    (dropped,) = world.events(FeedDiscarded)
    assert dropped.why.endswith(f"nor does its dead-letter queue: {refusal}")


def test_eb_input_4_a_template_that_makes_no_json_delivers_nothing() -> None:
    world = BusWorld()
    jobs, dead = world.queue("jobs"), world.queue("dead")
    world.rule(jobs, input=NO_JSON, dead_letters=dead)

    world.put()

    assert (len(jobs.messages), len(dead.messages)) == (0, 1)
    assert _attributes(dead.messages[0])["ERROR_CODE"] == "INVALID_JSON"


def test_eb_dlq_3_the_dead_letter_is_the_event_itself() -> None:
    world = BusWorld()
    dead = world.queue("dead")
    world.rule(world.queue("jobs"), permit=DENIED, dead_letters=dead, input=ConstantInput('{"go": true}'))

    world.put()

    assert json.loads(dead.messages[0].body)["detail"] == {"id": "a"}


@pytest.mark.parametrize(
    ("policy", "condition", "retries"),
    [
        (RetryPolicy(maximum_retries=3), "MaximumRetryAttempts", 3),
        (RetryPolicy(maximum_retries=0), "MaximumRetryAttempts", 0),
        (RetryPolicy(maximum_age_seconds=60), "MaximumEventAgeInSeconds", None),
    ],
)
def test_eb_dlq_2_what_a_dead_letter_tells_of_retries(policy: RetryPolicy, condition: str, retries: int | None) -> None:
    world = BusWorld()
    dead = world.queue("dead")
    jobs = world.queue("jobs")
    world.fault(InjectedFault(FaultKind.ERROR, service="sqs", operation="SendMessage", queue_url=jobs.url))
    world.rule(jobs, dead_letters=dead, policy=policy)

    world.put()
    world.run()

    told = _attributes(dead.messages[0])
    assert (told["EXHAUSTED_RETRY_CONDITION"], told["ERROR_CODE"]) == (condition, "ERROR_FROM_TARGET")
    assert int(told["RETRY_ATTEMPTS"]) == len(world.events(FeedRetryScheduled))
    assert retries is None or int(told["RETRY_ATTEMPTS"]) == retries


def test_eb_retry_1_a_target_that_is_down_gets_the_event_once_it_is_up_again() -> None:
    world = BusWorld()
    jobs = world.queue("jobs")
    world.fault(InjectedFault(FaultKind.THROTTLE, Occasion(end=seconds(30)), service="sqs", operation="SendMessage"))
    world.rule(jobs)

    world.put()
    world.run()

    assert len(jobs.messages) == 1
    assert (RETRIES.default, EVENT_AGE.default) == (185, 86_400)
    assert world.events(FeedDiscarded) == []


def test_eb_retry_1_after_a_day_it_is_over() -> None:
    world = BusWorld()
    world.fault(REFUSES)
    world.rule(world.queue("jobs"))

    world.put()
    world.run()

    (dropped,) = world.events(FeedDiscarded)
    assert 12 * 3_600 < in_seconds(dropped.instant_us) <= 86_400
    assert len(world.events(FeedRetryScheduled)) == 185


def test_eb_retry_2_waits_double_up_to_the_longest() -> None:
    world = BusWorld()
    world.fault(REFUSES)
    world.rule(world.queue("jobs"))

    world.put()
    world.run()

    waits = [in_seconds(event.at_us - event.instant_us) for event in world.events(FeedRetryScheduled)]
    bounds = [min(2.0**number, 500) for number in range(len(waits))]
    assert all(bound / 2 <= wait <= bound for wait, bound in zip(waits, bounds, strict=True))


def test_eb_dlq_1_an_event_that_was_dead_lettered_is_told_of() -> None:
    world = BusWorld()
    world.rule(world.queue("jobs"), permit=DENIED, dead_letters=world.queue("dead"))

    world.put()

    (event,) = world.events(FeedDeadLettered)
    assert (event.rule, event.target) == ("EB-DLQ-1", "dead")


def test_eb_loop_1_a_loop_over_a_bus_is_not_stopped_and_has_no_end() -> None:
    def again(call: Call) -> Script:
        world.account.call("events", "PutEvents", {"Entries": [ENTRY]}, Caller("worker", call.request_id))
        return succeed(call)

    world = BusWorld(again)
    world.function("worker")
    world.rule("worker")

    world.put()
    with pytest.raises(NotModelledError, match="a chain of events over shop has run through one function 1000 times"):
        world.run()
    assert len(world.calls) > 16
    world.is_cut_off()


def test_a_bus_without_rules_is_an_end() -> None:
    world = BusWorld()

    world.put()

    (published,) = world.events(Published)
    assert json.loads(published.body)["DetailType"] == "order"
