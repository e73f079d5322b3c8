"""Rules of the streams of DynamoDB tables."""

from delivery_lab.rules.rule import LAMBDA_GUIDE, assumed, documented, observed

_DYNAMODB_STREAMS = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html"
_RECORDED_TABLE = (
    "recorded against AWS by LocalStack's tests marked aws.validated: tests/aws/services/lambda_/event_source_mapping/"
    "test_lambda_integration_dynamodbstreams.py, "
)

RULES = (
    documented(
        "DDS-API-1",
        "A shard iterator of a table's stream is good for 15 minutes; GetRecords gives at most 1,000 records or 1 MB, and refuses "
        "to read what retention has ended.",
        "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html; "
        "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html",
    ),
    documented(
        "DDS-BINARY-1",
        "Binary values in the record of a table's stream, sets of them and those within lists and maps included, are Base64 in "
        "the event.",
        "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_AttributeValue.html; "
        + _RECORDED_TABLE
        + "test_dynamodb_event_filter",
    ),
    observed(
        "DDS-SIZE-1",
        "SizeBytes of a record is the size of its keys and of the images that it carries, as DynamoDB counts items: names and "
        "values in bytes, binary ones raw, a number a byte for two digits and one more, a list or map 3 and 1 for each element.",
        "SizeBytes of AWS's records (" + _RECORDED_TABLE + "test_dynamodb_report_batch_item_failures and others) fit "
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html",
    ),
    observed(
        "DDS-TIME-1",
        "ApproximateCreationDateTime is a number of whole seconds with a fraction of zero, and the times of DDBStreamBatchInfo "
        "have no milliseconds.",
        _RECORDED_TABLE + "test_dynamodb_event_source_mapping_with_on_failure_destination_config; "
        "https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html",
    ),
    assumed(
        "DDS-READ-1",
        "More than two mappings of a table's stream read as two do.",
        "AWS advises two functions per shard at most, and says that more can be throttled, not how much: "
        + LAMBDA_GUIDE
        + "with-ddb.html",
    ),
    assumed(
        "DDS-READ-2",
        "A read of a mapping that DynamoDB Streams throttles or fails is repeated at the mapping's next poll, a quarter of a second "
        "later: nothing is skipped, the records only wait.",
        "AWS says that more than two readers of a shard can be throttled ("
        + _DYNAMODB_STREAMS
        + "), and not when a mapping reads again.",
    ),
    documented(
        "DDS-RECORD-1",
        "A write that changes an item leaves one record in the stream of its table; a write that changes nothing leaves none.",
        _DYNAMODB_STREAMS,
    ),
    documented(
        "DDS-RET-1", "A record of a DynamoDB stream expires after 24 hours; that cannot be changed.", _DYNAMODB_STREAMS
    ),
    assumed(
        "DDS-SHARD-1",
        "The stream of a table has 4 shards; the items of one partition key are in one of them, in the order of their "
        "changes.",
        "Each open shard belongs to one partition of the table ("
        + _DYNAMODB_STREAMS
        + "), and a new on-demand table has "
        "4; AWS gives no number for streams.",
    ),
    documented(
        "DDS-VIEW-1",
        "StreamViewType decides which images of an item its records carry: none (KEYS_ONLY), the item after the change, before it, "
        "or both. There is none after a removal, and none before an insert.",
        "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_StreamSpecification.html",
    ),
)
