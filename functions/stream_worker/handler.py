"""Processes a batch of records of a Kinesis stream or of a table's stream, some of which fail.

`ON_RECORD_ERROR` says what becomes of the batch then:

- `report` (default): the answer names the sequence numbers of the failed records. A mapping with
  `ReportBatchItemFailures` goes on from the lowest of them, so records before it are done and all from it on are
  retried, successful ones too; a mapping without it ignores the answer and skips *all*.
- `raise`: every record is worked on, and if any failed the invoke fails at the end. The whole batch is retried, or
  its halves where the mapping bisects.

With a tumbling window the answer carries the window's state: how many records have been processed in it.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord, DynamoDBRecordEventName
from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from shared import settings
from shared.contract import EventLog, new_logger
from shared.errors import BatchFailedError, InvalidMessageError
from shared.in_order import InOrder, decoded

RAISE_ON_RECORD_ERROR = settings.choice("ON_RECORD_ERROR", ("report", "raise"), "report") == "raise"

logger = new_logger()
events = EventLog(logger)
# A batch in which every record failed is reported like any other: Powertools' default of raising would turn `report`
# into `raise` just for such batches, and a mapping bisects what was raised.
kinesis = BatchProcessor(event_type=EventType.KinesisDataStreams, raise_on_entire_batch_failure=False)
dynamodb = BatchProcessor(event_type=EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Process an event of a stream.

    Returns:
        The partial batch response: every record that failed; with a tumbling window, its state as well.

    Raises:
        BatchFailedError: records failed, and `ON_RECORD_ERROR` is `raise`.
    """
    records = event["Records"]
    # A window that ends is told with an event that may hold no records at all.
    failures = _process(event)["batchItemFailures"] if records else []
    failed = tuple(str(failure["itemIdentifier"]) for failure in failures)
    if failed and RAISE_ON_RECORD_ERROR:
        raise BatchFailedError(failed, total=len(records))
    answer: dict[str, Any] = {"batchItemFailures": failures}
    return answer | _window_state(event, failed) if "window" in event else answer


def _process(event: dict[str, Any]) -> PartialItemFailureResponse:
    in_order = InOrder(events)

    def kinesis_record(record: KinesisStreamRecord) -> None:
        payload = record.kinesis
        in_order.work_on(record.event_id, payload.partition_key, lambda: decoded(payload.raw_event.get("data")))

    def table_record(record: DynamoDBRecord) -> None:
        if record.event_name is DynamoDBRecordEventName.REMOVE:
            return  # an item that has gone is no work to do
        assert record.dynamodb is not None
        keys = json.dumps(record.dynamodb.raw_event.get("Keys"), sort_keys=True)
        in_order.work_on(_table_message_id(event, record), keys, lambda: _image_text(record))

    if event["Records"][0]["eventSource"] == "aws:dynamodb":
        return process_partial_response(event=event, record_handler=table_record, processor=dynamodb)
    return process_partial_response(event=event, record_handler=kinesis_record, processor=kinesis)


def _table_message_id(event: dict[str, Any], record: DynamoDBRecord) -> str:
    """The sequence number, after the shard where the event names it, which it does only with a tumbling window."""
    assert record.dynamodb is not None
    number = str(record.dynamodb.sequence_number)
    return f"{event['shardId']}:{number}" if "shardId" in event else number


def _image_text(record: DynamoDBRecord) -> str:
    """The new image as the JSON text of a job."""
    assert record.dynamodb is not None
    try:
        image = record.dynamodb.new_image
    except (TypeError, ValueError, AttributeError):
        raise InvalidMessageError("the new image is no item") from None
    if not image:
        raise InvalidMessageError("the record carries no new image")
    return json.dumps(image, default=_plain)


def _plain(value: object) -> object:
    """What JSON has for a type of DynamoDB's."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return sorted(value, key=repr) if isinstance(value, set) else repr(value)


def _window_state(event: dict[str, Any], failed: tuple[str, ...]) -> dict[str, Any]:
    """The window's state after this batch.

    Records from the first failed one on are retried, so only those before it are counted yet.
    """
    numbers = [_sequence_number(record) for record in event["Records"]]
    done = min((numbers.index(number) for number in failed), default=len(numbers))
    processed = int((event.get("state") or {}).get("processed", 0)) + done
    if event.get("isFinalInvokeForWindow"):
        logger.info("window closed", extra={"window": event["window"], "processed": processed})
    return {"state": {"processed": processed}}


def _sequence_number(record: dict[str, Any]) -> str:
    number = record["kinesis"]["sequenceNumber"] if "kinesis" in record else record["dynamodb"]["SequenceNumber"]
    return str(number)
