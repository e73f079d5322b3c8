"""Errors of Amazon EventBridge."""

from __future__ import annotations

from delivery_lab.model.api_errors.error import SNAPSHOTS, ApiError

_EVENTS = SNAPSHOTS + "events/test_events.snapshot.json"
_INPUTS = SNAPSHOTS + "events/test_events_inputs.snapshot.json"
_VALIDATION = "ValidationException"

PATTERN = ApiError(
    "InvalidEventPatternException",
    "Event pattern is not valid. Reason: {reason}",
    SNAPSHOTS + "events/test_events_patterns.snapshot.json",
)
TOO_MANY_ENTRIES = ApiError(
    _VALIDATION,
    "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length less than "
    "or equal to {limit}",
    _EVENTS + ", without the value",
)
ENTRIES_TOO_LARGE = ApiError(_VALIDATION, "Total size of the entries in the request is over the limit.", _EVENTS)
REQUIRED = ApiError(
    "InvalidArgument", "Parameter {field} is not valid. Reason: {field} is a required argument.", _EVENTS
)
MALFORMED = ApiError("MalformedDetail", "Detail is malformed.", _EVENTS)
PLACEHOLDER = ApiError(
    _VALIDATION, "InputTemplate for target {target} contains invalid placeholder {placeholder}.", _INPUTS
)
ONE_INPUT = ApiError(
    _VALIDATION, "Only one of Input, InputPath, or InputTransformer must be provided for target {target}.", _INPUTS
)
TOO_MANY_TARGETS = ApiError(
    "LimitExceededException",
    "The requested resource exceeds the maximum number allowed.",
    SNAPSHOTS + "events/test_events.snapshot.json",
)
NO_GROUP = ApiError(
    _VALIDATION,
    "Parameter(s) MessageGroupId must be specified for target: {target}.",
    "https://github.com/awslabs/aws-ddk/pull/185, in other words",
)
NO_RULE = ApiError(
    "ResourceNotFoundException",
    "Rule {rule} does not exist on EventBus {bus}.",
    SNAPSHOTS + "events/test_events.snapshot.json, in other tests of that file too",
)
RULE_BY_ARN = ApiError(
    _VALIDATION,
    "Value '{rule}' at 'rule' failed to satisfy constraint: Member must satisfy regular expression pattern: "
    "[\\.\\-_A-Za-z0-9]+",
    "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html",
)
OTHER_REGION = ApiError(
    _VALIDATION,
    "Cross-region API call is not allowed. The target is in {target}, the rule in {rule}.",
    "https://github.com/aws-samples/amazon-eventbridge-resource-policy-samples/issues/10, the first sentence",
)
SCHEDULE_ON_CUSTOM_BUS = ApiError(
    _VALIDATION,
    "ScheduleExpression is supported only on the default event bus.",
    SNAPSHOTS + "events/test_events_schedule.snapshot.json",
)
PIPE_BATCH = ApiError(
    _VALIDATION,
    "The batch size of the source is larger than the {limit} that the target takes at once.",
    "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html, in other words",
)
SCHEDULE = ApiError(
    _VALIDATION,
    "Parameter ScheduleExpression is not valid.",
    SNAPSHOTS + "events/test_events_schedule.snapshot.json",
)
