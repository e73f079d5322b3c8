"""Which key of the stack file decides an input.

Components register the settings that they were built from; the outermost one has the name of the section of the stack
file that holds them. An input belongs to the one setting that has its name and its value, in the component nearest to
it and in the section; where there are several, or none, it cannot be told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from delivery_lab.limits.mappings import REPORT
from delivery_lab.program.config import full_key
from delivery_lab.program.graph import Graph, Resource
from delivery_lab.resource_types import COMPONENT_STACK

_RESPONSE_TYPES = "functionResponseTypes"
"""A list with one possible member: our components have a switch."""
_CALLED: Mapping[str, tuple[str, ...]] = {
    "timeout": ("timeoutSeconds",),
    "memorySize": ("memoryMb",),
    "reservedConcurrentExecutions": ("reservedConcurrency",),
    "messageRetentionSeconds": ("retentionSeconds",),
    "maxMessageSize": ("maximumMessageBytes",),
    "fifoQueue": ("fifo",),
    "maximumBatchingWindowInSeconds": ("maximumBatchingWindowSeconds",),
    "maximumRecordAgeInSeconds": ("maximumRecordAgeSeconds",),
    "maximumEventAgeInSeconds": ("maximumEventAgeSeconds",),
    "tumblingWindowInSeconds": ("tumblingWindowSeconds",),
    "minimumPollers": ("minimum",),
    "maximumPollers": ("maximum",),
    "shardCount": ("shards",),
    "retentionPeriod": ("retentionHours",),
    _RESPONSE_TYPES: ("reportBatchItemFailures",),
}
"""What our components call an input of AWS, where that is not its own name."""


class StackFileKeys:
    """The keys of one stack's file.

    Args:
        graph: the stack's graph.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._settings: dict[str, tuple[tuple[tuple[str, ...], Any], ...]] = {}

    def key_of(self, resource: Resource, path: tuple[str, ...], value: Any) -> str:
        """The key that decides an input, "" where there is none or it cannot be told.

        Args:
            resource: the resource.
            path: names from the input down to the value.
            value: the value.
        """
        return ".".join(self._path_of(resource, path, value))

    def place_of(self, label: str, value: Any) -> tuple[str, int] | None:
        """The key that decides a value, and its line in the stack file.

        Args:
            label: `resource.input`, as messages name a value.
            value: the value.

        Returns:
            None where no key, or more than one, fits; and where the key is not in the file, because the program fills
            it in or `--set` changed it.
        """
        found = {self._path_of(resource, path, value) for resource, path in self._named(label)}
        if len(found) != 1:
            return None
        (key,) = found
        line = self._graph.config_lines.get(key)
        return None if line is None else (".".join(key), line)

    def _named(self, label: str) -> Iterator[tuple[Resource, tuple[str, ...]]]:
        """The resources that a label may mean, each with the path of the input; names of resources hold dots too."""
        for resource in self._graph.resources.values():
            if resource.custom and not resource.external and label.startswith(f"{resource.name}."):
                path = tuple(label.removeprefix(f"{resource.name}.").split("."))
                if path[0] in resource.inputs:
                    yield resource, path

    def _path_of(self, resource: Resource, path: tuple[str, ...], value: Any) -> tuple[str, ...]:
        components = tuple(self._components(resource))
        if not components:
            return ()
        nearest, outermost = components[0], components[-1]
        section = full_key(self._graph.project, outermost.name)
        if section not in self._graph.config:
            return ()
        if path[-1] == _RESPONSE_TYPES and isinstance(value, list | tuple):
            value = REPORT in value
        names = (path[-1], *_CALLED.get(path[-1], ()))
        if len(self._matching(nearest, names, value)) != 1:
            return ()
        found = self._matching(outermost, names, value)
        return (section, *found[0]) if len(found) == 1 else ()

    def _matching(self, component: Resource, names: tuple[str, ...], value: Any) -> list[tuple[str, ...]]:
        return [path for path, held in self._leaves(component) if path[-1] in names and held == value]

    def _components(self, resource: Resource) -> Iterator[Resource]:
        """The components around a resource that register settings, the nearest first."""
        parent = self._graph.resources.get(resource.parent)
        while parent is not None and parent.type != COMPONENT_STACK:
            if not parent.custom and parent.inputs:
                yield parent
            parent = self._graph.resources.get(parent.parent)

    def _leaves(self, component: Resource) -> tuple[tuple[tuple[str, ...], Any], ...]:
        if component.urn not in self._settings:
            self._settings[component.urn] = tuple(_leaves(component.inputs, ()))
        return self._settings[component.urn]


def _leaves(block: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in block.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*path, name))
        else:
            yield (*path, name), value
