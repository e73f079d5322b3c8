"""Calls that name what another stack has."""

from __future__ import annotations

from typing import Any

import pytest

from delivery_lab.errors import NotModelledError
from delivery_lab.model.elsewhere import fix_of, line_of, refuse_elsewhere

PLACE = ("eu-west-1", "123456789012")
OURS = {("queue", "https://sqs.eu-west-1.amazonaws.com/123456789012/ours"), ("table", "ours")}


def call(service: str, parameters: dict[str, Any]) -> None:
    refuse_elsewhere(lambda kind, name: (kind, name) in OURS, service, parameters, "worker", PLACE)


@pytest.mark.parametrize(
    ("arn", "line"),
    [
        ("arn:aws:sqs:r:1:q", '"arn:aws:sqs:r:1:q": {kind: queue, visibilityTimeoutSeconds: 30}'),
        ("arn:aws:kinesis:r:1:stream/s", '"arn:aws:kinesis:r:1:stream/s": {kind: stream}'),
        ("arn:aws:sns:r:1:t", '"arn:aws:sns:r:1:t": {kind: topic}'),
        (
            "arn:aws:dynamodb:r:1:table/t/stream/now",
            '"arn:aws:dynamodb:r:1:table/t/stream/now": {kind: table, hashKey: id, streamViewType: NEW_AND_OLD_IMAGES}',
        ),
        ("arn:aws:s3:::b", '"arn:aws:s3:::b": {kind: bucket}'),
        ("arn:aws:lambda:r:1:function:f", None),
        ("q", None),
    ],
)
def test_the_line_of_an_arn_says_what_it_is(arn: str, line: str | None) -> None:
    assert line_of(arn) == line
    assert fix_of(arn) == (
        "" if line is None else f"  fix: say in the workload what it is\n    external:\n      {line}"
    )


@pytest.mark.parametrize(
    ("service", "parameters", "arn"),
    [
        ("sqs", {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/210987654321/q"}, "sqs:us-east-1:210987654321:q"),
        ("sqs", {"QueueUrl": "https://queue.amazonaws.com/210987654321/q"}, "sqs:eu-west-1:210987654321:q"),
        ("sqs", {"QueueUrl": "http://localhost:4566/q"}, "sqs:eu-west-1:123456789012:q"),
        ("sqs", {"QueueName": "q"}, "sqs:eu-west-1:123456789012:q"),
        ("sns", {"TopicArn": "arn:aws:sns:eu-west-1:1:t"}, "sns:eu-west-1:1:t"),
        ("kinesis", {"StreamName": "s"}, "kinesis:eu-west-1:123456789012:stream/s"),
        ("dynamodb", {"RequestItems": {"ours": [], "t": []}}, "dynamodb:eu-west-1:123456789012:table/t"),
        ("dynamodb", {"TransactItems": [{"Put": {"TableName": "t"}}]}, "dynamodb:eu-west-1:123456789012:table/t"),
    ],
)
def test_what_a_stack_does_not_have_is_refused_with_its_line(
    service: str, parameters: dict[str, Any], arn: str
) -> None:
    with pytest.raises(NotModelledError) as refused:
        call(service, parameters)

    assert "worker calls " in str(refused.value)
    assert f'"arn:aws:{arn}": {{kind: ' in str(refused.value)


@pytest.mark.parametrize(
    ("service", "parameters"),
    [
        ("sqs", {"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/ours"}),
        ("sqs", {"QueueNamePrefix": "q"}),
        ("dynamodb", {"TableName": "ours"}),
        ("sns", {"PhoneNumber": "+1"}),
        ("s3", {"Bucket": "b"}),
    ],
)
def test_what_it_has_and_what_names_nothing_passes(service: str, parameters: dict[str, Any]) -> None:
    call(service, parameters)
