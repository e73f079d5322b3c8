"""What an SNS topic hands on: whether it may, in which form, and what becomes of the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.code.envelopes import (
    ENVELOPE,
    fields_of_bodies,
    knows_envelopes,
    unwrapped_messages,
)
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reading import code_of
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.checks.invokers import is_shut
from delivery_lab.function_names import by_name, qualifier_in
from delivery_lab.rules.rule import SNS_GUIDE
from delivery_lab.stack.encryption import has_managed_key, key_verdict
from delivery_lab.stack.functions import Function
from delivery_lab.stack.mappings import SqsMapping
from delivery_lab.stack.policy_verdicts import Allowance, Use, verdict
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.reading import listed
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.topics import Subscription, Topic

SNS = "sns.amazonaws.com"
_SOURCES = frozenset({"aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid", "aws:principalorgid"})
_SERVICES: Mapping[str, str] = {SNS: "topic", "s3.amazonaws.com": "bucket", "events.amazonaws.com": "rule"}


def subscribed_queues(stack: Stack) -> Iterator[tuple[Subscription, Topic, Queue]]:
    """Each subscription of a topic of the stack by a queue of the stack."""
    for subscription in stack.all(Subscription):
        topic, queue = stack.at(subscription.topic.known), stack.queue_at(subscription.endpoint.known)
        if isinstance(topic, Topic) and queue is not None and subscription.protocol.known == "sqs":
            yield subscription, topic, queue


def key_fix(queue: Queue, service: str) -> str:
    """What lets a service use the key that a queue is encrypted with."""
    if has_managed_key(queue):
        return f"encrypt {queue.name} with a key of your own, whose policy lets {service} in, or with SQS's"
    return f"let the policy of the key of {queue.name} allow {service} kms:GenerateDataKey and kms:Decrypt"


class UnpermittedSubscription(Check):
    id = "CHK-FEED-1"
    title = "topic that may not use the queue or function that subscribes to it"
    severity = Severity.ERROR
    why = "SNS does not retry what it may not deliver: every message is lost, or dead-lettered by the subscription."
    fix = "Let sns.amazonaws.com in for the topic: a QueuePolicy with sqs:SendMessage, or a Permission of the function."
    source = "SNS-POLICY-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for subscription, topic, queue in subscribed_queues(stack):
            use = Use(SNS, "sqs:SendMessage", queue.arn or "", topic.arn or "", (topic.arn or ":::::").split(":")[4])
            if key_verdict(stack, queue, SNS, use.source_arn, use.account) is Allowance.DENIED:
                why = f"The key of {queue.name} does not let {topic.name} send: nothing of {subscription.name} arrives."
                values = values_of(subscription.endpoint, queue.kms_key)
                yield Found((queue.name, subscription.name), values, why, key_fix(queue, SNS), source="SNS-KMS-2")
            elif verdict(queue.policies, use) is Allowance.DENIED:
                why = f"{queue.name} has no policy that lets {topic.name} send: nothing of {subscription.name} arrives."
                fix = (
                    f"give {queue.name} a policy that lets {SNS} do sqs:SendMessage, with aws:SourceArn of {topic.name}"
                )
                yield Found((queue.name, subscription.name), values_of(subscription.endpoint), why, fix)
        for subscription in stack.all(Subscription):
            source, function = stack.at(subscription.topic.known), stack.function_at(subscription.endpoint.known)
            if not isinstance(source, Topic) or function is None:
                continue
            qualifier = qualifier_in(subscription.endpoint.known)
            if is_shut(stack, function, SNS, source.arn, qualifier):
                by = by_name(qualifier)
                why = f"{function.name} has no permission that lets {source.name} invoke it{by}, so nothing arrives."
                fix = f"add an aws.lambda_.Permission of {function.name} for {SNS} with the ARN of {source.name}"
                yield Found((function.name, subscription.name), values_of(subscription.endpoint), why, fix)


class AnybodysTopic(Check):
    id = "CHK-FEED-2"
    title = "queue that takes what anybody's topics, buckets or rules send"
    severity = Severity.WARNING
    why = "A service principal without a condition stands for the service in every account."
    fix = "Add the condition aws:SourceArn, or aws:SourceAccount."
    source = "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for queue in stack.queues:
            for policy in queue.policies:
                for statement in policy.statements:
                    service = _open_to(statement)
                    if not service:
                        continue
                    holder = policy.origin.resource
                    what = _SERVICES[service]
                    why = f"The policy lets {service} send for every {what}, that of any other account too."
                    fix = f"add the condition aws:SourceArn with the ARN of the {what} to the policy of {holder}"
                    names = (holder,) if policy.origin.urn == queue.urn else (holder, queue.name)
                    yield Found(names, {str(policy.origin): {"Principal": service}}, why, fix)


def _open_to(statement: Mapping[str, Any]) -> str:
    """The service that a statement lets in on anybody's behalf, "" if none."""
    principal, condition = statement.get("Principal"), statement.get("Condition")
    services = listed(principal.get("Service")) if isinstance(principal, Mapping) else []
    named = next((service for service in services if service in _SERVICES), "")
    if statement.get("Effect") != "Allow" or not named:
        return ""
    if condition is None:
        return str(named)
    if not isinstance(condition, Mapping):
        return ""
    keys = {str(key).lower() for test in condition.values() if isinstance(test, Mapping) for key in test}
    return str(named) if keys <= {"aws:securetransport"} and not keys & _SOURCES else ""


class NoSubscriptionDlq(Check):
    id = "CHK-FEED-3"
    title = "subscription without a dead-letter queue"
    severity = Severity.NOTE
    why = "What SNS cannot deliver is discarded without a trace."
    fix = "Set redrivePolicy, and let SNS send to that queue too."
    source = "SNS-DLQ-2"

    def find(self, stack: Stack) -> Iterator[Found]:
        for subscription in stack.all(Subscription):
            if subscription.protocol.known not in ("sqs", "lambda") or subscription.redrive_policy.value is not None:
                continue
            why = f"What SNS cannot deliver over {subscription.name} is discarded, and no queue has it."
            fix = f"set redrivePolicy of {subscription.name} to a queue whose policy lets {SNS} send"
            yield Found((subscription.name,), values_of(subscription.redrive_policy), why, fix)


def _fed_mappings(stack: Stack, *, raw: bool) -> Iterator[tuple[Subscription, SqsMapping, Function]]:
    """Each mapping of a queue whose subscriptions all deliver raw, or all do not, with the first of them."""
    for mapping, queue, function in stack.sqs_pairs():
        fed = [subscription for subscription, _, of in subscribed_queues(stack) if of is queue]
        if fed and all(subscription.raw.known is raw for subscription in fed):
            yield fed[0], mapping, function


class UnexpectedEnvelope(Check):
    id = "CHK-FEED-4"
    title = "envelope of SNS in front of a handler or filter that looks for its own fields"
    severity = Severity.ERROR
    why = "Without raw message delivery the body is an envelope; what the publisher sent is a text under Message."
    fix = "Set rawMessageDelivery to true, or look under Message."
    source = "SNS-ENVELOPE-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for subscription, mapping, function in _fed_mappings(stack, raw=False):
            fields = _filtered_fields(mapping)
            code = code_of(stack, function)
            if fields:
                why = (
                    f"The filter of {mapping.name} asks for {', '.join(fields)} in the body, and the body is the "
                    "envelope of SNS, which has no such field: Lambda deletes every message."
                )
                values: dict[str, Any] = {f"{mapping.name}.filterCriteria": list(fields)}
            elif isinstance(code, Code) and (reads := self._foreign(code)):
                why = (
                    f"{function.name} reads {reads[0][0]} off the body ({reads[0][1]}), and the body is the envelope "
                    "of SNS, which has no such field: every message fails."
                )
                values = {f"{function.name}.body": [name for name, _ in reads]}
            else:
                continue
            fix = f"set rawMessageDelivery of {subscription.name} to true, or read the JSON text under Message"
            values |= values_of(subscription.raw)
            yield Found((subscription.name, mapping.name), values, why, fix, (Edit.of(subscription.raw, True),))

    @staticmethod
    def _foreign(code: Code) -> list[tuple[str, str]]:
        """Fields that a handler needs and an envelope does not have, of a handler that knows of no envelope."""
        reads = [read for read in fields_of_bodies(code) if read.required]
        if knows_envelopes(code) or any(read.name in ENVELOPE for read in reads):
            return []
        return [(read.name, read.where) for read in reads]


def _filtered_fields(mapping: SqsMapping) -> tuple[str, ...]:
    """Fields of the body that every pattern of a mapping's filter asks for, none of which an envelope has."""
    found: list[str] = []
    for text in mapping.filters.known or ():
        try:
            body = json.loads(text).get("body")
        except (ValueError, AttributeError):
            return ()
        if not isinstance(body, dict) or not body or set(body) & ENVELOPE or "$or" in body:
            return ()
        found.extend(body)
    return tuple(dict.fromkeys(found))


class MissingEnvelope(Check):
    id = "CHK-FEED-5"
    title = "raw message delivery to a handler that takes an envelope of SNS off"
    severity = Severity.ERROR
    why = "With raw message delivery there is no envelope: the body is what the publisher sent."
    fix = "Set rawMessageDelivery to false, or read the body itself."
    source = "SNS-RAW-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for subscription, mapping, function in _fed_mappings(stack, raw=True):
            code = code_of(stack, function)
            places = unwrapped_messages(code) if isinstance(code, Code) else []
            if places:
                why = (
                    f"{function.name} reads the Message of an envelope ({places[0]}), and with raw message delivery "
                    "the body is what the publisher sent: every message fails."
                )
                fix = f"set rawMessageDelivery of {subscription.name} to false, or read the body of the record itself"
                values = {f"{function.name}.Message": places, **values_of(subscription.raw)}
                yield Found((subscription.name, mapping.name), values, why, fix, (Edit.of(subscription.raw, False),))


class OrderLostBehindTopic(Check):
    id = "CHK-FEED-6"
    title = "FIFO topic that hands on to a standard queue"
    severity = Severity.WARNING
    why = "The queue gets neither group nor deduplication id: messages come in any order, and may come twice."
    fix = "Subscribe a FIFO queue."
    source = SNS_GUIDE + "fifo-message-delivery.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for subscription, topic, queue in subscribed_queues(stack):
            if topic.fifo.known and queue.fifo.known is False:
                why = f"{topic.name} keeps the order of its message groups, and {queue.name} does not get the groups."
                fix = f"make {queue.name} a FIFO queue, or {topic.name} a standard topic if no order is needed"
                yield Found((subscription.name, queue.name), values_of(topic.fifo, queue.fifo), why, fix)
