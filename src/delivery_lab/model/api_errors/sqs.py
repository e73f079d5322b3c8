"""Errors of Amazon SQS."""

from __future__ import annotations

from delivery_lab.model.api_errors.error import MODEL, SNAPSHOTS, ApiError

_SQS = f"recorded against AWS: {SNAPSHOTS}sqs/test_sqs.snapshot.json, "
_MOVES = f"recorded against AWS: {SNAPSHOTS}sqs/test_sqs_move_task.snapshot.json, "
_CODE_ONLY = f"only the code was recorded: {SNAPSHOTS}sqs/test_sqs.py, "
_SQS_API = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/"

_INVALID = "InvalidParameterValue"
_INVALID_SHAPE = "InvalidParameterValueException"
_MISSING_SHAPE = "MissingRequiredParameterException"
ALLOWED_CHARACTERS = "#x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF]"
"""What SQS takes in bodies and in text values of attributes, as its messages list it."""


def invalid(text: str, source: str) -> ApiError:
    """An `InvalidParameterValue`, which has a name of its own in the model."""
    return ApiError(_INVALID, text, source, shape=_INVALID_SHAPE)


def _batch(name: str, text: str, source: str) -> ApiError:
    return ApiError(f"AWS.SimpleQueueService.{name}", text, source, shape=name)


# -- queues --------------------------------------------------------------------------------------------

QUEUE_MISSING = ApiError(
    "AWS.SimpleQueueService.NonExistentQueue",
    "The specified queue does not exist.",
    _SQS + "test_non_existent_queue",
    shape="QueueDoesNotExist",
)
PURGE_IN_PROGRESS = ApiError(
    "AWS.SimpleQueueService.PurgeQueueInProgress",
    "Only one PurgeQueue operation on {queue} is allowed every 60 seconds.",
    _SQS + "test_successive_purge_calls_fail",
    403,
    "PurgeQueueInProgress",
)
UNKNOWN_ATTRIBUTE = ApiError(
    "InvalidAttributeName", "Unknown Attribute {name}.", _SQS + "test_set_unsupported_attribute_standard"
)
ATTRIBUTE_OF_FIFO = ApiError(
    "InvalidAttributeName",
    "You can specify the {name} only when FifoQueue is set to true.",
    _SQS + "test_create_standard_queue_with_fifo_attribute_raises_error",
)
ONE_ENCRYPTION = ApiError(
    "InvalidAttributeName",
    "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.",
    _SQS + "test_sse_kms_and_sqs_are_mutually_exclusive",
)
ATTRIBUTE_VALUE = ApiError(
    "InvalidAttributeValue",
    "Invalid value for the parameter {name}.",
    "https://github.com/apache/airflow/issues/65592 quotes AWS",
)
QUEUE_TYPE_IS_FIXED = ApiError(
    "InvalidAttributeValue",
    "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.",
    _SQS + "test_set_unsupported_attribute_fifo",
)
_REDRIVE = "Value {policy} for parameter RedrivePolicy is invalid. Reason: "
REDRIVE_POLICY_LACKS = invalid(
    _REDRIVE + "Redrive policy does not contain mandatory attribute: {name}.",
    "https://github.com/ansible-collections/community.aws/issues/2321 quotes AWS",
)
REDRIVE_POLICY_NO_MAP = invalid(
    _REDRIVE + "Redrive policy is not a valid JSON map.", _CODE_ONLY + "test_redrive_policy_attribute_validity"
)
REDRIVE_COUNT = invalid(
    _REDRIVE + "Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 both inclusive.",
    _CODE_ONLY + "test_redrive_policy_attribute_validity; the text is in LocalStack's provider",
)
REDRIVE_TARGET_MISSING = invalid(
    _REDRIVE + "Dead letter target does not exist.", _SQS_API + "API_SetQueueAttributes.html: it must exist"
)
REDRIVE_TARGET_TYPE = invalid(
    _REDRIVE + "Dead-letter queue must be same type of queue as the source.",
    _SQS_API + "API_SetQueueAttributes.html says that it is refused",
)

# -- sending -------------------------------------------------------------------------------------------

PARAMETER_MISSING = ApiError(
    "MissingParameter",
    "The request must contain the parameter {name}.",
    _SQS + "test_send_empty_message, test_posting_to_fifo_requires_deduplicationid_group_id",
    shape=_MISSING_SHAPE,
)
MESSAGE_TOO_LONG = invalid(
    "One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes.",
    _SQS + "test_send_oversized_message, test_send_message_with_updated_maximum_message_size",
)
ENTRY_TOO_LONG = invalid(
    "One or more parameters cannot be validated. Reason: Message must be shorter than {limit} bytes.",
    _SQS + "test_send_batch_message_size",
)
BODY_CHARACTERS = ApiError(
    "InvalidMessageContents",
    "Invalid binary character '#x{code:X}' was found in the message body, the set of allowed characters is "
    + ALLOWED_CHARACTERS
    + ".",
    "https://github.com/asim/nitro-plugins/issues/437 quotes AWS; code: test_send_message_with_invalid_payload_"
    "characters",
)
DELAY = invalid(
    "Value {value} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
    "https://github.com/getmoto/moto/blob/master/moto/sqs/responses.py; bounds: API_SendMessage.html",
)
OTHER_QUEUE_TYPE = invalid(
    "Value {value} for parameter {name} is invalid. Reason: The request include parameter that is not valid for this "
    "queue type.",
    _SQS + "test_fifo_queue_send_message_with_delay_seconds_fails",
)
FIFO_IDENTIFIER = invalid(
    "Value {value} for parameter {name} is invalid. Reason: {name} can only include alphanumeric and punctuation "
    "characters. 1 to 128 in length.",
    _SQS + "test_send_message_to_standard_queue_with_invalid_message_group_id, test_message_deduplication_id_invalid",
)
NO_DEDUPLICATION = invalid(
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
    _SQS + "test_posting_to_fifo_requires_deduplicationid_group_id",
)
ENTRY_WITHOUT_GROUP = invalid(
    "The request must contain the parameter MessageGroupId.",
    _SQS + "test_send_batch_missing_message_group_id_for_fifo_queue: not the code of a single send",
)
EMPTY_BATCH = _batch(
    "EmptyBatchRequest",
    "There should be at least one {operation}RequestEntry in the request.",
    "https://github.com/getmoto/moto/blob/master/moto/sqs/exceptions.py; code: test_send_message_batch_with_empty_list",
)
TOO_MANY_ENTRIES = _batch(
    "TooManyEntriesInBatchRequest",
    "Maximum number of entries per request are 10. You have sent {count}.",
    _SQS + "test_too_many_entries_in_batch_request",
)
ENTRY_ID = _batch(
    "InvalidBatchEntryId",
    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters "
    "long.",
    _SQS + "test_invalid_batch_id",
)
REPEATED_ENTRY_ID = _batch(
    "BatchEntryIdsNotDistinct",
    "Id {id} repeated.",
    "https://github.com/getmoto/moto/blob/master/moto/sqs/exceptions.py",
)
BATCH_TOO_LONG = _batch(
    "BatchRequestTooLong",
    "Batch requests cannot be longer than {limit} bytes. You have sent {size} bytes.",
    _SQS + "test_send_message_batch_with_oversized_contents",
)

# -- receiving and answering ---------------------------------------------------------------------------

MAXIMUM_MESSAGES = invalid(
    "Value {value} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.",
    _SQS + "test_send_receive_max_number_of_messages",
)
WAIT_TIME = invalid(
    "Value {value} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.",
    _SQS + "test_send_receive_wait_time_seconds",
)
VISIBILITY_TIMEOUT = invalid(
    "Value {value} for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided.",
    _SQS_API + "API_ReceiveMessage.html has the bounds; the text is in the form of WaitTimeSeconds",
)
VISIBILITY_TOTAL = invalid(
    "Value {value} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is "
    "beyond the limit [{limit} seconds].",
    "https://github.com/aws/aws-sdk-net/issues/794 quotes AWS",
)
OVER_LIMIT = ApiError("OverLimit", "Too many messages in flight.", MODEL, 403)
RECEIPT_HANDLE = ApiError(
    "ReceiptHandleIsInvalid",
    'The input receipt handle "{handle}" is not a valid receipt handle.',
    "https://github.com/localstack/localstack/pull/6103, which compared it with AWS",
)
RECEIPT_HANDLE_OF_ANOTHER = ApiError(
    "ReceiptHandleIsInvalid",
    'The receipt handle "{handle}" is not valid for this queue.',
    "https://github.com/aws/aws-sdk-java-v2/issues/3101 quotes AWS",
)
_HANDLE = "Value {handle} for parameter ReceiptHandle is invalid. Reason: "
RECEIPT_HANDLE_EXPIRED = invalid(
    _HANDLE + "The receipt handle has expired.", _SQS + "test_fifo_delete_after_visibility_timeout"
)
MESSAGE_GONE = invalid(
    _HANDLE + "Message does not exist or is not available for visibility timeout change.",
    _SQS + "test_change_visibility_on_deleted_message_raises_invalid_parameter_value",
)

# -- move tasks ----------------------------------------------------------------------------------------

RESOURCE_MISSING = ApiError(
    "ResourceNotFoundException",
    "The resource that you specified for the {name} parameter doesn't exist.",
    _MOVES + "test_destination_needs_to_exist, test_cancel_with_invalid_source_arn_in_task_handle",
    404,
)
ARN_FORM = invalid(
    "You must use this format to specify the {name}: arn:<partition>:<service>:<region>:<account-id>:<resource-id>",
    _SQS_API + "API_StartMessageMoveTask.html: an ARN",
)
NO_DEAD_LETTER_QUEUE = invalid(
    "Source queue must be configured as a Dead Letter Queue.", _MOVES + "test_source_needs_redrive_policy"
)
TASK_RUNNING = invalid(
    "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
    _MOVES + "test_start_multiple_move_tasks",
)
TASK_HANDLE = invalid("Value for parameter TaskHandle is invalid.", _MOVES + "test_cancel_with_invalid_task_handle")
TASK_MISSING = ApiError(
    "ResourceNotFoundException",
    "Task does not exist.",
    _MOVES + "test_cancel_with_invalid_task_id_in_task_handle",
    404,
)
TASK_ENDED = ApiError(
    "AWS.SimpleQueueService.UnsupportedOperation",
    "Only active tasks can be cancelled.",
    _SQS_API + "API_CancelMessageMoveTask.html: only a running task can be cancelled; the code is in its list",
    shape="UnsupportedOperation",
)
MOVE_RATE = invalid(
    "Value {value} for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be between 1 and 500.",
    _SQS_API + "API_StartMessageMoveTask.html has the bounds",
)
MAXIMUM_RESULTS = invalid(
    "Value {value} for parameter MaxResults is invalid. Reason: Must be between 1 and {limit}.",
    _SQS_API + "API_ListMessageMoveTasks.html and API_ListQueues.html have the bounds",
)
NEXT_TOKEN = invalid("Value {value} for parameter NextToken is invalid.", _SQS_API + "API_ListQueues.html")

# -- every operation ------------------------------------------------------------------------------------------

THROTTLED = ApiError("RequestThrottled", "Rate exceeded", MODEL, 403)
FAILED = ApiError(
    "InternalFailure", "An internal error occurred", _SQS_API + "CommonErrors.html", 500, "InternalFailure"
)
