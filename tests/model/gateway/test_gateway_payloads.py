"""Events of Lambda proxy integrations, held to the examples in AWS's guide, and answers of functions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.events import RequestAnswered
from delivery_lab.model.gateway.answers import HTTP, REST, ApiKind, HttpResponse
from delivery_lab.model.http_api import ApiStage, HttpApi, ProxyRoute
from tests.model.support import Behaviour, Script, World, fail, succeed

SMALL = '{"message":"Internal server error"}'
CAPITAL = '{"message":"Internal Server Error"}'

CONTEXT_OF_1_0 = {
    "accountId": str,
    "apiId": str,
    "authorizer": {"claims": None, "scopes": None},
    "domainName": str,
    "domainPrefix": str,
    "extendedRequestId": str,
    "httpMethod": str,
    "identity": {
        "accessKey": None,
        "accountId": None,
        "caller": None,
        "cognitoAuthenticationProvider": None,
        "cognitoAuthenticationType": None,
        "cognitoIdentityId": None,
        "cognitoIdentityPoolId": None,
        "principalOrgId": None,
        "sourceIp": str,
        "user": None,
        "userAgent": str,
        "userArn": None,
    },
    "path": str,
    "protocol": str,
    "requestId": str,
    "requestTime": str,
    "requestTimeEpoch": int,
    "resourceId": None,
    "resourcePath": str,
    "stage": str,
}
"""The shape of `requestContext` in AWS's example of format 1.0, without the client's certificate."""

EVENT_OF_1_0 = {
    "version": str,
    "resource": str,
    "path": str,
    "httpMethod": str,
    "headers": dict,
    "multiValueHeaders": dict,
    "queryStringParameters": dict,
    "multiValueQueryStringParameters": dict,
    "requestContext": CONTEXT_OF_1_0,
    "pathParameters": None,
    "stageVariables": None,
    "body": str,
    "isBase64Encoded": bool,
}
"""The shape of AWS's example of format 1.0."""


EVENT_OF_2_0 = {
    "version": str,
    "routeKey": str,
    "rawPath": str,
    "rawQueryString": str,
    "cookies": ["cookie1", "cookie2"],
    "headers": dict,
    "queryStringParameters": {"parameter1": "value1,value2", "parameter2": "value"},
    "requestContext": {
        "accountId": str,
        "apiId": str,
        "domainName": str,
        "domainPrefix": str,
        "http": {"method": str, "path": str, "protocol": str, "sourceIp": str, "userAgent": str},
        "requestId": str,
        "routeKey": str,
        "stage": str,
        "time": str,
        "timeEpoch": int,
    },
    "body": str,
    "pathParameters": {"parameter1": "value1"},
    "isBase64Encoded": bool,
    "stageVariables": {"stageVariable1": "value1", "stageVariable2": "value2"},
}
"""The shape of AWS's example of format 2.0, without the client's certificate and the authorizer."""


def shape_of(value: Any, like: Any) -> Any:
    """A value with everything in place of which the example has a type replaced by its type."""
    if isinstance(like, dict) and isinstance(value, dict):
        return {name: shape_of(held, like.get(name)) for name, held in value.items()}
    return type(value) if isinstance(like, type) else value


class Caller:
    """One API with one route to `worker`."""

    def __init__(
        self,
        payload_format: Any,
        behave: Behaviour = succeed,
        kind: ApiKind = HTTP,
        *,
        path: str = "/my/path",
        stage: str = "$default",
        variables: dict[str, str] | None = None,
        timeout_seconds: float = 30,
        reserved: int | None = None,
        **more: Any,
    ) -> None:
        self.world = World(behave)
        self.world.function(timeout=60, reserved=reserved)
        route = ProxyRoute(
            "GET", path, "worker", payload_format=payload_format, timeout_seconds=timeout_seconds, **more
        )
        self.api: HttpApi = self.world.account.create_api("api", (route,), kind, ApiStage(stage, variables or {}))
        self.responses: list[tuple[float, HttpResponse]] = []

    def ask(self, path: str = "/my/path", body: str = "", method: str = "GET", **headers: str) -> HttpResponse:
        self.api.request(method, path, body, headers, lambda found: self.responses.append((self.world.now, found)))
        self.world.run()
        return self.responses[-1][1]

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = self.world.calls[-1].event
        return event

    @property
    def rules(self) -> list[str | None]:
        return [event.rule for event in self.world.events(RequestAnswered)]


def answering(value: object, takes_seconds: float = 0.1) -> Behaviour:
    return lambda call: Script(takes_seconds, json.dumps(value))


def test_http_payload_2_the_event_has_the_shape_of_the_guides_example() -> None:
    caller = Caller("1.0")
    caller.ask("/my/path?parameter1=value1&parameter1=value2&parameter2=value", "Hello", Header1="value1")

    assert shape_of(caller.event, EVENT_OF_1_0) == EVENT_OF_1_0
    assert caller.event["version"] == "1.0"
    assert (caller.event["resource"], caller.event["path"]) == ("/my/path", "/my/path")
    assert caller.event["headers"]["header1"] == "value1"
    assert caller.event["multiValueHeaders"]["header1"] == ["value1"]
    assert caller.event["queryStringParameters"] == {"parameter1": "value2", "parameter2": "value"}
    assert caller.event["multiValueQueryStringParameters"] == {
        "parameter1": ["value1", "value2"],
        "parameter2": ["value"],
    }


def test_http_payload_2_what_a_request_lacks_is_null() -> None:
    caller = Caller("1.0")
    caller.ask()

    lacking = ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables", "body")
    assert {name: caller.event[name] for name in lacking} == dict.fromkeys(lacking)


def test_http_payload_2_path_variables_the_stage_and_its_variables() -> None:
    caller = Caller("1.0", path="/orders/{id}", stage="v1", variables={"table": "blue"})
    caller.ask("/orders/a%20b")

    assert caller.event["pathParameters"] == {"id": "a b"}
    assert caller.event["stageVariables"] == {"table": "blue"}
    assert (caller.event["resource"], caller.event["path"]) == ("/orders/{id}", "/v1/orders/a%20b")
    assert caller.event["requestContext"]["stage"] == "v1"


def test_http_payload_2_the_default_route_names_the_path_of_the_request() -> None:
    caller = Caller("1.0", path="$default")
    caller.ask("/any/where")

    assert caller.event["resource"] == caller.event["requestContext"]["resourcePath"] == "/any/where"


@pytest.mark.parametrize(
    ("returned", "status", "body"),
    [
        ({"statusCode": 202, "body": "accepted"}, 202, "accepted"),
        ({"statusCode": 200, "body": "aGVsbG8=", "isBase64Encoded": True}, 200, "hello"),
        ({"sent": 10}, 500, CAPITAL),
        ("plain", 500, CAPITAL),
        (None, 500, CAPITAL),
    ],
)
def test_http_error_2_format_1_0_takes_an_object_with_a_status_only(returned: Any, status: int, body: str) -> None:
    caller = Caller("1.0", answering(returned))

    assert caller.ask() == HttpResponse(status, body)
    assert caller.rules == ["HTTP-PAYLOAD-2" if status < 500 else "HTTP-ERROR-2"]


def test_http_payload_1_the_event_has_the_shape_of_the_guides_example() -> None:
    variables = {"stageVariable1": "value1", "stageVariable2": "value2"}
    caller = Caller("2.0", path="/my/{parameter1}", variables=variables)
    headers = {"Header1": "value1", "Header2": "value1,value2", "Cookie": "cookie1; cookie2"}
    query = "parameter1=value1&parameter1=value2&parameter2=value"
    caller.ask(f"/my/value1?{query}", "Hello from Lambda", **headers)

    assert shape_of(caller.event, EVENT_OF_2_0) == EVENT_OF_2_0
    given = {name: value for name, value in caller.event["headers"].items() if name in ("header1", "header2", "cookie")}
    assert given == {"header1": "value1", "header2": "value1,value2"}
    assert (caller.event["rawPath"], caller.event["rawQueryString"]) == ("/my/value1", query)


def test_http_payload_1_what_a_request_lacks_is_left_out() -> None:
    caller = Caller("2.0")
    caller.ask()

    absent = {"cookies", "queryStringParameters", "pathParameters", "stageVariables", "body"}
    assert caller.event.keys() == EVENT_OF_2_0.keys() - absent


def test_http_payload_1_the_path_of_format_2_0_begins_with_a_named_stage() -> None:
    caller = Caller("2.0", path="/orders/{id}", stage="v1")
    caller.ask("/orders/7")

    assert (caller.event["rawPath"], caller.event["routeKey"]) == ("/v1/orders/7", "GET /orders/{id}")
    assert caller.event["requestContext"]["http"]["path"] == "/v1/orders/7"
    assert (caller.event["pathParameters"], caller.event["requestContext"]["stage"]) == ({"id": "7"}, "v1")


def test_rest_payload_1_the_event_has_the_shape_of_the_guides_example() -> None:
    caller = Caller("rest", kind=REST, stage="prod")
    caller.ask("/my/path?parameter1=value1&parameter1=value2", "Hello", Header1="value1")

    expected = {name: held for name, held in EVENT_OF_1_0.items() if name != "version"}
    context = {name: held for name, held in CONTEXT_OF_1_0.items() if name not in ("authorizer", "resourceId")}
    assert shape_of(caller.event, {**expected, "requestContext": context}) == {**expected, "requestContext": context}
    assert (caller.event["path"], caller.event["requestContext"]["path"]) == ("/my/path", "/prod/my/path")


def test_rest_payload_2_headers_keep_their_names_and_the_last_value_of_a_parameter_counts() -> None:
    caller = Caller("rest", kind=REST)
    caller.ask("/my/path?a=1&a=2", Header1="value1")

    assert caller.event["headers"]["Header1"] == "value1"
    assert caller.event["headers"]["Content-Type"] == "application/json"
    assert caller.event["queryStringParameters"] == {"a": "2"}


@pytest.mark.parametrize(
    ("returned", "status", "body"),
    [
        ({"statusCode": 202, "body": "accepted"}, 202, "accepted"),
        ({"statusCode": "201", "headers": {"a": "b"}}, 201, ""),
        ({"statusCode": 200, "body": None}, 200, ""),
    ],
)
def test_rest_payload_3_how_the_answer_of_the_function_is_read(returned: Any, status: int, body: str) -> None:
    caller = Caller("rest", answering(returned), REST)

    assert caller.ask() == HttpResponse(status, body)
    assert caller.rules == ["REST-PAYLOAD-3"]


def test_rest_payload_4_without_a_status_it_is_a_200() -> None:
    assert Caller("rest", answering({}), REST).ask() == HttpResponse(200, "")
    assert Caller("rest", answering({"statusCode": 200, "wrongValue": "value"}), REST).ask() == HttpResponse(502, SMALL)


@pytest.mark.parametrize(
    "returned",
    [None, "text", [1], {"sent": 10}, {"statusCode": "x"}, {"statusCode": 200, "body": {"a": 1}}, {"headers": "no"}],
)
def test_rest_error_1_an_answer_of_another_form_is_502(returned: Any) -> None:
    caller = Caller("rest", answering(returned), REST)

    assert caller.ask() == HttpResponse(502, SMALL)
    assert caller.rules == ["REST-ERROR-1"]


_STATUSES: list[Any] = [True, None, "", "2_00", " 200", "٢٠٠", 200.5, -5, 0, 99, 600, 10**300, "9" * 5000, []]
_HEADERS: list[Any] = [[], "a", 5, {"a": ["b"]}, {"a": {}}]
_UNREADABLE = [
    *({"statusCode": status} for status in _STATUSES),
    *({"statusCode": 200, "headers": headers} for headers in _HEADERS),
]


@pytest.mark.parametrize("returned", _UNREADABLE, ids=[str(number) for number in range(len(_UNREADABLE))])
@pytest.mark.parametrize(
    ("payload_format", "kind", "status"), [("1.0", HTTP, 500), ("2.0", HTTP, 500), ("rest", REST, 502)]
)
def test_http_payload_3_a_status_or_headers_that_cannot_be_read(
    payload_format: str, kind: ApiKind, status: int, returned: Any
) -> None:
    caller = Caller(payload_format, answering(returned), kind)

    assert caller.ask().status == status
    assert "HTTP-PAYLOAD-3" in caller.world.journal.rules


@pytest.mark.parametrize(("payload_format", "kind"), [("1.0", HTTP), ("2.0", HTTP), ("rest", REST)])
def test_http_payload_3_a_status_as_number_or_text(payload_format: str, kind: ApiKind) -> None:
    headers = {"a": "b", "c": 1, "d": True, "e": None}
    for written in (204, "204", 204.0):
        caller = Caller(payload_format, answering({"statusCode": written, "headers": headers}), kind)
        assert caller.ask().status == 204


@pytest.mark.parametrize("payload", ["", "NaN", '{"statusCode": 200, "a": NaN}', "no JSON", "[" * 100_000])
@pytest.mark.parametrize(
    ("payload_format", "kind", "rule"), [("2.0", HTTP, "HTTP-ERROR-2"), ("rest", REST, "REST-ERROR-1")]
)
def test_an_answer_that_is_no_json_cannot_be_read(payload_format: str, kind: ApiKind, rule: str, payload: str) -> None:
    caller = Caller(payload_format, lambda call: Script(0.1, payload), kind)
    caller.ask()

    assert caller.rules == [rule]


@pytest.mark.parametrize("payload_format", ["1.0", "2.0"])
@pytest.mark.parametrize(("body", "text"), [(0, "0"), (False, "false"), ([], "[]"), ({}, "{}"), (None, ""), ("", "")])
def test_http_payload_1_a_body_that_is_no_text(payload_format: str, body: Any, text: str) -> None:
    assert Caller(payload_format, answering({"statusCode": 200, "body": body})).ask() == HttpResponse(200, text)


def test_rest_error_1_a_function_error_is_502() -> None:
    assert Caller("rest", fail, REST).ask() == HttpResponse(502, SMALL)


def test_rest_time_1_after_29_s_504_and_the_function_runs_on() -> None:
    caller = Caller("rest", answering({"statusCode": 200}, 40), REST, timeout_seconds=29)
    caller.ask()

    assert caller.responses == [(29, HttpResponse(504, '{"message":"Endpoint request timed out"}'))]
    assert caller.world.now == 40.25
    assert caller.world.runtime.stopped == []


def test_rest_time_1_a_raised_timeout_holds() -> None:
    caller = Caller("rest", answering({"statusCode": 200}, 40), REST, timeout_seconds=45)

    assert caller.ask().status == 200


def test_rest_throttle_2_a_throttled_function_is_500() -> None:
    caller = Caller("rest", succeed, REST, reserved=0)

    assert caller.ask() == HttpResponse(500, SMALL)
    assert caller.rules == ["REST-THROTTLE-2"]


def test_rest_throttle_1_the_burst_at_once_and_the_rate_a_second() -> None:
    caller = Caller("rest", answering({"statusCode": 200}), REST, burst_limit=2, rate_limit=1)
    for _ in range(3):
        caller.api.request("GET", "/my/path")
    caller.world.run()

    assert caller.rules == ["REST-THROTTLE-1", "REST-PAYLOAD-3", "REST-PAYLOAD-3"]


@pytest.mark.parametrize(
    ("payload_format", "kind", "rule", "answer"),
    [
        ("2.0", HTTP, "HTTP-PERMISSION-1", HttpResponse(500, CAPITAL)),
        ("rest", REST, "REST-PERMISSION-1", HttpResponse(500, SMALL)),
    ],
)
def test_permission_1_without_a_permission_nothing_runs(
    payload_format: str, kind: ApiKind, rule: str, answer: HttpResponse
) -> None:
    caller = Caller(payload_format, succeed, kind, is_permitted=False)

    assert caller.ask() == answer
    assert (caller.rules, caller.world.calls) == ([rule], [])


def test_http_permission_1_and_rest_permission_1_are_of_one_kind() -> None:
    assert HTTP.forbidden.rules == ("HTTP-PERMISSION-1",)
    assert REST.forbidden.rules == ("REST-PERMISSION-1",)


def test_rest_permission_1_is_an_internal_error() -> None:
    assert (REST.forbidden.status, REST.forbidden.body) == (500, SMALL)


@pytest.mark.parametrize("size", [10 * 1_048_576 + 1, 6 * 1_048_576])
def test_http_size_1_a_request_that_is_too_large_is_413(size: int) -> None:
    caller = Caller("2.0")

    assert caller.ask(body="x" * size) == HttpResponse(413, '{"message":"Request Entity Too Large"}')
    assert (caller.rules, caller.world.calls) == (["HTTP-SIZE-1"], [])


def test_rest_size_1_a_request_that_is_too_large_is_413() -> None:
    caller = Caller("rest", kind=REST)

    assert caller.ask(body="x" * (10 * 1_048_576 + 1)).status == 413
    assert caller.rules == ["REST-SIZE-1"]


def of(*routes: tuple[str, str], kind: ApiKind = HTTP) -> HttpApi:
    world = World(succeed)
    world.function()
    return world.account.create_api("api", tuple(ProxyRoute(method, path, "worker") for method, path in routes), kind)


GUIDE = (
    ("GET", "/pets/dog/1"),
    ("GET", "/pets/dog/{id}"),
    ("GET", "/pets/{proxy+}"),
    ("ANY", "/{proxy+}"),
    ("ANY", "$default"),
)


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("GET", "/pets/dog/1", "GET /pets/dog/1"),
        ("GET", "/pets/dog/2", "GET /pets/dog/{id}"),
        ("GET", "/pets/cat/1", "GET /pets/{proxy+}"),
        ("POST", "/test/5", "ANY /{proxy+}"),
        ("POST", "/", "$default"),
    ],
)
def test_http_route_1_the_example_of_the_guide(method: str, path: str, key: str) -> None:
    route = of(*GUIDE).route(method, path)

    assert route is not None
    assert route.key == key


@pytest.mark.parametrize(
    ("path", "key"),
    [("/a/b", "GET /a/{second}"), ("/c/b", "GET /{first}/b"), ("/a/b?x=/c/b", "GET /a/{second}")],
)
def test_http_route_2_a_plain_part_before_a_variable_from_the_left(path: str, key: str) -> None:
    route = of(("GET", "/{first}/b"), ("GET", "/a/{second}")).route("GET", path)

    assert route is not None
    assert route.key == key


def test_rest_route_1_the_resource_is_chosen_before_the_method() -> None:
    api = of(("POST", "/a"), ("ANY", "/{proxy+}"), kind=REST)

    assert api.route("GET", "/a") is None
    assert of(("POST", "/a"), ("ANY", "/{proxy+}")).route("GET", "/a") == ProxyRoute("ANY", "/{proxy+}", "worker")


def test_rest_route_1_what_no_method_takes_is_403() -> None:
    caller = Caller("rest", kind=REST)

    assert caller.ask("/nowhere") == HttpResponse(403, '{"message":"Missing Authentication Token"}')
    assert caller.rules == ["REST-ROUTE-1"]
