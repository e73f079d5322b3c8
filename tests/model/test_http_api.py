"""The HTTP API in front of a function (semantics.md section E; API Gateway's payload format 2.0)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.events import InvokeEnded, RequestAnswered
from delivery_lab.model.gateway.answers import HttpResponse
from delivery_lab.model.http_api import HttpApi, ProxyRoute
from tests.model.support import Behaviour, Script, World, fail, succeed

ERROR = '{"message":"Internal Server Error"}'


def answers(value: object, takes_seconds: float = 0.1) -> Behaviour:
    return lambda call: Script(takes_seconds, json.dumps(value))


class Client:
    """Sends requests and notes responses with their times."""

    def __init__(
        self, behave: Behaviour = succeed, *routes: ProxyRoute, reserved: int | None = None, timeout: int = 60
    ):
        self.world = World(behave)
        self.world.function(timeout=timeout, reserved=reserved)
        for route in routes:
            if route.function != "worker":
                self.world.function(route.function)
        self.api: HttpApi = self.world.account.create_api("api", routes or (ProxyRoute("POST", "/enqueue", "worker"),))
        self.responses: list[tuple[float, HttpResponse]] = []

    def request(self, method: str = "POST", path: str = "/enqueue", body: str = "", **headers: str) -> None:
        self.api.request(method, path, body, headers, lambda r: self.responses.append((self.world.now, r)))

    def ask(self, method: str = "POST", path: str = "/enqueue", body: str = "") -> tuple[int, str]:
        self.request(method, path, body)
        self.world.run()
        response = self.responses[-1][1]
        return response.status, response.body

    @property
    def statuses(self) -> list[int]:
        return [response.status for _, response in self.responses]


def test_http_route_1_method_and_path_then_any_then_default() -> None:
    client = Client(
        succeed,
        ProxyRoute("ANY", "$default", "fallback"),
        ProxyRoute("ANY", "/enqueue", "any"),
        ProxyRoute("POST", "/enqueue", "exact"),
    )
    for method, path in (("POST", "/enqueue"), ("GET", "/enqueue"), ("POST", "/other")):
        client.ask(method, path)

    assert [call.function for call in client.world.calls] == ["exact", "any", "fallback"]
    assert [call.event["routeKey"] for call in client.world.calls] == ["POST /enqueue", "ANY /enqueue", "$default"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/enqueue"), ("POST", "/"), ("POST", "/enqueue/x")])
def test_http_route_1_without_a_route_404(method: str, path: str) -> None:
    client = Client()

    assert client.ask(method, path) == (404, '{"message":"Not Found"}')
    assert client.world.calls == []
    (event,) = client.world.events(RequestAnswered)
    assert (event.rule, event.status, event.method, event.path) == (
        "HTTP-ROUTE-1",
        404,
        method,
        path,
    )


def test_http_payload_1_the_event_is_of_format_2_0() -> None:
    client = Client()
    client.world.wait(90)
    client.request(body='{"count": "é"}', **{"X-Trace": "1"})
    client.world.run()
    event = client.world.calls[0].event

    assert event["version"] == "2.0"
    assert (event["routeKey"], event["rawPath"], event["rawQueryString"]) == ("POST /enqueue", "/enqueue", "")
    assert (event["body"], event["isBase64Encoded"]) == ('{"count": "é"}', False)
    assert event["headers"]["content-type"] == "application/json"
    assert event["headers"]["content-length"] == "15"
    assert event["headers"]["x-trace"] == "1"
    assert "X-Trace" not in event["headers"]
    context = event["requestContext"]
    assert context["http"] == {
        "method": "POST",
        "path": "/enqueue",
        "protocol": "HTTP/1.1",
        "sourceIp": "192.0.2.1",
        "userAgent": "delivery-lab",
    }
    assert (context["routeKey"], context["stage"], context["apiId"]) == ("POST /enqueue", "$default", "api")
    assert (context["time"], context["timeEpoch"]) == ("01/Jan/2026:00:01:30 +0000", 1_767_225_690_000)
    assert len(context["requestId"]) == 36


def test_http_payload_1_the_query_is_no_part_of_the_path() -> None:
    client = Client()
    client.request(path="/enqueue?count=3&tag=a&tag=b%20c&flag=")
    client.world.run()
    event = client.world.calls[0].event

    assert (event["rawPath"], event["rawQueryString"]) == ("/enqueue", "count=3&tag=a&tag=b%20c&flag=")
    assert event["queryStringParameters"] == {"count": "3", "tag": "a,b c", "flag": ""}


def test_http_payload_1_without_a_body_the_event_has_none() -> None:
    client = Client()
    client.ask()

    assert "body" not in client.world.calls[0].event


@pytest.mark.parametrize(
    ("returned", "status", "body"),
    [
        ({"statusCode": 202, "body": "accepted"}, 202, "accepted"),
        ({"statusCode": "201", "body": "x"}, 201, "x"),
        ({"statusCode": 204}, 204, ""),
        ({"statusCode": 200, "body": None}, 200, ""),
        ({"statusCode": 200, "body": "aGVsbG8=", "isBase64Encoded": True}, 200, "hello"),
        ({"sent": 10}, 200, '{"sent": 10}'),
        ([1, 2], 200, "[1, 2]"),
        ("plain", 200, "plain"),
        (None, 200, "null"),
        ({"statusCode": "teapot"}, 500, ERROR),
        ({"statusCode": None}, 500, ERROR),
        ({"statusCode": 200, "body": "a", "isBase64Encoded": True}, 500, ERROR),
    ],
)
def test_http_payload_1_how_the_answer_of_the_function_is_read(returned: Any, status: int, body: str) -> None:
    client = Client(answers(returned))
    assert client.ask() == (status, body)


def test_http_time_1_after_the_integrations_timeout_an_error_and_the_function_runs_on() -> None:
    client = Client(answers("late", 40))
    client.request()
    client.world.run()

    assert [(at, response.status >= 500) for at, response in client.responses] == [(30, True)]
    (end,) = client.world.events(InvokeEnded)
    assert (client.world.now, end.error) == (40.25, None)
    assert client.world.runtime.stopped == []
    assert [event.rule for event in client.world.events(RequestAnswered)] == ["HTTP-TIME-1"]


def test_http_time_2_the_error_is_the_one_of_a_throttled_function() -> None:
    client = Client(answers("late", 40))
    client.request()
    client.world.run()

    assert client.responses == [(30, HttpResponse(503, '{"message":"Service Unavailable"}'))]
    assert {"HTTP-TIME-1", "HTTP-TIME-2"} <= set(client.world.journal.rules)


def test_http_time_1_a_shorter_timeout_holds_and_a_longer_one_does_not() -> None:
    for configured, at in ((5.0, 5), (60.0, 30)):
        client = Client(answers("late", 45), ProxyRoute("POST", "/enqueue", "worker", timeout_seconds=configured))
        client.request()
        client.world.run()
        assert [(when, response.status) for when, response in client.responses] == [(at, 503)]


def test_http_time_1_an_answer_just_in_time_counts_and_the_timer_is_gone() -> None:
    client = Client(answers("ok", 29.7))
    client.request()
    client.world.run()

    assert [(when, response.status) for when, response in client.responses] == [(29.95, 200)]
    assert client.world.now == 29.95


@pytest.mark.parametrize("behave", [fail, answers("never", 99)])
def test_http_error_1_a_function_error_or_timeout_is_500(behave: Behaviour) -> None:
    client = Client(behave, timeout=5)

    assert client.ask() == (500, ERROR)
    assert [event.rule for event in client.world.events(RequestAnswered)] == ["HTTP-ERROR-1"]


def test_http_throttle_1_admits_the_burst_at_once_and_the_rate_a_second() -> None:
    client = Client(succeed, ProxyRoute("POST", "/enqueue", "worker", burst_limit=3, rate_limit=2))
    for _ in range(5):
        client.request()
    client.world.wait(0.5)
    client.request()
    client.request()
    client.world.wait(0.49)
    client.request()
    client.world.wait(60)
    for _ in range(4):
        client.request()
    client.world.run()

    refused = [status for status in client.statuses if status == 429]
    assert len(refused) == 2 + 1 + 1 + 1
    assert [event.rule for event in client.world.events(RequestAnswered)].count("HTTP-THROTTLE-1") == 5
    assert len(client.world.calls) == 3 + 1 + 0 + 3
    assert '{"message":"Too Many Requests"}' in {response.body for _, response in client.responses}


def test_http_throttle_1_each_route_has_a_bucket_of_its_own_and_none_without_limits() -> None:
    client = Client(
        succeed,
        ProxyRoute("POST", "/a", "worker", burst_limit=1, rate_limit=1),
        ProxyRoute("POST", "/b", "worker", burst_limit=1, rate_limit=1),
        ProxyRoute("POST", "/c", "worker"),
    )
    for path in ("/a", "/a", "/b", "/b", *["/c"] * 20):
        client.request(path=path)
    client.world.run()

    assert client.statuses.count(429) == 2
    assert len(client.world.calls) == 22


def test_http_throttle_2_a_throttled_function_is_503() -> None:
    client = Client(succeed, reserved=0)

    assert client.ask() == (503, '{"message":"Service Unavailable"}')
    assert [event.rule for event in client.world.events(RequestAnswered)] == ["HTTP-THROTTLE-2"]


def test_nobody_has_to_wait_for_the_response() -> None:
    client = Client()
    client.api.request("POST", "/enqueue")
    client.world.run()

    assert [event.status for event in client.world.events(RequestAnswered)] == [200]
