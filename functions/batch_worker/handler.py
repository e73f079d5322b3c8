"""Processes a batch of SQS messages, some of which fail.

`ON_RECORD_ERROR` says what becomes of the batch then:

- `report` (default): the answer names the failed messages (`batchItemFailures`). A mapping with
  `ReportBatchItemFailures` deletes the others; a mapping without it ignores the answer and deletes *all*, the failed
  ones included.
- `raise`: every record is worked on, and if any failed the invoke fails at the end. The whole batch is then
  visible again, and what was processed is processed again. (Stopping at the first failure would hide that: it would
  leave later records untouched instead of repeating their work.)
- `delete-and-raise`: as `raise`, but each message is deleted from the queue `QUEUE_URL` as soon as its work is done, so
  only the failed ones are retried. A call per message, and an invoke that counts as failed, for what `report` does.

`KEEP_GROUP_ORDER` is set where the queue is FIFO. With `true` the rest of a message group is left alone after one of
its records failed, and is reported with it: whatever is not reported is deleted, also behind a record that is retried.
With `false` the worker goes on and reports the failed record only, which breaks the order of the group.

`NON_RETRYABLE` says what becomes of invalid messages: `fail` (default) treats them as all others,
`park` sends them to the queue `PARKING_QUEUE_URL`, `swallow` catches the error and goes on, which deletes them.
`RETURN_DELAY` `backoff` retries all others after a delay that grows with their deliveries, instead of after the
visibility timeout of the queue `QUEUE_URL`.

`BODY` says what the body of a message is: the job itself (`message`, the default), or the envelope in which SNS puts
it unless the subscription has raw message delivery (`envelope`).

`IDEMPOTENCY_MODE` `powertools` keeps a record of the business ids whose work is done, so that work which is delivered
again, in the same message or in another one, is not done again (`duplicate`). With `none` (default) it is.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    SqsFifoPartialProcessor,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from shared import settings
from shared.contract import Delivery, EventLog, new_logger
from shared.errors import BatchFailedError, InvalidMessageError, ProcessingError, RejectedError
from shared.guards import guard_of
from shared.idempotency import Verdict
from shared.jobs import Job, parse_job, work_for
from shared.record_failures import Parking, RecordFailures, ReturnDelay
from shared.retry_rules import message_rules

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

ON_RECORD_ERROR = settings.choice("ON_RECORD_ERROR", ("report", "raise", "delete-and-raise"), "report")
RAISE_ON_RECORD_ERROR = ON_RECORD_ERROR != "report"
DELETE_BY_HAND = ON_RECORD_ERROR == "delete-and-raise"
KEEP_GROUP_ORDER = settings.flag("KEEP_GROUP_ORDER", default=False)
NON_RETRYABLE = settings.choice("NON_RETRYABLE", ("fail", "park", "swallow"), "fail")
BACKOFF = settings.choice("RETURN_DELAY", ("visibility-timeout", "backoff"), "visibility-timeout") == "backoff"
BODY = settings.choice("BODY", ("message", "envelope"), "message")
IDEMPOTENCY_MODE = settings.choice("IDEMPOTENCY_MODE", ("powertools", "none"), "none")
QUEUE_URL = settings.required("QUEUE_URL") if DELETE_BY_HAND or BACKOFF else ""

CLIENT_CONFIG = Config(connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3})

logger = new_logger()
events = EventLog(logger)
processor = SqsFifoPartialProcessor(skip_group_on_error=True) if KEEP_GROUP_ORDER else BatchProcessor(EventType.SQS)
# A batch in which every record failed is reported like any other: with ReportBatchItemFailures its messages come
# back alike, and Powertools' default of raising would turn `report` into `raise` just for such batches, with the
# poller slowed down as for a broken function.
processor.raise_on_entire_batch_failure = False


def make_failures() -> RecordFailures:
    """What becomes of records whose work failed."""
    if NON_RETRYABLE != "park" and not BACKOFF:
        return RecordFailures(message_rules(), swallow=NON_RETRYABLE == "swallow")
    sqs = boto3.client("sqs", config=CLIENT_CONFIG)
    return RecordFailures(
        message_rules(),
        parking=Parking(sqs, settings.required("PARKING_QUEUE_URL")) if NON_RETRYABLE == "park" else None,
        return_delay=ReturnDelay(sqs, QUEUE_URL) if BACKOFF else None,
        swallow=NON_RETRYABLE == "swallow",
    )


failures = make_failures()
guard = guard_of(IDEMPOTENCY_MODE)


@cache
def queue_client() -> SQSClient:
    """The client that deletes by hand, made by the first message that needs it."""
    return boto3.client("sqs", config=CLIENT_CONFIG)


def delete_by_hand(business_id: str | None, delivery: Delivery) -> None:
    """Delete a message that needs no other delivery.

    Raises:
        ClientError: SQS refused, as it does for a FIFO queue after the visibility timeout.
        BotoCoreError: SQS did not answer.
    """
    try:
        queue_client().delete_message(QueueUrl=QUEUE_URL, ReceiptHandle=delivery.receipt_handle)
    except (ClientError, BotoCoreError) as error:
        events.failed(business_id, delivery, error)
        raise


def job_text(record: SQSRecord) -> str:
    """The job of a message, as JSON text: its body, or what SNS has put into an envelope.

    Raises:
        JSONDecodeError, KeyError: there ought to be an envelope, and there is none.
    """
    if BODY == "envelope":
        return record.decoded_nested_sns_event.message
    return record.body


def do_work(job: Job, delivery: Delivery) -> None:
    """Do the work of one message.

    Raises:
        ProcessingError: it is told to fail.
        RejectedError: it is told to be rejected.
    """
    events.started(job.id, delivery)
    work_for(job.sleep)
    if job.rejected:
        raise RejectedError(f"message {job.id} was told to be rejected")
    if job.fails(delivery.receive_count):
        raise ProcessingError(f"message {job.id} was told to fail")
    events.processed(job.id, delivery)


def record_handler(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Work on one message, unless its work is known to be done.

    Raises:
        InvalidMessageError: its body is not a job.
        ProcessingError: it is told to fail.
        RejectedError: it is told to be rejected.
        AlreadyInProgressError: another delivery is working on it.
        ParkingError: it should have been parked, and was not.
        ClientError, BotoCoreError: it should have been deleted by hand, and was not.
        JSONDecodeError, KeyError: it has no envelope.
        Exception: the table of records did not answer, or refused.
    """
    delivery = Delivery.of(record)
    business_id: str | None = None
    try:
        job = parse_job(job_text(record))
        business_id = job.id
        verdict = guard.run(job.id, partial(do_work, job, delivery), lambda_context)
        if verdict is Verdict.SKIPPED:
            events.duplicate(job.id, delivery, detected="before_work")
    except Exception as error:  # noqa: BLE001 (whatever it is, it is raised again unless no retry can help it)
        known_id = error.business_id if isinstance(error, InvalidMessageError) else business_id
        events.failed(known_id, delivery, error)
        settled = failures.settle(record, delivery, error)
        logger.warning(settled.value, extra={"id": known_id, "message_id": delivery.message_id})
    if DELETE_BY_HAND:
        delete_by_hand(business_id, delivery)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Process an SQS event.

    Returns:
        The partial batch response: every record that failed.

    Raises:
        BatchFailedError: records failed, and `ON_RECORD_ERROR` is `raise` or `delete-and-raise`.
    """
    response = process_partial_response(
        event=event, record_handler=record_handler, processor=processor, context=context
    )
    failed = tuple(str(failure["itemIdentifier"]) for failure in response["batchItemFailures"])
    if failed and RAISE_ON_RECORD_ERROR:
        raise BatchFailedError(failed, total=len(event["Records"]))
    return response
