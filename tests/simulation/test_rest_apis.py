"""Methods of REST APIs as the model has them."""

from __future__ import annotations

from dataclasses import replace

from delivery_lab import Lab, resource_types
from delivery_lab.model.gateway.services import TemplatedQueue
from delivery_lab.program.graph import Graph
from delivery_lab.simulation.api_permissions import ApiPermissions
from delivery_lab.simulation.rest_apis import rest_routes_of
from delivery_lab.stack.rest_apis import RestApi
from delivery_lab.stack.stack import Stack
from tests.lab_support import ROOT


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
