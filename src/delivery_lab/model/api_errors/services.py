"""Errors of the services around queues and functions: topics, buses, buckets, brokers, and faults of a workload."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from delivery_lab.model.api_errors import functions, sqs
from delivery_lab.model.api_errors.error import MODEL, ApiError

_S3_ERRORS = "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"

NOTIFICATION = ApiError(
    "InvalidArgument",
    "Unable to validate the following destination configurations.",
    "https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3_notifications_sqs.snapshot.json",
)
NOTIFICATION_REGION = ApiError(
    "InvalidArgument",
    "The notification destination service region is not valid for the bucket location constraint. The destination is "
    "in {destination}, the bucket in {bucket}.",
    "https://github.com/cloud-custodian/cloud-custodian/issues/297, the first sentence",
)
OVERLAPPING = ApiError(
    "InvalidArgument",
    "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are "
    "overlapping for the same event type.",
    "https://github.com/awslabs/cdk-serverless-clamscan/issues/612",
)
RECORD_TOO_LARGE = ApiError(
    "MESSAGE_TOO_LARGE",
    "The message is {size} bytes when serialized which is larger than {limit}",
    "https://kafka.apache.org/documentation/#brokerconfigs_message.max.bytes",
)

_TABLE_STREAM_ERRORS = "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/CommonErrors.html"
_RATE = "Rate exceeded"
_INTERNAL = "An internal error occurred"
_RETRIES = "https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html lists what is retried"

THROTTLED: Mapping[str, ApiError] = MappingProxyType(
    {
        "cloudwatch": ApiError("Throttling", _RATE, _RETRIES),
        "dynamodb": ApiError("ProvisionedThroughputExceededException", _RATE, _RETRIES),
        "dynamodbstreams": ApiError("ThrottlingException", _RATE, _TABLE_STREAM_ERRORS),
        "events": ApiError("ThrottlingException", _RATE, _RETRIES),
        "kinesis": ApiError("ProvisionedThroughputExceededException", _RATE, _RETRIES),
        "lambda": functions.THROTTLED,
        "s3": ApiError("SlowDown", _RATE, _S3_ERRORS, 503),
        "secretsmanager": ApiError("ThrottlingException", _RATE, _RETRIES),
        "ses": ApiError("Throttling", _RATE, _RETRIES),
        "sesv2": ApiError("TooManyRequestsException", _RATE, _RETRIES, 429),
        "sns": ApiError("Throttled", _RATE, MODEL, 429, "ThrottledException"),
        "sqs": sqs.THROTTLED,
        "ssm": ApiError("ThrottlingException", _RATE, _RETRIES),
        "stepfunctions": ApiError("ThrottlingException", _RATE, _RETRIES),
    }
)
"""What each service answers to more requests than it takes."""

FAILED: Mapping[str, ApiError] = MappingProxyType(
    {
        "cloudwatch": ApiError("InternalServiceError", _INTERNAL, MODEL, 500, "InternalServiceFault"),
        "dynamodb": ApiError("InternalServerError", _INTERNAL, MODEL, 500),
        "dynamodbstreams": ApiError("InternalServerError", _INTERNAL, MODEL, 500),
        "events": ApiError("InternalException", _INTERNAL, MODEL, 500),
        "kinesis": ApiError("InternalFailure", _INTERNAL, MODEL, 500, "InternalFailureException"),
        "lambda": functions.LAMBDA_FAILED,
        "s3": ApiError("InternalError", _INTERNAL, _S3_ERRORS, 500),
        "secretsmanager": ApiError("InternalServiceError", _INTERNAL, MODEL, 500),
        "ses": ApiError("InternalFailure", _INTERNAL, MODEL, 500),
        "sesv2": ApiError("InternalServiceErrorException", _INTERNAL, MODEL, 500),
        "sns": ApiError("InternalError", _INTERNAL, MODEL, 500, "InternalErrorException"),
        "sqs": sqs.FAILED,
        "ssm": ApiError("InternalServerError", _INTERNAL, MODEL, 500),
        "stepfunctions": ApiError("InternalFailure", _INTERNAL, MODEL, 500),
    }
)
"""What each service answers when it fails itself."""
