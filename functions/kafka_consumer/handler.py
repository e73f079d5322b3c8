"""Processes a batch of Kafka records, of one or several partitions, some of which fail.

`ON_RECORD_ERROR` says what becomes of the batch then:

- `report` (default): the answer names partition and offset of the failed records. A mapping with
  `ReportBatchItemFailures` commits what comes before the lowest of them, partition by partition; a mapping without it
  ignores the answer and commits *all*.
- `raise`: every record is worked on, and if any failed the invoke fails at the end. The whole batch is retried, and
  its partitions are blocked.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.kafka_event import KafkaEventRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from shared import settings
from shared.contract import EventLog, new_logger
from shared.errors import BatchFailedError
from shared.in_order import InOrder, decoded

RAISE_ON_RECORD_ERROR = settings.choice("ON_RECORD_ERROR", ("report", "raise"), "report") == "raise"

logger = new_logger()
events = EventLog(logger)
# A batch in which every record failed is reported like any other: Powertools' default of raising would turn `report`
# into `raise` just for such batches, and a mapping bisects what was raised.
processor = BatchProcessor(event_type=EventType.Kafka, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> PartialItemFailureResponse:
    """Process a Kafka event.

    Returns:
        The partial batch response: every record that failed, as partition and offset.

    Raises:
        BatchFailedError: records failed, and `ON_RECORD_ERROR` is `raise`.
    """
    in_order = InOrder(events)

    def record_handler(record: KafkaEventRecord) -> None:
        # Records without a key are spread over the partitions at random, so nobody counts on their order.
        key = None if record.key is None else (record.partition, record.key)
        in_order.work_on(_message_id(record), key, lambda: decoded(record.raw_event.get("value")))

    response = process_partial_response(event=event, record_handler=record_handler, processor=processor)
    failed = tuple(_named(failure["itemIdentifier"]) for failure in response["batchItemFailures"])
    if failed and RAISE_ON_RECORD_ERROR:
        raise BatchFailedError(failed, total=sum(len(records) for records in event["records"].values()))
    return response


def _message_id(record: KafkaEventRecord) -> str:
    """`topic-partition:offset`, with Lambda's own name for a partition."""
    return f"{record.topic}-{record.partition}:{record.offset}"


def _named(identifier: Any) -> str:
    """The same, from what names a record in the answer; Powertools' types know the identifiers of queues alone."""
    return f"{identifier['partition']}:{identifier['offset']}"
