"""The section `delivery-lab:kafka`: a topic of MSK or of a Kafka of one's own, its producer and its consumer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from components.settings.alarms import AlarmSettings
from components.settings.api import ApiSettings
from components.settings.base import Section, Violation, require
from components.settings.function import ProducerSettings
from components.settings.msk import MskSettings, SelfManagedKafkaSettings
from components.settings.ordered import (
    ENDLESS,
    OrderedWorkerSettings,
    unused_queue_violation,
    unused_section_violation,
)
from components.settings.queue import DeadLetterQueueSettings

LONGEST_CONSUMER_TIMEOUT_SECONDS = 840

Partitions = Annotated[int, Field(ge=1, le=4000)]
TopicName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,248}$")]


class TopicDefaultsSettings(Section):
    """What a topic has of which nothing else is said."""

    partitions: Partitions = Field(1, description="number of partitions of a Kafka topic")
    retention_hours: int = Field(168, ge=1, le=87_600, description="retention.ms of a Kafka topic, in hours")


class TopicSettings(TopicDefaultsSettings):
    """The topic, which the producer creates when it is missing."""

    name: TopicName = Field("streamtopic", description="name of a Kafka topic")


class PollerSettings(Section):
    """How the mapping scales: by the lag (`on-demand`), or between two numbers of pollers that are paid for."""

    mode: Literal["provisioned", "on-demand"] = Field("provisioned", description="scaling mode of a Kafka mapping")
    minimum: int = Field(1, ge=1, le=200, description="ProvisionedPollerConfig.MinimumPollers of a Kafka mapping")
    maximum: int = Field(200, ge=1, le=2000, description="ProvisionedPollerConfig.MaximumPollers of a Kafka mapping")

    @model_validator(mode="after")
    def _the_numbers_fit(self) -> Self:
        require(self._order_violation(), *self._unused_violations())
        return self

    def _order_violation(self) -> Violation | None:
        if self.minimum <= self.maximum:
            return None
        fix = f"set it to {self.minimum} or more"
        return Violation(("maximum",), self.maximum, f"must not be below minimum ({self.minimum})", fix)

    def _unused_violations(self) -> Iterator[Violation]:
        if self.mode == "provisioned":
            return
        for name in ("minimum", "maximum"):
            if name in self.model_fields_set:
                yield Violation(
                    (name,), getattr(self, name), "has no meaning when mode is on-demand", f"remove {name}, or mode"
                )


class KafkaConsumerSettings(OrderedWorkerSettings):
    """A function and the Kafka mapping that feeds it.

    `maximumBatchingWindowSeconds` left out is AWS's own 500 ms, which no number of seconds gives. `consumerGroupId`
    left out is a group of the mapping's own. AWS offers the retry controls with provisioned pollers only.
    """

    timeout_seconds: int = Field(
        30,
        ge=1,
        le=LONGEST_CONSUMER_TIMEOUT_SECONDS,
        description="Timeout of a Lambda function behind Kafka, 14 minutes at most",
    )
    maximum_batching_window_seconds: int | None = Field(
        None, ge=0, le=300, description="MaximumBatchingWindowInSeconds of an event source mapping"
    )
    consumer_group_id: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9\-/*:_+=.@]{1,200}$",
        description="ConsumerGroupId of a Kafka mapping",
    )
    pollers: PollerSettings = Field(default_factory=PollerSettings)
    on_failure: Literal["sqs", "sns", "s3", "kafka", "none"] = Field(
        "sqs", description="kind of DestinationConfig.OnFailure of a Kafka mapping"
    )
    failure_topic: TopicName = Field("streamtopic-failures", description="name of a Kafka topic in the same cluster")

    @model_validator(mode="after")
    def _controls_need_provisioned_pollers(self) -> Self:
        require(*self._control_violations(), self._failure_topic_violation())
        return self

    def _control_violations(self) -> Iterator[Violation]:
        if self.pollers.mode == "provisioned":
            return
        if self.on_failure == "kafka":
            yield Violation(
                ("onFailure",),
                self.on_failure,
                "a Kafka topic takes failures with provisioned pollers only (pollers.mode is on-demand)",
                "set it to sqs, sns, s3 or none, or pollers.mode to provisioned",
            )
        controls: tuple[tuple[str, object, object], ...] = (
            ("maximumRetryAttempts", self.maximum_retry_attempts, ENDLESS),
            ("maximumRecordAgeSeconds", self.maximum_record_age_seconds, ENDLESS),
            ("bisectBatchOnFunctionError", self.bisect_batch_on_function_error, False),
            ("reportBatchItemFailures", self.report_batch_item_failures, False),
        )
        for key, value, without in controls:
            if value != without:
                word = str(without).lower()
                yield Violation(
                    (key,),
                    value,
                    "AWS offers this for Kafka with provisioned pollers only (pollers.mode is on-demand)",
                    f"set it to {word}, or pollers.mode to provisioned",
                )

    def _failure_topic_violation(self) -> Violation | None:
        if self.on_failure == "kafka" or "failure_topic" not in self.model_fields_set:
            return None
        return Violation(
            ("failureTopic",),
            self.failure_topic,
            f"has no meaning when onFailure is {self.on_failure}",
            "remove it, or set onFailure to kafka",
        )


class KafkaSettings(Section):
    """Everything about one topic, who writes it and who reads it.

    `selfManaged` reads a Kafka that is there already: no cluster is made then, and no producer, which signs in to MSK.
    """

    cluster: MskSettings = Field(default_factory=MskSettings)
    self_managed: SelfManagedKafkaSettings | None = None
    topic: TopicSettings = Field(default_factory=TopicSettings)
    consumer: KafkaConsumerSettings = Field(default_factory=KafkaConsumerSettings)
    dead_letter_queue: DeadLetterQueueSettings = Field(default_factory=DeadLetterQueueSettings)
    producer: ProducerSettings = Field(default_factory=ProducerSettings)
    api: ApiSettings = Field(default_factory=ApiSettings)
    alarms: AlarmSettings = Field(default_factory=AlarmSettings)

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        require(
            *self._unused_parts(),
            self._same_topic_violation(),
            unused_queue_violation(self.model_fields_set, self.consumer.on_failure, self.dead_letter_queue, "consumer"),
        )
        return self

    def _unused_parts(self) -> Iterator[Violation | None]:
        if self.self_managed is None:
            return
        for part in ("cluster", "producer", "api"):
            because = "has no meaning together with selfManaged"
            yield unused_section_violation(self.model_fields_set, part, because, f"remove {part}, or selfManaged")
        for field, key in (("partitions", "partitions"), ("retention_hours", "retentionHours")):
            if field in self.topic.model_fields_set:
                because = "has no meaning together with selfManaged: the topic is as its owner made it"
                yield Violation(("topic", key), getattr(self.topic, field), because, f"remove {key}")

    def _same_topic_violation(self) -> Violation | None:
        consumer = self.consumer
        if consumer.on_failure != "kafka" or consumer.failure_topic != self.topic.name:
            return None
        return Violation(
            ("consumer", "failureTopic"),
            consumer.failure_topic,
            "must not be the topic that is read (AWS refuses such an event source mapping)",
            f"name another one, such as {self.topic.name}-failures",
        )
