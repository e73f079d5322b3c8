"""From topics, subscriptions, policies and permissions of a stack to a run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab import resource_types
from delivery_lab.errors import DeploymentRefusedError, NotModelledError, WorkloadError
from delivery_lab.events import FeedDiscarded, FeedHandedOn
from delivery_lab.model.sqs.attributes import FifoAttributes
from delivery_lab.program.graph import UNKNOWN, Resource
from delivery_lab.simulation.publishing import check_published, publish_parameters
from delivery_lab.simulation.topics import connect_topics, create_topic, dead_letter_queues
from delivery_lab.simulation.workload import Workload
from delivery_lab.simulation.workload_sends import Send
from delivery_lab.stack.topics import Topic
from tests.model.sns.world import CALLER
from tests.model.support import WORLDS, World
from tests.stack.world import arn_of, resource, stack_of

TOPIC = resource(resource_types.TOPIC, "orders")
ORDERED = resource(resource_types.TOPIC, "ordered.fifo", {"fifoTopic": True, "contentBasedDeduplication": True})
DEAD = resource(resource_types.QUEUE, "dead")
WORKER = resource(resource_types.FUNCTION, "worker")


def _queue(name: str = "jobs", *, allows: bool = True, **inputs: Any) -> Resource:
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:*", "Resource": "*"}
    return resource(resource_types.QUEUE, name, {"policy": {"Statement": [statement]} if allows else None, **inputs})


JOBS = _queue()


def _subscription(to: Resource, name: str = "sub", of: Resource = TOPIC, **inputs: Any) -> Resource:
    protocol = "lambda" if to.type == resource_types.FUNCTION else "sqs"
    given = {"topic": arn_of(of), "protocol": protocol, "endpoint": arn_of(to), **inputs}
    return resource(resource_types.TOPIC_SUBSCRIPTION, name, given)


class _Deployed(World):
    def __init__(self, *resources: Resource) -> None:
        super().__init__()
        stack, self.notes = stack_of(*resources), list[str]()
        for queue in stack.queues:
            created = self.queue(queue.label, fifo=FifoAttributes() if queue.fifo.certain() else None)
            created.arn = queue.arn or ""
        for function in stack.functions:
            self.function(function.label)
        for topic in stack.all(Topic):
            create_topic(self.account, topic)
        connect_topics(stack, self.account, self.notes)
        for feed in self.account.feeds:
            feed.note_configuration()

    def publish(self, message: str = "{}", topic: Resource = TOPIC, **parameters: Any) -> None:
        self.account.call("sns", "Publish", {"TopicArn": arn_of(topic), "Message": message, **parameters}, CALLER)
        self.run()


def test_a_policy_of_the_queue_lets_messages_in() -> None:
    world = _Deployed(TOPIC, JOBS, _subscription(JOBS, rawMessageDelivery=True))

    world.publish("hello")

    assert [message.body for message in world.account.queues["jobs"].messages] == ["hello"]
    assert world.notes == []


def test_a_queue_policy_resource_counts_too() -> None:
    closed = _queue(allows=False)
    policy = {"queueUrl": "https://sqs/jobs", "policy": JOBS.inputs["policy"]}

    world = _Deployed(TOPIC, closed, resource(resource_types.QUEUE_POLICY, "open", policy), _subscription(closed))
    world.publish()

    assert len(world.account.queues["jobs"].messages) == 1


@pytest.mark.parametrize(
    ("queue", "why"),
    [
        (_queue(allows=False), "jobs has no policy that lets orders send"),
        (
            _queue(kmsMasterKeyId="alias/aws/sqs"),
            "jobs is encrypted with alias/aws/sqs, a key that no topic, bucket or rule may use",
        ),
    ],
)
def test_a_queue_that_does_not_let_the_topic_send(queue: Resource, why: str) -> None:
    world = _Deployed(TOPIC, queue, _subscription(queue))

    world.publish()

    assert [event.why for event in world.events(FeedDiscarded)] == [why]


@pytest.mark.parametrize(("inputs", "handed_on"), [({"principal": "sns.amazonaws.com"}, 1), ({"principal": "x"}, 0)])
def test_a_permission_of_the_function_lets_the_topic_invoke(inputs: dict[str, Any], handed_on: int) -> None:
    permission = resource(resource_types.PERMISSION, "sns", {"function": "worker", **inputs})
    world = _Deployed(TOPIC, WORKER, permission, _subscription(WORKER))

    world.publish()

    assert len(world.events(FeedHandedOn)) == handed_on
    whys = [event.why for event in world.events(FeedDiscarded)]
    assert whys == ["worker has no permission that lets orders invoke it"] * (1 - handed_on)


def test_a_policy_that_is_known_only_after_deployment_refuses_what_it_is_about() -> None:
    queue = resource(resource_types.QUEUE, "jobs", {"policy": UNKNOWN})
    world = _Deployed(TOPIC, queue, _subscription(queue))

    with pytest.raises(NotModelledError) as caught:
        world.publish()

    assert str(caught.value) == (
        "orders hands a message on to jobs, and it cannot be told before a deployment whether the policy of the queue "
        "lets it\n  nearest: a policy that names the service and, with aws:SourceArn, what it acts for"
    )
    WORLDS.clear()


def test_an_input_that_is_not_modelled_refuses_what_reaches_it() -> None:
    world = _Deployed(TOPIC, JOBS, _subscription(JOBS, replayPolicy="{}"))

    with pytest.raises(
        NotModelledError, match="a message reaches sub, which uses what is not modelled:\n  sub: replay"
    ):
        world.publish()
    WORLDS.clear()


@pytest.mark.parametrize(
    ("inputs", "note"),
    [
        (
            {"topic": "arn:aws:sns:us-east-1:1:t"},
            "sub subscribes to arn:aws:sns:us-east-1:1:t, which is not in this stack",
        ),
        ({"topic": UNKNOWN}, "sub subscribes to a topic that is known only after deployment, which is not"),
        ({"protocol": "email", "endpoint": "a@b"}, "sub hands on what arrives at orders to a@b (email), outside this"),
        ({"endpoint": "arn:aws:sqs:us-east-1:1:q"}, "sub hands on what arrives at orders to arn:aws:sqs:us-east-1:1:q"),
    ],
)
def test_what_leads_out_of_the_stack_is_noted(inputs: dict[str, Any], note: str) -> None:
    (found,) = _Deployed(TOPIC, JOBS, _subscription(JOBS, **inputs)).notes

    assert found.startswith(note)


def test_the_dead_letter_queue_of_a_subscription() -> None:
    dead, closed = _queue("dead"), _queue(allows=False)
    redrive = json.dumps({"deadLetterTargetArn": arn_of(dead)})
    world = _Deployed(TOPIC, closed, dead, _subscription(closed, redrivePolicy=redrive))

    world.publish()

    assert len(world.account.queues["dead"].messages) == 1
    assert dead_letter_queues(world.account.feeds) == {"dead"}


@pytest.mark.parametrize("policy", ["{nonsense", "nonsense", "[]"])
def test_sns_dlq_1_a_redrive_policy_that_is_no_document_is_refused(policy: str) -> None:
    closed = _queue(allows=False)
    with pytest.raises(DeploymentRefusedError) as refused:
        _Deployed(TOPIC, closed, _subscription(closed, redrivePolicy=policy))

    assert str(refused.value) == (
        "AWS would refuse sub: InvalidParameter: Invalid parameter: RedrivePolicy: failed to parse JSON. "
        f"It is {policy!r}. (SNS-DLQ-1)\n"
        "  fix: correct the redrivePolicy of sub: an object with a deadLetterTargetArn"
    )


def test_a_dead_letter_queue_of_another_stack_refuses_what_would_go_there() -> None:
    closed = _queue(allows=False)
    redrive = json.dumps({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:1:theirs"})
    world = _Deployed(TOPIC, closed, _subscription(closed, redrivePolicy=redrive))

    with pytest.raises(NotModelledError, match="a message is dead-lettered by sub, to arn:aws:sqs:us-east-1:1:theirs"):
        world.publish()
    WORLDS.clear()


FIFO_QUEUE = _queue("jobs.fifo", fifoQueue=True)


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        (
            (TOPIC, FIFO_QUEUE, _subscription(FIFO_QUEUE)),
            "FIFO SQS Queues can not be subscribed to standard SNS topics",
        ),
        (
            (
                ORDERED,
                FIFO_QUEUE,
                DEAD,
                _subscription(FIFO_QUEUE, of=ORDERED, redrivePolicy=json.dumps({"deadLetterTargetArn": arn_of(DEAD)})),
            ),
            "must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic",
        ),
        (
            (TOPIC, JOBS, _subscription(JOBS), _subscription(JOBS, "again", rawMessageDelivery=True)),
            "Subscription already exists with different attributes",
        ),
        (
            (TOPIC, JOBS, _subscription(JOBS, filterPolicy='{"a": {"b": ["c"]}}')),
            "does not support nested filter policy",
        ),
        ((resource(resource_types.TOPIC, "orders", {"maximumMessageSize": 9}),), "maximumMessageSize = 9"),
        ((resource(resource_types.TOPIC, "orders", {"fifoThroughputScope": "x"}),), "fifoThroughputScope = 'x'"),
    ],
)
def test_what_aws_refuses_when_it_is_deployed(resources: tuple[Resource, ...], message: str) -> None:
    with pytest.raises(DeploymentRefusedError, match=message):
        _Deployed(*resources)


def test_sns_fifo_4_a_fifo_queue_behind_a_standard_topic_is_refused() -> None:
    with pytest.raises(DeploymentRefusedError) as caught:
        _Deployed(TOPIC, FIFO_QUEUE, _subscription(FIFO_QUEUE))

    assert caught.value.rule == "SNS-FIFO-4"


def test_sns_dlq_3_a_standard_queue_cannot_be_the_dead_letter_queue_of_a_fifo_subscription() -> None:
    redrive = json.dumps({"deadLetterTargetArn": arn_of(DEAD)})
    with pytest.raises(DeploymentRefusedError) as caught:
        _Deployed(ORDERED, FIFO_QUEUE, DEAD, _subscription(FIFO_QUEUE, of=ORDERED, redrivePolicy=redrive))

    assert caught.value.rule == "SNS-DLQ-3"


def test_sns_one_1_the_same_subscription_twice_is_one() -> None:
    world = _Deployed(TOPIC, JOBS, _subscription(JOBS), _subscription(JOBS, "again"))

    world.publish()

    assert len(world.account.queues["jobs"].messages) == 1
    assert world.notes == ["again and sub are one subscription for SNS"]


def test_a_fifo_topic_keeps_group_and_order() -> None:
    world = _Deployed(ORDERED, FIFO_QUEUE, _subscription(FIFO_QUEUE, of=ORDERED, rawMessageDelivery=True))

    for word in ("a", "b", "a"):
        world.publish(word, ORDERED, MessageGroupId="g")

    assert [(m.body, m.group) for m in world.account.queues["jobs.fifo"].messages] == [("a", "g"), ("b", "g")]


def _arrival(**send: Any) -> Any:
    workload = Workload(send=[Send(sns="orders", **send)])
    return next(workload.arrivals(World().streams.stream("workload")))


def test_what_a_workload_publishes() -> None:
    arrival = _arrival(body={"n": 1}, subject="new {n}", attributes={"kind": "order", "w": 2}, key="g", dedup="{n}")

    assert publish_parameters(arrival) == {
        "Message": '{"n": 1}',
        "Subject": "new 1",
        "MessageAttributes": {
            "kind": {"DataType": "String", "StringValue": "order"},
            "w": {"DataType": "Number", "StringValue": "2"},
        },
        "MessageGroupId": "g",
        "MessageDeduplicationId": "1",
    }


def test_what_sns_would_refuse_is_told_before_the_run() -> None:
    world = _Deployed(ORDERED)
    arrival = _arrival(body="x")

    with pytest.raises(WorkloadError) as caught:
        check_published(world.account.topics["ordered.fifo"], publish_parameters(arrival), arrival.where)

    assert str(caught.value) == (
        "the workload built in code: send 1: SNS would refuse a message for ordered.fifo: Invalid parameter: The "
        "MessageGroupId parameter is required for FIFO topics"
    )


def test_sns_fifo_6_a_function_cannot_subscribe_to_a_fifo_topic() -> None:
    with pytest.raises(DeploymentRefusedError) as caught:
        _Deployed(ORDERED, WORKER, _subscription(WORKER, of=ORDERED))

    assert caught.value.rule == "SNS-FIFO-6"
    assert "let worker read it by an event source mapping" in str(caught.value)
    WORLDS.clear()


@pytest.mark.parametrize(
    ("to", "inputs", "message", "what"),
    [
        (JOBS, {"endpoint": "https://sqs/jobs"}, "Invalid parameter: SQS endpoint ARN", "queue"),
        (WORKER, {"protocol": "sqs"}, "Invalid parameter: SQS endpoint ARN", "queue"),
        (JOBS, {"protocol": "lambda"}, "Invalid parameter: Lambda endpoint ARN", "function"),
    ],
    ids=["URL of a queue", "function as a queue", "queue as a function"],
)
def test_sns_endpoint_1_an_endpoint_is_the_arn_of_what_the_protocol_says(
    to: Resource, inputs: dict[str, Any], message: str, what: str
) -> None:
    with pytest.raises(DeploymentRefusedError) as refused:
        _Deployed(TOPIC, JOBS, WORKER, _subscription(to, **inputs))

    assert (refused.value.aws_message, refused.value.rule) == (message, "SNS-ENDPOINT-1")
    assert str(refused.value).endswith(f"fix: set endpoint of sub to the arn of the {what}")


def test_a_queue_of_somebody_else_may_subscribe() -> None:
    elsewhere = "arn:aws:sqs:us-east-1:210987654321:theirs"

    world = _Deployed(TOPIC, JOBS, _subscription(JOBS, endpoint=elsewhere))

    assert world.notes == [
        f"sub hands on what arrives at orders to {elsewhere} (sqs), outside this stack: that is not counted"
    ]
