from __future__ import annotations

from typing import Any

from pulumi_aws import sqs

from components.event_bus import FeedingBus, QueueTarget
from components.settings import EventRuleSettings, QueueTargetSettings
from tests.components.world import World, deploy

QUEUE_ARN = "arn:aws:sqs:eu-west-1:123456789012:jobs"
UNDELIVERED_ARN = "arn:aws:sqs:eu-west-1:123456789012:shop-undelivered"
RULE_ARN = "arn:aws:events:eu-west-1:123456789012:rule/shop-rule"
RULE, TARGET = "aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"


def _world(rule: dict[str, Any] | None = None, **target: Any) -> World:
    def program() -> None:
        bus = FeedingBus("shop", EventRuleSettings.model_validate(rule or {}))
        QueueTarget("shop", bus, sqs.Queue("jobs"), QueueTargetSettings.model_validate(target))

    return deploy(program)


def test_the_rule_is_about_every_event_of_the_bus_unless_it_says_otherwise() -> None:
    assert _world().one(RULE, "shop-rule").inputs == {
        "eventBusName": "shop-bus",
        "eventPattern": '{"source":[{"prefix":""}]}',
    }
    some = _world({"eventPattern": {"detail-type": ["order placed"]}}).one(RULE, "shop-rule")
    assert some.document("eventPattern") == {"detail-type": ["order placed"]}


def test_the_queue_is_tried_as_long_as_eventbridge_does_by_itself_and_what_is_left_is_kept() -> None:
    world = _world()
    inputs = world.one(TARGET, "shop-target").inputs
    assert inputs == {
        "rule": "shop-rule",
        "eventBusName": "shop-bus",
        "arn": QUEUE_ARN,
        "inputPath": "$.detail",
        "retryPolicy": {"maximumRetryAttempts": 185, "maximumEventAgeInSeconds": 86_400},
        "deadLetterConfig": {"arn": UNDELIVERED_ARN},
    }
    policy = world.one("aws:sqs/queuePolicy:QueuePolicy", "shop-undelivered-policy").document("policy")
    assert policy["Statement"][1] == {
        "Sid": "DeliverByRule",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": UNDELIVERED_ARN,
        "Condition": {"ArnEquals": {"aws:SourceArn": RULE_ARN}},
    }
    assert "aws:sqs/queuePolicy:QueuePolicy::shop-undelivered-policy" in world.one(TARGET, "shop-target").dependencies


def test_a_target_that_is_hardly_tried_and_keeps_nothing() -> None:
    world = _world(maximumRetryAttempts=0, maximumEventAgeSeconds=60, deadLetterQueue=False)
    inputs = world.one(TARGET, "shop-target").inputs
    assert inputs["retryPolicy"] == {"maximumRetryAttempts": 0, "maximumEventAgeInSeconds": 60}
    assert "deadLetterConfig" not in inputs
    assert [queue.name for queue in world.of_type("aws:sqs/queue:Queue")] == ["jobs"]


def test_children_and_outputs() -> None:
    world = _world()
    assert world.one(RULE, "shop-rule").parent == "delivery-lab:bus:FeedingBus::shop"
    assert world.one(TARGET, "shop-target").parent == "delivery-lab:bus:QueueTarget::shop"
    assert world.component_outputs["delivery-lab:bus:FeedingBus"]["ruleArn"] == RULE_ARN
