"""Works on one event while its caller waits, and answers with the id of what it did."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from shared.contract import EventLog, new_logger
from shared.invoked_jobs import work_on

logger = new_logger()
events = EventLog(logger)


@logger.inject_lambda_context
def lambda_handler(event: object, context: LambdaContext) -> dict[str, Any]:
    """Do the work of an event.

    Raises:
        InvalidMessageError: the event is not a job.
        ProcessingError: it is told to fail.
    """
    job = work_on(event, context.aws_request_id, events)
    return {"done": job.id}
