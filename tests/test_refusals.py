"""Every refusal of the model and the simulation names what helps: a line of the workload, an option, the nearest."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import delivery_lab

_SOURCE = Path(delivery_lab.__file__).parent
_HELPS = ("\\n  nearest: ", "\\n  fix: ", "\\n  or ", "fix_of(", "_fix(")
"""How what helps begins, in the text of an expression that makes a message."""

LINE_OF_ANSWERS = "model/calls.py adds the line of `answers` that answers the call"
SEND_TO_THE_QUEUE = "model/http_api.py adds the line of `send` that goes past the API"
SAID_BEFORE = "the text is made elsewhere, with what helps in it"
NEVER_SEEN = "an account always answers for its APIs"

ELSEWHERE: dict[str, str] = {
    "model/dynamodb.py: f'the DynamoDB operation {operation}": LINE_OF_ANSWERS,
    "model/eventbridge/api.py: f'the operation events:{operation}": LINE_OF_ANSWERS,
    "model/lambda_api.py: f'the Lambda operation {operation}": LINE_OF_ANSWERS,
    "model/sns/api.py: f'the operation sns:{operation}": LINE_OF_ANSWERS,
    "model/sns/api.py: 'sns:Publish to a phone number": LINE_OF_ANSWERS,
    "model/sqs/api.py: f'the SQS operation {operation}": LINE_OF_ANSWERS,
    "model/streams/kinesis_api.py: f'the Kinesis operation": LINE_OF_ANSWERS,
    "model/streams/table_streams_api.py: f'the DynamoDB Streams": LINE_OF_ANSWERS,
    "model/gateway/services.py: 'an SQS integration sends a body that is no JSON object": SEND_TO_THE_QUEUE,
    "model/gateway/services.py: f'the selectionPattern": SEND_TO_THE_QUEUE,
    "model/gateway/velocity.py: f'a #foreach over": SEND_TO_THE_QUEUE,
    "model/gateway/velocity.py: f'a mapping template uses {source}, where .{key}": SEND_TO_THE_QUEUE,
    "model/gateway/velocity.py: f'a mapping template computes": SEND_TO_THE_QUEUE,
    "model/gateway/velocity_methods.py: f'replaceAll with the replacement": SEND_TO_THE_QUEUE,
    "model/gateway/velocity_methods.py: f'replaceAll with the expression": SEND_TO_THE_QUEUE,
    "model/gateway/velocity_methods.py: f'a mapping template uses {source}, whose arguments": SEND_TO_THE_QUEUE,
    "model/http_api.py: f'{error}": SEND_TO_THE_QUEUE,
    "model/http_api.py: f'nothing answers": NEVER_SEEN,
    "model/http_api.py: route.refusal": SAID_BEFORE,
    "model/feeds/targets.py: self.undecided": SAID_BEFORE,
    "model/feeds/targets.py: self.why": SAID_BEFORE,
    "model/pipes/stage.py: self.why": SAID_BEFORE,
    "model/kafka/cluster.py: why": SAID_BEFORE,
    "simulation/gateways.py: refusal_of": SAID_BEFORE,
    "simulation/redrive_permissions.py: place.refusal": SAID_BEFORE,
    "simulation/sending.py: route.refusal": SAID_BEFORE,
    "simulation/http_apis.py: f'a request is sent to {api.label}": SAID_BEFORE,
    "simulation/rest_apis.py: f'a request is sent to {api.label}": SAID_BEFORE,
    "simulation/supported.py: f'stack {stack.name} uses what is not modelled": SAID_BEFORE,
}
"""Refusals whose text does not name what helps: who adds it."""


class Refusal(NamedTuple):
    """A place that makes a refusal: the module, and the expression of its message."""

    place: str
    text: str


def _refusals() -> Iterator[Refusal]:
    for package in ("model", "simulation"):
        for file in sorted((_SOURCE / package).rglob("*.py")):
            place = str(file.relative_to(_SOURCE))
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "NotModelledError":
                    yield Refusal(place, ast.unparse(node.args[0]))


REFUSALS = list(_refusals())


def _who_helps(refusal: Refusal) -> list[str]:
    return [known for known in ELSEWHERE if f"{refusal.place}: {refusal.text}".startswith(known)]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: f"{refusal.place}: {refusal.text[:60]}")
def test_a_refusal_names_what_helps(refusal: Refusal) -> None:
    names = any(begins in refusal.text for begins in _HELPS)

    assert names or _who_helps(refusal)


def test_the_refusals_that_others_complete_are_there() -> None:
    found = {known for refusal in REFUSALS for known in _who_helps(refusal)}

    assert found == set(ELSEWHERE)
