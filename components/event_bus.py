"""A bus of EventBridge that feeds a queue: which events it gets, how long it is tried, where the rest is kept."""

from __future__ import annotations

import pulumi
from pulumi_aws import cloudwatch, sqs

from components.iam import Sender
from components.parking import ParkingQueue
from components.settings import EventRuleSettings, QueueTargetSettings

SERVICE = "events.amazonaws.com"
_DETAIL = "$.detail"
"""What was published, without the envelope."""


class FeedingBus(pulumi.ComponentResource):
    """The bus `<name>-bus` with the rule `<name>-rule`, which says what is handed on.

    Args:
        name: prefix of the children's names.
        settings: settings of the rule.
        opts: resource options.

    Attributes:
        bus: the bus.
        rule: the rule.
    """

    def __init__(self, name: str, settings: EventRuleSettings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("delivery-lab:bus:FeedingBus", name, settings.effective(), opts)
        child = pulumi.ResourceOptions(parent=self)
        self.bus = cloudwatch.EventBus(f"{name}-bus", opts=child)
        self.rule = cloudwatch.EventRule(
            f"{name}-rule", event_bus_name=self.bus.name, event_pattern=settings.event_pattern_text, opts=child
        )
        self.register_outputs({"busName": self.bus.name, "busArn": self.bus.arn, "ruleArn": self.rule.arn})

    def sender(self) -> Sender:
        """What the policy of a queue has to allow that gets events by this rule."""
        return Sender("DeliverByRule", SERVICE, self.rule.arn)


class QueueTarget(pulumi.ComponentResource):
    """The target `<name>-target`, by which a queue gets events, and `<name>-undelivered` for what it does not take.

    The body of a message is the event's detail, without the envelope.

    Args:
        name: prefix of the children's names.
        bus: the bus with its rule.
        queue: the queue; its policy has to let the rule send.
        settings: for how long the queue is tried.
        opts: resource options.

    Attributes:
        target: the target.
        undelivered: the queue for what cannot be delivered, or None.
    """

    def __init__(
        self,
        name: str,
        bus: FeedingBus,
        queue: sqs.Queue,
        settings: QueueTargetSettings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("delivery-lab:bus:QueueTarget", name, settings.effective(), opts)
        self.undelivered: sqs.Queue | None = None
        depends: list[pulumi.Resource] = []
        dead_letters: cloudwatch.EventTargetDeadLetterConfigArgsDict | None = None
        if settings.dead_letter_queue:
            child = pulumi.ResourceOptions(parent=self)
            parked = ParkingQueue(f"{name}-undelivered", child, senders=[bus.sender()])
            self.undelivered = parked.queue
            depends.append(parked.policy)
            dead_letters = {"arn": parked.queue.arn}
        self.target = cloudwatch.EventTarget(
            f"{name}-target",
            rule=bus.rule.name,
            event_bus_name=bus.bus.name,
            arn=queue.arn,
            input_path=_DETAIL,
            retry_policy={
                "maximum_retry_attempts": settings.maximum_retry_attempts,
                "maximum_event_age_in_seconds": settings.maximum_event_age_seconds,
            },
            dead_letter_config=dead_letters,
            opts=pulumi.ResourceOptions(parent=self, depends_on=depends),
        )
        self.register_outputs({"targetId": self.target.target_id})
