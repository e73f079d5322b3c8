"""`PutEvents` as handlers call it."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

from delivery_lab.errors import NotModelledError
from delivery_lab.events import Published
from delivery_lab.model.eventbridge.api import size_of
from delivery_lab.model.runtime import AwsError
from tests.model.eventbridge.world import CALLER, ENTRY, BusWorld


def _put(world: BusWorld, *entries: dict[str, Any]) -> Any:
    return world.account.call("events", "PutEvents", {"Entries": list(entries)}, CALLER)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([ENTRY] * 11, "Member must have length less than or equal to 10"),
        ([{**ENTRY, "Detail": "x" * 524_288}] * 2, "Total size of the entries in the request is over the limit."),
    ],
)
def test_eb_put_1_a_request_that_is_refused_as_a_whole(entries: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(AwsError) as caught:
        _put(BusWorld(), *entries)

    assert caught.value.code == "ValidationException"
    assert caught.value.message.endswith(message)


def test_eb_put_1_how_an_entry_is_counted() -> None:
    assert size_of(ENTRY) == len("shop" + "order" + '{"id": "a"}')
    assert size_of({**ENTRY, "Time": 1, "Resources": ["arn:a", "arn:ä"]}) == size_of(ENTRY) + 14 + 5 + 6


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"Source": ""}, "InvalidArgument", "Parameter Source is not valid. Reason: Source is a required argument."),
        (
            {"DetailType": None},
            "InvalidArgument",
            "Parameter DetailType is not valid. Reason: DetailType is a required argument.",
        ),
        ({"Detail": ""}, "InvalidArgument", "Parameter Detail is not valid. Reason: Detail is a required argument."),
        ({"Detail": "text"}, "MalformedDetail", "Detail is malformed."),
        ({"Detail": '["a"]'}, "MalformedDetail", "Detail is malformed."),
        ({"Detail": '"text"'}, "MalformedDetail", "Detail is malformed."),
    ],
)
def test_eb_put_2_each_entry_by_itself(change: dict[str, Any], code: str, message: str) -> None:
    world = BusWorld()
    jobs = world.queue("jobs")
    world.rule(jobs)

    answer = _put(world, ENTRY, {**ENTRY, **change}, ENTRY)

    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][1] == {"ErrorCode": code, "ErrorMessage": message}
    assert [json.loads(message.body)["id"] for message in jobs.messages] == [
        answer["Entries"][0]["EventId"],
        answer["Entries"][2]["EventId"],
    ]


def test_eb_put_3_a_bus_that_is_not_there() -> None:
    world = BusWorld()

    answer = _put(world, {**ENTRY, "EventBusName": "none"})

    assert answer["FailedEntryCount"] == 0
    assert world.events(Published) == []


@pytest.mark.parametrize("name", ["shop", "arn:aws:events:us-east-2:123456789012:event-bus/shop"])
def test_a_bus_by_name_and_by_arn(name: str) -> None:
    world = BusWorld()
    jobs = world.queue("jobs")
    world.rule(jobs)

    _put(world, {**ENTRY, "EventBusName": name})

    assert len(jobs.messages) == 1


def test_every_account_has_a_default_bus() -> None:
    world = BusWorld()
    jobs = world.queue("jobs")
    world.rule(jobs, of=world.account.buses.default("123456789012", "eu-west-1"))

    _put(world, {name: value for name, value in ENTRY.items() if name != "EventBusName"})

    assert json.loads(jobs.messages[0].body)["region"] == "eu-west-1"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (datetime.datetime(2022, 1, 1, 12, tzinfo=datetime.UTC), "2022-01-01T12:00:00Z"),
        (datetime.datetime(2022, 1, 1, 12), "2022-01-01T12:00:00Z"),  # noqa: DTZ001 - that is what the test is about
        ("2022-01-01T12:00:00+01:00", "2022-01-01T11:00:00Z"),
    ],
)
def test_the_time_of_an_entry(given: object, told: str) -> None:
    world = BusWorld()
    jobs = world.queue("jobs")
    world.rule(jobs)

    _put(world, {**ENTRY, "Time": given, "Resources": ["arn:a"]})

    body = json.loads(jobs.messages[0].body)
    assert (body["time"], body["resources"]) == (told, ["arn:a"])


@pytest.mark.parametrize(
    ("operation", "parameters", "message"),
    [
        ("PutRule", {}, r"the operation events:PutRule is not modelled \(modelled: PutEvents\)"),
        (
            "PutEvents",
            {"EndpointId": "a.b", "Entries": [ENTRY]},
            "events:PutEvents to a global endpoint is not modelled",
        ),
    ],
)
def test_what_is_not_modelled_is_refused_by_name(operation: str, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(NotModelledError, match=message):
        BusWorld().account.call("events", operation, parameters, CALLER)
