"""Writes a resource graph as a CloudFormation template."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from delivery_lab import resource_types
from delivery_lab.checks.cloudformation.mapping import TYPES
from delivery_lab.checks.cloudformation.resource_type import ResourceType
from delivery_lab.checks.cloudformation.shapes import (
    PLACEHOLDER,
    PLACEHOLDER_RESOURCE,
    UNKNOWN_ID,
    Fields,
    Notes,
    Path,
    Spot,
    write,
)
from delivery_lab.program.graph import UNKNOWN, Graph, Resource

# What other resources name a resource by: its outputs, each with the attribute that CloudFormation has for it.
_HANDLES = {
    resource_types.TABLE: {"streamArn": "StreamArn"},
    resource_types.STREAM: {"arn": "Arn"},
    resource_types.STREAM_CONSUMER: {"arn": "ConsumerARN"},
    resource_types.FUNCTION: {"arn": "Arn", "name": "Arn"},
    resource_types.MSK_CLUSTER: {"arn": "Arn"},
    resource_types.QUEUE: {"arn": "Arn"},
}
# Some rules follow references, others read the service out of an ARN; where a reference stands, the latter get this.
_EXAMPLE_ARNS = {
    resource_types.TABLE: "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/2020-01-01T00:00:00.000",
    resource_types.STREAM: "arn:aws:kinesis:us-east-1:123456789012:stream/s",
    resource_types.STREAM_CONSUMER: "arn:aws:kinesis:us-east-1:123456789012:stream/s/consumer/c:1577836800",
    resource_types.MSK_CLUSTER: "arn:aws:kafka:us-east-1:123456789012:cluster/c/11111111-2222-3333-4444-555555555555-1",
    resource_types.QUEUE: "arn:aws:sqs:us-east-1:123456789012:q",
}


@dataclass(frozen=True, slots=True)
class Reference:
    """An input of one resource that names another one of the template."""

    source: Resource
    input: str
    target: Resource


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource of the template.

    Attributes:
        resource: the Pulumi resource it was made from.
        properties: CloudFormation's properties.
        origins: path of the input, by path of the property.
        objects: table of fields, by path of the property.
    """

    resource: Resource
    properties: Mapping[str, Any]
    origins: Mapping[Path, Path]
    objects: Mapping[Path, Fields]


@dataclass(frozen=True, slots=True)
class Template:
    """A resource graph in CloudFormation's terms.

    Attributes:
        entries: by CloudFormation's logical id.
        references: which resource names which.
    """

    entries: Mapping[str, Entry]
    references: tuple[Reference, ...]

    def body(self) -> dict[str, Any]:
        """The template as cfn-lint reads it."""
        resources = {
            key: {"Type": TYPES[entry.resource.type].name, "Properties": entry.properties}
            for key, entry in self.entries.items()
        }
        return {"Resources": {UNKNOWN_ID: PLACEHOLDER_RESOURCE, **resources}}

    def targets(self, source: Resource, name: str) -> list[Resource]:
        """The resources that one input of a resource names."""
        return [found.target for found in self.references if found.source is source and found.input == name]

    def sources(self, target: Resource, name: str) -> list[Resource]:
        """The resources that name this one by one of their inputs."""
        return [found.source for found in self.references if found.target is target and found.input == name]


def write_template(graph: Graph) -> Template:
    """Write all resources of the stack that have a mapping. What the stack only reads is left out."""
    resources = [resource for resource in graph.resources.values() if resource.type in TYPES and not resource.external]
    return _Writer(resources).template()


class _Writer:
    """Writes one template."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._resources = {resource.urn: resource for resource in resources}
        self._ids = {urn: _logical_id(index, urn) for index, urn in enumerate(self._resources)}
        self._by_handle = _handles(self._resources.values())
        self._references: list[Reference] = []

    def template(self) -> Template:
        entries: dict[str, Entry] = {}
        for urn, resource in self._resources.items():
            entry = self._entry(resource)
            entries[self._ids[urn]] = entry
            twin = self._twin(entry)
            if twin is not None:
                entries[f"{self._ids[urn]}ByArn"] = twin
        return Template(entries, tuple(self._references))

    def _entry(self, resource: Resource) -> Entry:
        known = TYPES[resource.type]
        notes = Notes(self._resolver(resource))
        properties = {**known.defaults, **write(_inputs(resource, known), known.fields, Spot(notes))}
        return Entry(resource, properties, notes.origins, notes.objects)

    def _resolver(self, resource: Resource) -> Callable[[Any, str], Any]:
        def resolve(value: Any, name: str) -> Any:
            target = self._target(resource, value, name)
            if target is None:
                return PLACEHOLDER if value in (UNKNOWN, PLACEHOLDER) else value
            self._references.append(Reference(resource, name, target))
            attribute = next(iter(_HANDLES[target.type].values()))
            return {"Fn::GetAtt": [self._ids[target.urn], attribute]}

        return resolve

    def _target(self, resource: Resource, value: Any, name: str) -> Resource | None:
        if isinstance(value, str):
            return self._by_handle.get(value)
        # The value is known after deployment only, but where it comes from is known now.
        urns = resource.property_dependencies.get(name, ())
        candidates = [self._resources[urn] for urn in urns if urn in self._resources]
        return candidates[0] if len(urns) == 1 and candidates and candidates[0].type in _HANDLES else None

    def _twin(self, entry: Entry) -> Entry | None:
        """The same mapping with its source as an ARN, for the rules that read the service out of it."""
        if entry.resource.type != resource_types.MAPPING:
            return None
        targets = [
            found.target
            for found in self._references
            if found.source is entry.resource and found.input == "eventSourceArn"
        ]
        example = _EXAMPLE_ARNS.get(targets[0].type) if targets else None
        if example is None:
            return None
        return Entry(entry.resource, {**entry.properties, "EventSourceArn": example}, entry.origins, entry.objects)


def _inputs(resource: Resource, known: ResourceType) -> dict[str, Any]:
    """The inputs that mean something. The SDK passes unknown arguments of a resource to no provider."""
    meaningless = known.left_out(resource.inputs)
    return {name: value for name, value in resource.inputs.items() if name in known.fields and name not in meaningless}


def _logical_id(index: int, urn: str) -> str:
    name = "".join(letter for letter in urn.rpartition("::")[2] if letter.isascii() and letter.isalnum())
    return f"R{index}{name}"


def _handles(resources: Iterable[Resource]) -> dict[str, Resource]:
    """Resources by what names them, without names that two resources share."""
    found: dict[str, Resource] = {}
    shared = set()
    for resource in resources:
        for output in _HANDLES.get(resource.type, {}):
            value = resource.outputs.get(output)
            if isinstance(value, str) and value and found.setdefault(value, resource) is not resource:
                shared.add(value)
    return {value: resource for value, resource in found.items() if value not in shared}
