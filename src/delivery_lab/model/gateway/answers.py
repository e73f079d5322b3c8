"""What the caller of an API sees: answers of functions as they are read, and the gateway's own."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from delivery_lab.limits.gateway import HTTP_TIMEOUT, REST_TIMEOUT
from delivery_lab.limits.limit import Limit
from delivery_lab.model.gateway.payloads import PayloadFormat
from delivery_lab.model.json_reading import read_json
from delivery_lab.rule_ids import RuleId


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What the caller sees.

    Attributes:
        status: HTTP status.
        body: the body as text.
    """

    status: int
    body: str


@dataclass(frozen=True, slots=True)
class GatewayAnswer:
    """An answer that the gateway gives by itself.

    Attributes:
        status: HTTP status.
        message: what the body says.
        rules: the rule, and others that the answer rests on.
    """

    status: int
    message: str
    rules: tuple[RuleId, ...]

    @property
    def body(self) -> str:
        """The body as text."""
        return f'{{"message":{json.dumps(self.message)}}}'


@dataclass(frozen=True, slots=True)
class ApiKind:
    """How APIs of one kind answer where no integration does.

    Attributes:
        no_route: nothing takes the request.
        too_many: its throttling does not admit the request.
        too_large: the request is larger than it may be.
        forbidden: the API may not invoke the function.
        throttled: Lambda refuses the invoke.
        timed_out: the integration did not answer in time.
        failed: the function failed.
        malformed: the function's answer cannot be read.
        timeout: for how long it waits, None for as long as the function runs.
        host: what stands behind the name of an API in its host name.
    """

    no_route: GatewayAnswer
    too_many: GatewayAnswer
    too_large: GatewayAnswer
    forbidden: GatewayAnswer
    throttled: GatewayAnswer
    timed_out: GatewayAnswer
    failed: GatewayAnswer
    malformed: GatewayAnswer
    timeout: Limit | None
    host: str = "execute-api.{region}.amazonaws.com"


HTTP = ApiKind(
    no_route=GatewayAnswer(404, "Not Found", ("HTTP-ROUTE-1",)),
    too_many=GatewayAnswer(429, "Too Many Requests", ("HTTP-THROTTLE-1",)),
    too_large=GatewayAnswer(413, "Request Entity Too Large", ("HTTP-SIZE-1",)),
    forbidden=GatewayAnswer(500, "Internal Server Error", ("HTTP-PERMISSION-1",)),
    throttled=GatewayAnswer(503, "Service Unavailable", ("HTTP-THROTTLE-2",)),
    timed_out=GatewayAnswer(503, "Service Unavailable", ("HTTP-TIME-1", "HTTP-TIME-2")),
    failed=GatewayAnswer(500, "Internal Server Error", ("HTTP-ERROR-1",)),
    malformed=GatewayAnswer(500, "Internal Server Error", ("HTTP-ERROR-2",)),
    timeout=HTTP_TIMEOUT,
)
"""An HTTP API (`aws.apigatewayv2`)."""

REST = ApiKind(
    no_route=GatewayAnswer(403, "Missing Authentication Token", ("REST-ROUTE-1",)),
    too_many=GatewayAnswer(429, "Too Many Requests", ("REST-THROTTLE-1",)),
    too_large=GatewayAnswer(413, "Request Too Long", ("REST-SIZE-1",)),
    forbidden=GatewayAnswer(500, "Internal server error", ("REST-PERMISSION-1",)),
    throttled=GatewayAnswer(500, "Internal server error", ("REST-THROTTLE-2",)),
    timed_out=GatewayAnswer(504, "Endpoint request timed out", ("REST-TIME-1",)),
    failed=GatewayAnswer(502, "Internal server error", ("REST-ERROR-1",)),
    malformed=GatewayAnswer(502, "Internal server error", ("REST-ERROR-1",)),
    timeout=REST_TIMEOUT,
)
"""A REST API (`aws.apigateway`)."""

_FAILED_URL = GatewayAnswer(502, "Internal Server Error", ("URL-ERROR-1",))
_TOO_MANY_OF_URL = GatewayAnswer(429, "Too Many Requests", ("URL-THROTTLE-1",))
URL = ApiKind(
    no_route=GatewayAnswer(404, "Not Found", ("URL-EVENT-1",)),
    too_many=_TOO_MANY_OF_URL,
    too_large=GatewayAnswer(413, "Request Entity Too Large", ("URL-SIZE-1",)),
    forbidden=GatewayAnswer(403, "Forbidden", ("URL-AUTH-1",)),
    throttled=_TOO_MANY_OF_URL,
    timed_out=_FAILED_URL,
    failed=_FAILED_URL,
    malformed=_FAILED_URL,
    timeout=None,
    host="lambda-url.{region}.on.aws",
)
"""The URL of a function (`aws.lambda.FunctionUrl`): one route takes all requests, so `no_route` is never given."""


class MalformedError(Exception):
    """A function's answer is not of the format that its API reads.

    Args:
        reason: what is wrong with it.
        *rules: assumptions by which that is wrong.
    """

    def __init__(self, reason: str, *rules: RuleId) -> None:
        super().__init__(reason)
        self.rules = rules


def interpret(payload: str, payload_format: PayloadFormat = "2.0") -> HttpResponse:
    """What a function's answer means.

    Raises:
        MalformedError: it is not of the format.
    """
    try:
        response = read_json(payload)
    except ValueError as error:
        raise MalformedError(f"no JSON: {error}") from None
    return _READERS[payload_format](response, payload)


def _format_2_0(response: Any, payload: str) -> HttpResponse:
    """HTTP-PAYLOAD-1: an object with `statusCode` says status and body; anything else is the body of a 200."""
    if not isinstance(response, dict) or "statusCode" not in response:
        return HttpResponse(200, response if isinstance(response, str) else payload)
    return _with_status(response)


def _format_1_0(response: Any, _: str) -> HttpResponse:
    """HTTP-PAYLOAD-2: an object with `statusCode`, and nothing else will do."""
    if not isinstance(response, dict) or "statusCode" not in response:
        raise MalformedError("no object with statusCode")
    return _with_status(response)


def _with_status(response: Mapping[str, Any]) -> HttpResponse:
    _check_headers(response.get("headers"))
    body = response.get("body")
    if body is None:
        body = ""
    if response.get("isBase64Encoded"):
        body = _decoded(body)
    return HttpResponse(_status(response["statusCode"]), body if isinstance(body, str) else json.dumps(body))


_OF_REST = frozenset({"isBase64Encoded", "statusCode", "headers", "multiValueHeaders", "body"})


def _of_rest(response: Any, _: str) -> HttpResponse:
    """An object of five keys and no other, whose body is text; without a status a 200 (REST-PAYLOAD-3 and 4)."""
    if not isinstance(response, dict) or not response.keys() <= _OF_REST:
        raise MalformedError("no object of statusCode, headers, multiValueHeaders, body and isBase64Encoded alone")
    _check_headers(response.get("headers"))
    body = response.get("body")
    if body is not None and not isinstance(body, str):
        raise MalformedError("body is no text")
    # A body in Base64 is decoded for binary media types only; whether it is changes nothing that a run shows.
    return HttpResponse(_status(response.get("statusCode", 200)), body or "")


def _check_headers(headers: Any) -> None:
    if headers is None:
        return
    if not isinstance(headers, dict):
        raise MalformedError("headers is no object", "HTTP-PAYLOAD-3")
    for name, value in headers.items():
        if isinstance(value, dict | list):
            raise MalformedError(f"header {name} has several values", "HTTP-PAYLOAD-3")


_STATUS = re.compile(r"[1-5][0-9]{2}", re.ASCII)


def _status(value: Any) -> int:
    """A number, or its digits as text; a number that is whole may be written with a point (HTTP-PAYLOAD-3)."""
    whole = isinstance(value, float) and value.is_integer()
    digits = str(int(value)) if whole else "" if isinstance(value, bool) else str(value)
    if not isinstance(value, int | float | str) or not _STATUS.fullmatch(digits):
        raise MalformedError("statusCode is no number from 100 to 599", "HTTP-PAYLOAD-3")
    return int(digits)


def _decoded(body: Any) -> str:
    try:
        return base64.b64decode(body).decode(errors="replace")
    except (TypeError, ValueError):
        raise MalformedError("body is not in Base64") from None


_READERS: Mapping[PayloadFormat, Callable[[Any, str], HttpResponse]] = {
    "1.0": _format_1_0,
    "2.0": _format_2_0,
    "rest": _of_rest,
    "url": _format_2_0,
}
