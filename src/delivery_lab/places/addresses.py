"""Where the APIs of a stack are asked: on the emulator, and in somebody's account."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.program.graph import Graph
from delivery_lab.stack.apis import Api
from delivery_lab.stack.rest_apis import RestApi
from delivery_lab.stack.stack import Stack


def emulated_addresses(graph: Graph, stack: Stack, url: str) -> dict[str, str]:
    """The address of each API with a stage, by its name.

    Args:
        graph: the stack as it is deployed on the emulator.
        stack: the same, typed.
        url: where the emulator answers.
    """
    return {label: f"{url}/_aws/execute-api/{graph.resources[urn].id}/{name}" for label, urn, _, name in _stages(stack)}


def deployed_addresses(graph: Graph, stack: Stack) -> dict[str, str]:
    """The address of each API with a stage, by its name: the one that AWS gave to its stage.

    Args:
        graph: the stack as it is deployed.
        stack: the same, typed.
    """
    found = ((label, graph.resources[urn].outputs.get("invokeUrl")) for label, _, urn, _ in _stages(stack))
    return {label: url.rstrip("/") for label, url in found if isinstance(url, str)}


def _stages(stack: Stack) -> Iterator[tuple[str, str, str, str]]:
    """Name and URN of each API, URN and name of its stage."""
    for http in stack.all(Api):
        if http.stage is not None and http.stage.stage_name is not None:
            yield http.label, http.urn, http.stage.urn, http.stage.stage_name
    for rest in stack.all(RestApi):
        if rest.stage is not None and rest.stage.name is not None:
            yield rest.label, rest.urn, rest.stage.urn, rest.stage.name
