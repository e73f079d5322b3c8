"""Graphs made by hand, with as little in them as a test needs."""

from __future__ import annotations

from typing import Any

from delivery_lab.program.graph import Graph, Resource
from delivery_lab.stack.stack import Stack

ACCOUNT = "123456789012"


def resource(
    type_token: str, name: str, inputs: dict[str, Any] | None = None, parent: str = "", **given: Any
) -> Resource:
    """A resource; its ARN and URL are made up from its name unless `outputs` says otherwise."""
    outputs = {
        "arn": f"arn:aws:{type_token.split(':')[1].split('/')[0]}:us-east-1:{ACCOUNT}:{name}",
        "url": f"https://sqs/{name}",
        "name": name,
    }
    given = {"outputs": outputs, "custom": True, "id": name, **given}
    urn = f"urn:pulumi:test::shop::{type_token}::{name}"
    return Resource(urn=urn, type=type_token, name=name, parent=parent, inputs=inputs or {}, **given)


def stack_of(*resources: Resource, config: dict[str, Any] | None = None) -> Stack:
    """The stack of some resources, in their order."""
    graph = Graph("shop", "test", {found.urn: found for found in resources}, {}, config or {})
    return Stack.of(graph)


def arn_of(found: Resource) -> str:
    """The ARN of a resource of this world."""
    return str(found.outputs["arn"])
