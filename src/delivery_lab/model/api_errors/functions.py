"""Errors of AWS Lambda."""

from __future__ import annotations

from delivery_lab.model.api_errors.error import MODEL, SNAPSHOTS, ApiError

_LAMBDA = f"recorded against AWS: {SNAPSHOTS}lambda_/test_lambda.snapshot.json, "
_MAPPINGS = f"recorded against AWS: {SNAPSHOTS}lambda_/event_source_mapping/test_lambda_integration_sqs.snapshot.json, "
_USER = {"Type": "User"}
FUNCTION_MISSING = ApiError(
    "ResourceNotFoundException",
    "Function not found: {arn}",
    _LAMBDA + "test_invoke_exceptions, test_lambda_alias_moving",
    404,
    details=_USER,
)
THROTTLED = ApiError(
    "TooManyRequestsException", "Rate Exceeded.", _LAMBDA + "test_lambda_concurrency_block", 429, details=_USER
)
LAMBDA_FAILED = ApiError(
    "ServiceException", "The AWS Lambda service encountered an internal error.", MODEL, 500, details={"Type": "Service"}
)
RECURSION = ApiError(
    "RecursiveInvocationException",
    "Lambda has detected a recursive loop and stopped this invocation.",
    MODEL,
    details=_USER,
)
INVOCATION_TYPE = ApiError(
    "ValidationException",
    "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: Member must satisfy enum "
    "value set: [{values}]",
    _LAMBDA + "test_lambda_url_invalid_invoke_mode has the form",
)
PAYLOAD_TOO_LARGE = ApiError(
    "RequestTooLargeException",
    "Request must be smaller than {limit} bytes for the InvokeFunction operation",
    MODEL,
    413,
    details=_USER,
)
PAYLOAD_NO_JSON = ApiError(
    "InvalidRequestContentException",
    "Could not parse request body into json: Could not parse payload into json: {reason}",
    _LAMBDA + "test_lambda_invoke_payload_encoding_error; the reason is that of our parser",
    details=_USER,
)
MAPPING_EXISTS = ApiError(
    "ResourceConflictException",
    'An event source mapping with SQS arn (" {queue} ") and function (" {function} ") already exists. Please update or '
    "delete the existing mapping with UUID {mapping}",
    _MAPPINGS + "test_duplicate_event_source_mappings",
    409,
    details=_USER,
)
TOO_MANY_FILTERS = ApiError(
    "InvalidParameterValueException",
    "Number of filters {count} exceeds the limit of {limit}",
    "https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html has the limit",
    details=_USER,
)
FILTER_PATTERN = ApiError(
    "InvalidParameterValueException",
    "Invalid filter pattern definition.",
    _MAPPINGS + "test_sqs_invalid_event_filter",
    details=_USER,
)
