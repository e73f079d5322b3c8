"""Logs the records of asynchronous invokes that it is the destination of, one line each."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from shared.contract import new_logger

logger = new_logger()


@logger.inject_lambda_context
def lambda_handler(event: Any, _context: LambdaContext) -> None:
    """Log one record; an event that is none is logged as it is, so that nothing that arrives here is lost."""
    about = event.get("requestContext") if isinstance(event, dict) else None
    if not isinstance(about, dict):
        logger.warning("this is no record of an asynchronous invoke", extra={"received": event})
        return
    logger.info(
        "an asynchronous invoke has ended",
        extra={
            "condition": about.get("condition"),
            "request_id": about.get("requestId"),
            "invoke_count": about.get("approximateInvokeCount"),
            "function": about.get("functionArn"),
            "request": event.get("requestPayload"),
            "response": event.get("responsePayload"),
        },
    )
