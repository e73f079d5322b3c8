"""The section `delivery-lab:sns`: a topic, a queue that subscribes to it, and the worker of the queue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, JsonValue, model_validator

from components.settings.alarms import AlarmSettings
from components.settings.base import Section, Violation, require
from components.settings.batch import order_violations
from components.settings.function import BatchWorkerSettings
from components.settings.queue import (
    DeadLetterQueueSettings,
    OrderableQueueSettings,
    retention_violation,
    visibility_violation,
    with_visibility_default,
)


class SnsTopicSettings(Section):
    """A topic of SNS."""

    fifo: bool = Field(False, description="FifoTopic of an SNS topic")
    content_based_deduplication: bool | None = Field(None, description="ContentBasedDeduplication of an SNS FIFO topic")

    @model_validator(mode="after")
    def _fifo_keys_fit_together(self) -> Self:
        if self.content_based_deduplication is not None and not self.fifo:
            require(
                Violation(
                    ("contentBasedDeduplication",),
                    self.content_based_deduplication,
                    "only a FIFO topic recognises repetitions",
                    "set fifo to true as well, or remove it",
                )
            )
        return self


class SubscriptionSettings(Section):
    """What the queue gets of a topic's messages, and in which form.

    Without `rawMessageDelivery` the body of a message is SNS's envelope, in which what was published is a text. The
    filter policy is about message attributes unless `filterPolicyScope` says otherwise; a message that has what it asks
    for in its body only does not match. `deadLetterQueue` keeps what SNS cannot deliver.
    """

    raw_message_delivery: bool = Field(True, description="RawMessageDelivery of an SNS subscription")
    filter_policy: dict[str, JsonValue] | None = Field(None, description="FilterPolicy of an SNS subscription")
    filter_policy_scope: Literal["MessageAttributes", "MessageBody"] | None = Field(
        None, description="FilterPolicyScope of an SNS subscription, MessageAttributes where it is left out"
    )
    dead_letter_queue: bool = Field(
        True, description="whether the subscription has a RedrivePolicy with a queue of its own"
    )

    @property
    def filter_policy_text(self) -> str | None:
        """The filter policy as compact JSON, None without one."""
        return None if self.filter_policy is None else json.dumps(self.filter_policy, separators=(",", ":"))

    @model_validator(mode="after")
    def _scope_is_of_a_policy(self) -> Self:
        if self.filter_policy_scope is not None and self.filter_policy is None:
            require(
                Violation(
                    ("filterPolicyScope",),
                    self.filter_policy_scope,
                    "without filterPolicy every message is wanted",
                    "add filterPolicy, or remove it",
                )
            )
        return self


class SnsWorkerSettings(BatchWorkerSettings):
    """The worker of the queue.

    `body` says what the function takes the body of a message for; left out, it is what the subscription delivers.
    """

    body: Literal["message", "envelope"] | None = Field(
        None, description="what the function takes the body of a message for"
    )


class SnsSettings(Section):
    """Everything about one topic and the queue that it feeds."""

    topic: SnsTopicSettings = Field(default_factory=SnsTopicSettings)
    subscription: SubscriptionSettings = Field(default_factory=SubscriptionSettings)
    queue: OrderableQueueSettings = Field(default_factory=OrderableQueueSettings)
    dead_letter_queue: DeadLetterQueueSettings = Field(default_factory=DeadLetterQueueSettings)
    worker: SnsWorkerSettings = Field(default_factory=SnsWorkerSettings)
    alarms: AlarmSettings = Field(default_factory=AlarmSettings)

    @property
    def body(self) -> Literal["message", "envelope"]:
        """What the function takes the body of a message for."""
        if self.worker.body is not None:
            return self.worker.body
        return "message" if self.subscription.raw_message_delivery else "envelope"

    @model_validator(mode="before")
    @classmethod
    def _visibility_follows_the_function(cls, raw: JsonValue) -> JsonValue:
        return with_visibility_default(raw, SnsWorkerSettings)

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        worker = self.worker
        require(
            visibility_violation(self.queue, worker.timeout_seconds, worker.maximum_batching_window_seconds),
            None if self.queue.fifo else retention_violation(self.queue, self.dead_letter_queue),
            *self._fifo_violations(),
            *order_violations(worker, fifo=self.queue.fifo),
        )
        return self

    def _fifo_violations(self) -> Iterator[Violation]:
        """A standard topic feeds standard queues only; a FIFO topic may feed either kind."""
        if self.queue.fifo and not self.topic.fifo:
            yield Violation(
                ("queue", "fifo"),
                True,
                "FIFO SQS Queues can not be subscribed to standard SNS topics (SNS refuses such a subscription)",
                "set topic.fifo to true as well, or remove it",
            )
