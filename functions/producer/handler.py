"""`POST /enqueue`: puts a number of numbered messages into a queue, some of which will fail."""

from __future__ import annotations

import json
from typing import Annotated, Any

import boto3
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, Field
from shared import settings
from shared.contract import EventLog, new_logger
from shared.http_requests import json_response, parse_body, refuse_invalid_requests
from shared.sending import Outgoing, Sender

QUEUE_URL = settings.required("QUEUE_URL")
MAX_COUNT = 10_000
"""A thousand calls of SendMessageBatch: what fits well into the 30 seconds that an HTTP API waits."""

logger = new_logger()
events = EventLog(logger)
app = APIGatewayHttpResolver()
refuse_invalid_requests(app)
sqs = boto3.client("sqs")


class EnqueueRequest(BaseModel):
    """Body of the request.

    Attributes:
        count: how many messages to send.
        fail_every: every so-manieth message is told to fail; 0: none.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    count: Annotated[int, Field(ge=1, le=MAX_COUNT, description=f"a whole number from 1 to {MAX_COUNT}")] = 10
    fail_every: Annotated[int, Field(alias="failEvery", ge=0, description="a whole number, 0 (none fails) or more")] = 3


def messages_of(request: EnqueueRequest) -> list[Outgoing]:
    """The messages that a request asks for, with ids "1", "2", ..."""
    messages = []
    for number in range(1, request.count + 1):
        body: dict[str, object] = {"id": str(number)}
        if request.fail_every and number % request.fail_every == 0:
            body["shouldFail"] = True
        messages.append(Outgoing(str(number), json.dumps(body)))
    return messages


@app.post("/enqueue")
def enqueue() -> Response[str]:
    """Send the messages; 200, or 502 with the ids of those that could not be sent."""
    request = parse_body(app.current_event, EnqueueRequest)
    sender = Sender(
        sqs,
        QUEUE_URL,
        on_accepted=events.queued,
        remaining_ms=app.lambda_context.get_remaining_time_in_millis,
    )
    report = sender.send(messages_of(request))
    answer: dict[str, object] = {"enqueued": report.accepted, "failEvery": request.fail_every}
    if not report.refused:
        return json_response(200, answer)
    not_sent = [{"id": each.id, "code": each.code, "message": each.message} for each in report.refused]
    summary = f"{len(not_sent)} of {request.count} messages could not be sent"
    logger.error(summary, extra={"not_sent": not_sent})
    return json_response(502, {"message": summary, **answer, "notSent": not_sent})


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an HTTP API event (payload format 2.0)."""
    return app.resolve(event, context)
