"""Destinations and dead-letter queues of asynchronous invokes: what arrives where."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.events import EventAccepted, EventDeadLettered, EventDiscarded, Published
from delivery_lab.model.runtime import AwsError, Caller
from delivery_lab.model.sqs.attributes import FifoAttributes
from delivery_lab.rules.assumptions import DEFAULTS, UnreadFailures
from tests.model.events import BUCKET, BUS, TOPIC, EventsWorld, bodies_of, failing
from tests.model.support import Call, Script, fail

ARN = "arn:aws:lambda:us-east-1:123456789012:function:worker"


def test_dst_success_1_each_success_is_reported() -> None:
    world = EventsWorld()
    world.configure(on_success=TOPIC)

    world.event()
    world.event()
    world.run()

    assert [record["requestContext"]["condition"] for record in world.arrived(TOPIC)] == ["Success", "Success"]


def test_dst_failure_1_each_event_that_is_given_up_is_reported_and_no_other() -> None:
    world = EventsWorld(failing(2))
    world.configure(on_failure=TOPIC, maximum_retry_attempts=1)

    world.event()
    world.run()
    world.event()
    world.run()

    assert len(world.arrived(TOPIC)) == 1
    assert len(world.messages_of(EventDeadLettered)) == 1


def test_dst_record_1_holds_what_aws_documents() -> None:
    world = EventsWorld(failing(3, takes_seconds=1))
    target = world.queue("failures")
    world.configure(on_failure=target.arn)

    event = world.event('{"id": "a"}')
    world.run()

    [record] = bodies_of(target)
    assert record == {
        "version": "1.0",
        "timestamp": "2026-01-01T00:03:03.250Z",
        "requestContext": {
            "requestId": event,
            "functionArn": f"{ARN}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"id": "a"},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorType": "ValueError", "errorMessage": "no"},
    }


@pytest.mark.parametrize("payload", ["NaN", '{"share": Infinity}', "no JSON"])
def test_dst_record_1_a_response_that_is_no_json_is_refused(payload: str) -> None:
    world = EventsWorld(lambda call: Script(1, payload))
    world.configure(on_success=TOPIC)
    world.event()

    with pytest.raises(NotModelledError) as refused:
        world.run()
    assert str(refused.value).startswith("worker answers an event with what is no JSON: ")
    assert str(refused.value).endswith("\n  nearest: return a value that JSON has: no NaN, no Infinity, no bytes")


def test_dst_record_1_on_an_event_bus_is_the_detail_of_an_event() -> None:
    world = EventsWorld()
    world.configure(on_success=BUS, on_failure=BUS, maximum_retry_attempts=0)
    world.event()
    world.run()
    world.runtime.behave = fail
    world.event()
    world.run()

    success, failure = world.arrived(BUS)
    assert success["source"] == "lambda"
    assert success["detail-type"] == "Lambda Function Invocation Result - Success"
    assert failure["detail-type"] == "Lambda Function Invocation Result - Failure"
    assert success["resources"] == [f"{ARN}:$LATEST", BUS]
    assert failure["detail"]["requestContext"]["condition"] == "RetriesExhausted"


def test_dst_record_1_in_a_bucket_has_a_key_of_function_and_day() -> None:
    world = EventsWorld(fail)
    world.configure(on_failure=BUCKET, maximum_retry_attempts=0)

    event = world.event()
    world.run()

    [entry] = world.arrived(BUCKET)
    assert entry["key"] == f"aws/lambda/async/worker/2026/01/01/2026-01-01T00.00.00-{event}"
    assert json.loads(entry["body"])["requestContext"]["requestId"] == event


@pytest.mark.parametrize(
    ("failures", "role", "condition", "follow_up"),
    [(0, "on_success", "Success", False), (1, "on_failure", "RetriesExhausted", True)],
)
def test_dst_record_1_is_the_event_of_a_function_and_a_message_of_its_own_where_it_goes_on_with_the_work(
    failures: int, role: str, condition: str, follow_up: bool
) -> None:
    world = EventsWorld(failing(failures))
    world.function("logger")
    world.configure(**{role: world.account.functions.configuration("logger").arn}, maximum_retry_attempts=0)

    world.event()
    world.run()

    assert [call.function for call in world.calls] == ["worker", "logger"]
    assert world.calls[1].event["requestContext"]["condition"] == condition
    assert [event.follow_up for event in world.events(EventAccepted)] == [False, follow_up]


def test_dst_dlq_1_holds_the_event_itself_with_attributes_about_its_error() -> None:
    world = EventsWorld(failing(1))
    target = world.queue("dlq")
    world.configure(dead_letter=target.arn, maximum_retry_attempts=0)

    event = world.event('{"id": "a"}')
    world.run()

    [message] = target.messages
    assert message.body == '{"id": "a"}'
    assert {name: value["StringValue"] for name, value in message.attributes.items()} == {
        "RequestID": event,
        "ErrorCode": "200",
        "ErrorMessage": "no",
    }
    assert message.attributes["ErrorCode"]["DataType"] == "Number"


def test_dst_dlq_1_and_a_destination_are_both_served() -> None:
    world = EventsWorld(fail)
    target = world.queue("failures")
    world.configure(dead_letter=TOPIC, on_failure=target.arn, maximum_retry_attempts=0)

    world.event('{"id": "a"}')
    world.run()

    assert world.arrived(TOPIC) == [{"id": "a"}]
    assert len(target.messages) == 1
    assert [event.target for event in world.events(EventDeadLettered)] == ["failures"]


def _unread(behaviour: UnreadFailures, **settings: Any) -> EventsWorld:
    world = EventsWorld(fail, assumptions=replace(DEFAULTS, unread_failures=behaviour))
    world.queue("dlq")
    world.account.events.unread = frozenset({TOPIC})
    world.configure(on_failure=TOPIC, maximum_retry_attempts=0, **settings)
    world.event('{"id": "a"}')
    world.run()
    return world


def test_dst_sink_2_a_topic_that_nobody_reads_is_taken_to_be_read_elsewhere() -> None:
    world = _unread(UnreadFailures.KEPT)

    assert [event.target for event in world.events(EventDeadLettered)] == ["topic"]
    assert "DST-SINK-2" in world.journal.rules


def test_dst_sink_2_or_what_it_gets_is_nowhere() -> None:
    world = _unread(UnreadFailures.LOST)

    assert [event.rule for event in world.events(EventDiscarded)] == ["DST-SINK-2"]
    assert world.events(EventDeadLettered) == []
    assert len(world.arrived(TOPIC)) == 1


@pytest.mark.parametrize("behaviour", UnreadFailures)
def test_dst_sink_2_a_dead_letter_queue_beside_it_has_the_event(behaviour: UnreadFailures) -> None:
    world = _unread(behaviour, dead_letter="arn:aws:sqs:us-east-1:123456789012:dlq")

    assert [event.target for event in world.events(EventDeadLettered)] == ["dlq"]


def test_a_dead_letter_queue_has_the_event_rather_than_a_function_that_may_fail_with_it() -> None:
    world = EventsWorld(fail)
    queue = world.queue("dlq")
    world.function("rescue")
    world.configure(on_failure=ARN.replace("worker", "rescue"), dead_letter=queue.arn, maximum_retry_attempts=0)

    world.event('{"id": "a"}')
    world.run()

    assert [event.target for event in world.events(EventDeadLettered)] == ["dlq"]


def _large(call: Call) -> Script:
    return Script(payload=json.dumps("x" * 300_000))


def test_dst_size_1_a_record_too_large_for_its_destination_goes_without_its_payloads() -> None:
    world = EventsWorld(_large)
    world.configure(on_success=TOPIC)

    world.event()
    world.run()

    [record] = world.arrived(TOPIC)
    assert set(record) == {"version", "timestamp", "requestContext", "responseContext"}


def test_dst_size_1_an_event_that_fits_nowhere_is_gone() -> None:
    world = EventsWorld(fail)
    target = world.queue("dlq", largest=1_024)
    world.configure(dead_letter=target.arn, maximum_retry_attempts=0)

    world.event(json.dumps("x" * 2_000))
    world.run()

    assert target.messages == []
    assert len(world.messages_of(EventDiscarded)) == 1


@pytest.mark.parametrize(
    ("place", "what"),
    [
        ("on_success", "on-success destination"),
        ("on_failure", "on-failure destination"),
        ("dead_letter", "dead-letter target"),
    ],
)
def test_dst_target_1_what_does_not_exist_or_is_fifo_is_refused(place: str, what: str) -> None:
    world = EventsWorld()
    fifo = world.queue("jobs", fifo=FifoAttributes())
    for arn, why in ((f"{fifo.arn}x", "it names nothing in this account"), (fifo.arn, "it is a FIFO queue")):
        with pytest.raises(DeploymentRefusedError) as caught:
            world.configure(**{place: arn})

        assert caught.value.rule == "DST-TARGET-1"
        assert caught.value.aws_message == f"The {what} ARN {arn} is invalid: {why}"


def test_dst_target_1_what_may_be_named_where() -> None:
    world = EventsWorld()
    worker = world.account.functions.configuration("worker").arn
    allowed = {
        "on_success": (world.queue("q").arn, TOPIC, BUS, worker),
        "on_failure": (world.queue("r").arn, TOPIC, BUS, worker, BUCKET),
        "dead_letter": (world.queue("s").arn, TOPIC),
    }
    refused = {"on_success": (BUCKET,), "dead_letter": (BUS, worker, BUCKET)}
    for place, arns in allowed.items():
        for arn in arns:
            world.configure(**{place: arn})
    for place, arns in refused.items():
        for arn in arns:
            with pytest.raises(DeploymentRefusedError, match="is invalid"):
                world.configure(**{place: arn})


def _call(world: EventsWorld, service: str, operation: str, **parameters: Any) -> Any:
    return world.account.call(service, operation, parameters, Caller("worker", None))


_ENTRY = {"Source": "shop", "DetailType": "order", "Detail": "{}"}


def test_dst_sink_1_what_handlers_publish_is_written_down() -> None:
    world = EventsWorld()

    _call(world, "sns", "Publish", TopicArn=TOPIC, Message='{"n": 1}')
    answer = _call(world, "events", "PutEvents", Entries=[{"EventBusName": "bus", **_ENTRY}, _ENTRY])
    world.account.sinks.put_object({"Bucket": "bucket", "Key": "k", "Body": b"data"})

    (published,) = [each for each in world.events(Published) if each.target == "topic"]
    assert published.body == '{"n": 1}'
    assert (answer["FailedEntryCount"], len(answer["Entries"])) == (0, 2)
    assert len(world.arrived(BUS)) == 1
    assert world.arrived(BUCKET) == [{"key": "k", "body": "data"}]


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code"),
    [
        ("sns", "Publish", {"TopicArn": TOPIC, "Message": ""}, "InvalidParameter"),
        ("sns", "Publish", {"TopicArn": TOPIC, "Message": "x" * 262_145}, "InvalidParameter"),
        ("events", "PutEvents", {"Entries": [{"Detail": "{}"}] * 11}, "ValidationException"),
        ("events", "PutEvents", {"Entries": [{"Detail": "x" * 1_048_576}]}, "ValidationException"),
    ],
)
def test_what_cannot_be_published_is_refused(service: str, operation: str, parameters: Any, code: str) -> None:
    with pytest.raises(AwsError) as caught:
        _call(EventsWorld(), service, operation, **parameters)

    assert caught.value.code == code


def test_a_topic_that_the_stack_does_not_have_is_refused_with_the_line_that_says_what_it_is() -> None:
    other = "arn:aws:sns:us-east-1:123456789012:other"

    with pytest.raises(NotModelledError) as refused:
        _call(EventsWorld(), "sns", "Publish", TopicArn=other, Message="x")

    assert str(refused.value) == (
        f"worker calls sns for the topic {other}, which is not in this stack\n"
        f'  fix: say in the workload what it is\n    external:\n      "{other}": {{kind: topic}}'
    )


def test_other_operations_are_refused_by_name() -> None:
    with pytest.raises(
        NotModelledError,
        match=r"^the operation sns:Subscribe is not modelled \(modelled: Publish, PublishBatch\)\n  fix: add to the",
    ):
        _call(EventsWorld(), "sns", "Subscribe")


@pytest.mark.parametrize("reserved", [None, 0])
def test_lam_trace_1_a_record_at_a_destination_carries_a_header(reserved: int | None) -> None:
    world = EventsWorld(failing(3), reserved=reserved)
    target = world.queue("failures")
    world.configure(on_failure=target.arn)

    world.event()
    world.run()

    (message,) = target.messages
    assert message.system_attributes["AWSTraceHeader"]["StringValue"].startswith("Root=1-")
