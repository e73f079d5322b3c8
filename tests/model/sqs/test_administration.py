"""Queues themselves: their attributes as AWS answers and spreads them, and emptying, deleting and finding them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.errors import NotModelledError
from delivery_lab.events import MessageDeleted, QueueConfigured
from delivery_lab.model.faults import FaultKind, InjectedFault
from delivery_lab.model.runtime import AwsError, Caller
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.rules.assumptions import Assumptions, AttributeSpread
from tests.model.support import World, receive, remaining

HANDLER = Caller("worker", "r1")


def call(world: World, operation: str, queue: SqsQueue, **parameters: Any) -> dict[str, Any]:
    """A call of a handler."""
    answer = world.account.call("sqs", operation, {"QueueUrl": queue.url, **parameters}, HANDLER)
    assert isinstance(answer, dict)
    return answer


def answered(world: World, queue: SqsQueue, *names: str) -> dict[str, str]:
    found: dict[str, str] = call(world, "GetQueueAttributes", queue, AttributeNames=names).get("Attributes", {})
    return found


def refused(world: World, operation: str, **parameters: Any) -> str:
    with pytest.raises(AwsError) as caught:
        world.sqs(operation, **parameters)
    return str(caught.value)


def test_get_queue_attributes_answers_what_was_asked_for() -> None:
    world = World()
    dead = world.queue("dead")
    queue = world.queue(visibility=40, dead_letters=dead, max_receive_count=3)
    world.send(queue, "a", "b")
    queue.send("c", delay_seconds=10)
    queue.receive(1)

    everything = world.sqs("GetQueueAttributes", QueueUrl=queue.url, AttributeNames=["All"])["Attributes"]
    assert everything["QueueArn"] == queue.arn
    assert json.loads(everything["RedrivePolicy"]) == {"deadLetterTargetArn": dead.arn, "maxReceiveCount": 3}
    assert [everything["ApproximateNumberOfMessages" + suffix] for suffix in ("", "NotVisible", "Delayed")] == [
        "1",
        "1",
        "1",
    ]
    answer = world.sqs("GetQueueAttributes", QueueUrl=queue.url, AttributeNames=["VisibilityTimeout"])
    assert answer == {"Attributes": {"VisibilityTimeout": "40"}}
    assert world.sqs("GetQueueAttributes", QueueUrl=queue.url) == {}


def test_a_queue_answers_when_it_was_made_and_changed_and_how_it_is_encrypted() -> None:
    world = World()
    queue = world.queue()
    world.wait(30)
    before = answered(world, queue, "All")
    call(world, "SetQueueAttributes", queue, Attributes={"DelaySeconds": "5"})
    after = answered(world, queue, "CreatedTimestamp", "LastModifiedTimestamp")

    assert before["CreatedTimestamp"] == before["LastModifiedTimestamp"] == "1767225600"
    assert after == {"CreatedTimestamp": "1767225600", "LastModifiedTimestamp": "1767225630"}
    assert before["SqsManagedSseEnabled"] == "true"
    assert "KmsMasterKeyId" not in before


def test_an_attribute_that_a_queue_does_not_have_is_refused() -> None:
    world = World()
    queue = world.queue()

    assert answered(world, queue, "RedrivePolicy", "KmsMasterKeyId") == {}
    for name in ("Speed", "FifoQueue"):
        assert refused(world, "GetQueueAttributes", QueueUrl=queue.url, AttributeNames=[name]) == (
            f"InvalidAttributeName: Unknown Attribute {name}."
        )


def test_sqs_sse_1_a_kms_key_takes_the_place_of_the_key_of_sqs() -> None:
    world = World()
    queue = world.queue()

    def set_to(**attributes: str) -> dict[str, str]:
        call(world, "SetQueueAttributes", queue, Attributes=attributes)
        return answered(world, queue, "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled")

    key = {"KmsMasterKeyId": "testKeyId", "KmsDataKeyReusePeriodSeconds": "6000"}
    assert set_to(**key) == {**key, "SqsManagedSseEnabled": "false"}
    assert set_to(KmsMasterKeyId="", KmsDataKeyReusePeriodSeconds="300") == {"SqsManagedSseEnabled": "false"}
    assert set_to(SqsManagedSseEnabled="true") == {"SqsManagedSseEnabled": "true"}
    both = {"KmsMasterKeyId": "testKeyId", "SqsManagedSseEnabled": "true"}
    assert refused(world, "SetQueueAttributes", QueueUrl=queue.url, Attributes=both) == (
        "InvalidAttributeName: You can use one type of server-side encryption (SSE) at one time. You can either enable "
        "KMS SSE or SQS SSE."
    )
    for wrong in ({"SqsManagedSseEnabled": "yes"}, {"KmsDataKeyReusePeriodSeconds": "59"}):
        (name,) = wrong
        assert refused(world, "SetQueueAttributes", QueueUrl=queue.url, Attributes=wrong) == (
            f"InvalidAttributeValue: Invalid value for the parameter {name}."
        )


def test_policies_are_answered_as_they_were_set_and_an_empty_one_is_none() -> None:
    world = World()
    queue = world.queue()
    call(world, "SetQueueAttributes", queue, Attributes={"Policy": "{}"})
    assert answered(world, queue, "Policy") == {"Policy": "{}"}
    call(world, "SetQueueAttributes", queue, Attributes={"Policy": ""})
    assert answered(world, queue, "Policy") == {}


def test_sqs_spread_1_new_attributes_are_answered_at_once_and_hold_when_they_have_spread() -> None:
    world = World()
    queue = world.queue(visibility=30, retention=3_600)
    world.send(queue, "a")
    new = {"VisibilityTimeout": "5", "MessageRetentionPeriod": "7200", "MaximumMessageSize": "1024"}
    call(world, "SetQueueAttributes", queue, Attributes=new)

    assert {name: answered(world, queue, "All")[name] for name in new} == new
    too_long = refused(world, "SendMessage", QueueUrl=queue.url, MessageBody="x" * 1_025)
    assert too_long.endswith("shorter than 1024 bytes.")
    held: list[tuple[float, int, int]] = [(0, 30, 3_600)]
    for at in (59.999999, 60, 899.999999, 900):
        world.run(at)
        attributes = queue.attributes
        held.append((at, attributes.visibility_timeout_seconds, attributes.retention_seconds))
    assert held == [(0, 30, 3_600), (59.999999, 30, 3_600), (60, 5, 3_600), (899.999999, 5, 3_600), (900, 5, 7_200)]
    assert "SQS-SPREAD-1" in world.journal.rules
    assert len(world.events(QueueConfigured)) == 3


def test_sqs_spread_1_each_change_spreads_by_itself() -> None:
    world = World()
    queue = world.queue(visibility=30)
    call(world, "SetQueueAttributes", queue, Attributes={"VisibilityTimeout": "5"})
    world.run(30)
    call(world, "SetQueueAttributes", queue, Attributes={"DelaySeconds": "7"})

    world.run(60)
    assert (queue.attributes.visibility_timeout_seconds, queue.attributes.delay_seconds) == (5, 0)
    world.run(90)
    assert (queue.attributes.visibility_timeout_seconds, queue.attributes.delay_seconds) == (5, 7)


def test_sqs_spread_1_what_changes_nothing_is_accepted_and_spreads_nothing() -> None:
    world = World()
    queue = world.queue(visibility=30)
    call(world, "SetQueueAttributes", queue, Attributes={"VisibilityTimeout": "30"})

    assert "SQS-SPREAD-1" not in world.journal.rules


def test_sqs_spread_1_may_be_assumed_to_take_no_time() -> None:
    world = World(assumptions=Assumptions(attribute_spread=AttributeSpread.AT_ONCE))
    queue = world.queue(visibility=30)
    call(world, "SetQueueAttributes", queue, Attributes={"VisibilityTimeout": "5"})

    assert queue.attributes.visibility_timeout_seconds == 5


def test_sqs_spread_1_a_redrive_policy_spreads_too() -> None:
    world = World()
    dead, queue = world.queue("dead"), world.queue("jobs", visibility=0)
    world.send(queue, "a")
    policy = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1})
    call(world, "SetQueueAttributes", queue, Attributes={"RedrivePolicy": policy})

    assert [receive(queue), receive(queue)] == [["a"], ["a"]]
    world.run(60)
    assert receive(queue) == []
    assert remaining(dead) == ["a"]


def test_sqs_purge_2_every_message_is_gone_whatever_state_it_is_in() -> None:
    world = World()
    queue = world.queue()
    world.send(queue, "ready", "in flight")
    queue.receive(1)
    queue.send("delayed", delay_seconds=10)

    assert call(world, "PurgeQueue", queue) == {}
    assert (remaining(queue), queue.in_flight) == ([], 0)
    assert [event.rule for event in world.events(MessageDeleted)] == ["SQS-PURGE-2"] * 3
    assert {event.by.invoke for event in world.events(MessageDeleted)} == {"r1"}


def test_sqs_purge_1_one_purge_in_sixty_seconds() -> None:
    world = World()
    queue, other = world.queue(), world.queue("other")
    call(world, "PurgeQueue", queue)
    call(world, "PurgeQueue", other)
    world.wait(59)

    with pytest.raises(AwsError) as caught:
        call(world, "PurgeQueue", queue)
    assert (caught.value.status, caught.value.shape, str(caught.value)) == (
        403,
        "PurgeQueueInProgress",
        (
            "AWS.SimpleQueueService.PurgeQueueInProgress: Only one PurgeQueue operation on jobs is allowed every 60 "
            "seconds."
        ),
    )
    world.wait(1)
    call(world, "PurgeQueue", queue)


def test_sqs_gone_1_a_deleted_queue_is_gone_with_its_messages() -> None:
    world = World()
    queue = world.queue()
    world.send(queue, "a")
    call(world, "DeleteQueue", queue)

    assert [event.rule for event in world.events(MessageDeleted)] == ["SQS-GONE-1"]
    missing = "AWS.SimpleQueueService.NonExistentQueue: The specified queue does not exist."
    for operation, parameters in (
        ("GetQueueAttributes", {"QueueUrl": queue.url}),
        ("GetQueueUrl", {"QueueName": "jobs"}),
        ("SendMessage", {"QueueUrl": queue.url, "MessageBody": "b"}),
        ("DeleteQueue", {"QueueUrl": queue.url}),
    ):
        assert refused(world, operation, **parameters) == missing


def test_deleting_a_queue_that_others_rely_on_is_not_modelled() -> None:
    world = World()
    dead = world.queue("dead")
    queue = world.queue(dead_letters=dead)
    world.function()
    world.mapping(queue)

    for each, why in ((dead, "it is the dead-letter queue of jobs"), (queue, "mapping reads it")):
        with pytest.raises(NotModelledError, match=f"^worker deletes {each.name}, and {why}; what AWS does then"):
            call(world, "DeleteQueue", each)


def test_rdr_source_1_a_task_fails_whose_destination_is_deleted() -> None:
    world = World()
    dead = world.queue("dead")
    world.queue(dead_letters=dead)
    other = world.queue("other")
    world.send(dead, "a", "b")
    world.sqs("StartMessageMoveTask", SourceArn=dead.arn, DestinationArn=other.arn, MaxNumberOfMessagesPerSecond=1)
    world.run(0.5)
    call(world, "DeleteQueue", other)
    world.run()

    (task,) = world.sqs("ListMessageMoveTasks", SourceArn=dead.arn)["Results"]
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "AWS.SimpleQueueService.NonExistentQueue")
    assert task["ApproximateNumberOfMessagesMoved"] == 1
    assert remaining(dead) == ["b"]


def test_the_bare_name_of_a_queue_is_a_url_of_it_for_faults_too() -> None:
    world = World()
    queue = world.queue()
    world.sqs("SendMessage", QueueUrl="jobs", MessageBody="a")
    world.account.inject_faults([InjectedFault(FaultKind.ERROR, service="sqs", queue_url=queue.url)])

    assert remaining(queue) == ["a"]
    with pytest.raises(AwsError, match="InternalFailure"):
        world.account.call("sqs", "SendMessage", {"QueueUrl": "jobs", "MessageBody": "b"}, HANDLER)


def test_a_queue_of_another_account_is_not_found() -> None:
    world = World()
    queue = world.queue()

    assert world.sqs("GetQueueUrl", QueueName="jobs", QueueOwnerAWSAccountId="123456789012") == {"QueueUrl": queue.url}
    assert "NonExistentQueue" in refused(world, "GetQueueUrl", QueueName="jobs", QueueOwnerAWSAccountId="210987654321")


def test_sqs_list_1_queues_are_listed_by_name_and_in_pages() -> None:
    world = World()
    urls = [world.queue(name).url for name in ("b-1", "a-2", "a-1", "a-3")]
    second, first, third = urls[1], urls[2], urls[3]

    assert world.sqs("ListQueues")["QueueUrls"] == [first, second, third, urls[0]]
    page = world.sqs("ListQueues", QueueNamePrefix="a-", MaxResults=2)
    assert page["QueueUrls"] == [first, second]
    assert world.sqs("ListQueues", QueueNamePrefix="a-", MaxResults=2, NextToken=page["NextToken"]) == {
        "QueueUrls": [third]
    }
    assert world.sqs("ListQueues", QueueNamePrefix="x") == {}
    assert refused(world, "ListQueues", MaxResults=1_001).endswith("Reason: Must be between 1 and 1000.")
    assert refused(world, "ListQueues", NextToken="?") == (
        "InvalidParameterValue: Value ? for parameter NextToken is invalid."
    )


def test_sqs_list_1_the_sources_of_a_dead_letter_queue_are_listed() -> None:
    world = World()
    dead = world.queue("dead")
    jobs = world.queue(dead_letters=dead)

    assert world.sqs("ListDeadLetterSourceQueues", QueueUrl=dead.url) == {"queueUrls": [jobs.url]}
    assert world.sqs("ListDeadLetterSourceQueues", QueueUrl=jobs.url) == {"queueUrls": []}


def test_sqs_purge_3_a_purged_fifo_queue_knows_no_earlier_sends() -> None:
    world = World()
    queue = world.fifo()
    for body in ("message-1", "message-2"):
        call(world, "SendMessage", queue, MessageBody=body, MessageGroupId="a", MessageDeduplicationId="same")
        if body == "message-1":
            call(world, "PurgeQueue", queue)

    assert remaining(queue) == ["message-2"]
