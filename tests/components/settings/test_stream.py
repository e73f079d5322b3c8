from __future__ import annotations

from typing import Any

import pytest

from components.settings import StreamSettings
from tests.components.settings.support import load, problems


def test_an_empty_section_bounds_retries_and_keeps_what_is_given_up() -> None:
    stream = load("stream", {}).stream
    assert stream is not None
    assert stream.effective() == {
        "source": "kinesis",
        "kinesis": {"shards": 1, "retentionHours": 24},
        "table": {"streamViewType": "NEW_AND_OLD_IMAGES"},
        "worker": {
            "timeoutSeconds": 30,
            "memoryMb": 256,
            "logRetentionDays": 30,
            "filters": [],
            "enabled": True,
            "batchSize": 100,
            "startingPosition": "TRIM_HORIZON",
            "maximumRetryAttempts": 5,
            "maximumRecordAgeSeconds": -1,
            "bisectBatchOnFunctionError": True,
            "reportBatchItemFailures": True,
            "onRecordError": "report",
            "maximumBatchingWindowSeconds": 0,
            "parallelizationFactor": 1,
            "tumblingWindowSeconds": 0,
            "onFailure": "sqs",
        },
        "deadLetterQueue": {"retentionSeconds": 1_209_600},
        "alarms": {"enabled": True},
    }


@pytest.mark.parametrize(
    ("parts", "retention_seconds"),
    [
        ({}, 86_400),
        ({"kinesis": {"retentionHours": 168}}, 604_800),
        ({"source": "dynamodb"}, 86_400),
    ],
)
def test_how_long_the_source_keeps_a_record(parts: dict[str, Any], retention_seconds: int) -> None:
    assert StreamSettings.model_validate(parts).retention_seconds == retention_seconds


@pytest.mark.parametrize(
    "worker",
    [
        {"maximumRetryAttempts": -1},
        {"maximumRetryAttempts": 0},
        {"maximumRetryAttempts": 10_000},
        {"maximumRecordAgeSeconds": -1},
        {"maximumRecordAgeSeconds": 60},
        {"maximumRecordAgeSeconds": 604_800},
        {"batchSize": 10_000},
        {"parallelizationFactor": 10},
        {"tumblingWindowSeconds": 900},
        {"startingPosition": "AT_TIMESTAMP", "startingPositionTimestamp": "2025-12-31T08:00:00Z"},
        {"startingPosition": "AT_TIMESTAMP", "startingPositionTimestamp": "2025-12-31T08:00:00.5+02:00"},
    ],
)
def test_the_bounds_themselves_are_taken(worker: dict[str, Any]) -> None:
    stream = load("stream", {"worker": worker}).stream
    assert stream is not None
    assert worker.items() <= stream.worker.effective().items()


AGE = (
    "worker.maximumRecordAgeSeconds",
    "must be -1 (no limit) or from 60 to 604800 (MaximumRecordAgeInSeconds of an event source mapping)",
    "set it to 60 or more, or to -1",
)
INSTANT = "startingPosition AT_TIMESTAMP needs an instant with its offset from UTC"


@pytest.mark.parametrize(
    ("parts", "key", "message", "fix"),
    [
        ({"worker": {"maximumRecordAgeSeconds": 0}}, *AGE),
        ({"worker": {"maximumRecordAgeSeconds": 59}}, *AGE),
        (
            {"worker": {"maximumRetryAttempts": -2}},
            "worker.maximumRetryAttempts",
            (
                "must be a whole number from -1 to 10000 (MaximumRetryAttempts of an event source mapping, "
                "-1 for no limit)"
            ),
            "set it to -1 or more",
        ),
        (
            {"worker": {"parallelizationFactor": 11}},
            "worker.parallelizationFactor",
            "must be a whole number from 1 to 10 (ParallelizationFactor of an event source mapping of a stream)",
            "set it to 10 or less",
        ),
        (
            {"worker": {"onFailure": "kafka"}},
            "worker.onFailure",
            "must be one of sqs, sns, s3, none (kind of DestinationConfig.OnFailure of an event source mapping)",
            "use one of them",
        ),
        (
            {"worker": {"startingPosition": "AT_TIMESTAMP"}},
            "worker.startingPositionTimestamp",
            INSTANT,
            'write it in quotes, such as "2025-12-31T08:00:00Z"',
        ),
        (
            {"worker": {"startingPosition": "AT_TIMESTAMP", "startingPositionTimestamp": "2025-12-31T08:00:00"}},
            "worker.startingPositionTimestamp",
            INSTANT,
            'write it in quotes, such as "2025-12-31T08:00:00Z"',
        ),
        (
            {"worker": {"startingPositionTimestamp": "2025-12-31T08:00:00Z"}},
            "worker.startingPositionTimestamp",
            "goes with startingPosition AT_TIMESTAMP alone, which is TRIM_HORIZON here",
            "remove it, or set startingPosition to AT_TIMESTAMP",
        ),
        (
            {
                "source": "dynamodb",
                "worker": {"startingPosition": "AT_TIMESTAMP", "startingPositionTimestamp": "2025-12-31T08:00:00Z"},
            },
            "worker.startingPosition",
            "a DynamoDB stream is read from TRIM_HORIZON or LATEST (AWS refuses such an event source mapping)",
            "set it to TRIM_HORIZON or LATEST",
        ),
        (
            {"source": "dynamodb", "kinesis": {"shards": 2}},
            "kinesis",
            "has no meaning when source is dynamodb",
            "remove kinesis, or change source",
        ),
        (
            {"table": {"streamViewType": "NEW_IMAGE"}},
            "table",
            "has no meaning when source is kinesis",
            "remove table, or change source",
        ),
        (
            {"source": "dynamodb", "table": {"streamViewType": "KEYS_ONLY"}},
            "table.streamViewType",
            "must be one of NEW_IMAGE, NEW_AND_OLD_IMAGES (StreamViewType of a DynamoDB table)",
            "use one of them",
        ),
        (
            {"worker": {"onFailure": "s3"}, "deadLetterQueue": {"retentionSeconds": 3600}},
            "deadLetterQueue",
            "there is no dead-letter queue when worker.onFailure is s3",
            "remove deadLetterQueue, or set worker.onFailure to sqs",
        ),
        (
            {"alarms": {"topicArn": "alerts"}},
            "alarms.topicArn",
            r"must be a text matching ^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:.+$ (ARN of an SNS topic to notify)",
            "write such a text, in quotes",
        ),
        (
            {"worker": {"maximumConcurrency": 5}},
            "worker.maximumConcurrency",
            "unknown key",
            (
                "remove it; known keys here: batchSize, bisectBatchOnFunctionError, enabled, "
                "filters, logRetentionDays, maximumBatchingWindowSeconds, maximumRecordAgeSeconds, "
                "maximumRetryAttempts, memoryMb, onFailure, onRecordError, parallelizationFactor, "
                "reportBatchItemFailures, reservedConcurrency, startingPosition, startingPositionTimestamp, "
                "timeoutSeconds, tumblingWindowSeconds"
            ),
        ),
    ],
)
def test_what_is_refused_and_how_it_is_put_right(parts: dict[str, Any], key: str, message: str, fix: str) -> None:
    assert problems("stream", parts) == [(key, message, fix)]
