"""What pipes hand on, field by field, held to the example events in AWS's guide."""

from __future__ import annotations

import json

from delivery_lab.model.pipes.records import piped
from tests.model.support import World, succeed

MESSAGE = {
    "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
    "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...",
    "body": "Test message.",
    "attributes": {
        "ApproximateReceiveCount": "1",
        "SentTimestamp": "1545082649183",
        "SenderId": "AIDAIENQZJOLO23YVJ4VO",
        "ApproximateFirstReceiveTimestamp": "1545082649185",
    },
    "messageAttributes": {},
    "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
    "eventSource": "aws:sqs",
    "eventSourceARN": "arn:aws:sqs:us-east-2:123456789012:my-queue",
    "awsRegion": "us-east-2",
}
"""The first message of the example at eb-pipes-sqs.html."""
OF_A_GROUP = {"SequenceNumber", "MessageGroupId", "MessageDeduplicationId"}
"""What the attributes of a message of a FIFO queue have besides, in the example there."""
RECORD = {
    "kinesisSchemaVersion": "1.0",
    "partitionKey": "1",
    "sequenceNumber": "49590338271490256608559692538361571095921575989136588898",
    "data": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==",
    "approximateArrivalTimestamp": 1545084650.987,
    "eventSource": "aws:kinesis",
    "eventVersion": "1.0",
    "eventID": "shardId-000000000006:49590338271490256608559692538361571095921575989136588898",
    "eventName": "aws:kinesis:record",
    "invokeIdentityArn": "arn:aws:iam::123456789012:role/lambda-role",
    "awsRegion": "us-east-2",
    "eventSourceARN": "arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream",
}
"""The first record of the example at eb-pipes-kinesis.html."""
CHANGE = {
    "eventID": "1",
    "eventVersion": "1.0",
    "dynamodb": {
        "Keys": {"Id": {"N": "101"}},
        "NewImage": {"Message": {"S": "New item!"}, "Id": {"N": "101"}},
        "StreamViewType": "NEW_AND_OLD_IMAGES",
        "SequenceNumber": "111",
        "SizeBytes": 26,
    },
    "awsRegion": "us-west-2",
    "eventName": "INSERT",
    "eventSourceARN": "arn:aws:dynamodb:us-east-1:111122223333:table/EventSourceTable",
    "eventSource": "aws:dynamodb",
}
"""The first record of the example at eb-pipes-dynamodb.html."""
INNER = ("kinesisSchemaVersion", "partitionKey", "sequenceNumber", "data", "approximateArrivalTimestamp")


def test_pipe_event_1_a_message_is_handed_on_as_the_guide_shows_it() -> None:
    record = piped(MESSAGE)

    assert record.content == MESSAGE
    assert (record.identifier, record.is_json) == (MESSAGE["messageId"], False)


def test_pipe_event_1_a_record_of_kinesis_is_handed_on_as_the_guide_shows_it() -> None:
    of_lambda = {name: value for name, value in RECORD.items() if name not in INNER}
    record = piped({"kinesis": {name: RECORD[name] for name in INNER}, **of_lambda})

    assert record.content == RECORD
    assert (record.identifier, record.reported) == (RECORD["eventID"], RECORD["sequenceNumber"])


def test_pipe_event_1_a_change_of_a_table_is_handed_on_as_the_guide_shows_it() -> None:
    record = piped(CHANGE)

    assert record.content == CHANGE
    assert (record.identifier, record.reported) == ("1", "111")


def test_pipe_event_1_what_mappings_read_has_the_fields_of_the_examples() -> None:
    world = World(succeed)
    world.function()
    world.mapping(world.queue())
    world.mapping(world.fifo("line.fifo", content_based=True), name="line")
    world.start()
    world.account.queues["jobs"].send("Test message.")
    world.sqs("SendMessage", QueueUrl=world.account.queues["line.fifo"].url, MessageBody="a", MessageGroupId="1")
    world.run()

    by_source = {record["eventSourceARN"].rpartition(":")[2]: record for call in world.calls for record in call.records}
    standard, fifo = (json.loads(json.dumps(piped(by_source[name]).content)) for name in ("jobs", "line.fifo"))
    assert standard.keys() == fifo.keys() == MESSAGE.keys()
    assert standard["attributes"].keys() == set(MESSAGE["attributes"])
    assert fifo["attributes"].keys() == set(MESSAGE["attributes"]) | OF_A_GROUP
