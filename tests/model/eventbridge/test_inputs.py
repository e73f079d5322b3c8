"""What targets get, by what AWS was recorded to deliver (EB-INPUT-2 to -5)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.errors import NotModelledError
from delivery_lab.model.eventbridge.event import BusEvent
from delivery_lab.model.eventbridge.inputs import ConstantInput, PathInput, TransformedInput, WholeEvent
from delivery_lab.model.runtime import AwsError
from tests.model.eventbridge.world import RULE

DETAIL = {
    "command": "update-account",
    "payload": {"acc_id": "0a787ecb-4015", "sf_id": "baz"},
    "listsingle": ["HIGH"],
    "listmulti": ["ACTIVE", "INACTIVE"],
    "valid": True,
    "quoted": 'a "b"',
}
EVENT = BusEvent("6a7e8feb", "shop", "order", DETAIL, "2026-01-01T00:00:00Z", "123456789012", "us-east-2", ("arn:a",))
PATHS = {
    "userId": "$.detail.payload.acc_id",
    "payload": "$.detail.payload",
    "listsingle": "$.detail.listsingle",
    "listmulti": "$.detail.listmulti",
    "systemstring": "$.detail.awsAccountId",
    "valid": "$.detail.valid",
    "quoted": "$.detail.quoted",
}
NOW = "2026-01-01T00:00:01Z"


def _made(template: str) -> str:
    return TransformedInput(PATHS, template, RULE, "orders").text(EVENT, NOW)


def test_eb_event_1_the_envelope_field_by_field() -> None:
    assert WholeEvent().text(EVENT, NOW) == json.dumps(EVENT.envelope, separators=(",", ":"))
    assert list(EVENT.envelope.items()) == [
        ("version", "0"),
        ("id", "6a7e8feb"),
        ("detail-type", "order"),
        ("source", "shop"),
        ("account", "123456789012"),
        ("time", "2026-01-01T00:00:00Z"),
        ("region", "us-east-2"),
        ("resources", ["arn:a"]),
        ("detail", DETAIL),
    ]


def test_eb_input_1_a_constant_holds_nothing_of_the_event() -> None:
    assert ConstantInput('{"a": 1}').text(EVENT, NOW) == '{"a": 1}'


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("$.detail.payload", '{"acc_id":"0a787ecb-4015","sf_id":"baz"}'),
        ("$.detail.payload.sf_id", '"baz"'),
        ("$.detail.listmulti[1]", '"INACTIVE"'),
        ("$.detail-type", '"order"'),
    ],
)
def test_eb_input_2_a_part_of_the_event(path: str, text: str) -> None:
    assert PathInput(path).text(EVENT, NOW) == text


def test_a_part_that_the_event_does_not_have_is_not_known() -> None:
    with pytest.raises(NotModelledError, match=r"nothing at \$.detail.none, the inputPath of a target"):
        PathInput("$.detail.none").text(EVENT, NOW)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ('{"id" : <userId>}', '{"id" : "0a787ecb-4015"}'),
        ('{"id" : "<userId>"}', '{"id" : "0a787ecb-4015"}'),
        (
            '{"path": "users/<userId>", "bod": <payload>}',
            '{"path": "users/0a787ecb-4015", "bod": {"acc_id":"0a787ecb-4015","sf_id":"baz"}}',
        ),
        ('{"a": [<userId>, "fixed"]}', '{"a": ["0a787ecb-4015", "fixed"]}'),
        ('{"a": <listsingle>}', '{"a": ["HIGH"]}'),
        ('{"a": <systemstring>}', '{"a": ""}'),
        ('{"a": <valid>, "b": "<valid>"}', '{"a": true, "b": "true"}'),
        ('{"a": "users/<userId>/second/<userId>"}', '{"a": "users/0a787ecb-4015/second/0a787ecb-4015"}'),
        ('"<listsingle> single list item"', '"[HIGH] single list item"'),
        ('"<listmulti> multiple list items"', '"[ACTIVE,INACTIVE] multiple list items"'),
        ('"<systemstring> system account id"', '" system account id"'),
        ('"<payload> payload"', '"{acc_id:0a787ecb-4015,sf_id:baz} payload"'),
        ('"Command is <valid>!"', '"Command is true!"'),
        ('"<userId> one"\n"<userId> two"', '"0a787ecb-4015 one"\n"0a787ecb-4015 two"'),
        ('"<aws.events.rule-name> <aws.events.event.ingestion-time>"', f'"orders {NOW}"'),
        ('"{[/Check with special characters of <userId>"', '"{[/Check with special characters of 0a787ecb-4015"'),
    ],
)
def test_eb_input_5_how_templates_are_filled_in(template: str, text: str) -> None:
    assert _made(template) == text


def test_eb_input_3_variables_that_every_template_has() -> None:
    made: dict[str, Any] = json.loads(_made('{"a": <aws.events.event>, "b": <aws.events.event.json>, "c": "<userId>"}'))

    assert made["b"] == EVENT.envelope
    assert set(made["a"]) == {*EVENT.envelope, "detailType"} - {"detail", "detail-type"}
    assert _made('"<aws.events.rule-arn>"') == f'"{RULE}"'


def test_eb_input_3_a_variable_that_is_not_defined_is_refused() -> None:
    with pytest.raises(AwsError) as caught:
        TransformedInput(PATHS, '{"a": <other>}', RULE, "orders").check("my-target")

    assert caught.value.message == "InputTemplate for target my-target contains invalid placeholder other."


@pytest.mark.parametrize(
    "template",
    [
        '{"not_valid": "users/<payload>", "bod": <payload>}',
        '{"payload": "<payload>"}',
        '{"a": "<listsingle>"}',
        "{<userId>}",
    ],
)
def test_eb_input_4_a_template_that_makes_no_json(template: str) -> None:
    with pytest.raises(AwsError) as caught:
        _made(template)

    assert caught.value.code == "INVALID_JSON"
    assert caught.value.why.startswith("its input transformer makes no JSON: ")


def test_quotes_within_quotes_are_not_known() -> None:
    assert json.loads(_made('{"a": <quoted>}')) == {"a": 'a "b"'}
    with pytest.raises(NotModelledError, match="the value of <quoted> holds quotes"):
        _made('{"a": "<quoted>"}')
