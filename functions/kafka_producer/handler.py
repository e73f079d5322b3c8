"""`POST /produce`: writes one record to a Kafka topic."""

from __future__ import annotations

import json
import os
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, Field
from shared import settings
from shared.contract import EventLog, new_logger
from shared.http_requests import json_response, parse_body, refuse_invalid_requests
from shared.jobs import BusinessId, Seconds
from shared.kafka import NotWritten, Topic, TopicWriter, iam_config

ANSWER_RESERVE_SECONDS = 2.0
"""What is left of the invoke when writing stops, so that there is time to say so."""

TOPIC = settings.required("TOPIC")


def _topic(name: str) -> Topic:
    return Topic(
        name=name,
        partitions=settings.whole_number("TOPIC_PARTITIONS", 1, minimum=1),
        replication_factor=settings.whole_number("TOPIC_REPLICATION_FACTOR", 2, minimum=1),
        retention_hours=settings.whole_number("TOPIC_RETENTION_HOURS", 168, minimum=1),
    )


def _topics() -> tuple[Topic, ...]:
    failures = os.environ.get("FAILURE_TOPIC")
    return (_topic(TOPIC), _topic(failures)) if failures else (_topic(TOPIC),)


TOPICS = _topics()

logger = new_logger()
events = EventLog(logger)
app = APIGatewayHttpResolver()
refuse_invalid_requests(app)
writer = TopicWriter(iam_config(settings.required("BOOTSTRAP_SERVERS")), TOPICS)


class ProduceRequest(BaseModel):
    """Body of the request.

    Attributes:
        id: the business id of the work.
        key: key of the record, which decides its partition; the id where it is left out.
        sleep: how long the work takes, in seconds.
        should_fail: whether the work fails.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    id: BusinessId
    key: Annotated[BusinessId | None, Field(description="a string of 1 to 2048 bytes")] = None
    sleep: Seconds = 0.0
    should_fail: Annotated[bool, Field(alias="shouldFail", description="true or false")] = False


def body_of(request: ProduceRequest) -> str:
    """The record's text; what is at its default is left out."""
    body: dict[str, object] = {"id": request.id}
    if request.sleep:
        body["sleep"] = int(request.sleep) if request.sleep.is_integer() else request.sleep
    if request.should_fail:
        body["shouldFail"] = True
    return json.dumps(body)


@app.post("/produce")
def produce() -> Response[str]:
    """Write the record; 200 with where it stands, or 502 with why it could not be written."""
    request = parse_body(app.current_event, ProduceRequest)
    remaining_seconds = app.lambda_context.get_remaining_time_in_millis() / 1000 - ANSWER_RESERVE_SECONDS
    result = writer.write(request.key or request.id, body_of(request), remaining_seconds)
    if isinstance(result, NotWritten):
        problem = {"code": result.code, "message": result.message}
        logger.error("the record could not be written", extra={"not_written": {"id": request.id, **problem}})
        return json_response(502, {"message": "the record could not be written", "notWritten": problem})
    events.queued(request.id, f"{TOPIC}-{result.partition}:{result.offset}")
    where: dict[str, object] = {"topic": TOPIC, "partition": result.partition, "offset": result.offset}
    return json_response(200, {"produced": request.id, **where})


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an HTTP API event (payload format 2.0)."""
    return app.resolve(event, context)
