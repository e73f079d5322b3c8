"""From what Pulumi hands to a policy to a graph: the order of the resources tells nothing."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from pulumi_policy import PolicyResource

from delivery_lab import resource_types
from delivery_lab.program.graph import UNKNOWN
from policy.adapter import PolicyStack, graph_of


def _resource(
    type_token: str,
    name: str,
    props: dict[str, Any],
    sources: dict[str, list[PolicyResource]],
    after: list[PolicyResource],
) -> PolicyResource:
    urn = f"urn:pulumi:dev::shop::{type_token}::{name}"
    dependencies = [*after, *(found for each in sources.values() for found in each)]
    # The SDK's own objects: None is what they hold when the engine does not say.
    return PolicyResource(type_token, props, urn, name, None, None, None, dependencies, sources)  # type: ignore[arg-type]


QUEUE = _resource(resource_types.QUEUE, "jobs", {}, {}, [])
WORKER = _resource(resource_types.FUNCTION, "worker", {}, {}, [])
MAPPING = _resource(
    resource_types.MAPPING,
    "mapping",
    {"eventSourceArn": UNKNOWN, "functionName": UNKNOWN},
    {"eventSourceArn": [QUEUE], "functionName": [WORKER]},
    [],
)
ALARM = _resource(resource_types.QUEUE, "later", {}, {}, [MAPPING])


@pytest.mark.parametrize("order", list(permutations((QUEUE, WORKER, MAPPING, ALARM))))
def test_names_that_are_not_known_yet_are_found_in_any_order(order: tuple[PolicyResource, ...]) -> None:
    graph = graph_of(order, PolicyStack({one.urn: dict(one.props) for one in order}))

    built = graph.resources
    assert built[MAPPING.urn].inputs["functionName"] == built[WORKER.urn].outputs["arn"]
    assert built[MAPPING.urn].inputs["eventSourceArn"] == built[QUEUE.urn].outputs["arn"]
    assert list(built).index(MAPPING.urn) < list(built).index(ALARM.urn)
