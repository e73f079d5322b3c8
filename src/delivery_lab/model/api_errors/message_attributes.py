"""Errors of message attributes in Amazon SQS.

A recording of AWS has the codes for every kind of name, type and value. Its texts are known for some; the others are in
their form.
"""

from __future__ import annotations

from delivery_lab.model.api_errors.error import SNAPSHOTS
from delivery_lab.model.api_errors.sqs import ALLOWED_CHARACTERS, invalid

_SQS = f"recorded against AWS: {SNAPSHOTS}sqs/test_sqs.snapshot.json, "
_SQS_API = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/"
_NAMES = f"only the code was recorded: {SNAPSHOTS}sqs/test_sqs.py, test_send_message_with_invalid_string_attributes"
_METADATA = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html"
TOO_MANY = invalid(
    "Number of message attributes [{count}] exceeds the allowed maximum [{limit}].", _METADATA + " has the limit"
)
NAME_EMPTY = invalid(
    "The request must contain non-empty message (user) attribute names.",
    "https://github.com/aws/aws-sdk-php/issues/694 quotes its older form",
)
NAME_LENGTH = invalid("Message (user) attribute name must be shorter than 256 bytes.", _NAMES)
NAME_RESERVED = invalid(
    "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for internal "
    "use.",
    _NAMES,
)
NAME_FIRST = invalid("Message (user) attribute name must not begin with character '.'.", _NAMES)
NAME_LAST = invalid("Message (user) attribute name must not end with character '.'.", _NAMES)
NAME_DOTS = invalid("Message (user) attribute name must not have successive '.' characters.", _METADATA)
NAME_CHARACTERS = invalid(
    "Message (user) attributes name can only contain upper and lower score characters, digits, periods, hyphens and "
    "underscores. ",
    _NAMES,
)
TYPE_MISSING = invalid(
    "The message (user) attribute '{name}' must contain a non-empty message attribute type.", _METADATA
)
TYPE_LENGTH = invalid("Message (user) attribute type must be shorter than 256 bytes.", _NAMES)
TYPE = invalid(
    "The type of message (user) attribute '{name}' is invalid. You must use only the following supported type "
    "prefixes: Binary, Number, String.",
    "https://github.com/grafana/k6-jslib-aws/pull/65 quotes AWS",
)
EMPTY = invalid(
    "Message (user) attribute '{name}' must contain a non-empty value of type '{type}'.",
    _SQS + "test_send_message_with_empty_string_attribute",
)
FIELD = invalid(
    "The message (user) attribute '{name}' with type '{type}' must use field '{field}'.",
    _METADATA + ": a type goes with its field",
)
SEVERAL_VALUES = invalid("Message (user) attribute '{name}' must have a single value.", _METADATA)
LISTS = invalid(
    "Message attribute list values in SendMessage operation are not supported.",
    _SQS_API + "API_MessageAttributeValue.html: list values are not implemented",
)
NO_NUMBER = invalid(
    "Can't cast the value of message (user) attribute '{name}' to a number.", _METADATA + ": numbers are checked"
)
CHARACTERS = invalid(
    "Invalid binary character '#x{code:X}' was found in the message (user) attribute '{name}', the set of allowed "
    "characters is " + ALLOWED_CHARACTERS + ".",
    _NAMES,
)
SYSTEM_NAME = invalid(
    "Message system attribute name '{name}' is invalid.", _SQS_API + "API_SendMessage.html: AWSTraceHeader is the one"
)
SYSTEM_TYPE = invalid(
    "The type of message system attribute '{name}' is invalid. You must use only the following supported type "
    "prefixes: String.",
    _SQS_API + "API_SendMessage.html: a text",
)
