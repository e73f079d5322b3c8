"""Names of a stack's resources: labels that tell them apart, and texts that mean a function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from delivery_lab.program.graph import Graph
from delivery_lab.resource_types import ALIAS
from delivery_lab.stack.functions import Function


def labels(graph: Graph) -> Mapping[str, str]:
    """A name for each resource by URN: the logical one, with the parent's where two of a type share it."""
    counts = Counter((resource.type, resource.name) for resource in graph.resources.values())
    return {
        urn: resource.name
        if counts[resource.type, resource.name] == 1
        else f"{resource.parent.rsplit('::', 1)[-1]}/{resource.name}"
        for urn, resource in graph.resources.items()
    }


class FunctionNames:
    """Finds the function that a text means: its name or ARN, with or without a version or alias behind it.

    Args:
        graph: the graph, for the aliases.
        functions: the functions of the stack.
    """

    def __init__(self, graph: Graph, functions: tuple[Function, ...]) -> None:
        self._names = {reference: function for function in functions for reference in function.references}
        for alias in graph.of_type(ALIAS):
            target = self.find(alias.inputs.get("functionName"))
            for output in ("arn", "invokeArn"):
                text = alias.outputs.get(output)
                if target is not None and isinstance(text, str):
                    self._names[text] = target

    def find(self, reference: object) -> Function | None:
        """The function, None if it is none of the stack."""
        if not isinstance(reference, str) or not reference:
            return None
        unqualified = reference.rpartition(":")[0]
        candidates = [reference, unqualified]
        if not reference.startswith("arn:"):  # a full ARN of another account or region means another function
            bare = reference.rpartition(":function:")[2]
            candidates += [bare, bare.partition(":")[0]]
        return next((self._names[candidate] for candidate in candidates if candidate in self._names), None)
