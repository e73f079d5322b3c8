"""Errors of Amazon SNS."""

from __future__ import annotations

from delivery_lab.model.api_errors.error import SNAPSHOTS, ApiError

_SNS = SNAPSHOTS + "sns/test_sns.snapshot.json"
_FILTERS = SNAPSHOTS + "sns/test_sns_filter_policy.snapshot.json"
_INVALID = "InvalidParameter"
_SHAPE = "InvalidParameterException"

TOPIC_MISSING = ApiError("NotFound", "Topic does not exist", _SNS, 404, "NotFoundException")
PARAMETER = ApiError(_INVALID, "Invalid parameter: {reason}", _SNS, shape=_SHAPE)
EMPTY_MESSAGE = ApiError(_INVALID, "Invalid parameter: Empty message", _SNS, shape=_SHAPE)
MESSAGE_TOO_LONG = ApiError(_INVALID, "Invalid parameter: Message too long", _SNS, shape=_SHAPE)
SUBJECT = ApiError(_INVALID, "Invalid parameter: Subject", _SNS, shape=_SHAPE)
NO_JSON = ApiError(
    _INVALID, "Invalid parameter: Message Structure - JSON message body failed to parse", _SNS, shape=_SHAPE
)
NO_DEFAULT = ApiError(
    _INVALID, "Invalid parameter: Message Structure - No default entry in JSON message body", _SNS, shape=_SHAPE
)
GROUP_MISSING = ApiError(
    _INVALID, "Invalid parameter: The MessageGroupId parameter is required for FIFO topics", _SNS, shape=_SHAPE
)
DEDUPLICATION_MISSING = ApiError(
    _INVALID,
    "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
    "provided explicitly",
    _SNS,
    shape=_SHAPE,
)
DEDUPLICATION_OF_STANDARD = ApiError(
    _INVALID,
    "Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is "
    "not valid for this topic type",
    _SNS,
    shape=_SHAPE,
)
TOO_MANY_ENTRIES = ApiError(
    "TooManyEntriesInBatchRequest",
    "The batch request contains more entries than permissible.",
    _SNS,
    shape="TooManyEntriesInBatchRequestException",
)
REPEATED_ENTRY_ID = ApiError(
    "BatchEntryIdsNotDistinct",
    "Two or more batch entries in the request have the same Id.",
    _SNS,
    shape="BatchEntryIdsNotDistinctException",
)
BATCH_TOO_LONG = ApiError(
    "BatchRequestTooLong",
    "The length of all the messages put together is more than the limit.",
    _SNS,
    shape="BatchRequestTooLongException",
)
ATTRIBUTE = ApiError("ParameterValueInvalid", "{reason}", _SNS, shape="InvalidParameterValueException")
FIFO_QUEUE = ApiError(
    _INVALID,
    "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS "
    "topics",
    _SNS,
    shape=_SHAPE,
)
FIFO_FUNCTION = ApiError(
    _INVALID,
    "Invalid parameter: a function can not be subscribed to a FIFO topic",
    "https://docs.aws.amazon.com/sns/latest/dg/fifo-message-delivery.html, in other words",
    shape=_SHAPE,
)
FIFO_DEAD_LETTERS = ApiError(
    _INVALID,
    "Invalid parameter: RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.",
    _SNS,
    shape=_SHAPE,
)
ENDPOINT = ApiError(
    _INVALID,
    "Invalid parameter: {protocol} endpoint ARN",
    "https://github.com/localstack/localstack/issues/7471 and https://github.com/localstack/localstack/issues/8111",
    shape=_SHAPE,
)
SUBSCRIBED = ApiError(
    _INVALID,
    "Invalid parameter: Attributes Reason: Subscription already exists with different attributes",
    _SNS,
    shape=_SHAPE,
)
FILTER_POLICY = ApiError(
    _INVALID, "Invalid parameter: Attributes Reason: FilterPolicy: {reason}", _FILTERS, shape=_SHAPE
)
FILTER_NESTED = ApiError(
    _INVALID,
    "Invalid parameter: Filter policy scope MessageAttributes does not support nested filter policy",
    _FILTERS,
    shape=_SHAPE,
)
FILTER_SCOPE = ApiError(
    _INVALID,
    "Invalid parameter: FilterPolicyScope: Invalid value [{value}]. Please use either MessageBody or MessageAttributes",
    _FILTERS,
    shape=_SHAPE,
)
