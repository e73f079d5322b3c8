"""From topics and subscriptions of a stack to the model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast

from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.limits.topics import DEDUPLICATION_SCOPE, TOPIC_MESSAGE
from delivery_lab.model.account import Account
from delivery_lab.model.api_errors import sns as errors
from delivery_lab.model.feeds.feed import Feed
from delivery_lab.model.feeds.targets import FeedTarget, QueueTarget, RefusedTarget
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sns import subscription as model
from delivery_lab.model.sns.filter_policy import FilterPolicy, parse
from delivery_lab.model.sns.publishing import PublishSettings
from delivery_lab.rule_ids import RuleId
from delivery_lab.simulation.supported_feeds import feed_problem
from delivery_lab.simulation.targets import Targets
from delivery_lab.stack.functions import Function
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.reading import document
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.topics import Subscription, Topic

SERVICE = "sns.amazonaws.com"
_ENDPOINTS = {"sqs": ("SQS", "queue"), "lambda": ("Lambda", "function")}
"""By protocol: how SNS calls its endpoints, and what they are."""
_PROTOCOLS = tuple(_ENDPOINTS)


def create_topic(account: Account, resource: Topic) -> None:
    """Create a topic.

    Raises:
        DeploymentRefusedError: SNS would refuse one of its settings.
    """
    size, scope = resource.maximum_message_bytes, resource.deduplication_scope
    if not TOPIC_MESSAGE.allows(size.certain()) or not DEDUPLICATION_SCOPE.allows(scope.certain()):
        wrong = size if not TOPIC_MESSAGE.allows(size.certain()) else scope
        raise DeploymentRefusedError(
            resource.name,
            "InvalidParameter",
            f"Invalid parameter: Attributes Reason: {wrong.origin.input} = {wrong.value!r}",
            rule="SNS-SIZE-1" if wrong is size else "SNS-FIFO-2",
            fix=f"set {wrong.origin.input} to "
            + (TOPIC_MESSAGE.range if wrong is size else " or ".join(DEDUPLICATION_SCOPE.values)),
        )
    settings = PublishSettings(
        fifo=resource.fifo.certain(),
        content_based=resource.content_based_deduplication.certain(),
        deduplication_scope=scope.certain(),
        maximum_message_bytes=size.certain(),
        signature_version=str(resource.signature_version.certain()),
    )
    account.create_topic(resource.label, resource.arn or "", settings)


def connect_topics(stack: Stack, account: Account, notes: list[str]) -> None:
    """Create the subscriptions; queues, functions and their policies exist by now.

    Args:
        stack: the stack.
        account: the account of the run.
        notes: what is part of the stack and not simulated.

    Raises:
        DeploymentRefusedError: SNS would refuse a subscription.
    """
    connector = _Connector(stack, account, notes)
    for resource in stack.all(Subscription):
        connector.connect(resource)


@dataclass(slots=True)
class _Connector:
    stack: Stack
    account: Account
    notes: list[str]
    _there: dict[tuple[str, str], Subscription] = field(default_factory=dict)

    def connect(self, resource: Subscription) -> None:
        topic, target = self.stack.at(resource.topic.known), self._target(resource)
        protocol = resource.protocol.known
        if not isinstance(topic, Topic):
            what = resource.topic.known or "a topic that is known only after deployment"
            self.notes.append(
                f"{resource.name} subscribes to {what}, which is not in this stack: nothing arrives there in a run"
            )
            return
        self._check_endpoint(resource)
        if protocol not in _PROTOCOLS or target is None:
            where = resource.endpoint.known or "somebody who is known only after deployment"
            self.notes.append(
                f"{resource.name} hands on what arrives at {topic.name} to {where} ({protocol}), outside this stack: "
                "that is not counted"
            )
        elif not self._is_repeated(resource, topic):
            self._subscribe(resource, topic, target)

    def _check_endpoint(self, resource: Subscription) -> None:
        """Refuse the endpoint of another protocol, or one that is no ARN (SNS-ENDPOINT-1)."""
        protocol, endpoint = resource.protocol.known, resource.endpoint.known
        if protocol not in _PROTOCOLS or endpoint is None:
            return
        parts = endpoint.split(":")
        if parts[0] == "arn" and parts[2:3] == [protocol]:
            return
        what = _ENDPOINTS[protocol]
        fix = f"set endpoint of {resource.name} to the arn of the {what[1]}"
        raise _refused(resource.name, errors.ENDPOINT.error(protocol=what[0]), "SNS-ENDPOINT-1", fix)

    def _target(self, resource: Subscription) -> Queue | Function | None:
        arn = resource.endpoint.known
        return self.stack.function_at(arn) if resource.protocol.known == "lambda" else self.stack.queue_at(arn)

    def _is_repeated(self, resource: Subscription, topic: Topic) -> bool:
        """Whether the endpoint is subscribed already: SNS answers with the subscription that is there (SNS-ONE-1)."""
        key = (topic.urn, resource.endpoint.certain())
        before = self._there.setdefault(key, resource)
        if before is resource:
            return False
        if _attributes(before) != _attributes(resource):
            fix = f"remove {before.name} or {resource.name}: an endpoint has one subscription of a topic"
            raise _refused(resource.name, errors.SUBSCRIBED.error(), "SNS-ONE-1", fix)
        self.notes.append(f"{resource.name} and {before.name} are one subscription for SNS")
        return True

    def _subscribe(self, resource: Subscription, topic: Topic, target: Queue | Function) -> None:
        created = self.account.topics[topic.label]
        fifo = created.settings.fifo
        to_fifo = isinstance(target, Queue) and target.fifo.certain()
        if to_fifo and not fifo:
            fix = f"make {topic.name} a FIFO topic, or {target.name} a standard queue"
            raise _refused(resource.name, errors.FIFO_QUEUE.error(), "SNS-FIFO-4", fix)
        if fifo and isinstance(target, Function):
            fix = f"subscribe a queue to {topic.name}, and let {target.name} read it by an event source mapping"
            raise _refused(resource.name, errors.FIFO_FUNCTION.error(), "SNS-FIFO-6", fix)
        account = self.account
        feed = Feed(
            topic.label,
            "topic",
            resource.label,
            self._feed_target(resource, topic, target),
            self._dead_letters(resource, topic, fifo=to_fifo),
            wait=model.wait_of_fifo if fifo else model.wait_of_standard,
            rules=model.RULES,
            faults=lambda: account.faults,
            scheduler=account.scheduler,
            journal=account.journal,
        )
        account.feeds.append(feed)
        created.subscriptions.append(
            model.TopicSubscriber(
                feed,
                resource.arn or "",
                cast("model.Protocol", resource.protocol.certain()),
                resource.raw.certain() and isinstance(target, Queue),
                self._policy(resource),
                to_fifo,
                account.journal,
            )
        )

    def _feed_target(self, resource: Subscription, topic: Topic, target: Queue | Function) -> FeedTarget:
        problem = feed_problem(self.stack, resource)
        if problem:
            return RefusedTarget(target.label, problem)
        if isinstance(target, Queue):
            return self._queue(topic, target)
        return self._targets.function(target, resource.label, topic.name, topic.arn or "", resource.endpoint.known)

    @property
    def _targets(self) -> Targets:
        return Targets(self.stack, self.account, SERVICE, "SNS-POLICY-1")

    def _queue(self, topic: Topic, queue: Queue) -> QueueTarget:
        return self._targets.queue(queue, topic.name, topic.arn or "")

    def _dead_letters(self, resource: Subscription, topic: Topic, *, fifo: bool) -> FeedTarget | None:
        arn, given = resource.dead_letter_arn.certain(), resource.redrive_policy.known
        if arn is None and given and document(given) is None:
            raise DeploymentRefusedError(
                resource.name,
                "InvalidParameter",
                f"Invalid parameter: RedrivePolicy: failed to parse JSON. It is {given!r}.",
                rule="SNS-DLQ-1",
                fix=f"correct the redrivePolicy of {resource.name}: an object with a deadLetterTargetArn",
            )
        if arn is None:
            return None
        queue = self.stack.queue_at(arn)
        if queue is None:
            why = f"a message is dead-lettered by {resource.name}, to {arn}, which is not in this stack"
            return RefusedTarget(arn, f"{why}\n  nearest: a queue of the same stack")
        if fifo and not queue.fifo.certain():
            fix = f"name a FIFO queue as the dead-letter queue of {resource.name}"
            raise _refused(resource.name, errors.FIFO_DEAD_LETTERS.error(), "SNS-DLQ-3", fix)
        return self._queue(topic, queue)

    def _policy(self, resource: Subscription) -> FilterPolicy | None:
        text = resource.filter_policy.certain()
        if text is None:
            return None
        try:
            return parse(text, resource.filter_scope.certain())
        except AwsError as error:
            fix = f"correct the filterPolicy of {resource.name}"
            raise _refused(resource.name, error, "SNS-FILTER-2", fix) from error


def dead_letter_queues(feeds: Iterable[Feed]) -> set[str]:
    """Names of the queues that take what targets refuse."""
    return {feed.dead_letters.name for feed in feeds if feed.dead_letters is not None}


def _attributes(resource: Subscription) -> tuple[object, ...]:
    settings = (resource.raw, resource.filter_policy, resource.filter_scope, resource.redrive_policy)
    return tuple(setting.value for setting in settings)


def _refused(resource: str, error: AwsError, rule: RuleId, fix: str) -> DeploymentRefusedError:
    message = f"{error.message} {error.why}".rstrip()
    return DeploymentRefusedError(resource, error.code, message, rule=rule, fix=fix)
