"""Works on messages that take long, and keeps a record of what has been done in a DynamoDB table.

For each message: skip it if its work is known to be done (`duplicate`), else `started`, work for `sleep` seconds while
a heartbeat holds the message (if there is one), `processed`, and the record. `IDEMPOTENCY_MODE` says how the record
is kept: `check-then-put`, `conditional`, `unconditional`, `powertools` or `none` (`shared.idempotency` has what each
of them is worth).

`processed` is logged when the work is done and before its record is written, because that is when the effect
happens: a record that cannot be written, or that turns out to be there already, does not undo it.

A heartbeat that fails is logged, and the work goes on: in this function nothing but the record tells two deliveries
apart, and the record is written with its condition in any case. A function that must stop halfway calls
`heartbeat.raise_if_lost()`.

The answer is a partial batch response: each record that failed stays in the queue.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from shared import settings
from shared.contract import Delivery, EventLog, new_logger
from shared.errors import ConfigurationError, InvalidMessageError, ProcessingError
from shared.guards import guard_of
from shared.heartbeat import MAX_HIDDEN_SECONDS, Heartbeat, check_periods
from shared.idempotency import Verdict
from shared.jobs import Job, parse_job, work_for

MODES = ("check-then-put", "conditional", "unconditional", "powertools", "none")
MODE = settings.choice("IDEMPOTENCY_MODE", MODES, "conditional")

HEARTBEAT_ENABLED = settings.flag("HEARTBEAT_ENABLED", False)
HEARTBEAT_EVERY_SECONDS = settings.number("HEARTBEAT_EVERY_SECONDS", 3, minimum=0)
HEARTBEAT_EXTEND_TO_SECONDS = settings.whole_number(
    "HEARTBEAT_EXTEND_TO_SECONDS", 10, minimum=1, maximum=MAX_HIDDEN_SECONDS
)
HEARTBEAT_FAILING = settings.flag("HEARTBEAT_FAILING", False)

UNKNOWN_RECEIPT_HANDLE = "no-such-receipt-handle"
"""What a failing heartbeat extends: SQS itself refuses it, so that the experiment meets a real error."""

# A heartbeat repeats its calls itself, and waits no longer than this for one when the work is over.
HEARTBEAT_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 1})

logger = new_logger()
events = EventLog(logger)
# As in batch_worker: reporting every record is still a report.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


Hold = Callable[[str, Delivery, LambdaContext], AbstractContextManager[object]]


def make_hold() -> Hold:
    """What holds a message while it is worked on: a heartbeat, or nothing.

    Raises:
        ConfigurationError: the heartbeat's numbers do not fit together.
    """
    if not HEARTBEAT_ENABLED:
        return lambda business_id, delivery, context: nullcontext()  # noqa: ARG005 (they are of use to a heartbeat)
    try:
        check_periods(HEARTBEAT_EVERY_SECONDS, HEARTBEAT_EXTEND_TO_SECONDS)
    except ValueError as error:
        raise ConfigurationError(f"HEARTBEAT_EVERY_SECONDS, HEARTBEAT_EXTEND_TO_SECONDS: {error}") from None
    sqs = boto3.client("sqs", config=HEARTBEAT_CONFIG)
    queue_url = settings.required("QUEUE_URL")

    def heartbeat(business_id: str, delivery: Delivery, context: LambdaContext) -> Heartbeat:
        return Heartbeat(
            sqs,
            queue_url,
            UNKNOWN_RECEIPT_HANDLE if HEARTBEAT_FAILING else delivery.receipt_handle,
            every_seconds=HEARTBEAT_EVERY_SECONDS,
            extend_to_seconds=HEARTBEAT_EXTEND_TO_SECONDS,
            context=context,
            received_at=delivery.received_at,
            on_extended=partial(events.heartbeat, business_id, delivery),
            on_failed=partial(events.heartbeat_failed, business_id, delivery),
        )

    return heartbeat


guard = guard_of(MODE)
hold = make_hold()


def do_work(job: Job, delivery: Delivery, context: LambdaContext) -> None:
    """Do the work of one message.

    Raises:
        ProcessingError: the message is told to fail.
    """
    events.started(job.id, delivery)
    with hold(job.id, delivery, context):
        work_for(job.sleep)
    if job.fails(delivery.receive_count):
        raise ProcessingError(f"message {job.id} was told to fail")
    events.processed(job.id, delivery)


def record_handler(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Take one message.

    Raises:
        InvalidMessageError: its body is not a job.
        AlreadyInProgressError: another delivery is working on it.
        ProcessingError: it is told to fail.
        Exception: the table did not answer, or refused.
    """
    delivery = Delivery.of(record)
    business_id: str | None = None
    try:
        job = parse_job(record.body)
        business_id = job.id
        verdict = guard.run(job.id, partial(do_work, job, delivery, lambda_context), lambda_context)
    except InvalidMessageError as error:
        events.failed(error.business_id, delivery, error)
        raise
    except Exception as error:
        events.failed(business_id, delivery, error)
        raise
    if verdict is Verdict.SKIPPED:
        events.duplicate(job.id, delivery, detected="before_work")
    elif verdict is Verdict.WORKED_TWICE:
        events.duplicate(job.id, delivery, detected="after_work")


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Process an SQS event.

    Returns:
        The partial batch response: every record that failed.
    """
    return process_partial_response(event=event, record_handler=record_handler, processor=processor, context=context)
