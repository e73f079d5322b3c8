"""Works on events that Lambda delivers asynchronously.

An error makes Lambda try again, after one minute and after two more, as often as the function's event invoke
configuration says; then the event goes to the destination for failures. A function cannot tell Lambda that a retry is
of no use, so an invalid event is tried as often as any other. (Returning instead of raising would lose
it: it counts as a success then.)

Lambda may deliver an event twice. `IDEMPOTENCY_MODE` `powertools` keeps a record of what has been done; with `none`
the work is done twice then.
"""

from __future__ import annotations

from typing import Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from shared import settings
from shared.contract import EventLog, Invoked, new_logger
from shared.errors import FunctionError
from shared.idempotency_manager import DAY_SECONDS, IdempotencyManager, Outcome
from shared.invoked_jobs import job_of, work_on

MODE = settings.choice("IDEMPOTENCY_MODE", ("powertools", "none"), "powertools")

CLIENT_CONFIG = Config(connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3})

logger = new_logger()
events = EventLog(logger)


def make_manager() -> IdempotencyManager | None:
    """The keeper of records, None where none are kept."""
    if MODE == "none":
        return None
    return IdempotencyManager(
        boto3.client("dynamodb", config=CLIENT_CONFIG),
        settings.required("TABLE_NAME"),
        expires_after_seconds=settings.whole_number("IDEMPOTENCY_EXPIRES_AFTER_SECONDS", DAY_SECONDS, minimum=1),
    )


manager = make_manager()


def do_work(event: object, context: LambdaContext) -> dict[str, Any]:
    """Do the work of an event; returns what is reported to the destination for successes."""
    return {"done": work_on(event, context.aws_request_id, events).id}


def do_once(keeper: IdempotencyManager, event: object, context: LambdaContext) -> Outcome:
    """Do the work of an event unless there is a record that it has been done.

    Raises:
        InvalidMessageError: the event is not a job.
        AlreadyInProgressError: another invoke is at it.
        ProcessingError: it is told to fail.
        Exception: the table did not answer, or refused.
    """
    try:
        business_id = job_of(event).id
    except FunctionError:
        do_work(event, context)
        raise
    started = False

    def work() -> dict[str, Any]:
        nonlocal started
        started = True
        return do_work(event, context)

    try:
        return keeper.run(business_id, work, context)
    except Exception as error:
        if not started:
            events.failed(business_id, Invoked(context.aws_request_id), error)
        raise


@logger.inject_lambda_context
def lambda_handler(event: object, context: LambdaContext) -> Any:
    """Do the work of an event.

    Raises:
        InvalidMessageError: the event is not a job.
        AlreadyInProgressError: another invoke is at it.
        ProcessingError: it is told to fail.
        Exception: the table of records did not answer, or refused.
    """
    if manager is None:
        return do_work(event, context)
    outcome = do_once(manager, event, context)
    if outcome.replayed:
        events.duplicate(job_of(event).id, Invoked(context.aws_request_id), detected="before_work")
    return outcome.value
