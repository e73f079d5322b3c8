"""A topic of SNS that feeds a queue: what may send where, what is let by, and where the rest is kept."""

from __future__ import annotations

import pulumi
from pulumi_aws import sns, sqs

from components.iam import Sender, tls_only
from components.parking import ParkingQueue
from components.settings import SnsTopicSettings, SubscriptionSettings

SERVICE = "sns.amazonaws.com"


class FeedingTopic(pulumi.ComponentResource):
    """The topic `<name>-topic`, encrypted, which answers over TLS only.

    Args:
        name: prefix of the children's names.
        settings: settings of the topic.
        opts: resource options.

    Attributes:
        topic: the topic.
    """

    def __init__(self, name: str, settings: SnsTopicSettings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("delivery-lab:topic:FeedingTopic", name, settings.effective(), opts)
        child = pulumi.ResourceOptions(parent=self)
        self.topic = sns.Topic(
            f"{name}-topic",
            fifo_topic=True if settings.fifo else None,
            content_based_deduplication=settings.content_based_deduplication,
            kms_master_key_id="alias/aws/sns",
            opts=child,
        )
        policy = tls_only(self.topic.arn, "sns")
        sns.TopicPolicy(f"{name}-topic-policy", arn=self.topic.arn, policy=policy, opts=child)
        self.register_outputs({"topicArn": self.topic.arn})

    def sender(self) -> Sender:
        """What the policy of a queue has to allow that gets messages of this topic."""
        return Sender("DeliverOfTopic", SERVICE, self.topic.arn)


class QueueSubscription(pulumi.ComponentResource):
    """The subscription `<name>-subscription` of a queue, and `<name>-undelivered` for what SNS cannot deliver.

    Args:
        name: prefix of the children's names.
        topic: the topic.
        queue: the queue; its policy has to let the topic send.
        settings: settings of the subscription.
        opts: resource options.
        fifo: whether the queue is a FIFO queue; one for what cannot be delivered is of the same kind.

    Attributes:
        subscription: the subscription.
        undelivered: the queue for what cannot be delivered, or None.
    """

    def __init__(
        self,
        name: str,
        topic: FeedingTopic,
        queue: sqs.Queue,
        settings: SubscriptionSettings,
        opts: pulumi.ResourceOptions | None = None,
        *,
        fifo: bool = False,
    ) -> None:
        super().__init__("delivery-lab:topic:QueueSubscription", name, settings.effective(), opts)
        self.undelivered: sqs.Queue | None = None
        redrive_policy: pulumi.Output[str] | None = None
        if settings.dead_letter_queue:
            child = pulumi.ResourceOptions(parent=self)
            parked = ParkingQueue(f"{name}-undelivered", child, fifo=fifo, senders=[topic.sender()])
            self.undelivered = parked.queue
            redrive_policy = pulumi.Output.json_dumps({"deadLetterTargetArn": parked.queue.arn})
        self.subscription = sns.TopicSubscription(
            f"{name}-subscription",
            topic=topic.topic.arn,
            protocol="sqs",
            endpoint=queue.arn,
            raw_message_delivery=settings.raw_message_delivery,
            filter_policy=settings.filter_policy_text,
            filter_policy_scope=settings.filter_policy_scope,
            redrive_policy=redrive_policy,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"subscriptionArn": self.subscription.arn})
