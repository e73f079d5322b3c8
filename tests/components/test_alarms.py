from __future__ import annotations

from typing import Any

import pytest
from pulumi_aws import lambda_, sqs

from components.alarms import (
    Alarms,
    Watch,
    dead_letter_watch,
    function_watches,
    iterator_age_watch,
    offset_lag_watch,
    queue_age_watch,
)
from components.settings import AlarmSettings, KafkaSettings, QueueSettings, StreamSettings
from tests.components.world import World, deploy

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:alerts"


def _function() -> lambda_.Function:
    return lambda_.Function("worker", role="arn:aws:iam::123456789012:role/worker")


def _world(watches: Any, **settings: Any) -> World:
    return deploy(lambda: _alarms(watches, settings))


def _alarms(watches: Any, settings: dict[str, Any]) -> None:
    Alarms("jobs", AlarmSettings.model_validate(settings), watches())


def test_an_alarm_has_all_that_its_watch_says_and_is_silent_without_data() -> None:
    world = _world(lambda: [dead_letter_watch(sqs.Queue("dlq"))])
    assert world.one(ALARM, "jobs-alarm-dlq").inputs == {
        "alarmDescription": "There are messages in the dead-letter queue.",
        "namespace": "AWS/SQS",
        "metricName": "ApproximateNumberOfMessagesVisible",
        "dimensions": {"QueueName": "dlq"},
        "statistic": "Maximum",
        "period": 60,
        "evaluationPeriods": 1,
        "threshold": 0,
        "comparisonOperator": "GreaterThanThreshold",
        "treatMissingData": "notBreaching",
    }


def test_a_topic_is_told_when_it_goes_off_and_when_it_is_over() -> None:
    inputs = _world(lambda: function_watches(_function()), topicArn=TOPIC).one(ALARM, "jobs-alarm-errors").inputs
    assert (inputs["alarmActions"], inputs["okActions"]) == ([TOPIC], [TOPIC])


def test_alarms_can_be_switched_off() -> None:
    world = _world(lambda: function_watches(_function()), enabled=False)
    assert world.of_type(ALARM) == []
    assert world.one("delivery-lab:alarms:Alarms", "jobs").inputs == {"enabled": False}


def test_errors_and_throttles_are_told_when_they_last() -> None:
    world = _world(lambda: function_watches(_function()))
    for key, metric in (("errors", "Errors"), ("throttles", "Throttles")):
        inputs = world.one(ALARM, f"jobs-alarm-{key}").inputs
        assert inputs["metricName"] == metric
        assert inputs["dimensions"] == {"FunctionName": "worker"}
        assert (inputs["statistic"], inputs["threshold"], inputs["evaluationPeriods"]) == ("Sum", 0, 5)


@pytest.mark.parametrize(
    ("settings", "threshold_seconds"),
    [
        ({"visibilityTimeoutSeconds": 180}, 900),
        ({"visibilityTimeoutSeconds": 30, "maxReceiveCount": 2}, 60),
        ({"visibilityTimeoutSeconds": 30, "maxReceiveCount": 2, "delaySeconds": 600}, 660),
        ({"visibilityTimeoutSeconds": 43_200, "maxReceiveCount": 1000}, 172_800),
    ],
)
def test_a_message_may_be_as_old_as_its_deliveries_can_take(settings: dict[str, int], threshold_seconds: int) -> None:
    def watches() -> list[Watch]:
        return [queue_age_watch(sqs.Queue("jobs"), QueueSettings.model_validate(settings))]

    inputs = _world(watches).one(ALARM, "jobs-alarm-age").inputs
    assert inputs["threshold"] == threshold_seconds
    assert inputs["metricName"] == "ApproximateAgeOfOldestMessage"


@pytest.mark.parametrize(
    ("settings", "threshold_ms"),
    [
        ({}, 180_000),
        ({"worker": {"timeoutSeconds": 5}}, 30_000),
        ({"worker": {"timeoutSeconds": 1}}, 30_000),
        ({"worker": {"timeoutSeconds": 20, "maximumBatchingWindowSeconds": 10}}, 180_000),
        ({"worker": {"maximumRecordAgeSeconds": 100}}, 50_000),
        ({"worker": {"maximumRecordAgeSeconds": 604_800}}, 180_000),
        ({"worker": {"timeoutSeconds": 900}}, 5_400_000),
        ({"worker": {"timeoutSeconds": 900, "maximumRecordAgeSeconds": 3600}}, 1_800_000),
    ],
)
def test_a_shard_may_be_behind_by_six_slow_batches_but_not_by_half_its_records_life(
    settings: dict[str, Any], threshold_ms: int
) -> None:
    def watches() -> list[Watch]:
        return [iterator_age_watch(_function(), StreamSettings.model_validate(settings))]

    inputs = _world(watches).one(ALARM, "jobs-alarm-iterator-age").inputs
    assert (inputs["metricName"], inputs["statistic"]) == ("IteratorAge", "Maximum")
    assert inputs["threshold"] == threshold_ms


def test_a_kafka_consumer_may_be_a_batch_of_each_partition_behind() -> None:
    def watches() -> list[Watch]:
        settings = KafkaSettings.model_validate({"consumer": {"batchSize": 50}, "topic": {"partitions": 3}})
        return [offset_lag_watch(_function(), settings)]

    inputs = _world(watches).one(ALARM, "jobs-alarm-offset-lag").inputs
    assert (inputs["metricName"], inputs["threshold"], inputs["evaluationPeriods"]) == ("OffsetLag", 150, 5)
