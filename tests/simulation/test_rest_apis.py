"""Methods of REST APIs as the model has them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from delivery_lab import Lab, resource_types
from delivery_lab.errors import NotModelledError
from delivery_lab.model.gateway.services import TemplatedQueue
from delivery_lab.program.graph import Graph
from delivery_lab.results.outcome import outcome_of
from delivery_lab.simulation.api_permissions import ApiPermissions
from delivery_lab.simulation.rest_apis import rest_routes_of
from delivery_lab.stack.rest_apis import RestApi
from delivery_lab.stack.stack import Stack
from tests.lab_support import ROOT
from tests.simulation.test_simulate import ALLOWED, REST, Folder


def _on_an_emulator(graph: Graph) -> Graph:
    """A graph whose queues have the addresses that an emulator gives them."""
    changed = {
        urn: replace(
            found,
            outputs={**found.outputs, "url": f"http://127.0.0.1:4566/123456789012/{found.outputs['name']}"},
        )
        for urn, found in graph.resources.items()
        if found.type == resource_types.QUEUE
    }
    return replace(graph, resources={**graph.resources, **changed})


def test_the_queue_of_an_integration_is_found_whatever_its_host_is() -> None:
    stack = Stack.of(_on_an_emulator(Lab.open(ROOT).graph("apigateway-sqs")))
    [api] = stack.all(RestApi)
    permissions = ApiPermissions(stack, api.label, api.execution_arn)
    [route] = rest_routes_of(api, stack, permissions, lambda _resource: [])
    [queue] = [each for each in stack.queues if each.label == "apigateway-queue"]
    assert route.refusal == ""
    assert isinstance(route.service, TemplatedQueue)
    assert route.service.queue_url == queue.url
    assert str(queue.url).startswith("http://127.0.0.1:4566/")


_SENT = "send: [{{http: {{method: POST, path: /orders, body: {{id: 1}}, headers: {{{headers}}}}}}}]\n"


def _api(types: str) -> str:
    rest = REST.format(parent="rest.root_resource_id").replace('("rest")', f'("rest", binary_media_types=[{types}])')
    return rest + ALLOWED


def test_rest_binary_1_a_request_of_another_content_type_is_text(tmp_path: Path) -> None:
    handler = (
        "import json\n"
        "def handle(event, context):\n"
        "    assert json.loads(event['body']) == {'id': 1} and event['isBase64Encoded'] is False\n"
        "    return {'statusCode': 200}\n"
    )

    run = Folder(tmp_path).run(handler, _SENT.format(headers=""), more=_api("'application/pdf'"))

    assert outcome_of(run).requests.answers == {"200": 1}
    assert "REST-BINARY-1" in run.rules


@pytest.mark.parametrize(
    ("types", "headers", "sent"),
    [
        ("'image/png', 'application/pdf'", "Content-Type: application/PDF; v=1", "application/pdf"),
        ("'image/*'", "content-type: image/png", "image/png"),
        ("'*/*'", "", "application/json"),
    ],
    ids=["itself", "a pattern", "everything"],
)
def test_rest_binary_1_a_request_of_a_binary_content_type_is_refused(
    tmp_path: Path, types: str, headers: str, sent: str
) -> None:
    shown = types.replace("'", "")

    message = Folder(tmp_path).refusal(NotModelledError, workload=_SENT.format(headers=headers), more=_api(types))

    assert message == (
        f"a request with the content type {sent} is sent to rest, whose binaryMediaTypes {shown} take "
        "its body for binary; that is not modelled\n"
        "  nearest: a content type that is none of them, such as headers: {content-type: text/plain}"
    )


_POST = "send: [{http: {method: POST, path: /orders, body: {id: 1}}}]\n"


def _validated(validator: str, method: str) -> str:
    rest = REST.format(parent="rest.root_resource_id").replace(
        'authorization="NONE")', f'authorization="NONE", {method}request_validator_id=validator.id)'
    )
    made = f'validator = aws.apigateway.RequestValidator("validator", rest_api=rest.id{validator})\nresource = '
    return rest.replace("resource = ", made, 1) + ALLOWED


_ALL = ", validate_request_body=True, validate_request_parameters=True"
_HEADERS = "request_parameters={'method.request.header.X-Id': True, 'method.request.path.id': True}, "
_MODELS = "request_models={'application/json': 'Order'}, "


def test_a_request_validator_that_has_nothing_to_look_at_lets_requests_through(tmp_path: Path) -> None:
    handler = "def handle(event, context):\n    return {'statusCode': 200}\n"

    run = Folder(tmp_path).run(handler, _POST, more=_validated(_ALL, ""))

    assert outcome_of(run).requests.answers == {"200": 1}


def test_a_request_that_a_validator_looks_at_is_refused_with_what_it_looks_at(tmp_path: Path) -> None:
    message = Folder(tmp_path).refusal(NotModelledError, workload=_POST, more=_validated(_ALL, _HEADERS + _MODELS))

    assert message == (
        "a request is sent to POST /orders of rest, which uses what is not modelled:\n"
        "  post: its request validator looks at method.request.header.X-Id, the body; "
        "nearest: a method that requires no parameter and has no model of a body"
    )
