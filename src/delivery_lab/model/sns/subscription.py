"""A subscription: what of a topic's messages a queue or function gets, and in which form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from delivery_lab.errors import NotModelledError
from delivery_lab.events import Journal
from delivery_lab.limits.topics import RAW_ATTRIBUTES
from delivery_lab.model.feeds.feed import Feed, FeedRules
from delivery_lab.model.feeds.targets import Parcel
from delivery_lab.model.loops import Lineage
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sns.filter_policy import FilterPolicy
from delivery_lab.model.sns.notification import Notification, envelope, lambda_event
from delivery_lab.model.sns.retries import wait_before

Protocol = Literal["sqs", "lambda"]

RULES = FeedRules(
    filtered="SNS-FILTER-1",
    handed_on="SNS-DELIVER-1",
    retried="SNS-RETRY-1",
    dead_lettered="SNS-DLQ-1",
    discarded="SNS-DLQ-2",
)
IN_THE_BODY = "the message has in its body what the filter policy asks message attributes for"


@dataclass(frozen=True, slots=True)
class TopicSubscriber:
    """A subscription of a topic.

    Attributes:
        feed: hands messages on.
        arn: its ARN.
        protocol: `sqs` or `lambda`.
        raw: whether a queue gets the message without the envelope.
        policy: the filter policy, None without one.
        to_fifo: whether the queue is a FIFO queue.
        journal: where it is noted what a run relies on.
    """

    feed: Feed
    arn: str
    protocol: Protocol
    raw: bool
    policy: FilterPolicy | None
    to_fifo: bool
    journal: Journal

    def receive(self, notification: Notification, lineage: Lineage, trace: str) -> None:
        """Take a message of the topic, or let it pass by.

        Args:
            notification: the message.
            lineage: what the chain of events behind it has run through.
            trace: trace header of the publish.
        """
        if not self._takes(notification):
            return
        parcel = self._parcel(notification, lineage, trace)
        if len(parcel.attributes) > RAW_ATTRIBUTES.maximum:
            self.journal.rely_on("SNS-RAW-2")
            why = (
                f"the message has {len(parcel.attributes)} message attributes; with raw message delivery a queue gets "
                f"at most {RAW_ATTRIBUTES.maximum}"
            )
            self.feed.refuse(parcel, AwsError("InvalidParameterValue", "Too many message attributes", why=why))
            return
        self.feed.hand_on(parcel)

    def _takes(self, notification: Notification) -> bool:
        policy = self.policy
        if policy is None:
            return True
        if notification.by_protocol:
            raise NotModelledError(
                f"{self.feed.name} filters a message of the structure json; that is not modelled\n"
                "  nearest: a message that is the same for all protocols"
            )
        message = notification.message
        if policy.takes(message, notification.attributes):
            return True
        missed = IN_THE_BODY if policy.would_take_elsewhere(message) else ""
        self.feed.pass_by(notification.id, missed, "SNS-FILTER-5")
        return False

    def _parcel(self, notification: Notification, lineage: Lineage, trace: str) -> Parcel:
        if self.protocol == "lambda":
            self.journal.rely_on("SNS-LAMBDA-1", "SNS-SIGN-1")
            event = lambda_event(notification, self.arn)
            return Parcel(notification.id, event, lineage=lineage, trace=trace, sent=notification.message)
        fifo_topic = bool(notification.sequence_number)
        if self.raw:
            self.journal.rely_on("SNS-RAW-1")
            body, attributes = notification.message_for("sqs"), dict(notification.attributes)
        else:
            self.journal.rely_on("SNS-ENVELOPE-1", "SNS-SIGN-1")
            body, attributes = envelope(notification, self.arn), {}
        if fifo_topic and not self.to_fifo:
            self.journal.rely_on("SNS-FIFO-3")
        return Parcel(
            notification.id,
            body,
            attributes,
            # A FIFO topic hands its groups on to FIFO queues only, a standard topic to standard queues.
            group=notification.group if fifo_topic == self.to_fifo else "",
            deduplication_id=notification.deduplication_id if self.to_fifo else "",
            lineage=lineage,
            trace=trace,
            sent=notification.message,
        )


def wait_of_standard(attempt: int, _: int) -> int | None:
    """When a subscription of a standard topic tries again; see `delivery_lab.model.feeds.feed.RetryWait`."""
    return wait_before(attempt)


def wait_of_fifo(_: int, __: int) -> int | None:
    """A retry of a FIFO topic would keep the rest of the message group waiting, which is not modelled.

    Raises:
        NotModelledError: always.
    """
    raise NotModelledError(
        "a FIFO topic would try a delivery again, and hold back its message group meanwhile; that is not modelled\n"
        "  nearest: a standard topic"
    )
