"""An API Gateway HTTP API in front of functions: routes, payload format 2.0, the integration's time limit."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from delivery_lab.events import Actor, Journal, RequestAnswered
from delivery_lab.limits.functions import INTEGRATION_TIMEOUT
from delivery_lab.model.clock import EPOCH, Scheduler, Timer, epoch_ms, in_seconds, seconds
from delivery_lab.model.functions import Lambda
from delivery_lab.model.invokes import InvokeResult, Throttled
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.rule_ids import RuleId

_INTERNAL_SERVER_ERROR = '{"message":"Internal Server Error"}'
_SERVICE_UNAVAILABLE = '{"message":"Service Unavailable"}'


@dataclass(frozen=True, slots=True)
class ProxyRoute:
    """A route with its Lambda proxy integration.

    Attributes:
        method: HTTP method, or `ANY`.
        path: path without parameters, such as `/enqueue`; or `$default`.
        function: name of the function behind it.
        timeout_seconds: the integration's timeout, at most 30.
        burst_limit: requests at once, or None for no throttling of its own.
        rate_limit: requests a second.
    """

    method: str
    path: str
    function: str
    timeout_seconds: float = INTEGRATION_TIMEOUT.maximum / 1000
    burst_limit: int | None = None
    rate_limit: float | None = None

    def matches(self, method: str, path: str) -> bool:
        """Whether a request goes this way."""
        return self.path == "$default" or (self.path == path and self.method in ("ANY", method))


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What the caller sees.

    Attributes:
        status: HTTP status.
        body: the body as text.
    """

    status: int
    body: str


class HttpApi:
    """One HTTP API.

    Args:
        name: name of the API.
        routes: its routes.
        functions: the Lambda service.
        scheduler: the run's clock.
        streams: the run's chance.
        journal: where events are written.
    """

    def __init__(
        self,
        name: str,
        routes: tuple[ProxyRoute, ...],
        functions: Lambda,
        *,
        scheduler: Scheduler,
        streams: RandomStreams,
        journal: Journal,
    ) -> None:
        self.name = name
        self.routes = routes
        self._functions = functions
        self._scheduler = scheduler
        self._streams = streams
        self._journal = journal
        self._tokens: dict[ProxyRoute, tuple[float, int]] = {}

    def route(self, method: str, path: str) -> ProxyRoute | None:
        """The route of a request: a full match before `$default`."""
        found = [route for route in self.routes if route.matches(method, path)]
        return min(found, key=lambda route: (route.path == "$default", route.method == "ANY"), default=None)

    def request(
        self,
        method: str,
        path: str,
        body: str = "",
        headers: Mapping[str, str] | None = None,
        done: Callable[[HttpResponse], None] | None = None,
    ) -> None:
        """Answer a request that arrives now; the caller is authorised.

        Args:
            method: HTTP method.
            path: path of the URL, and its query behind a question mark.
            body: the body as text.
            headers: headers; their names are turned to lower case.
            done: called with the response, not before this returns.
        """
        invoke: str | None = None

        def answer(status: int, text: str, rule: RuleId, *further_rules: RuleId) -> None:
            now = self._scheduler.now
            self._journal.append(
                RequestAnswered(now, rule, self.name, method=method, path=path, status=status, invoke=invoke)
            )
            self._journal.rely_on(*further_rules)
            if done is not None:
                self._scheduler.at(now, done, HttpResponse(status, text))

        path, _, query = path.partition("?")
        route = self.route(method, path)
        if route is None:
            answer(404, '{"message":"Not Found"}', "HTTP-ROUTE-1")
        elif not self._admit(route):
            answer(429, '{"message":"Too Many Requests"}', "HTTP-THROTTLE-1")
        else:
            exchange = _Exchange(answer)
            payload = self._event(route, method, path, query, body, headers or {})
            accepted = self._functions.invoke(route.function, payload, exchange.on_result, by=Actor("api", self.name))
            if isinstance(accepted, Throttled):
                answer(503, _SERVICE_UNAVAILABLE, "HTTP-THROTTLE-2")
            else:
                invoke = accepted
                limit = min(route.timeout_seconds, INTEGRATION_TIMEOUT.maximum / 1000)
                exchange.timer = self._scheduler.after(seconds(limit), exchange.time_out)

    def _admit(self, route: ProxyRoute) -> bool:
        """A token bucket: `burst_limit` requests at once, `rate_limit` a second in the long run (HTTP-THROTTLE-1)."""
        if route.burst_limit is None or route.rate_limit is None:
            return True
        now = self._scheduler.now
        tokens, since = self._tokens.get(route, (float(route.burst_limit), now))
        tokens = min(float(route.burst_limit), tokens + in_seconds(now - since) * route.rate_limit)
        self._tokens[route] = (tokens - 1 if tokens >= 1 else tokens, now)
        return tokens >= 1

    def _event(
        self, route: ProxyRoute, method: str, path: str, query: str, body: str, headers: Mapping[str, str]
    ) -> str:
        now = self._scheduler.now
        route_key = "$default" if route.path == "$default" else f"{route.method} {route.path}"
        domain = f"{self.name}.execute-api.us-east-1.amazonaws.com"
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": route_key,
            "rawPath": path,
            "rawQueryString": query,
            "headers": {
                "content-type": "application/json",
                "content-length": str(len(body.encode())),
                "host": domain,
                **{name.lower(): value for name, value in headers.items()},
            },
            "requestContext": {
                "accountId": "anonymous",
                "apiId": self.name,
                "domainName": domain,
                "domainPrefix": self.name,
                "http": {
                    "method": method,
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1",
                    "userAgent": "delivery-lab",
                },
                "requestId": self._streams.uuid("http request id", self.name),
                "routeKey": route_key,
                "stage": "$default",
                "time": _common_log_time(now),
                "timeEpoch": epoch_ms(now),
            },
            "isBase64Encoded": False,
        }
        if query:
            values: dict[str, list[str]] = {}
            for name, value in parse_qsl(query, keep_blank_values=True):
                values.setdefault(name, []).append(value)
            event["queryStringParameters"] = {name: ",".join(several) for name, several in values.items()}
        if body:
            event["body"] = body
        return json.dumps(event, separators=(",", ":"))


class _Exchange:
    """One request on its way: answered once, by the function or by the integration's timeout."""

    def __init__(self, answer: Callable[..., None]) -> None:
        self._answer = answer
        self.timer: Timer | None = None

    def time_out(self) -> None:
        """The gateway stops waiting; the function runs on (HTTP-TIME-1, HTTP-TIME-2)."""
        self.timer = None
        self._answer(503, _SERVICE_UNAVAILABLE, "HTTP-TIME-1", "HTTP-TIME-2")

    def on_result(self, result: InvokeResult) -> None:
        """The function has ended."""
        if self.timer is None or self.timer.callback is None:
            return
        self.timer.cancel()
        if result.error is not None:
            self._answer(500, _INTERNAL_SERVER_ERROR, "HTTP-ERROR-1")
            return
        status, body = interpret(result.payload)
        self._answer(status, body, "HTTP-PAYLOAD-1")


def interpret(payload: str) -> tuple[int, str]:
    """Status and body of a function's answer in payload format 2.0 (HTTP-PAYLOAD-1).

    An object with `statusCode` says both; anything else is the body of a 200.
    """
    response = json.loads(payload)
    if not isinstance(response, dict) or "statusCode" not in response:
        return 200, response if isinstance(response, str) else payload
    try:
        status = int(response["statusCode"])
    except (TypeError, ValueError):
        return 500, _INTERNAL_SERVER_ERROR
    body = response.get("body") or ""
    if response.get("isBase64Encoded"):
        try:
            body = base64.b64decode(body).decode(errors="replace")
        except (TypeError, ValueError):
            return 500, _INTERNAL_SERVER_ERROR
    return status, body if isinstance(body, str) else json.dumps(body)


def _common_log_time(instant: int) -> str:
    return (EPOCH + timedelta(microseconds=instant)).strftime("%d/%b/%Y:%H:%M:%S +0000")
