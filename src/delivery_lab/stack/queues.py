"""SQS queues, with what other resources say about them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from delivery_lab.limits.queues import (
    BY_QUEUE,
    DELAY,
    DENY_ALL,
    FIFO_SUFFIX,
    MAX_RECEIVE_COUNT,
    MESSAGE_SIZE,
    QUEUE_NAME,
    RECEIVE_WAIT,
    RETENTION,
    VISIBILITY_TIMEOUT,
)
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.resource_types import QUEUE, REDRIVE_ALLOW_POLICY
from delivery_lab.stack.reading import Inputs, UnreadableError, document, has_unknown, whole_number
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.roles import PolicyDocument
from delivery_lab.stack.settings import Origin, Setting

PARKING_TAG = "delivery-lab:role"
PARKING = "parking"
_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class RedrivePolicy:
    """A redrive policy, as a queue or a RedrivePolicy resource holds it.

    Attributes:
        origin: what holds it.
        written: what the program wrote: JSON text, an object, or UNKNOWN.
        is_readable: whether it is known and a JSON object.
        target_arn: ARN of the dead-letter queue.
        max_receive_count: receives before the next one moves a message.
    """

    origin: Origin
    written: object
    is_readable: bool
    target_arn: Setting[str | None]
    max_receive_count: Setting[int]

    @property
    def text(self) -> Setting[str]:
        """The policy as SQS gets it."""
        if has_unknown(self.written):
            return Setting(UNKNOWN, self.origin)
        return Setting(self.written if isinstance(self.written, str) else json.dumps(self.written), self.origin)

    @property
    def problem(self) -> str:
        """Why SQS refuses it; "" if it does not, or it cannot be told (SQS-BOUNDS-1, SQS-DLQ-5)."""
        if not self.is_readable:
            return "it is no JSON object" if isinstance(self.written, str) else ""
        if self.target_arn.is_known and self.target_arn.value is None:
            return "it has no deadLetterTargetArn"
        if not self.max_receive_count.given:
            return "it has no maxReceiveCount"
        count = self.max_receive_count.known
        if count is not None and not MAX_RECEIVE_COUNT.allows(count):
            return f"maxReceiveCount is {count}"
        return ""


@dataclass(frozen=True, slots=True)
class AllowPolicy:
    """A redrive allow policy: which queues may name a queue as their dead-letter queue (SQS-DLQ-4).

    Attributes:
        origin: what holds it.
        queue_url: URL of the dead-letter queue.
        written: what the program wrote: JSON text, an object, or UNKNOWN.
        content: the policy; None where it is unknown or no JSON object.
    """

    origin: Origin
    queue_url: Setting[str]
    written: object
    content: Mapping[str, Any] | None

    def refuses(self, source_arn: str | None) -> bool:
        """Whether a queue certainly may not name the queue that it is of."""
        content = self.content or {}
        sources = content.get("sourceQueueArns") or ()
        if content.get("redrivePermission") != BY_QUEUE:
            return content.get("redrivePermission") == DENY_ALL
        told = source_arn is not None and all(isinstance(source, str) for source in sources)
        return told and source_arn not in sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue(StackResource):
    """An SQS queue.

    Attributes:
        url: its URL, None where it is known only after deployment.
        fifo: whether it is a FIFO queue.
        content_based_deduplication: None where it is left out.
        deduplication_scope: None where it is left out.
        fifo_throughput_limit: None where it is left out.
        created_visibility_seconds: the timeout that it is created with.
        visibility_seconds: the timeout that it has in the end; its origin is the queue, or a dynamic resource that
            changes it afterwards.
        retention_seconds: how long it keeps messages.
        delay_seconds: delay of each message.
        receive_wait_seconds: how long a receive waits.
        maximum_message_bytes: the largest message.
        redrive_policies: every policy that the queue or a RedrivePolicy resource holds; the last one counts.
        redrive: the policy that counts, None without one and where it cannot be told.
        redrive_known: whether it is known if there is a redrive policy.
        policies: what it may have for its policy, with what holds it (`delivery_lab.stack.resource_policies`).
        managed_encryption: `sqsManagedSseEnabled`; left out means encrypted.
        kms_key: `kmsMasterKeyId`.
        parking: whether it is meant for what no retry can help: by a tag, or by a word of its name.
    """

    url: str | None
    fifo: Setting[bool]
    content_based_deduplication: Setting[bool | None]
    deduplication_scope: Setting[str | None]
    fifo_throughput_limit: Setting[str | None]
    created_visibility_seconds: Setting[int]
    visibility_seconds: Setting[int]
    retention_seconds: Setting[int]
    delay_seconds: Setting[int]
    receive_wait_seconds: Setting[int]
    maximum_message_bytes: Setting[int]
    redrive_policies: tuple[RedrivePolicy, ...]
    redrive: RedrivePolicy | None
    redrive_known: bool
    policies: tuple[PolicyDocument, ...]
    managed_encryption: Setting[bool | None]
    kms_key: Setting[str | None]
    parking: bool

    @property
    def physical_name(self) -> str | None:
        """Its name in AWS, None where it is known only after deployment."""
        return None if self.arn is None else self.arn.rpartition(":")[2]

    @property
    def name_problem(self) -> str:
        """Why SQS refuses its name; "" if it does not, or it cannot be told (SQS-NAME-1)."""
        name, fifo = self.physical_name, self.fifo.known
        if name is None or fifo is None:
            return ""
        plain = name.removesuffix(FIFO_SUFFIX) if fifo else name
        if QUEUE_NAME.allows(len(name)) and _NAME.fullmatch(plain) and name.endswith(FIFO_SUFFIX) == fifo:
            return ""
        kind = "a FIFO queue" if fifo else "a standard queue"
        return (
            f"{name} is no name of {kind}, which has letters, digits, hyphens and underscores, "
            f"{QUEUE_NAME.maximum} at most" + (f", and ends in {FIFO_SUFFIX}" if fifo else "")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RedrivePolicyResource(StackResource):
    """A RedrivePolicy resource, which sets the policy of a queue after both queues exist.

    Attributes:
        queue_url: URL of the queue.
        policy: what it sets.
    """

    queue_url: Setting[str]
    policy: RedrivePolicy


@dataclass(frozen=True, slots=True)
class QueueSurroundings:
    """What other resources say about a queue.

    Attributes:
        visibility: the timeout that a dynamic resource sets last, None where none does.
        redrive_policies: of RedrivePolicy resources.
        redrive_unknown: whether a RedrivePolicy resource names a queue that is known only after deployment.
        policies: what it may have for its policy.
    """

    visibility: Setting[int] | None
    redrive_policies: tuple[RedrivePolicy, ...]
    redrive_unknown: bool
    policies: tuple[PolicyDocument, ...]


def redrive_policy(inputs: Inputs) -> RedrivePolicy | None:
    """The redrive policy of a queue or of a RedrivePolicy resource, None where none is written."""
    written = inputs.raw("redrivePolicy")
    if written is None or written == "":
        return None
    policy = document(written)
    held = policy if policy is not None else {"deadLetterTargetArn": UNKNOWN, "maxReceiveCount": UNKNOWN}
    return RedrivePolicy(
        origin=inputs.origin("redrivePolicy"),
        written=written,
        is_readable=policy is not None,
        target_arn=_target(inputs, held),
        max_receive_count=_count(inputs, held),
    )


def _target(inputs: Inputs, policy: Mapping[str, Any]) -> Setting[str | None]:
    value, origin = policy.get("deadLetterTargetArn"), inputs.origin("redrivePolicy", "deadLetterTargetArn")
    if value is None:
        return Setting(None, origin, given=False)
    return Setting(value if isinstance(value, str) else UNKNOWN, origin)


def _count(inputs: Inputs, policy: Mapping[str, Any]) -> Setting[int]:
    path = ("redrivePolicy", "maxReceiveCount")
    value = policy.get("maxReceiveCount")
    if value is None:  # refused, so there is no count (SQS-DLQ-5)
        return Setting(UNKNOWN, inputs.origin(*path), given=False)
    if value is UNKNOWN:
        return Setting(UNKNOWN, inputs.origin(*path))
    try:
        return Setting(whole_number(value), inputs.origin(*path, value=whole_number(value)))
    except UnreadableError as error:
        return Setting(UNKNOWN, inputs.origin(*path), problem=f"= {value!r} has to be {error}")


def allow_policy(inputs: Inputs, url: Setting[str]) -> AllowPolicy | None:
    """The redrive allow policy of a queue or of a RedriveAllowPolicy resource, None where none is written."""
    written = inputs.raw("redriveAllowPolicy")
    if not written:
        return None
    return AllowPolicy(inputs.origin("redriveAllowPolicy"), url, written, document(written))


def allow_policies(inputs_of: Callable[[str], Iterator[Inputs]]) -> Iterator[AllowPolicy]:
    """The redrive allow policies of queues, and of RedriveAllowPolicy resources.

    Args:
        inputs_of: the inputs of each resource of a type.
    """
    for held in inputs_of(QUEUE):
        url = held.output("url")
        policy = allow_policy(held, Setting(UNKNOWN if url is None else url, held.origin("url")))
        if policy is not None:
            yield policy
    for held in inputs_of(REDRIVE_ALLOW_POLICY):
        policy = allow_policy(held, held.text("queueUrl"))
        if policy is not None:
            yield policy


def is_parking(inputs: Inputs) -> bool:
    """Whether a queue is meant for what no retry can help: by a tag, or by a word of its name."""
    if inputs.raw("tags", PARKING_TAG) == PARKING:
        return True
    name = inputs.resource.name
    words = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)
    return PARKING in words.replace("_", "-").replace(".", "-").split("-")


def queue(inputs: Inputs, surroundings: QueueSurroundings) -> Queue:
    """A queue of its inputs and of what other resources say about it."""
    created = inputs.number("visibilityTimeoutSeconds", default=VISIBILITY_TIMEOUT.default)
    own = redrive_policy(inputs)
    policies = (*((own,) if own is not None else ()), *surroundings.redrive_policies)
    counting = policies[-1] if policies else None
    known = not surroundings.redrive_unknown and (counting is None or counting.is_readable)
    return Queue(
        **inputs.identity(),
        url=inputs.output("url"),
        fifo=inputs.switch("fifoQueue", default=False),
        content_based_deduplication=inputs.optional_switch("contentBasedDeduplication"),
        deduplication_scope=inputs.optional_text("deduplicationScope"),
        fifo_throughput_limit=inputs.optional_text("fifoThroughputLimit"),
        created_visibility_seconds=created,
        visibility_seconds=surroundings.visibility or created,
        retention_seconds=inputs.number("messageRetentionSeconds", default=RETENTION.default),
        delay_seconds=inputs.number("delaySeconds", default=DELAY.default),
        receive_wait_seconds=inputs.number("receiveWaitTimeSeconds", default=RECEIVE_WAIT.default),
        maximum_message_bytes=inputs.number("maxMessageSize", default=MESSAGE_SIZE.default),
        redrive_policies=policies,
        redrive=counting if known else None,
        redrive_known=known,
        policies=surroundings.policies,
        managed_encryption=inputs.optional_switch("sqsManagedSseEnabled"),
        kms_key=inputs.optional_text("kmsMasterKeyId"),
        parking=is_parking(inputs),
    )
