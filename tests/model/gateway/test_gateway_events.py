"""Integrations of HTTP APIs that put events on a bus by themselves: parameters, and what the caller sees."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.errors import NotModelledError
from delivery_lab.events import Published, RequestAnswered
from delivery_lab.model.gateway.answers import HTTP, HttpResponse
from delivery_lab.model.gateway.services import MappedBus
from delivery_lab.model.http_api import ApiStage, ProxyRoute
from tests.model.support import World, succeed

SHOP = "arn:aws:events:us-east-1:123456789012:event-bus/shop"
GIVEN = {"EventBusName": "shop", "Source": "shop.web", "DetailType": "placed", "Detail": "$request.body"}


class Front:
    """One HTTP API whose only route puts events on the bus `shop`."""

    def __init__(self, *, is_permitted: bool = True) -> None:
        self.world = World(succeed)
        self.world.account.buses.create("shop", SHOP)
        self.is_permitted = is_permitted

    def ask(self, parameters: dict[str, str], body: str = '{"id": 1}') -> HttpResponse:
        route = ProxyRoute("POST", "/events", service=MappedBus(parameters), is_permitted=self.is_permitted)
        api = self.world.account.create_api("api", (route,), HTTP, ApiStage())
        found: list[HttpResponse] = []
        api.request("POST", "/events", body, {}, found.append)
        self.world.run()
        return found[0]

    @property
    def put(self) -> list[Any]:
        return [json.loads(event.body) for event in self.world.events(Published)]

    @property
    def rules(self) -> list[str | None]:
        return [event.rule for event in self.world.events(RequestAnswered)]


def test_http_eb_1_every_parameter_that_is_modelled_is_in_the_event() -> None:
    front = Front()
    answer = front.ask({**GIVEN, "Time": "2026-01-02T03:04:05+01:00", "Region": "us-east-1"})

    (event,) = front.put
    assert event == {
        "EventBusName": "shop",
        "Source": "shop.web",
        "DetailType": "placed",
        "Detail": '{"id": 1}',
        "Time": "2026-01-02 03:04:05+01:00",
    }
    told = json.loads(answer.body)
    assert (answer.status, told["FailedEntryCount"], list(told["Entries"][0])) == (200, 0, ["EventId"])
    assert front.rules == ["HTTP-EB-1"]


def test_http_eb_1_an_event_goes_to_the_default_bus_where_none_is_named() -> None:
    front = Front()
    front.ask({name: value for name, value in GIVEN.items() if name != "EventBusName"})

    assert [event.target for event in front.world.events(Published)] == ["default"]


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"Resources": "arn:a"}, "has the parameter Resources = 'arn:a'"),
        ({"TraceHeader": "Root=1"}, "has the parameter TraceHeader"),
        ({"Region": "eu-west-1"}, "has the parameter Region = 'eu-west-1'"),
        ({"Time": "today"}, "gets Time = 'today', and what EventBridge makes of it is not known"),
    ],
)
def test_http_eb_1_what_is_not_modelled_is_refused_by_name(more: dict[str, str], what: str) -> None:
    with pytest.raises(NotModelledError, match=what):
        Front().ask({**GIVEN, **more})


def test_http_map_2_an_event_without_what_a_parameter_names_is_400() -> None:
    front = Front()
    answer = front.ask({**GIVEN, "Detail": "$request.body.detail"})

    message = "Unable to resolve property Detail from source $request.body.detail."
    assert answer == HttpResponse(400, json.dumps({"message": message}))
    assert (front.put, front.rules) == ([], ["HTTP-MAP-2"])


@pytest.mark.parametrize("body", ["no JSON", "[1]", '"text"'])
def test_http_eb_3_an_event_that_is_refused_is_answered_with_200(body: str) -> None:
    front = Front()
    answer = front.ask(GIVEN, body)

    entries = [{"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}]
    assert (answer.status, json.loads(answer.body)) == (200, {"FailedEntryCount": 1, "Entries": entries})
    assert (front.put, front.rules) == ([], ["HTTP-EB-3"])


def test_http_eb_2_the_caller_gets_the_error_of_eventbridge() -> None:
    front = Front()
    answer = front.ask(GIVEN, json.dumps({"text": "x" * 1_048_576}))

    assert answer.status == 400
    assert json.loads(answer.body)["__type"] == "ValidationException"
    assert front.rules == ["HTTP-EB-2"]


def test_http_eb_2_a_role_that_may_not_put_events_is_answered_with_400() -> None:
    front = Front(is_permitted=False)

    assert front.ask(GIVEN).status == 400
    assert (front.put, front.rules) == ([], ["HTTP-EB-2"])
