"""The keys of the events that Lambda hands to a handler, by what feeds it.

Sources: "Using Lambda with Amazon SQS", "... Kinesis", "... DynamoDB", "... Amazon MSK" and "... Amazon SNS" of
Lambda's developer guide, which show an event each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

FeedKind = Literal["sqs", "kinesis", "dynamodb", "kafka", "sns"]
"""What hands events to a function: a mapping of a kind of source, or a subscription of a topic."""


@dataclass(frozen=True, slots=True, eq=False)
class EventShape:
    """A part of an event.

    Attributes:
        what: what it is, such as `a record of SQS`.
        keys: its keys, with the part that stands under each; None for a text, a number, or what the sender chose.
        item: what its entries are, where it is a list.
        value: what stands under each of its keys, where the sender chooses them.
    """

    what: str
    keys: Mapping[str, EventShape | None] = field(default_factory=dict)
    item: EventShape | None = None
    value: EventShape | None = None


def _plain(*names: str) -> dict[str, EventShape | None]:
    return dict.fromkeys(names)


def _sender_chooses(what: str, value: EventShape) -> EventShape:
    return EventShape(what, value=value)


def _records(record: EventShape, feed: str, *others: str) -> EventShape:
    listed = EventShape(f"the records of {feed}", item=record)
    return EventShape(f"an event of {feed}", {**_plain(*others), "Records": listed})


_SQS_RECORD = EventShape(
    "a record of SQS",
    {
        **_plain("messageId", "receiptHandle", "body", "md5OfBody", "md5OfMessageAttributes"),
        **_plain("eventSource", "eventSourceARN", "awsRegion"),
        "attributes": EventShape(
            "the attributes of a record of SQS",
            _plain(
                *("ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp", "SentTimestamp", "SenderId"),
                *("MessageGroupId", "MessageDeduplicationId", "SequenceNumber", "AWSTraceHeader"),
                "DeadLetterQueueSourceArn",
            ),
        ),
        "messageAttributes": _sender_chooses(
            "the message attributes of a record of SQS",
            EventShape(
                "a message attribute of a record of SQS",
                _plain("stringValue", "binaryValue", "stringListValues", "binaryListValues", "dataType"),
            ),
        ),
    },
)
_OF_STREAMS = ("eventID", "eventName", "eventVersion", "eventSource", "eventSourceARN", "awsRegion")
_OF_WINDOWS = ("window", "state", "shardId", "eventSourceARN", "isFinalInvokeForWindow", "isWindowTerminatedEarly")
_KINESIS_RECORD = EventShape(
    "a record of Kinesis",
    {
        **_plain(*_OF_STREAMS, "invokeIdentityArn"),
        "kinesis": EventShape(
            "kinesis of a record of Kinesis",
            _plain("kinesisSchemaVersion", "partitionKey", "sequenceNumber", "data", "approximateArrivalTimestamp"),
        ),
    },
)
_ITEM = _sender_chooses(
    "an item of a record of DynamoDB",
    EventShape(
        "an attribute of an item of DynamoDB", _plain("S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL")
    ),
)
CHANGE_OF_TABLE = EventShape(
    "dynamodb of a record of DynamoDB",
    {
        **_plain("ApproximateCreationDateTime", "SequenceNumber", "SizeBytes", "StreamViewType"),
        **dict.fromkeys(("Keys", "NewImage", "OldImage"), _ITEM),
    },
)
"""What a record of a table's stream says of an item; which images it has says the stream's view type."""
_DYNAMODB_RECORD = EventShape(
    "a record of DynamoDB", {**_plain(*_OF_STREAMS, "userIdentity"), "dynamodb": CHANGE_OF_TABLE}
)
_KAFKA_RECORD = EventShape(
    "a record of Kafka",
    _plain(
        *("topic", "partition", "offset", "timestamp", "timestampType", "key", "value", "headers"),
        *("keySchemaMetadata", "valueSchemaMetadata"),
    ),
)
_SNS_RECORD = EventShape(
    "a record of SNS",
    {
        **_plain("EventVersion", "EventSubscriptionArn", "EventSource"),
        "Sns": EventShape(
            "Sns of a record of SNS",
            {
                **_plain("Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion"),
                # Published examples of the event have either.
                **_plain("Signature", "SigningCertUrl", "SigningCertURL", "UnsubscribeUrl", "UnsubscribeURL"),
                "MessageAttributes": _sender_chooses(
                    "the message attributes of a record of SNS",
                    EventShape("a message attribute of a record of SNS", _plain("Type", "Value")),
                ),
            },
        ),
    },
)
EVENT_SHAPES: Mapping[FeedKind, EventShape] = {
    "sqs": _records(_SQS_RECORD, "SQS"),
    "kinesis": _records(_KINESIS_RECORD, "Kinesis", *_OF_WINDOWS),
    "dynamodb": _records(_DYNAMODB_RECORD, "DynamoDB", *_OF_WINDOWS),
    "kafka": EventShape(
        "an event of Kafka",
        {
            **_plain("eventSource", "eventSourceArn", "bootstrapServers"),
            "records": _sender_chooses(
                "the partitions of an event of Kafka", EventShape("the records of Kafka", item=_KAFKA_RECORD)
            ),
        },
    ),
    "sns": _records(_SNS_RECORD, "SNS"),
}
"""The event that a handler gets, by what feeds it."""
RECORD_SHAPES: Mapping[FeedKind, EventShape] = {
    "sqs": _SQS_RECORD,
    "kinesis": _KINESIS_RECORD,
    "dynamodb": _DYNAMODB_RECORD,
    "kafka": _KAFKA_RECORD,
    "sns": _SNS_RECORD,
}
"""One record of such an event."""
WHOLE_EVENTS = frozenset(EVENT_SHAPES.values())
RECORDS_OF_EVENTS = frozenset({_SQS_RECORD, _KINESIS_RECORD, _DYNAMODB_RECORD, _KAFKA_RECORD, _SNS_RECORD})
_OF_OTHER_FEEDS = frozenset(
    {"eventTime", "userIdentity", "requestParameters", "responseElements", "s3", "glacierEventData", "ses", "cf"}
)
KEYS_OF_RECORDS = frozenset(key for record in RECORDS_OF_EVENTS for key in record.keys) | _OF_OTHER_FEEDS
"""Keys that a record of some feed has: code that several feeds share may read them, and ask first which it was."""
