from __future__ import annotations

from typing import Any

import pytest
from pulumi_aws import sqs

from components.settings import SnsTopicSettings, SubscriptionSettings
from components.topic import FeedingTopic, QueueSubscription
from tests.components.world import World, deploy

TOPIC_ARN = "arn:aws:sns:eu-west-1:123456789012:orders-topic"
QUEUE_ARN = "arn:aws:sqs:eu-west-1:123456789012:jobs"
UNDELIVERED_ARN = "arn:aws:sqs:eu-west-1:123456789012:orders-undelivered"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"


def _world(topic: dict[str, Any] | None = None, *, fifo: bool = False, **subscription: Any) -> World:
    def program() -> None:
        made = FeedingTopic("orders", SnsTopicSettings.model_validate(topic or {}))
        settings = SubscriptionSettings.model_validate(subscription)
        QueueSubscription("orders", made, sqs.Queue("jobs"), settings, fifo=fifo)

    return deploy(program)


def test_the_topic_is_encrypted_and_answers_over_tls_only() -> None:
    world = _world()
    assert world.one("aws:sns/topic:Topic", "orders-topic").inputs == {"kmsMasterKeyId": "alias/aws/sns"}
    policy = world.one("aws:sns/topicPolicy:TopicPolicy", "orders-topic-policy")
    assert policy.inputs["arn"] == TOPIC_ARN
    (statement,) = policy.document("policy")["Statement"]
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Deny", "sns:Publish", TOPIC_ARN)


def test_a_fifo_topic() -> None:
    world = _world({"fifo": True, "contentBasedDeduplication": True}, fifo=True)
    inputs = world.one("aws:sns/topic:Topic", "orders-topic").inputs
    assert (inputs["fifoTopic"], inputs["contentBasedDeduplication"]) == (True, True)
    assert world.one("aws:sqs/queue:Queue", "orders-undelivered").inputs["fifoQueue"] is True


def test_the_subscription_delivers_raw_and_keeps_what_cannot_be_delivered() -> None:
    world = _world()
    assert world.one(SUBSCRIPTION, "orders-subscription").inputs == {
        "topic": TOPIC_ARN,
        "protocol": "sqs",
        "endpoint": QUEUE_ARN,
        "rawMessageDelivery": True,
        "redrivePolicy": f'{{"deadLetterTargetArn": "{UNDELIVERED_ARN}"}}',
    }
    policy = world.one("aws:sqs/queuePolicy:QueuePolicy", "orders-undelivered-policy").document("policy")
    assert policy["Statement"][1] == {
        "Sid": "DeliverOfTopic",
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": UNDELIVERED_ARN,
        "Condition": {"ArnEquals": {"aws:SourceArn": TOPIC_ARN}},
    }


@pytest.mark.parametrize("scope", ["MessageAttributes", "MessageBody"])
def test_the_filter_policy_and_its_scope(scope: str) -> None:
    world = _world(filterPolicy={"kind": ["order"]}, filterPolicyScope=scope, rawMessageDelivery=False)
    inputs = world.one(SUBSCRIPTION, "orders-subscription").inputs
    assert (inputs["filterPolicy"], inputs["filterPolicyScope"]) == ('{"kind":["order"]}', scope)
    assert inputs["rawMessageDelivery"] is False


def test_without_a_dead_letter_queue_nothing_is_kept() -> None:
    world = _world(deadLetterQueue=False)
    assert "redrivePolicy" not in world.one(SUBSCRIPTION, "orders-subscription").inputs
    assert [queue.name for queue in world.of_type("aws:sqs/queue:Queue")] == ["jobs"]


def test_children_and_outputs() -> None:
    world = _world()
    assert world.one("aws:sns/topic:Topic", "orders-topic").parent == "delivery-lab:topic:FeedingTopic::orders"
    assert world.one(SUBSCRIPTION, "orders-subscription").parent == "delivery-lab:topic:QueueSubscription::orders"
    assert world.component_outputs["delivery-lab:topic:FeedingTopic"] == {"topicArn": TOPIC_ARN}
    assert world.component_outputs["delivery-lab:topic:QueueSubscription"] == {
        "subscriptionArn": "arn:aws:sns:eu-west-1:123456789012:orders-subscription"
    }
