"""What the engine keeps of each resource while the program runs, and the graph made of it in the end."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import alias_pb2

from delivery_lab import resource_types
from delivery_lab.errors import ModelError
from delivery_lab.program.graph import Resource, ResourceOptions
from delivery_lab.program.scalars import typed
from delivery_lab.program.wire import Decoder


@dataclass(slots=True)
class Registration:
    """One resource as it was registered (after transforms), or read.

    Attributes:
        urn, type, name, custom, parent: as in `delivery_lab.program.graph.Resource`.
        inputs: inputs on the wire.
        state: inputs and computed outputs on the wire, as the program got them back.
        id: physical id, "" where it is not known.
        dependencies: URNs the program or its inputs depend on.
        property_dependencies: URNs by input.
        options: options that matter to a deployment.
        external: the resource was read, not created.
    """

    urn: str
    type: str
    name: str
    custom: bool
    parent: str
    inputs: Struct
    state: Struct
    id: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    options: ResourceOptions = field(default_factory=ResourceOptions)
    external: bool = False

    def resource(self, decoder: Decoder) -> Resource:
        """The resource as the graph shows it."""
        inputs = decoder.properties(self.inputs)
        return Resource(
            urn=self.urn,
            type=self.type,
            name=self.name,
            custom=self.custom,
            id=self.id,
            parent=self.parent,
            inputs=typed(self.type, inputs.values),
            outputs=decoder.properties(self.state).values,
            dependencies=self.dependencies,
            property_dependencies=self.property_dependencies,
            secret_inputs=inputs.secrets,
            secret_paths=inputs.secret_paths,
            options=self.options,
            external=self.external,
        )


@dataclass(frozen=True, slots=True)
class Urns:
    """Makes URNs as the Pulumi engine does.

    `urn:pulumi:<stack>::<project>::<type of parent>$<type>::<name>`, where the part of the parent is the whole chain
    of types without that of the stack. Source: https://www.pulumi.com/docs/iac/concepts/resources/names/
    """

    stack: str
    project: str

    def make(self, parent: str, type_token: str, name: str) -> str:
        """The URN of a resource below a parent ("" or the stack's URN for none)."""
        chain = qualified_type(parent) if parent else ""
        qualified = f"{chain}${type_token}" if chain and chain != resource_types.COMPONENT_STACK else type_token
        return f"urn:pulumi:{self.stack}::{self.project}::{qualified}::{name}"

    def of_alias(self, alias: alias_pb2.Alias, parent: str, type_token: str, name: str) -> str:
        """The URN that an alias of a resource stands for; what the alias leaves out is the resource's own."""
        if alias.HasField("urn"):
            return alias.urn
        spec = alias.spec
        other = Urns(spec.stack or self.stack, spec.project or self.project)
        above = "" if spec.noParent else spec.parentUrn or parent
        return other.make(above, spec.type or type_token, spec.name or name)


def qualified_type(urn: str) -> str:
    """The chain of types in a URN."""
    return urn.split("::", 3)[2]


def ordered(registrations: Iterable[Registration]) -> list[Registration]:
    """Sort registrations so that parents, providers and dependencies come first; ties are broken by URN.

    Raises:
        ModelError: they depend on each other in a circle (the SDK refuses such programs).
    """
    by_urn = {registration.urn: registration for registration in registrations}
    waiting: dict[str, int] = {}
    followers: defaultdict[str, list[str]] = defaultdict(list)
    for urn, registration in by_urn.items():
        needed = _needed(registration) & by_urn.keys() - {urn}
        waiting[urn] = len(needed)
        for other in needed:
            followers[other].append(urn)
    ready = [urn for urn, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    result = []
    while ready:
        urn = heapq.heappop(ready)
        result.append(by_urn[urn])
        for follower in followers[urn]:
            waiting[follower] -= 1
            if waiting[follower] == 0:
                heapq.heappush(ready, follower)
    if len(result) < len(by_urn):
        left = sorted(by_urn.keys() - {registration.urn for registration in result})
        raise ModelError(f"these resources depend on each other in a circle: {', '.join(left)}")
    return result


def _needed(registration: Registration) -> set[str]:
    needed = {registration.parent, *registration.dependencies}
    needed.update(*registration.property_dependencies.values())
    if registration.options.provider:
        needed.add(provider_urn(registration.options.provider))
    return needed


def provider_urn(reference: str) -> str:
    """The URN in a provider reference (`<urn>::<id>`)."""
    return reference.rpartition("::")[0]
