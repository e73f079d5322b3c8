"""`POST /enqueue`: puts a number of numbered messages into a queue, some of which will fail.

`FIFO_DEDUPLICATION` is set where the queue is FIFO: `id` sends a deduplication id with each message, so that a message
that is sent again by the retries of one request arrives once; `content` leaves it to SQS, which then also drops a
message that another request sends with the same body within five minutes.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

import boto3
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, Field
from shared import settings
from shared.contract import EventLog, new_logger
from shared.errors import InvalidRequestError
from shared.http_requests import json_response, parse_body, refuse_invalid_requests
from shared.sending import Outgoing, Sender

QUEUE_URL = settings.required("QUEUE_URL")
DEDUPLICATION = settings.choice("FIFO_DEDUPLICATION", ("none", "id", "content"), "none")
FIFO = DEDUPLICATION != "none"
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
        groups: number of message groups that the messages are dealt out to in turn; for a FIFO queue only.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    count: Annotated[int, Field(ge=1, le=MAX_COUNT, description=f"a whole number from 1 to {MAX_COUNT}")] = 10
    fail_every: Annotated[int, Field(alias="failEvery", ge=0, description="a whole number, 0 (none fails) or more")] = 3
    groups: Annotated[int, Field(ge=1, le=MAX_COUNT, description=f"a whole number from 1 to {MAX_COUNT}")] | None = None


def messages_of(request: EnqueueRequest, request_id: str) -> list[Outgoing]:
    """The messages that a request asks for, with ids "1", "2", ..., in groups "group-1", "group-2", ... if FIFO.

    Args:
        request: the request.
        request_id: id of this invoke, with which its messages' deduplication ids begin.

    Raises:
        InvalidRequestError: it asks for groups, and the queue has none.
    """
    if request.groups is not None and not FIFO:
        raise InvalidRequestError((("groups", "needs a FIFO queue, and this one is a standard queue"),))
    messages = []
    for number in range(1, request.count + 1):
        body: dict[str, object] = {"id": str(number)}
        if request.fail_every and number % request.fail_every == 0:
            body["shouldFail"] = True
        group = f"group-{(number - 1) % (request.groups or 1) + 1}" if FIFO else ""
        deduplication_id = f"{request_id}-{number}" if DEDUPLICATION == "id" else ""
        messages.append(Outgoing(str(number), json.dumps(body), group, deduplication_id))
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
    report = sender.send(messages_of(request, app.lambda_context.aws_request_id))
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
