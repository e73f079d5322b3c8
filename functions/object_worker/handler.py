"""Reads the objects that S3 tells a queue of; each holds a job.

S3 puts the records of changes into the body of a message. It also sends a test event when notifications are configured,
which has no records: `TEST_EVENT` `skip` (default) passes over it, `fail` needs records in each message.

Keys arrive URL-encoded, with `+` for a space: `OBJECT_KEYS` `decoded` (default) decodes them, `as-they-come` does not,
and finds no object whose key has such characters.

`ON_RECORD_ERROR` says what becomes of the batch in which a message fails: `report` (default) names the failed messages
in the answer (`batchItemFailures`), `raise` fails the invoke, and the whole batch is delivered again.

S3 may tell of a change twice, and SQS deliver a message twice. `IDEMPOTENCY_MODE` `powertools` keeps a record of the
changes whose work is done, so that it is not done again (`duplicate`); with `none` (default) it is. A change is known
by bucket, key and `sequencer`, which both notifications of it share and another change of the same key does not
(https://repost.aws/knowledge-center/s3-duplicate-sqs-messages). The object is read as it is then: of two changes that
follow each other fast, both may find the second.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any, Protocol
from urllib.parse import unquote_plus

import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from shared import settings
from shared.contract import Delivery, EventLog, new_logger
from shared.errors import BatchFailedError, InvalidMessageError, ProcessingError
from shared.guards import guard_of
from shared.idempotency import Verdict
from shared.jobs import parse_job, work_for

ON_RECORD_ERROR = settings.choice("ON_RECORD_ERROR", ("report", "raise"), "report")
SKIPS_TEST_EVENTS = settings.choice("TEST_EVENT", ("skip", "fail"), "skip") == "skip"
IDEMPOTENCY_MODE = settings.choice("IDEMPOTENCY_MODE", ("powertools", "none"), "none")
DECODES_KEYS = settings.choice("OBJECT_KEYS", ("decoded", "as-they-come"), "decoded") == "decoded"

CLIENT_CONFIG = Config(connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3})

logger = new_logger()
events = EventLog(logger)
processor = BatchProcessor(EventType.SQS)
# A batch in which every record failed is reported like any other: see `batch_worker`.
processor.raise_on_entire_batch_failure = False
guard = guard_of(IDEMPOTENCY_MODE)


class ObjectReader(Protocol):
    """What the function wants of a client of S3."""

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803  # the names are S3's
        """An object, its content under `Body`."""


@cache
def client() -> ObjectReader:
    """The client that reads objects, made by the first message that needs it."""
    reader: ObjectReader = boto3.client("s3", config=CLIENT_CONFIG)
    return reader


def changes_in(record: SQSRecord) -> list[dict[str, Any]]:
    """The records of S3 in a message.

    Raises:
        KeyError: there are none, and test events are not passed over.
    """
    told = record.json_body
    if SKIPS_TEST_EVENTS:
        changes: list[dict[str, Any]] = told.get("Records", [])
    else:
        changes = told["Records"]
    return changes


def key_of(change: dict[str, Any]) -> str:
    """The key of the object that a record is about."""
    key: str = change["s3"]["object"]["key"]
    if DECODES_KEYS:
        key = unquote_plus(key)
    return key


def change_id(change: dict[str, Any]) -> str:
    """What a change is known by: the same in each notification of it, and another one for each change.

    Raises:
        InvalidMessageError: the record has no sequencer, so nobody can tell whether this change is a new one.
    """
    key, sequencer = key_of(change), change["s3"]["object"].get("sequencer")
    if not sequencer:
        raise InvalidMessageError(f"the record of {key} has no sequencer, by which changes of one key differ", key)
    # Neither a bucket's name nor a sequencer has a slash in it, so no two changes have one id.
    return f"{change['s3']['bucket']['name']}/{key}/{sequencer}"


def do_work(change: dict[str, Any], delivery: Delivery) -> None:
    """Read one object and do its job, which is known by the object's key.

    Raises:
        ClientError, BotoCoreError: the object could not be read.
        InvalidMessageError: it holds no job.
        ProcessingError: it is told to fail.
    """
    key = key_of(change)
    answer = client().get_object(Bucket=change["s3"]["bucket"]["name"], Key=key)
    job = parse_job(answer["Body"].read().decode())
    events.started(key, delivery)
    work_for(job.sleep)
    if job.fails(delivery.receive_count):
        raise ProcessingError(f"message {key} was told to fail")
    events.processed(key, delivery)


def work_on(change: dict[str, Any], delivery: Delivery, context: LambdaContext) -> None:
    """Do the work of one change, unless it is known to be done.

    Raises:
        InvalidMessageError: the object holds no job, or nobody can tell which change this is.
        ProcessingError: the job is told to fail.
        AlreadyInProgressError: another delivery is working on it.
        Exception: the object could not be read, or the table of records did not answer, or refused.
    """
    key = key_of(change)
    try:
        known_by = key if IDEMPOTENCY_MODE == "none" else change_id(change)
        verdict = guard.run(known_by, partial(do_work, change, delivery), context)
    except Exception as error:
        events.failed(key, delivery, error)
        raise
    if verdict is Verdict.SKIPPED:
        events.duplicate(key, delivery, detected="before_work")


def record_handler(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Work on the objects of one message."""
    delivery = Delivery.of(record)
    try:
        changes = changes_in(record)
    except (ValueError, KeyError) as error:
        events.failed(None, delivery, error)
        raise
    for change in changes:
        work_on(change, delivery, lambda_context)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Process an SQS event whose messages are S3's.

    Returns:
        The partial batch response: every record that failed.

    Raises:
        BatchFailedError: records failed, and `ON_RECORD_ERROR` is `raise`.
    """
    response = process_partial_response(
        event=event, record_handler=record_handler, processor=processor, context=context
    )
    failed = tuple(str(failure["itemIdentifier"]) for failure in response["batchItemFailures"])
    if failed and ON_RECORD_ERROR == "raise":
        raise BatchFailedError(failed, total=len(event["Records"]))
    return response
