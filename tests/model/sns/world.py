"""A world with a topic, and what is subscribed to it."""

from __future__ import annotations

import json
from typing import Any

from delivery_lab.model.faults import InjectedFault
from delivery_lab.model.feeds.feed import Feed
from delivery_lab.model.feeds.targets import PERMITTED, FeedTarget, FunctionTarget, Permit, QueueTarget
from delivery_lab.model.runtime import Caller
from delivery_lab.model.sns import subscription as model
from delivery_lab.model.sns.filter_policy import parse
from delivery_lab.model.sns.publishing import PublishSettings
from delivery_lab.model.sqs.queue import SqsQueue
from tests.model.support import WORLDS, Behaviour, World, succeed

ARN = "arn:aws:sns:us-east-2:123456789012:orders"
SUBSCRIPTION = f"{ARN}:2bcfbf39-05c3-41de-beaa-fcfcc21c8f55"
CALLER = Caller("publisher", None)
DENIED = Permit(refusal="jobs has no policy that lets orders send", rule="SNS-POLICY-1")


class TopicWorld(World):
    """A world with the topic `orders`."""

    def __init__(self, behave: Behaviour = succeed, seed: int = 1, **settings: Any) -> None:
        super().__init__(behave, seed)
        arn = f"{ARN}.fifo" if settings.get("fifo") else ARN
        self.topic = self.account.create_topic("orders", arn, PublishSettings(**settings))

    def target(self, queue: SqsQueue, permit: Permit = PERMITTED) -> QueueTarget:
        account = self.account
        return QueueTarget(queue, permit, lambda: account.faults, account.streams, account.journal)

    def subscribe(
        self,
        endpoint: SqsQueue | str,
        *,
        raw: bool = False,
        policy: dict[str, Any] | None = None,
        scope: str = "MessageAttributes",
        dead_letters: SqsQueue | None = None,
        dead_letters_permit: Permit = PERMITTED,
        permit: Permit = PERMITTED,
        name: str = "subscription",
    ) -> Feed:
        """Subscribe a queue, or a function by its name."""
        account, fifo = self.account, self.topic.settings.fifo
        target: FeedTarget
        if isinstance(endpoint, SqsQueue):
            target = self.target(endpoint, permit)
        else:
            functions, events = account.functions, account.events
            target = FunctionTarget(endpoint, name, permit, functions, events, lambda: account.faults, account.journal)
        feed = Feed(
            "orders",
            "topic",
            name,
            target,
            None if dead_letters is None else self.target(dead_letters, dead_letters_permit),
            wait=model.wait_of_fifo if fifo else model.wait_of_standard,
            rules=model.RULES,
            faults=lambda: self.account.faults,
            scheduler=self.scheduler,
            journal=self.journal,
        )
        feed.note_configuration()
        parsed = None if policy is None else parse(json.dumps(policy), scope)
        protocol: model.Protocol = "lambda" if isinstance(endpoint, str) else "sqs"
        to_fifo = isinstance(endpoint, SqsQueue) and endpoint.fifo
        self.topic.subscriptions.append(
            model.TopicSubscriber(feed, SUBSCRIPTION, protocol, raw, parsed, to_fifo, self.journal)
        )
        account.feeds.append(feed)
        return feed

    def publish(self, message: str = "hello", **parameters: Any) -> dict[str, Any]:
        """Publish through the API, as a handler does."""
        given = {"TopicArn": self.topic.arn, "Message": message, **parameters}
        answer = self.account.call("sns", "Publish", given, CALLER)
        assert isinstance(answer, dict)
        return answer

    def is_cut_off(self) -> None:
        """An error has ended the run in the middle: nothing holds of what is left."""
        WORLDS.clear()

    def fault(self, *faults: InjectedFault) -> None:
        self.account.inject_faults(faults)


def text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


def number(value: float) -> dict[str, str]:
    return {"DataType": "Number", "StringValue": str(value)}
