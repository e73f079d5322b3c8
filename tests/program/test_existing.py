from __future__ import annotations

import pytest

from delivery_lab import resource_types
from delivery_lab.program.existing import told_by_id


@pytest.mark.parametrize(
    ("type_token", "resource_id", "told"),
    [
        (
            resource_types.QUEUE,
            "https://sqs.cn-north-1.amazonaws.com.cn/210987654321/jobs.fifo",
            {
                "name": "jobs.fifo",
                "arn": "arn:aws-cn:sqs:cn-north-1:210987654321:jobs.fifo",
                "url": "https://sqs.cn-north-1.amazonaws.com.cn/210987654321/jobs.fifo",
            },
        ),
        (
            resource_types.TOPIC,
            "arn:aws:sns:us-east-1:210987654321:news",
            {"name": "news", "arn": "arn:aws:sns:us-east-1:210987654321:news"},
        ),
        (
            resource_types.STREAM,
            "arn:aws:kinesis:us-east-1:210987654321:stream/clicks",
            {"name": "clicks", "arn": "arn:aws:kinesis:us-east-1:210987654321:stream/clicks"},
        ),
        (
            resource_types.STREAM,
            "clicks",
            {"name": "clicks", "arn": "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks"},
        ),
        (
            resource_types.FUNCTION,
            "mail",
            {
                "name": "mail",
                "arn": "arn:aws:lambda:eu-west-1:123456789012:function:mail",
                "invokeArn": "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/"
                "arn:aws:lambda:eu-west-1:123456789012:function:mail/invocations",
            },
        ),
        (
            resource_types.TABLE,
            "orders",
            {"name": "orders", "arn": "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"},
        ),
        (
            resource_types.EVENT_BUS,
            "shop",
            {"name": "shop", "arn": "arn:aws:events:eu-west-1:123456789012:event-bus/shop"},
        ),
        (
            resource_types.BUCKET,
            "uploads",
            {
                "bucket": "uploads",
                "arn": "arn:aws:s3:::uploads",
                "bucketDomainName": "uploads.s3.amazonaws.com",
            },
        ),
    ],
)
def test_an_id_tells_name_and_arn(type_token: str, resource_id: str, told: dict[str, str]) -> None:
    assert told_by_id(type_token, resource_id, "eu-west-1") == told


@pytest.mark.parametrize(
    ("type_token", "resource_id"),
    [
        (resource_types.QUEUE, "jobs"),
        (resource_types.QUEUE, "https://sqs.us-east-1.amazonaws.com/1/jobs"),
        (resource_types.TOPIC, "arn:aws:sns:us-east-1:mine:news"),
        (resource_types.ROLE, "admin"),
        ("acme:thing/thing:Thing", "x-1"),
    ],
)
def test_other_ids_tell_nothing(type_token: str, resource_id: str) -> None:
    assert told_by_id(type_token, resource_id, "eu-west-1") == {}
