"""Topics: what is published, who gets it, and what becomes of what nobody takes."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from delivery_lab.errors import NotModelledError
from delivery_lab.events import (
    EventCompleted,
    FeedDeadLettered,
    FeedDiscarded,
    FeederAccepted,
    FeederDeduplicated,
    FeedFiltered,
    FeedHandedOn,
    FeedRetryScheduled,
    FilterMissed,
    Published,
)
from delivery_lab.model.clock import seconds
from delivery_lab.model.faults import FaultKind, InjectedFault
from delivery_lab.model.feeds.targets import Permit, RefusedTarget
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sns.retries import wait_before
from delivery_lab.model.sqs.attributes import FifoAttributes
from delivery_lab.model.sqs.fifo import FifoQueue
from delivery_lab.results.invariants import violations
from tests.model.sns.world import ARN, CALLER, DENIED, TopicWorld, number, text
from tests.model.support import Call, Script


def _whole(world: TopicWorld) -> None:
    world.run()
    assert violations(world.history()) == []


def test_sns_deliver_1_each_subscription_gets_the_message() -> None:
    world = TopicWorld()
    world.function("worker")
    first, second = world.queue("first"), world.queue("second")
    world.subscribe(first, raw=True, name="one")
    world.subscribe(second, name="two")
    world.subscribe("worker", name="three")

    answer = world.publish("hello")
    _whole(world)

    (accepted,) = world.events(FeederAccepted)
    assert (accepted.feeder, accepted.message, accepted.body) == ("orders", answer["MessageId"], "hello")
    assert [message.body for message in first.messages] == ["hello"]
    assert json.loads(second.messages[0].body)["Message"] == "hello"
    assert world.calls[0].event["Records"][0]["Sns"]["MessageId"] == answer["MessageId"]
    assert [event.feed for event in world.events(FeedHandedOn)] == ["one", "two", "three"]
    assert len(world.events(EventCompleted)) == 1


def test_sns_time_1_messages_are_there_at_the_instant_of_the_publish_in_order() -> None:
    world = TopicWorld()
    queue = world.queue("jobs")
    world.subscribe(queue, raw=True)

    for word in ("a", "b", "c"):
        world.publish(word)

    assert [message.body for message in queue.messages] == ["a", "b", "c"]
    assert "SNS-TIME-1" in world.journal.rules


def test_what_nobody_subscribes_to_ends_at_the_topic() -> None:
    world = TopicWorld()

    world.publish("hello")

    assert [event.body for event in world.events(Published)] == ["hello"]


def test_sns_raw_1_raw_delivery_hands_on_body_and_attributes() -> None:
    world = TopicWorld()
    raw, wrapped = world.queue("raw"), world.queue("wrapped")
    world.subscribe(raw, raw=True, name="one")
    world.subscribe(wrapped, name="two")
    attributes = {"kind": text("order"), "weight": number(3), "blob": {"DataType": "Binary", "BinaryValue": b"\x02"}}

    world.publish("{}", MessageAttributes=attributes)

    assert (raw.messages[0].body, raw.messages[0].attributes) == ("{}", attributes)
    assert wrapped.messages[0].attributes == {}
    assert json.loads(wrapped.messages[0].body)["MessageAttributes"]["weight"] == {"Type": "Number", "Value": "3"}


@pytest.mark.parametrize(("raw", "kept"), [(True, 0), (False, 1)])
def test_sns_raw_2_more_than_10_attributes_are_a_client_side_error(raw: bool, kept: int) -> None:
    world = TopicWorld()
    queue, failed = world.queue("jobs"), world.queue("failed")
    world.subscribe(queue, raw=raw, dead_letters=failed)

    world.publish("{}", MessageAttributes={f"a{n}": text("x") for n in range(11)})
    _whole(world)

    assert len(queue.messages) == kept
    assert len(failed.messages) == 0  # SQS takes no more than 10 attributes in the dead-letter queue either
    reasons = [event.why for event in world.events(FeedDiscarded)]
    assert len(reasons) == 1 - kept
    assert all("with raw message delivery a queue gets at most 10" in why for why in reasons)


def test_sns_attr_1_a_message_of_the_structure_json_differs_by_protocol_and_has_no_attributes() -> None:
    world = TopicWorld()
    world.function("worker")
    queue = world.queue("jobs")
    world.subscribe(queue, raw=True, name="one")
    world.subscribe("worker", name="two")
    message = json.dumps({"default": "for all", "sqs": "for queues", "email": 7})

    world.publish(message, MessageStructure="json", MessageAttributes={"kind": text("order")})
    world.run()

    assert (queue.messages[0].body, queue.messages[0].attributes) == ("for queues", {})
    assert world.calls[0].event["Records"][0]["Sns"]["Message"] == "for all"


def test_a_filter_on_a_message_that_differs_by_protocol_is_refused() -> None:
    world = TopicWorld()
    world.subscribe(world.queue("jobs"), policy={"kind": ["order"]})

    with pytest.raises(NotModelledError, match="subscription filters a message of the structure json"):
        world.publish('{"default": "x"}', MessageStructure="json")
    world.is_cut_off()


def test_sns_filter_1_what_a_policy_does_not_take_passes_by() -> None:
    world = TopicWorld()
    queue = world.queue("jobs")
    world.subscribe(queue, policy={"kind": ["order"]})

    world.publish("a", MessageAttributes={"kind": text("refund")})
    world.publish("b", MessageAttributes={"kind": text("order")})
    _whole(world)

    assert [json.loads(message.body)["Message"] for message in queue.messages] == ["b"]
    assert len(world.events(FeedFiltered)) == 1
    assert world.events(FilterMissed) == []


def test_sns_filter_5_a_policy_in_the_wrong_scope_is_told() -> None:
    world = TopicWorld()
    world.subscribe(world.queue("jobs"), policy={"kind": ["order"]})

    world.publish('{"kind": "order"}')

    (missed,) = world.events(FilterMissed)
    assert (missed.rule, missed.place) == ("SNS-FILTER-5", "subscription")
    assert missed.why == "the message has in its body what the filter policy asks message attributes for"


def test_sns_policy_1_without_permission_there_is_no_retry() -> None:
    world = TopicWorld()
    world.function("worker")
    queue = world.queue("jobs")
    world.subscribe(queue, permit=DENIED, name="one")
    world.subscribe("worker", permit=Permit(refusal="worker has no permission"), name="two")

    world.publish()
    _whole(world)

    assert queue.messages == []
    assert world.events(FeedRetryScheduled) == []
    assert [(event.feed, event.code, event.why) for event in world.events(FeedDiscarded)] == [
        ("one", "AccessDenied", "jobs has no policy that lets orders send"),
        ("two", "AccessDenied", "worker has no permission"),
    ]
    assert "SNS-POLICY-1" in world.journal.rules


def test_sns_kms_1_a_key_that_lets_nobody_in_is_a_client_side_error() -> None:
    world = TopicWorld()
    world.subscribe(world.queue("jobs"), permit=Permit(refusal="its key lets nobody in", rule="SNS-KMS-1"))

    world.publish()

    assert [event.code for event in world.events(FeedDiscarded)] == ["AccessDenied"]
    assert "SNS-KMS-1" in world.journal.rules


def test_a_permission_that_cannot_be_told_refuses_the_run() -> None:
    world = TopicWorld()
    world.subscribe(world.queue("jobs"), permit=Permit(undecided="it cannot be told"))

    with pytest.raises(NotModelledError, match="it cannot be told"):
        world.publish()
    world.is_cut_off()


def test_sns_dlq_1_the_dead_letter_queue_takes_what_the_target_does_not() -> None:
    world = TopicWorld()
    queue, failed = world.queue("jobs"), world.queue("failed")
    world.subscribe(queue, permit=DENIED, dead_letters=failed)

    answer = world.publish()
    _whole(world)

    (moved,) = world.events(FeedDeadLettered)
    assert (moved.target, moved.new_message) == ("failed", failed.messages[0].id)
    assert json.loads(failed.messages[0].body)["MessageId"] == answer["MessageId"]


def test_sns_dlq_1_the_dead_letter_queue_has_to_let_sns_send_too() -> None:
    world = TopicWorld()
    denied = Permit(refusal="failed has no policy that lets orders send")
    world.subscribe(world.queue("jobs"), permit=DENIED, dead_letters=world.queue("failed"), dead_letters_permit=denied)

    world.publish()
    _whole(world)

    (gone,) = world.events(FeedDiscarded)
    assert gone.why == (
        "jobs has no policy that lets orders send; nor does its dead-letter queue: "
        "failed has no policy that lets orders send"
    )


def test_sns_dlq_2_without_a_dead_letter_queue_it_is_discarded() -> None:
    world = TopicWorld()
    world.subscribe(world.queue("jobs"), permit=DENIED)

    world.publish()

    assert [event.rule for event in world.events(FeedDiscarded)] == ["SNS-DLQ-2"]


def test_sns_retry_1_a_server_side_error_is_tried_again_until_the_target_is_back() -> None:
    world = TopicWorld()
    queue = world.queue("jobs")
    world.subscribe(queue)
    end = seconds(30)
    world.fault(InjectedFault(FaultKind.ERROR, service="sqs", operation="SendMessage", queue_url=queue.url, end=end))

    world.publish()
    _whole(world)

    waits = [event.at_us - event.instant_us for event in world.events(FeedRetryScheduled)]
    assert waits[:6] == [0, 0, 0, seconds(1), seconds(1), seconds(1)]
    assert waits == sorted(waits)
    assert len(queue.messages) == 1
    assert world.events(FeedHandedOn)[0].instant_us >= end


def test_sns_retry_1_functions_are_tried_again_too() -> None:
    world = TopicWorld()
    world.function("worker")
    world.subscribe("worker")
    world.fault(InjectedFault(FaultKind.THROTTLE, service="lambda", operation="Invoke", end=seconds(2)))

    world.publish()
    _whole(world)

    assert [round(call.at_seconds) for call in world.calls] == [2]


def test_sns_retry_1_there_are_100_015_retries_over_23_days() -> None:
    waits = [wait_before(attempt) for attempt in range(1, 100_016)]

    assert wait_before(100_016) is None
    assert None not in waits
    assert 23 <= sum(wait or 0 for wait in waits) / seconds(86_400) < 24


def test_sns_retry_2_the_ten_waits_grow_by_the_same_factor() -> None:
    waits = [wait_before(attempt) or 0 for attempt in range(6, 16)]
    factors = [later / earlier for earlier, later in itertools.pairwise(waits)]

    assert (waits[0], waits[-1]) == (seconds(1), seconds(20))
    assert max(factors) - min(factors) < 0.01


def test_a_throttled_function_uses_lambdas_own_queue_and_no_retry_of_sns() -> None:
    def behave(call: Call) -> Script:
        return Script(0.1, "{}", "ValueError" if len(world.calls) < 3 else None)

    world = TopicWorld(behave)
    world.function("worker")
    world.subscribe("worker")

    world.publish()
    _whole(world)

    assert [round(call.at_seconds) for call in world.calls] == [0, 60, 180]
    assert world.events(FeedRetryScheduled) == []


# -- FIFO -------------------------------------------------------------------------------------------------


def _fifo(**settings: Any) -> TopicWorld:
    return TopicWorld(fifo=True, **settings)


def test_sns_fifo_1_group_and_deduplication_id_are_needed() -> None:
    world = _fifo()

    with pytest.raises(AwsError, match="The MessageGroupId parameter is required for FIFO topics"):
        world.publish()
    with pytest.raises(AwsError, match="should either have ContentBasedDeduplication enabled"):
        world.publish(MessageGroupId="g")
    with pytest.raises(AwsError, match="MessageDeduplicationId parameter that is not valid for this topic type"):
        TopicWorld().publish(MessageDeduplicationId="d")


def test_sns_fifo_2_a_repetition_within_5_minutes_is_not_delivered() -> None:
    world = _fifo(content_based=True)
    queue = world.queue("jobs.fifo", fifo=FifoAttributes())
    world.subscribe(queue, raw=True)

    first = world.publish("a", MessageGroupId="g")
    assert world.publish("a", MessageGroupId="h")["MessageId"] == first["MessageId"]
    world.at(301, lambda: world.publish("a", MessageGroupId="g"))
    _whole(world)

    assert len(queue.messages) == 2
    assert len(world.events(FeederDeduplicated)) == 1


def test_sns_fifo_2_within_the_group_where_the_topic_says_so() -> None:
    world = _fifo(content_based=True, deduplication_scope="MessageGroup")
    queue = world.queue("jobs.fifo", fifo=FifoAttributes(scope="messageGroup"))
    world.subscribe(queue, raw=True)

    for group in ("g", "h", "g"):
        world.publish("a", MessageGroupId=group)

    assert [message.group for message in queue.messages] == ["g", "h"]


def test_sns_fifo_3_fifo_queues_get_group_and_id_standard_queues_do_not() -> None:
    world = _fifo()
    ordered, plain = world.queue("jobs.fifo", fifo=FifoAttributes()), world.queue("plain")
    world.subscribe(ordered, name="one")
    world.subscribe(plain, name="two")

    answer = world.publish("a", MessageGroupId="g", MessageDeduplicationId="d")
    _whole(world)

    (message,) = ordered.messages
    assert (message.group, message.deduplication_id) == ("g", "d")
    assert json.loads(message.body)["SequenceNumber"] == answer["SequenceNumber"]
    assert plain.messages[0].group == ""
    assert "SNS-FIFO-3" in world.journal.rules


def test_a_standard_topic_hands_the_group_on_to_standard_queues() -> None:
    world = TopicWorld()
    queue = world.queue("jobs")
    world.subscribe(queue)

    world.publish("a", MessageGroupId="tenant")

    assert queue.messages[0].group == "tenant"


def test_a_queue_that_knows_the_message_takes_it_for_a_repetition() -> None:
    world = _fifo()
    queue = world.queue("jobs.fifo", fifo=FifoAttributes())
    world.subscribe(queue, raw=True)
    assert isinstance(queue, FifoQueue)
    queue.send("a", group="g", deduplication_id="d")

    world.publish("a", MessageGroupId="g", MessageDeduplicationId="d")
    _whole(world)

    assert len(queue.messages) == 1
    assert world.events(FeedHandedOn) == []


def test_a_retry_of_a_fifo_topic_is_not_modelled() -> None:
    world = _fifo()
    queue = world.queue("jobs.fifo", fifo=FifoAttributes())
    world.subscribe(queue)
    world.fault(InjectedFault(FaultKind.ERROR, service="sqs", operation="SendMessage"))

    with pytest.raises(NotModelledError, match="hold back its message group"):
        world.publish(MessageGroupId="g", MessageDeduplicationId="d")
    world.is_cut_off()


# -- the API ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"Message": ""}, "Invalid parameter: Empty message"),
        ({"Message": "x" * 262_145}, "Invalid parameter: Message too long"),
        ({"Subject": ""}, "Invalid parameter: Subject"),
        ({"Subject": "a\nb"}, "Invalid parameter: Subject"),
        ({"Subject": "x" * 100}, "Invalid parameter: Subject"),
        ({"MessageStructure": "json"}, "Invalid parameter: Message Structure - JSON message body failed to parse"),
        (
            {"MessageStructure": "json", "Message": "{}"},
            "Invalid parameter: Message Structure - No default entry in JSON message body",
        ),
        ({"MessageStructure": "xml"}, "Invalid parameter: MessageStructure"),
        ({"MessageGroupId": "a b"}, "Invalid parameter: MessageGroupId"),
        ({"MessageAttributes": {"a..b": text("x")}}, "Message attribute name can not have successive '.' character."),
    ],
)
def test_sns_size_1_what_aws_refuses_in_its_words(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(AwsError) as caught:
        TopicWorld().publish(**{"message": "hello", **parameters} if "Message" not in parameters else parameters)

    assert caught.value.message.startswith(message[:40])


def test_sns_size_1_a_topic_may_take_more() -> None:
    assert TopicWorld(maximum_message_bytes=1_048_576).publish("x" * 1_000_000)


def _batch(world: TopicWorld, *entries: dict[str, Any]) -> Any:
    given = {"TopicArn": world.topic.arn, "PublishBatchRequestEntries": list(entries)}
    return world.account.call("sns", "PublishBatch", given, CALLER)


def test_sns_batch_1_entries_are_taken_one_by_one() -> None:
    world = TopicWorld()
    queue = world.queue("jobs")
    world.subscribe(queue, raw=True)

    answer = _batch(world, {"Id": "1", "Message": "a"}, {"Id": "2", "Message": "b", "Subject": "x\ny"})

    assert [each["Id"] for each in answer["Successful"]] == ["1"]
    assert answer["Failed"] == [
        {"Id": "2", "Code": "InvalidParameter", "Message": "Invalid parameter: Subject", "SenderFault": True}
    ]
    assert [message.body for message in queue.messages] == ["a"]


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([{"Id": str(n), "Message": "a"} for n in range(11)], "TooManyEntriesInBatchRequest"),
        ([{"Id": "1", "Message": "a"}, {"Id": "1", "Message": "b"}], "BatchEntryIdsNotDistinct"),
        ([{"Id": str(n), "Message": "x" * 200_000} for n in range(2)], "BatchRequestTooLong"),
    ],
)
def test_sns_batch_1_a_whole_batch_may_be_refused(entries: list[dict[str, Any]], code: str) -> None:
    with pytest.raises(AwsError) as caught:
        _batch(TopicWorld(), *entries)

    assert caught.value.code == code


def test_a_phone_number_and_a_missing_topic() -> None:
    world = TopicWorld()

    with pytest.raises(NotModelledError, match="phone number"):
        world.account.call("sns", "Publish", {"PhoneNumber": "+123", "Message": "x"}, CALLER)
    with pytest.raises(AwsError, match="Topic does not exist"):
        world.account.call("sns", "Publish", {"TopicArn": f"{ARN}-2", "Message": "x"}, CALLER)


def test_a_target_that_is_not_modelled_refuses_what_reaches_it() -> None:
    world = TopicWorld()
    feed = world.subscribe(world.queue("jobs"))
    feed.target = RefusedTarget("jobs", "jobs is not modelled")

    with pytest.raises(NotModelledError, match="jobs is not modelled"):
        world.publish()
    world.is_cut_off()
