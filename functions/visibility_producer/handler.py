"""`POST /enqueue`: puts one message into a queue that takes a given time to work on."""

from __future__ import annotations

import json
from typing import Any

import boto3
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict
from shared import settings
from shared.contract import EventLog, new_logger
from shared.http_requests import json_response, parse_body, refuse_invalid_requests
from shared.jobs import BusinessId, Seconds
from shared.sending import Outgoing, Sender

QUEUE_URL = settings.required("QUEUE_URL")

logger = new_logger()
events = EventLog(logger)
app = APIGatewayHttpResolver()
refuse_invalid_requests(app)
sqs = boto3.client("sqs")


class EnqueueRequest(BaseModel):
    """Body of the request.

    Attributes:
        id: the business id of the work.
        sleep: how long the work takes, in seconds.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    id: BusinessId
    sleep: Seconds = 8.0


@app.post("/enqueue")
def enqueue() -> Response[str]:
    """Send the message; 200, or 502 with why it could not be sent."""
    request = parse_body(app.current_event, EnqueueRequest)
    # 8 and not 8.0, as people write it and as the lab's own messages have it.
    sleep = int(request.sleep) if request.sleep.is_integer() else request.sleep
    sender = Sender(
        sqs,
        QUEUE_URL,
        on_accepted=events.queued,
        remaining_ms=app.lambda_context.get_remaining_time_in_millis,
    )
    report = sender.send([Outgoing(request.id, json.dumps({"id": request.id, "sleep": sleep}))])
    if not report.refused:
        return json_response(200, {"enqueued": request.id, "sleep": sleep})
    not_sent = [{"id": each.id, "code": each.code, "message": each.message} for each in report.refused]
    logger.error("the message could not be sent", extra={"not_sent": not_sent})
    return json_response(502, {"message": "the message could not be sent", "notSent": not_sent})


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an HTTP API event (payload format 2.0)."""
    return app.resolve(event, context)
