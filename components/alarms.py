"""CloudWatch alarms on problems with messages, with thresholds that follow from the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch, lambda_, sqs

from components.settings import AlarmSettings, KafkaSettings, QueueSettings, StreamSettings

SLOW_BATCHES = 6
"""How many batches of the longest kind a shard may be behind: room for some retries, as SQS's advice of 6 timeouts."""

SHORTEST_AGE_SECONDS = 30
"""A shard is polled about once a second, and a cold start takes seconds: less than this would be noise."""

_MINUTE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Watch:
    """One metric and the value that it must not exceed.

    Attributes:
        key: last part of the alarm's name.
        description: what it means when the alarm goes off.
        namespace: CloudWatch namespace.
        metric: name of the metric.
        statistic: Sum or Maximum.
        threshold: the alarm goes off above it, in the metric's own unit.
        dimensions: what is measured.
        minutes: for how long the threshold has to be exceeded.
    """

    key: str
    description: str
    namespace: str
    metric: str
    statistic: str
    threshold: float
    dimensions: Mapping[str, pulumi.Input[str]]
    minutes: int = 1


class Alarms(pulumi.ComponentResource):
    """An alarm `<name>-alarm-<key>` for each watch; none at all when the settings switch them off.

    No data is no alarm: an idle queue or function reports nothing.

    Args:
        name: prefix of the children's names.
        settings: whether there are alarms, and whom they notify.
        watches: what to watch.
        opts: resource options.
        topic_arn: the topic to notify, where it is known after the deployment only; left out, it is what the settings
            say.
    """

    def __init__(
        self,
        name: str,
        settings: AlarmSettings,
        watches: Sequence[Watch],
        opts: pulumi.ResourceOptions | None = None,
        *,
        topic_arn: pulumi.Input[str] | None = None,
    ) -> None:
        super().__init__("delivery-lab:alarms:Alarms", name, settings.effective(), opts)
        notified = settings.topic_arn if topic_arn is None else topic_arn
        actions = [notified] if notified else None
        for watch in watches if settings.enabled else ():
            cloudwatch.MetricAlarm(
                f"{name}-alarm-{watch.key}",
                alarm_description=watch.description,
                namespace=watch.namespace,
                metric_name=watch.metric,
                dimensions=watch.dimensions,
                statistic=watch.statistic,
                period=_MINUTE_SECONDS,
                evaluation_periods=watch.minutes,
                threshold=watch.threshold,
                comparison_operator="GreaterThanThreshold",
                treat_missing_data="notBreaching",
                alarm_actions=actions,
                ok_actions=actions,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})


def function_watches(function: lambda_.Function) -> list[Watch]:
    """Errors and throttles of a function, for longer than a moment.

    A single failed batch shows up in its dead-letter queue or as age; these two tell of a function that is broken, or
    that has less concurrency than work.
    """
    dimensions = {"FunctionName": function.name}
    return [
        Watch("errors", "Invokes keep failing.", "AWS/Lambda", "Errors", "Sum", 0, dimensions, minutes=5),
        Watch(
            "throttles",
            "Invokes keep being refused: concurrency is too low.",
            "AWS/Lambda",
            "Throttles",
            "Sum",
            0,
            dimensions,
            minutes=5,
        ),
    ]


def dead_letter_watch(queue: sqs.Queue) -> Watch:
    """Anything at all in a dead-letter queue."""
    return Watch(
        "dlq",
        "There are messages in the dead-letter queue.",
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        "Maximum",
        0,
        {"QueueName": queue.name},
    )


def queue_age_watch(queue: sqs.Queue, settings: QueueSettings) -> Watch:
    """A message that is older than all its deliveries can take, or than half of its retention where that is less."""
    deliveries_seconds = settings.delay_seconds + settings.max_receive_count * settings.visibility_timeout_seconds
    threshold_seconds = min(deliveries_seconds, settings.retention_seconds // 2)
    return Watch(
        "age",
        f"A message waits for more than {threshold_seconds} s: the worker does not keep up, or cannot process it.",
        "AWS/SQS",
        "ApproximateAgeOfOldestMessage",
        "Maximum",
        threshold_seconds,
        {"QueueName": queue.name},
    )


def queue_watches(queue: sqs.Queue, dlq: sqs.Queue, settings: QueueSettings, worker: lambda_.Function) -> list[Watch]:
    """A queue, its dead-letter queue and its worker."""
    return [*function_watches(worker), queue_age_watch(queue, settings), dead_letter_watch(dlq)]


def iterator_age_watch(function: lambda_.Function, settings: StreamSettings) -> Watch:
    """A shard that is behind by several batches of the longest kind, or by half of what its records have to live."""
    worker = settings.worker
    limit_seconds = worker.maximum_record_age_seconds
    life_seconds = min(limit_seconds, settings.retention_seconds) if limit_seconds > 0 else settings.retention_seconds
    batches_seconds = SLOW_BATCHES * (worker.maximum_batching_window_seconds + worker.timeout_seconds)
    threshold_seconds = min(max(SHORTEST_AGE_SECONDS, batches_seconds), life_seconds // 2)
    return Watch(
        "iterator-age",
        f"A shard is behind by more than {threshold_seconds} s: it is blocked, or the worker does not keep up.",
        "AWS/Lambda",
        "IteratorAge",
        "Maximum",
        threshold_seconds * 1000,
        {"FunctionName": function.name},
    )


def offset_lag_watch(function: lambda_.Function, settings: KafkaSettings) -> Watch:
    """A consumer that stays behind by a full batch of each partition; Kafka has no IteratorAge (semantics.md G3)."""
    threshold = settings.consumer.batch_size * settings.topic.partitions
    return Watch(
        "offset-lag",
        f"A consumer is behind by more than {threshold} records: a partition is blocked, or it does not keep up.",
        "AWS/Lambda",
        "OffsetLag",
        "Maximum",
        threshold,
        {"FunctionName": function.name},
        minutes=5,
    )
