"""The move to the dead-letter queue (semantics.md A2)."""

from __future__ import annotations

import pytest

from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.events import MessageDeadLettered
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sqs.attributes import DeadLetterPolicy, QueueAttributes
from delivery_lab.rules.assumptions import Assumptions, ChainedCount
from tests.model.support import World, receive, remaining


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_sqs_dlq_1_moves_on_the_receive_after_the_last_and_not_before(limit: int) -> None:
    world = World()
    dead = world.queue("dead")
    queue = world.queue(visibility=10, dead_letters=dead, max_receive_count=limit)
    world.send(queue, "a")
    for _ in range(limit):
        assert receive(queue) == ["a"]
        world.wait(3_600)  # long after the visibility timeout, and nobody receives
        assert (remaining(queue), remaining(dead)) == (["a"], [])

    assert receive(queue) == []
    assert (remaining(queue), remaining(dead)) == ([], ["a"])
    (event,) = world.events(MessageDeadLettered)
    assert (event.rule, event.queue, event.target) == ("SQS-DLQ-1", "jobs", "dead")


def test_sqs_dlq_1_a_receive_while_the_last_one_is_in_flight_moves_nothing() -> None:
    world = World()
    dead = world.queue("dead")
    queue = world.queue(visibility=10, dead_letters=dead, max_receive_count=1)
    world.send(queue, "a")
    receive(queue)
    world.wait(9)

    assert receive(queue) == []
    assert remaining(dead) == []


def test_sqs_dlq_1_the_moving_receive_returns_what_else_is_ready() -> None:
    world = World()
    dead = world.queue("dead")
    queue = world.queue(visibility=10, dead_letters=dead, max_receive_count=1)
    world.send(queue, "exhausted")
    receive(queue)
    world.wait(10)
    world.send(queue, "fresh")

    assert receive(queue, 1) == ["fresh"]
    assert remaining(dead) == ["exhausted"]


def test_sqs_dlq_1_without_a_redrive_policy_messages_are_received_for_ever() -> None:
    world = World()
    queue = world.queue(visibility=1)
    world.send(queue, "a")
    for _ in range(50):
        assert receive(queue) == ["a"]
        world.wait(1)


def test_sqs_dlq_1_lowering_the_limit_moves_at_the_next_receive() -> None:
    world = World()
    dead = world.queue("dead")
    queue = world.queue(visibility=1)
    world.send(queue, "a")
    for _ in range(3):
        receive(queue)
        world.wait(1)
    policy = '{"deadLetterTargetArn": "' + dead.arn + '", "maxReceiveCount": "2"}'
    world.sqs("SetQueueAttributes", QueueUrl=queue.url, Attributes={"RedrivePolicy": policy})

    assert remaining(dead) == []
    assert receive(queue) == []
    assert remaining(dead) == ["a"]

    world.sqs("SetQueueAttributes", QueueUrl=queue.url, Attributes={"RedrivePolicy": ""})
    assert (queue.dead_letter_queue, queue.attributes.redrive) == (None, None)


def test_sqs_dlq_2_the_move_keeps_id_attributes_and_trace_header_and_names_the_source() -> None:
    world = World()
    dead = world.queue("dead")
    queue = world.queue(visibility=10, dead_letters=dead, max_receive_count=1)
    trace = "Root=1-5e3d83c1-e6a0db584850d61342823d4c"
    sent = world.sqs(
        "SendMessage",
        QueueUrl=queue.url,
        MessageBody="a",
        MessageAttributes={"kind": {"DataType": "String", "StringValue": "x"}},
        MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": trace}},
    )
    receive(queue)
    world.wait(10)
    receive(queue)
    (message,) = world.sqs(
        "ReceiveMessage",
        QueueUrl=dead.url,
        MessageSystemAttributeNames=["All"],
        MessageAttributeNames=["All"],
    )["Messages"]

    assert message["MessageId"] == sent["MessageId"]
    assert message["MessageAttributes"] == {"kind": {"DataType": "String", "StringValue": "x"}}
    assert message["Attributes"]["AWSTraceHeader"] == trace
    assert message["Attributes"]["ApproximateReceiveCount"] == "2"
    assert message["Attributes"]["DeadLetterQueueSourceArn"] == queue.arn
    assert message["Attributes"]["SentTimestamp"] == "1767225600000"
    assert "SQS-DLQ-2" in world.journal.rules


@pytest.mark.parametrize(
    ("count", "limit", "received"),
    [
        (ChainedCount.CARRIED, 2, []),
        (ChainedCount.CARRIED, 3, ["a"]),
        (ChainedCount.ANEW, 1, ["a"]),
        (ChainedCount.ANEW, 2, ["a", "a"]),
    ],
)
def test_sqs_dlq_6_what_the_policy_of_a_dead_letter_queue_counts_is_assumed(
    count: ChainedCount, limit: int, received: list[str]
) -> None:
    world = World(assumptions=Assumptions(chained_count=count))
    last = world.queue("last")
    dead = world.queue("dead", visibility=0, dead_letters=last, max_receive_count=limit)
    queue = world.queue(visibility=0, dead_letters=dead, max_receive_count=2)
    world.send(queue, "a")
    assert [receive(queue) for _ in range(3)] == [["a"], ["a"], []]
    assert "SQS-DLQ-6" not in world.journal.rules

    assert [body for _ in range(4) for body in receive(dead)] == received

    assert (remaining(dead), remaining(last)) == ([], ["a"])
    assert "SQS-DLQ-6" in world.journal.rules


def test_sqs_dlq_3_a_policy_naming_no_queue_is_refused_at_deployment() -> None:
    world = World()
    arn = "arn:aws:sqs:us-east-1:123456789012:nobody"

    with pytest.raises(DeploymentRefusedError) as caught:
        world.account.create_queue("jobs", "arn:jobs", "url", QueueAttributes(redrive=DeadLetterPolicy(arn, 3)))

    assert str(caught.value) == (
        f'AWS would refuse jobs: InvalidParameterValue: Value {{"deadLetterTargetArn":"{arn}","maxReceiveCount":3}} '
        "for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist. (SQS-DLQ-3)\n"
        "  fix: create the dead-letter queue in the same stack, or correct deadLetterTargetArn; or, if another stack "
        f'creates it, say so in the workload: external: {{"{arn}": {{kind: queue, visibilityTimeoutSeconds: 30}}}}'
    )


def test_sqs_dlq_3_a_policy_naming_no_queue_is_refused_by_the_api_and_changes_nothing() -> None:
    world = World()
    queue = world.queue()
    arn = "arn:aws:sqs:us-east-1:123456789012:nobody"
    policy = '{"deadLetterTargetArn": "' + arn + '", "maxReceiveCount": 2}'

    with pytest.raises(AwsError) as caught:
        world.sqs("SetQueueAttributes", QueueUrl=queue.url, Attributes={"RedrivePolicy": policy})

    assert caught.value.code == "InvalidParameterValue"
    assert caught.value.message.endswith(
        "for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist."
    )
    assert queue.attributes.redrive is None


def test_a_queue_that_is_its_own_dead_letter_queue_is_not_modelled() -> None:
    world = World()
    queue = world.queue()
    policy = '{"deadLetterTargetArn": "' + queue.arn + '", "maxReceiveCount": 2}'

    with pytest.raises(NotModelledError, match=r"^jobs is to be its own dead-letter queue: SQS accepts it, and where"):
        world.sqs("SetQueueAttributes", QueueUrl=queue.url, Attributes={"RedrivePolicy": policy})
    assert queue.dead_letter_queue is None
