"""A world with a bus, and what its rules hand events on to."""

from __future__ import annotations

import json
from typing import Any

from delivery_lab.model.eventbridge import bus as model
from delivery_lab.model.eventbridge.bus import EventBus, Putter, RuleTarget
from delivery_lab.model.eventbridge.dead_letters import DeadLetters, Retries, RetryPolicy, backoff_of
from delivery_lab.model.eventbridge.inputs import TargetInput, WholeEvent
from delivery_lab.model.eventbridge.pattern import parse
from delivery_lab.model.eventbridge.target import BusTarget
from delivery_lab.model.faults import InjectedFault
from delivery_lab.model.feeds.feed import Feed
from delivery_lab.model.feeds.targets import (
    PERMITTED,
    FeedTarget,
    FunctionTarget,
    Permit,
    QueueTarget,
    StreamTarget,
)
from delivery_lab.model.runtime import Caller
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.model.streams.kinesis import KinesisStream
from delivery_lab.simulation.buses import REPEATED
from tests.model.support import WORLDS, Behaviour, World, succeed

ARN = "arn:aws:events:us-east-2:123456789012:event-bus/shop"
RULE = "arn:aws:events:us-east-2:123456789012:rule/shop/orders"
TARGET = "arn:aws:sqs:us-east-2:123456789012:jobs"
CALLER = Caller("publisher", None)
DENIED = Permit(refusal="jobs has no policy that lets orders send", rule="EB-POLICY-1")
ENTRY = {"Source": "shop", "DetailType": "order", "Detail": '{"id": "a"}', "EventBusName": "shop"}


class BusWorld(World):
    """A world with the bus `shop`."""

    def __init__(self, behave: Behaviour = succeed, seed: int = 1) -> None:
        super().__init__(behave, seed)
        self.bus = self.account.buses.create("shop", ARN)

    def queue_target(self, queue: SqsQueue, permit: Permit = PERMITTED) -> QueueTarget:
        account = self.account
        return QueueTarget(queue, permit, lambda: account.faults, account.streams, account.journal)

    def _target(self, to: SqsQueue | KinesisStream | EventBus | str, permit: Permit, name: str) -> FeedTarget:
        account = self.account
        faults = lambda: account.faults  # noqa: E731 - they are set later
        if isinstance(to, SqsQueue):
            return self.queue_target(to, permit)
        if isinstance(to, KinesisStream):
            return StreamTarget(to, permit, faults, account.journal)
        if isinstance(to, EventBus):
            return BusTarget(to, faults, account.streams, account.journal, permit)
        return FunctionTarget(to, name, permit, account.functions, account.events, faults, account.journal)

    def rule(
        self,
        to: SqsQueue | KinesisStream | EventBus | str,
        *,
        pattern: Any = None,
        input: TargetInput | None = None,  # noqa: A002 - AWS's name
        permit: Permit = PERMITTED,
        dead_letters: SqsQueue | None = None,
        dead_letters_permit: Permit = PERMITTED,
        policy: RetryPolicy | None = None,
        name: str = "target",
        group: str = "",
        key_path: str = "",
        of: EventBus | None = None,
    ) -> Feed:
        """A rule with one target."""
        account, bus, policy = self.account, of or self.bus, policy or RetryPolicy()
        backoff = backoff_of(account.assumptions.rule_retry_seconds)
        feed = Feed(
            bus.name,
            "bus",
            name,
            self._target(to, permit, name),
            None if dead_letters is None else self.queue_target(dead_letters, dead_letters_permit),
            wait=Retries(name, policy, backoff, account.streams, account.journal).wait,
            rules=model.RULES,
            faults=lambda: self.account.faults,
            scheduler=self.scheduler,
            journal=self.journal,
            dead_letter=DeadLetters(RULE, TARGET, policy, self.journal).letter,
            repeated=REPEATED,
        )
        feed.note_configuration()
        account.feeds.append(feed)
        parsed = parse(json.dumps({"source": ["shop"]} if pattern is None else pattern))
        bus.targets.append(
            RuleTarget(feed, parsed, input or WholeEvent(), group, key_path, (), isinstance(to, EventBus))
        )
        return feed

    def put(self, detail: Any = None, **entry: Any) -> Any:
        """Put one event on the bus through the API, as a handler does."""
        given = {**ENTRY, "Detail": json.dumps(detail or {"id": "a"}), **entry}
        return self.account.call("events", "PutEvents", {"Entries": [given]}, CALLER)

    def put_unhindered(self, detail: Any) -> None:
        """Put one event on the bus, as a workload does: no fault happens to that."""
        self.account.buses.api.call("PutEvents", {"Entries": [{**ENTRY, "Detail": json.dumps(detail)}]}, Putter())

    def is_cut_off(self) -> None:
        """An error has ended the run in the middle: nothing holds of what is left."""
        WORLDS.clear()

    def fault(self, *faults: InjectedFault) -> None:
        self.account.inject_faults(faults)
