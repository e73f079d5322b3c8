"""An API of API Gateway in front of functions, queues and buses, or the URL of a function: routes, limits, answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from delivery_lab.errors import NotModelledError
from delivery_lab.events import Actor, Journal, RequestAnswered, RequestArrived, RequestPassedOn
from delivery_lab.limits.functions import SYNCHRONOUS_PAYLOAD
from delivery_lab.limits.gateway import HTTP_TIMEOUT, REQUEST_SIZE
from delivery_lab.model.clock import Scheduler, Timer, in_seconds, seconds
from delivery_lab.model.eventbridge.api import PUT_EVENTS
from delivery_lab.model.functions import Lambda
from delivery_lab.model.gateway.answers import (
    HTTP,
    ApiKind,
    GatewayAnswer,
    HttpResponse,
    MalformedError,
    interpret,
)
from delivery_lab.model.gateway.paths import DEFAULT, PathPattern
from delivery_lab.model.gateway.payloads import PayloadFormat, event_of
from delivery_lab.model.gateway.requests import ApiRequest
from delivery_lab.model.gateway.services import Call, ServiceIntegration
from delivery_lab.model.invokes import InvokeResult, Throttled
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import ACCOUNT_ID, AwsError
from delivery_lab.rule_ids import RuleId

Answer = Callable[..., None]
_PAYLOAD_RULES: Mapping[PayloadFormat, tuple[RuleId, ...]] = {
    "1.0": ("HTTP-PAYLOAD-2",),
    "2.0": ("HTTP-PAYLOAD-1",),
    "url": ("URL-EVENT-1",),
    "rest": ("REST-PAYLOAD-3", "REST-PAYLOAD-1", "REST-PAYLOAD-2", "REST-PAYLOAD-4"),
}


@dataclass(frozen=True, slots=True)
class ProxyRoute:
    """A route, or a method of a REST API, with its integration.

    Attributes:
        method: HTTP method, or `ANY`.
        path: path such as `/enqueue` or `/orders/{id}`; or `$default`.
        function: name of the function behind it, "" where it is none.
        timeout_seconds: the integration's timeout, at most 30 of an HTTP API.
        burst_limit: requests at once, or None for no throttling of its own.
        rate_limit: requests a second.
        payload_format: format of the function's event.
        is_permitted: whether the API may invoke the function.
        service: the integration, where it calls a service itself.
        refusal: why a request to it cannot be simulated, "" if it can.
        binary_media_types: content types whose bodies are binary, which is not modelled (REST-BINARY-1).
    """

    method: str
    path: str
    function: str = ""
    timeout_seconds: float = HTTP_TIMEOUT.maximum / 1000
    burst_limit: int | None = None
    rate_limit: float | None = None
    payload_format: PayloadFormat = "2.0"
    is_permitted: bool = True
    service: ServiceIntegration | None = None
    refusal: str = ""
    binary_media_types: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Its key, such as `POST /enqueue`."""
        return DEFAULT if self.path == DEFAULT else f"{self.method} {self.path}"

    @property
    def pattern(self) -> PathPattern:
        """Its path."""
        return PathPattern(self.path)


@dataclass(frozen=True, slots=True)
class ApiStage:
    """The stage of an API that requests go to.

    Attributes:
        name: its name.
        variables: its variables.
        account_id: the account of the API.
        region: the region of the API.
    """

    name: str = DEFAULT
    variables: Mapping[str, str] = field(default_factory=dict)
    account_id: str = ACCOUNT_ID
    region: str = "us-east-1"


_PAST_THE_API = "  nearest: a line of send that sends to the queue itself, such as {queue: jobs, body: {id: 1}}"


def _no_service(operation: str, _: Mapping[str, object]) -> Mapping[str, object]:
    raise NotModelledError(f"nothing answers {operation}")


def _denied(operation: str, _: Mapping[str, object]) -> Mapping[str, object]:
    """What a service answers to a role that may not make the call."""
    if operation == PUT_EVENTS:
        raise AwsError("AccessDeniedException", "User is not authorized to perform: events:PutEvents", 400)
    raise AwsError("AccessDenied", f"Access to the resource is denied: {operation}", 403)


class HttpApi:
    """One HTTP or REST API, or the URL of a function.

    Args:
        name: name of the API.
        routes: its routes.
        functions: the Lambda service.
        scheduler: the run's clock.
        streams: the run's chance.
        journal: where events are written.
        kind: what it is.
        stage: the stage that requests go to.
        call_service: makes a call to SQS or EventBridge.
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
        kind: ApiKind = HTTP,
        stage: ApiStage | None = None,
        call_service: Call = _no_service,
    ) -> None:
        self.name = name
        self.routes = routes
        self._functions = functions
        self._scheduler = scheduler
        self._streams = streams
        self._journal = journal
        self._kind = kind
        self._stage = stage or ApiStage()
        self._call_service = call_service
        self._tokens: dict[str, tuple[float, int]] = {}

    def route(self, method: str, path: str) -> ProxyRoute | None:
        """The route of a request: the narrowest path that takes it, and of that the method itself before `ANY`.

        A REST API chooses the path first, and refuses a method that the path does not have (REST-ROUTE-1); an HTTP API
        looks at routes that have the method only (HTTP-ROUTE-1).
        """
        path = path.partition("?")[0]
        taking = [route for route in self.routes if route.pattern.variables(path) is not None]
        of_method = [route for route in taking if route.method in ("ANY", method) or route.path == DEFAULT]
        if self._kind is not HTTP and taking:
            narrowest = min(route.pattern.breadth for route in taking)
            of_method = [route for route in of_method if route.pattern.breadth == narrowest]
        return min(of_method, key=lambda route: (route.pattern.breadth, route.method == "ANY"), default=None)

    @property
    def unrouted_status(self) -> int:
        """The status of the answer to a request that no route takes (HTTP-ROUTE-1, REST-ROUTE-1)."""
        return self._kind.no_route.status

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
            path: path of the URL, without the stage, and its query behind a question mark.
            body: the body as text.
            headers: headers.
            done: called with the response, not before this returns.

        Raises:
            NotModelledError: the route's integration is not modelled.
        """
        invoke: str | None = None

        def answer(response: HttpResponse, rule: RuleId, *further_rules: RuleId) -> None:
            now = self._scheduler.now
            self._journal.append(
                RequestAnswered(now, rule, self.name, method=method, path=path, status=response.status, invoke=invoke)
            )
            self._journal.rely_on(*further_rules)
            if done is not None:
                self._scheduler.at(now, done, response)

        path, _, query = path.partition("?")
        route = self.route(method, path)
        refused = self._refused(route, body)
        if refused is not None or route is None:
            _give(answer, refused or self._kind.no_route)
            return
        request = self._request(route, method, path, query, body, headers or {})
        self._refuse_binary(route, request)
        if route.service is not None:
            call = self._followed(request, body, self._call_service if route.is_permitted else _denied)
            try:
                found = route.service.answer(request, call)
            except NotModelledError as error:
                if "\n" in str(error):  # it says itself what is nearest
                    raise
                raise NotModelledError(f"{error}\n{_PAST_THE_API}") from None
            answer(found.response, found.rule, *found.rules)
            return
        payload = event_of(request, route.payload_format, route.key)
        if len(payload.encode()) > SYNCHRONOUS_PAYLOAD.maximum:
            _give(answer, self._kind.too_large)
            return
        exchange = _Exchange(answer, self._kind, route.payload_format)
        accepted = self._functions.invoke(route.function, payload, exchange.on_result, by=Actor("api", self.name))
        if isinstance(accepted, Throttled):
            _give(answer, self._kind.throttled)
        else:
            invoke = accepted
            if self._kind.timeout is not None:
                limit = min(route.timeout_seconds, self._kind.timeout.maximum / 1000)
                exchange.timer = self._scheduler.after(seconds(limit), exchange.time_out)

    def _refuse_binary(self, route: ProxyRoute, request: ApiRequest) -> None:
        sent = request.content_type
        if request.body and any(fnmatchcase(sent, each.lower()) for each in route.binary_media_types):
            raise NotModelledError(
                f"a request with the content type {sent} is sent to {self.name}, whose binaryMediaTypes "
                f"{', '.join(route.binary_media_types)} take its body for binary; that is not modelled\n"
                "  nearest: a content type that is none of them, such as headers: {content-type: text/plain}"
            )
        if route.binary_media_types:
            self._journal.rely_on("REST-BINARY-1")

    def _followed(self, request: ApiRequest, body: str, call: Call) -> Call:
        """A call to a service by which the way of a message begins at its request."""

        def followed(operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
            now, name, request_id = self._scheduler.now, self.name, request.request_id
            arrived = RequestArrived(now, None, name, request.method, request.path, request_id, operation, body)
            self._journal.append(arrived)
            answer = call(operation, parameters)
            ids = [answer.get("MessageId"), *(entry.get("EventId") for entry in answer.get("Entries", ()))]
            self._journal.append(RequestPassedOn(now, None, name, request_id, tuple(filter(None, ids))))
            return answer

        return followed

    def _refused(self, route: ProxyRoute | None, body: str) -> GatewayAnswer | None:
        """What the gateway answers before any integration sees a request, None where it hands it on."""
        if route is None:
            return self._kind.no_route
        if route.refusal:
            raise NotModelledError(route.refusal)
        if not self._admit(route):
            return self._kind.too_many
        if len(body.encode()) > REQUEST_SIZE.maximum:
            return self._kind.too_large
        return None if route.is_permitted or route.service is not None else self._kind.forbidden

    def _admit(self, route: ProxyRoute) -> bool:
        """A token bucket: `burst_limit` requests at once, `rate_limit` a second in the long run (HTTP-THROTTLE-1)."""
        if route.burst_limit is None or route.rate_limit is None:
            return True
        now = self._scheduler.now
        tokens, since = self._tokens.get(route.key, (float(route.burst_limit), now))
        tokens = min(float(route.burst_limit), tokens + in_seconds(now - since) * route.rate_limit)
        self._tokens[route.key] = (tokens - 1 if tokens >= 1 else tokens, now)
        return tokens >= 1

    def _request(
        self, route: ProxyRoute, method: str, path: str, query: str, body: str, headers: Mapping[str, str]
    ) -> ApiRequest:
        return ApiRequest(
            api=self.name,
            request_id=self._streams.uuid("http request id", self.name),
            instant=self._scheduler.now,
            method=method,
            path=path,
            query=query,
            body=body,
            headers=headers,
            stage=self._stage.name,
            stage_variables=self._stage.variables,
            account_id=self._stage.account_id,
            region=self._stage.region,
            variables=route.pattern.variables(path) or {},
            resource_path=route.path,
            host=self._kind.host,
        )


class _Exchange:
    """One request on its way: answered once, by the function or by the integration's timeout."""

    def __init__(self, answer: Answer, kind: ApiKind, payload_format: PayloadFormat) -> None:
        self._answer = answer
        self._kind = kind
        self._format = payload_format
        self.timer: Timer | None = None
        self._waits = True

    def time_out(self) -> None:
        """The gateway stops waiting; the function runs on (HTTP-TIME-1, HTTP-TIME-2, REST-TIME-1)."""
        self._waits = False
        _give(self._answer, self._kind.timed_out)

    def on_result(self, result: InvokeResult) -> None:
        """The function has ended."""
        if not self._waits:
            return
        self._waits = False
        if self.timer is not None:
            self.timer.cancel()
        if result.error is not None:
            _give(self._answer, self._kind.failed)
            return
        try:
            response = interpret(result.payload, self._format)
        except MalformedError as error:
            _give(self._answer, self._kind.malformed, *error.rules)
            return
        self._answer(response, *_PAYLOAD_RULES[self._format])


def _give(answer: Answer, given: GatewayAnswer, *further_rules: RuleId) -> None:
    answer(HttpResponse(given.status, given.body), *given.rules, *further_rules)
