"""Code that a workload gives to functions, in place of what the program or a state says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from delivery_lab.program.assets import FileArchive
from delivery_lab.program.graph import Graph, Resource
from delivery_lab.resource_types import FUNCTION
from delivery_lab.simulation.workload_functions import FunctionSettings
from delivery_lab.stack.stack import Stack

_RUNTIME = "python3.13"
_OF_CODE = frozenset({"imageUri", "imageConfig", "packageType", "s3Bucket", "s3Key", "s3ObjectVersion"})


def with_code(graph: Graph, functions: Mapping[str, FunctionSettings], root: Path) -> Graph:
    """A graph in which functions have the code that a workload gives them.

    Args:
        graph: the graph.
        functions: what the workload says, by the logical names of functions.
        root: where the folders start.
    """
    given = {name: one for name, one in functions.items() if one.code is not None}
    if not given:
        return graph
    labels = {function.urn: function.label for function in Stack.of(graph).functions}
    changed = {
        urn: _changed(resource, given[labels[urn]], root)
        for urn, resource in graph.resources.items()
        if resource.type == FUNCTION and labels.get(urn) in given
    }
    return replace(graph, resources={**graph.resources, **changed})


def _changed(resource: Resource, given: FunctionSettings, root: Path) -> Resource:
    kept = {name: value for name, value in resource.inputs.items() if name not in _OF_CODE}
    runtime = str(kept.get("runtime") or "")
    code = {
        "code": FileArchive(str((root / str(given.code)).resolve())),
        "handler": given.handler,
        "runtime": runtime if runtime.startswith("python") else _RUNTIME,
    }
    return replace(resource, inputs={**kept, **code})
