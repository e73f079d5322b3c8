"""Trying a fix out: a copy of a graph with some inputs changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from delivery_lab.checks.finding import Edit
from delivery_lab.program.graph import Graph


def edited(graph: Graph, edits: Sequence[Edit]) -> Graph:
    """A copy of a graph with the edits applied; the graph itself stays as it is.

    Inputs that hold a JSON document as text, such as redrive policies, are edited inside the document.
    """
    resources = dict(graph.resources)
    for edit in edits:
        resource = resources[edit.urn]
        inputs = _with(resource.inputs, edit.path, edit.value)
        name = edit.path[0]
        outputs = dict(resource.outputs)
        if name in outputs:
            outputs[name] = inputs.get(name)
        resources[edit.urn] = replace(resource, inputs=inputs, outputs=outputs)
    return replace(graph, resources=resources)


def _with(block: Mapping[str, Any], path: Sequence[str], value: Any) -> dict[str, Any]:
    name, *below = path
    changed = dict(block)
    if below:
        held = changed.get(name)
        if isinstance(held, str):
            changed[name] = json.dumps(_with(json.loads(held), below, value))
        else:
            changed[name] = _with(held if isinstance(held, Mapping) else {}, below, value)
    elif value is None:
        changed.pop(name, None)
    else:
        changed[name] = value
    return changed
