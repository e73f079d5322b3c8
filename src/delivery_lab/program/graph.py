"""The resource graph: what a Pulumi program registered, as plain values.

This is the only description of a variant that the lab's readers (simulation, checks, diff) ever see.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

DYNAMIC_PROVIDER = "__provider"
"""The input of a dynamic resource that holds its pickled provider."""


@dataclass(frozen=True, slots=True)
class ResourceOptions:
    """Resource options that change what a deployment does.

    Attributes:
        protect: the resource may not be deleted.
        delete_before_replace: a replacement deletes the old resource first.
        ignore_changes: property paths whose changes are ignored.
        aliases: URNs (or `name`/`type`/`parent` specifications as text) the resource was known by.
        provider: reference of an explicit provider, "" for the default one.
        version: version of the provider plugin that the SDK asked for.
    """

    protect: bool = False
    delete_before_replace: bool = False
    ignore_changes: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    provider: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """One registered resource.

    Attributes:
        urn: the URN as the Pulumi engine forms it, with the chain of parent types.
        type: type token, such as `aws:sqs/queue:Queue`.
        name: the logical name.
        custom: true for a provider's resource, false for a component.
        id: the physical id; "" for a component, and where it is known only after deployment.
        parent: URN of the parent, "" for the stack itself.
        inputs: inputs by their wire names (camelCase) after transforms. Numbers are int where they are
            whole; assets and archives are those of `program.assets`; secrets are unwrapped; what cannot be known
            before deployment is `UNKNOWN`. Paths of assets and archives are absolute. A resource as a value is its
            id (a component: its URN).
        outputs: inputs and computed outputs (arn, url, ...) as the program saw them.
        dependencies: URNs the resource depends on.
        property_dependencies: for each input, the URNs that its value came from.
        secret_inputs: names of inputs that hold a secret.
        secret_paths: keys and indexes that lead to each secret in the inputs; its value is shown to nobody.
        options: options that change what a deployment does.
        external: the stack only reads it (`Queue.get(...)`, `StackReference`); somebody else created it, and its
            settings are not known here.
    """

    urn: str
    type: str
    name: str
    custom: bool
    id: str
    parent: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    secret_inputs: frozenset[str] = frozenset()
    secret_paths: frozenset[tuple[str | int, ...]] = frozenset()
    options: ResourceOptions = ResourceOptions()
    external: bool = False


class Unknown(enum.Enum):
    """A value that exists only after deployment. Compare with `is UNKNOWN`."""

    UNKNOWN = "(known after deployment)"

    def __repr__(self) -> str:
        return self.value


UNKNOWN = Unknown.UNKNOWN


def contains_unknown(value: Any) -> bool:
    """Whether `UNKNOWN` stands anywhere in a decoded value."""
    if isinstance(value, dict):
        return any(contains_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(contains_unknown(item) for item in value)
    return value is UNKNOWN


@dataclass(frozen=True, slots=True)
class Graph:
    """All resources of one stack, in an order in which they can be created.

    Attributes:
        project: name of the Pulumi project.
        stack: name of the stack.
        resources: by URN; dependencies and parents come before what needs them, ties are broken by URN, so
            the order does not depend on how the program's registrations were interleaved.
        outputs: the stack's outputs.
        config: the configuration that the program ran with, by full key, values as parsed from the stack
            file (secrets replaced by "[secret]").
        warnings: what the program logged as a warning, and what the engine could not take over from the
            stack file.
        config_lines: the line of the stack file at which each setting stands, by its full key and the path below; not
            those that `--set` changed.
        deployed: URNs of what exists already as it is here, so that nothing creates or updates it: of a state, and
            not of a program.
    """

    project: str
    stack: str
    resources: Mapping[str, Resource]
    outputs: Mapping[str, Any]
    config: Mapping[str, Any]
    warnings: tuple[str, ...] = ()
    config_lines: Mapping[tuple[str | int, ...], int] = field(default_factory=dict)
    deployed: frozenset[str] = frozenset()

    @property
    def has_secrets(self) -> bool:
        """Whether the program marks any value as a secret."""
        return any(resource.secret_paths or resource.secret_inputs for resource in self.resources.values())

    def has(self, *type_tokens: str) -> bool:
        """Whether there is a resource of one of some types, also one that the stack only reads."""
        return any(resource.type in type_tokens for resource in self.resources.values())

    def of_type(self, type_token: str) -> Iterator[Resource]:
        """The resources of one type that the stack creates, in creation order."""
        return (
            resource for resource in self.resources.values() if resource.type == type_token and not resource.external
        )
