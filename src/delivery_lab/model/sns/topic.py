"""A topic in virtual time, standard or FIFO."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from delivery_lab.events import FeederAccepted, FeederDeduplicated, Journal, Published
from delivery_lab.limits.topics import DEDUPLICATION_SECONDS
from delivery_lab.model.clock import Scheduler, seconds
from delivery_lab.model.loops import NO_LINEAGE, Lineage
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.sns.notification import Notification
from delivery_lab.model.sns.publishing import Parameters, PublishSettings, bodies_by_protocol, check
from delivery_lab.model.sns.subscription import TopicSubscriber
from delivery_lab.rule_ids import RuleId

_FIRST_SEQUENCE_NUMBER = 10_000_000_000_000_000_000


@dataclass(frozen=True, slots=True)
class Publisher:
    """On whose behalf something is published.

    Attributes:
        invoke: the invoke whose code publishes, None where no handler does.
        lineage: what the chain of events behind it has run through.
        trace: trace header of the request, "" for none.
        follow_up: whether it tells what became of another message.
        rule: rule by which it is published, None where users' code or workload does it.
        message_id: the id that the message gets, "" for a new one.
    """

    invoke: str | None = None
    lineage: Lineage = field(default_factory=lambda: NO_LINEAGE)
    trace: str = ""
    follow_up: bool = False
    rule: RuleId | None = None
    message_id: str = ""


class SnsTopic:
    """A topic.

    Args:
        name: the topic's name in journal and results (its logical name).
        arn: its ARN.
        settings: its settings.
        scheduler: the run's clock.
        streams: the run's chance, which makes ids.
        journal: where events are written.
    """

    def __init__(
        self,
        name: str,
        arn: str,
        settings: PublishSettings,
        *,
        scheduler: Scheduler,
        streams: RandomStreams,
        journal: Journal,
    ) -> None:
        self.name, self.arn, self.settings = name, arn, settings
        self.subscriptions: list[TopicSubscriber] = []
        self._scheduler = scheduler
        self._streams = streams
        self._journal = journal
        self._published = 0
        self._known: dict[tuple[str, str], tuple[int, Notification]] = {}

    def publish(self, parameters: Parameters, publisher: Publisher) -> Notification:
        """Accept a message and let the subscriptions have it (SNS-DELIVER-1).

        Args:
            parameters: a `Publish` request, or one entry of a batch.
            publisher: on whose behalf.

        Returns:
            The message, or the one that it repeats.

        Raises:
            AwsError: SNS would refuse it.
        """
        check(self.settings, parameters)
        group = str(parameters.get("MessageGroupId") or "")
        repeated = self._repeated(parameters, group)
        if repeated is not None:
            self._journal.append(FeederDeduplicated(self._scheduler.now, "SNS-FIFO-2", self.name, repeated.id))
            return repeated
        notification = self._notification(parameters, group, publisher.message_id)
        self._accept(notification, publisher)
        return notification

    def take_record(
        self, message: str, attributes: Mapping[str, Any], rule: RuleId | None, follow_up: bool = True
    ) -> str:
        """Accept the record of a destination, or the event of a dead-letter topic.

        Args:
            message: what is published.
            attributes: its message attributes.
            rule: rule by which it is.
            follow_up: whether it tells what became of another message. The record of a success goes on with the work.
        """
        publisher = Publisher(follow_up=follow_up, rule=rule)
        notification = self._notification({"Message": message, "MessageAttributes": attributes}, "")
        self._accept(notification, publisher)
        return notification.id

    def _notification(self, parameters: Parameters, group: str, message_id: str = "") -> Notification:
        by_protocol = bodies_by_protocol(parameters)
        self._published += 1
        fifo = self.settings.fifo
        number = str(_FIRST_SEQUENCE_NUMBER + self._published * 1_000) if fifo else ""
        notification = Notification(
            id=message_id or self._streams.uuid("published id", self.name),
            topic_arn=self.arn,
            message=by_protocol["default"] if by_protocol else parameters["Message"],
            published_at=self._scheduler.now,
            subject=parameters.get("Subject"),
            # Attributes go with messages that are the same for all protocols (SNS-ATTR-1).
            attributes={} if by_protocol else dict(parameters.get("MessageAttributes") or {}),
            group=group,
            deduplication_id=self._identity(parameters) if fifo else "",
            sequence_number=number,
            signature_version=self.settings.signature_version,
            by_protocol=by_protocol,
        )
        if fifo:
            self._known[self._scope(group), notification.deduplication_id] = (self._scheduler.now, notification)
        return notification

    def _accept(self, notification: Notification, publisher: Publisher) -> None:
        now = self._scheduler.now
        if not self.subscriptions:
            self._journal.append(Published(now, publisher.rule, self.name, notification.id, notification.message))
            return
        self._journal.rely_on("SNS-TIME-1")
        self._journal.append(
            FeederAccepted(
                now,
                publisher.rule,
                self.name,
                notification.id,
                notification.message,
                name="",
                group=notification.group if self.settings.fifo else "",
                invoke=publisher.invoke,
                follow_up=publisher.follow_up,
            )
        )
        for subscription in self.subscriptions:
            subscription.receive(notification, publisher.lineage, publisher.trace)

    # -- deduplication ------------------------------------------------------------------------------------

    def _repeated(self, parameters: Parameters, group: str) -> Notification | None:
        """The message of the last five minutes that a publish repeats (SNS-FIFO-2)."""
        if not self.settings.fifo:
            return None
        known = self._known.get((self._scope(group), self._identity(parameters)))
        if known is None or known[0] <= self._scheduler.now - seconds(DEDUPLICATION_SECONDS):
            return None
        return known[1]

    def _scope(self, group: str) -> str:
        return group if self.settings.deduplication_scope == "MessageGroup" else ""

    @staticmethod
    def _identity(parameters: Parameters) -> str:
        named = parameters.get("MessageDeduplicationId")
        return str(named) if named else hashlib.sha256(str(parameters["Message"]).encode()).hexdigest()
