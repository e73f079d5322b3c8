"""`POST /call`: has another function do a job, and answers when it is done.

`MODE` says how the other function is invoked:

- `naive`: boto3 with its defaults. Only its own three attempts help against throttling, the rest raises and is answered
  with 500; and since nobody looks at `FunctionError`, a job that failed is answered with 200.
- `retry`: `shared.invoking.LambdaInvoker`, which tries again within the time that is left, and tells what happened:
  502 the job failed, 503 Lambda refused (with `Retry-After` where it is known), 504 no time was left.
- `breaker`: the same behind a circuit breaker: once the other function has failed five times in a row it is not called
  for a minute, and requests are answered with 503 at once. Throttles are no failures of the other function: they are
  left to the retries. The breaker belongs to one execution environment, unless `BREAKER_TABLE_NAME` names a table in
  which all of them share one.
"""

from __future__ import annotations

import json
import math
from typing import Any

import boto3
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from botocore.exceptions import ClientError
from pydantic import ConfigDict
from shared import settings
from shared.aws_errors import error_code, is_throttle, retry_after_seconds
from shared.breaker_table import TableStore
from shared.circuit_breaker import BreakerStore, CircuitBreaker, LocalStore
from shared.contract import new_logger
from shared.errors import (
    CircuitOpenError,
    FunctionFailedError,
    InvalidAnswerError,
    InvalidMessageError,
    InvalidPayloadError,
    InvokeError,
    OutcomeUnknownError,
    OutOfTimeError,
)
from shared.http_requests import json_response, parse_body, refuse_invalid_requests
from shared.invoking import LambdaInvoker, invoke_client
from shared.jobs import Job
from shared.retry_metrics import RetryMetrics

MODE = settings.choice("MODE", ("naive", "retry", "breaker"), "retry")
CALLEE_NAME = settings.required("CALLEE_NAME")
CALLEE_TIMEOUT_SECONDS = settings.number("CALLEE_TIMEOUT_SECONDS", 10, minimum=1, maximum=900)

# Answers that take longer would cost more than a breaker can spare.
TABLE_CONFIG = Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2})

WRONG_REQUEST_CODES = frozenset({"InvalidRequestContentException", "RequestTooLargeException"})
"""What Lambda refuses about the event itself; it says nothing bad about the function."""

logger = new_logger()
app = APIGatewayHttpResolver()
refuse_invalid_requests(app)


class CallRequest(Job):
    """Body of the request: a job, and nothing that the other function would not know."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


def make_breaker() -> CircuitBreaker | None:
    """The circuit breaker, None where there is none."""
    if MODE != "breaker":
        return None
    table = settings.optional("BREAKER_TABLE_NAME")
    store: BreakerStore = LocalStore()
    if table is not None:
        store = TableStore(boto3.client("dynamodb", config=TABLE_CONFIG), table, CALLEE_NAME)
    return CircuitBreaker(
        CALLEE_NAME,
        store=store,
        failure_threshold=settings.whole_number("BREAKER_FAILURE_THRESHOLD", 5, minimum=1),
        reset_seconds=settings.number("BREAKER_RESET_SECONDS", 60, minimum=1),
        probe_seconds=CALLEE_TIMEOUT_SECONDS + 5,
        counts=is_failure_of_the_callee,
        ignores=is_throttle,
        on_store_error=lambda error: logger.warning("the shared breaker is not known", extra={"error": str(error)}),
    )


def is_failure_of_the_callee(error: Exception) -> bool:
    """Whether an error says that the callee is out of order, and not that the request was wrong."""
    if isinstance(error, FunctionFailedError):
        # The name is all that Lambda hands over of an error.
        return error.error_type != InvalidMessageError.__name__
    return not (isinstance(error, ClientError) and error_code(error) in WRONG_REQUEST_CODES)


def make_invoker() -> LambdaInvoker | None:
    """What invokes the callee, None in mode `naive`."""
    if MODE == "naive":
        return None
    return LambdaInvoker(
        invoke_client(CALLEE_TIMEOUT_SECONDS),
        CALLEE_NAME,
        callee_timeout_seconds=CALLEE_TIMEOUT_SECONDS,
        maximum_attempts=settings.whole_number("MAXIMUM_ATTEMPTS", 5, minimum=1, maximum=20),
        breaker=make_breaker(),
        on_retry=RetryMetrics(CALLEE_NAME).count,
    )


invoker = make_invoker()
naive_client = boto3.client("lambda") if invoker is None else None


@app.post("/call")
def call() -> Response[str]:
    """Have the job done."""
    request = parse_body(app.current_event, CallRequest)
    event = request.model_dump(by_alias=True, exclude_unset=True)
    if invoker is None:
        return json_response(200, {"id": request.id, "answer": call_naively(event)})
    return call_carefully(invoker, request.id, event)


def call_naively(event: dict[str, Any]) -> Any:
    """Invoke as most examples do. Whatever is returned is taken for the answer."""
    assert naive_client is not None
    answer = naive_client.invoke(FunctionName=CALLEE_NAME, Payload=json.dumps(event))
    return json.loads(answer["Payload"].read())


def call_carefully(careful: LambdaInvoker, job_id: str, event: dict[str, Any]) -> Response[str]:
    """Invoke with the toolkit, and answer what happened."""
    try:
        answer = careful.invoke(event, app.lambda_context.get_remaining_time_in_millis)
    except (InvokeError, CircuitOpenError) as error:
        logger.warning("not called", extra={"id": job_id, "error_type": type(error).__name__, "error": str(error)})
        return refusal(job_id, error)
    return json_response(200, {"id": job_id, "answer": answer.payload, "attempts": answer.attempts})


def refusal(job_id: str, error: InvokeError | CircuitOpenError) -> Response[str]:
    """The answer to a request whose job was not done, or perhaps not."""
    body: dict[str, object] = {"id": job_id, "message": str(error), "error": type(error).__name__}
    if isinstance(error, CircuitOpenError):
        return unavailable(body, error.retry_after_seconds)
    body["attempts"] = error.attempts
    if isinstance(error, InvalidPayloadError):
        return json_response(400, body)
    if isinstance(error, FunctionFailedError):
        return json_response(502 if is_failure_of_the_callee(error) else 400, body)
    if isinstance(error, (OutOfTimeError, OutcomeUnknownError)):
        return json_response(504, body)
    if isinstance(error, InvalidAnswerError):
        return json_response(502, body)
    cause = error.__cause__
    return unavailable(body, retry_after_seconds(cause) if isinstance(cause, Exception) else None)


def unavailable(body: dict[str, object], wait_seconds: float | None) -> Response[str]:
    """503, with how long to wait where that is known."""
    response = json_response(503, body)
    if wait_seconds is not None:
        response.headers["Retry-After"] = str(math.ceil(wait_seconds))
    return response


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an HTTP API event (payload format 2.0)."""
    return app.resolve(event, context)
