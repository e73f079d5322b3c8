"""Errors of Kinesis and of DynamoDB Streams."""

from __future__ import annotations

from delivery_lab.model.api_errors.error import MODEL, SNAPSHOTS, ApiError

_TABLES = f"recorded against AWS: {SNAPSHOTS}dynamodbstreams/test_dynamodb_streams.snapshot.json, "

KINESIS_STREAM_MISSING = ApiError(
    "ResourceNotFoundException",
    "Stream {stream} under account {account} not found.",
    f"recorded against AWS: {SNAPSHOTS}kinesis/test_kinesis.snapshot.json, test_cbor_exceptions",
)
KINESIS_SHARD_MISSING = ApiError(
    "ResourceNotFoundException", "Shard {shard} in stream {stream} under account {account} does not exist", MODEL
)
CONSUMER_MISSING = ApiError("ResourceNotFoundException", "Consumer {consumer} for stream {stream} is not found.", MODEL)
TOO_MANY_CONSUMERS = ApiError("LimitExceededException", "{reason}", MODEL)
PARTITION_KEY_LENGTH = ApiError(
    "ValidationException",
    "1 validation error detected: Value '{key}' at 'partitionKey' failed to satisfy constraint: Member must have "
    "length between 1 and {limit}",
    MODEL,
)
RECORD_TOO_LARGE = ApiError(
    "ValidationException",
    "1 validation error detected: Value at 'data' failed to satisfy constraint: Member must have length less than or "
    "equal to {limit}, key included, not {size}",
    MODEL,
)
EXPLICIT_HASH_KEY = ApiError(
    "InvalidArgumentException",
    "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was {key}",
    MODEL,
)
RECORDS_IN_REQUEST = ApiError("ValidationException", "PutRecords takes 1 to 500 records, not {count}", MODEL)
TOKEN_AND_STREAM = ApiError("InvalidArgumentException", "NextToken and StreamName cannot be provided together.", MODEL)
SEQUENCE_OR_NOT = ApiError(
    "InvalidArgumentException",
    "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) "
    "TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified {kind} and {given} "
    "StartingSequenceNumber.",
    MODEL,
)
SEQUENCE_INVALID = ApiError(
    "InvalidArgumentException",
    "StartingSequenceNumber {sequence} used in GetShardIterator on shard {shard} in stream {stream} under account "
    "{account} is invalid.",
    MODEL,
)
TIMESTAMP_MISSING = ApiError(
    "InvalidArgumentException", "Must specify timestamp parameter for iterator of type AT_TIMESTAMP", MODEL
)
KINESIS_ITERATOR_INVALID = ApiError("InvalidArgumentException", "Invalid ShardIterator.", MODEL)
KINESIS_ITERATOR_EXPIRED = ApiError(
    "ExpiredIteratorException",
    "Iterator expired. The iterator was created at time {created} while right now it is {now} which is further in the "
    "future than the tolerated delay of {milliseconds} milliseconds.",
    MODEL,
)
READ_RATE = ApiError(
    "ProvisionedThroughputExceededException",
    "Rate exceeded for shard {shard} in stream {stream} under account {account}.",
    MODEL,
)
LIMIT_TOO_HIGH = ApiError(
    "ValidationException",
    "1 validation error detected: Value '{value}' at 'limit' failed to satisfy constraint: Member must have value less "
    "than or equal to {limit}",
    MODEL,
)

TABLE_STREAM_MISSING = ApiError(
    "ResourceNotFoundException",
    "Requested resource not found: Stream: {stream} not found",
    _TABLES + "test_non_existent_stream",
)
TABLE_SHARD_MISSING = ApiError(
    "ResourceNotFoundException", "Requested resource not found: Shard: {shard} in Stream: {stream} not found", MODEL
)
TABLE_ITERATOR_KIND = ApiError(
    "ValidationException", "Invalid ShardIterator: {fault} with ShardIteratorType {kind}", MODEL
)
TABLE_SEQUENCE_INVALID = ApiError("ValidationException", "Invalid SequenceNumber: {sequence}", MODEL)
TABLE_TIMESTAMP = ApiError(
    "ValidationException", "Timestamp goes with ShardIteratorType AT_TIMESTAMP, and only with it", MODEL
)
TABLE_ITERATOR_INVALID = ApiError("ValidationException", "Invalid ShardIterator", MODEL)
TABLE_ITERATOR_EXPIRED = ApiError("ExpiredIteratorException", "Iterator expired.", MODEL)
TRIMMED = ApiError(
    "TrimmedDataAccessException", "The operation attempted to read past the oldest stream record in a shard.", MODEL
)
