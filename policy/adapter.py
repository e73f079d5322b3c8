"""From the resources that Pulumi hands to a policy to the lab's resource graph.

A policy over a stack sees the state of each resource: inputs, defaults and computed values in one. A policy over a
resource sees its inputs alone. So the pack notes the inputs of each resource when Pulumi shows them, and puts both
together. In a preview, the names by which resources refer to each other (ARNs, URLs) are not known yet; they are made
up as the embedded engine does, so that the checks see which queue feeds which function before anything exists.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pulumi.runtime
from pulumi_policy import PolicyResource

from delivery_lab import resource_types
from delivery_lab.program.assets import AssetArchive, FileArchive, FileAsset
from delivery_lab.program.graph import UNKNOWN, Graph, Resource, ResourceOptions
from delivery_lab.program.keys import ACCEPT_KEY
from delivery_lab.program.naming import DEFAULT_REGION
from delivery_lab.program.outputs import create
from policy.values import plain, properties

# What an input takes from the one resource that its value comes from, in order of preference.
_TAKES: Mapping[str, tuple[str, ...]] = {
    "eventSourceArn": ("streamArn", "arn"),
    "function": ("name",),
    "functionName": ("arn",),
    "queueUrl": ("url",),
}
_TAKES_OF_TYPE: Mapping[tuple[str, str], tuple[str, ...]] = {
    (resource_types.ROLE_POLICY, "role"): ("name",),
    (resource_types.ROLE_POLICY_ATTACHMENT, "role"): ("name",),
    (resource_types.FUNCTION, "role"): ("arn",),
}
# What AWS reports for settings that do not exist for the source of a mapping.
_REPORTED_AS_ZERO = frozenset(
    ("maximumRecordAgeInSeconds", "maximumRetryAttempts", "parallelizationFactor", "tumblingWindowInSeconds")
)
_PROVIDERS = ("aws:", resource_types.DYNAMIC_PREFIX)


@dataclass(frozen=True, slots=True)
class PolicyStack:
    """What a policy needs to know besides the resources.

    Attributes:
        inputs: inputs by URN, as far as Pulumi has shown them.
        config: configuration of the stack, as far as the lab reads it.
        folder: where relative paths of code start from, None where it is not known.
    """

    inputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    folder: Path | None = None


def stack_config() -> dict[str, Any]:
    """The two keys of the stack's configuration that the lab reads, from what Pulumi passes to the pack.

    Other keys are not taken over: Pulumi passes secrets in plain text here.
    """
    given = pulumi.runtime.get_config_env()
    found: dict[str, Any] = {}
    if "aws:region" in given:
        found["aws:region"] = given["aws:region"]
    if ACCEPT_KEY in given:
        try:
            found[ACCEPT_KEY] = json.loads(given[ACCEPT_KEY])
        except ValueError:
            found[ACCEPT_KEY] = given[ACCEPT_KEY]
    return found


def graph_of(resources: Sequence[PolicyResource], deployment: PolicyStack) -> Graph:
    """Build the resource graph of a stack.

    Args:
        resources: the resources as Pulumi hands them over. In a preview their order is not that of their dependencies.
        deployment: the rest.
    """
    region = str(deployment.config.get("aws:region") or DEFAULT_REGION)
    built: dict[str, Resource] = {}
    for resource in _sources_first(resources):
        built[resource.urn] = _resource(resource, deployment, built, region)
    stack, project = _stack_of(resources)
    return Graph(project=project, stack=stack, resources=built, outputs={}, config=deployment.config)


def _sources_first(resources: Sequence[PolicyResource]) -> Iterator[PolicyResource]:
    """The resources, each after those that it depends on: what a program registers later may change what was before."""
    known = {resource.urn: resource for resource in resources}
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for resource in resources:
        sources = {found.urn for each in resource.property_dependencies.values() for found in each}
        sources |= {found.urn for found in resource.dependencies}
        sorter.add(resource.urn, *((sources & known.keys()) - {resource.urn}))
    return (known[urn] for urn in sorter.static_order())


def _stack_of(resources: Sequence[PolicyResource]) -> tuple[str, str]:
    if resources:
        # urn:pulumi:<stack>::<project>::...
        head, project, _ = resources[0].urn.split("::", 2)
        return head.removeprefix("urn:pulumi:"), project
    return os.environ.get("PULUMI_STACK", ""), os.environ.get("PULUMI_PROJECT", "")


def _resource(
    resource: PolicyResource, deployment: PolicyStack, built: Mapping[str, Resource], region: str
) -> Resource:
    state = properties(resource.props)
    dependencies = {
        name: tuple(found.urn for found in sources) for name, sources in resource.property_dependencies.items()
    }
    given = deployment.inputs.get(resource.urn)
    inputs = dict(given) if given is not None else _settings(resource.resource_type, state)
    for name, value in inputs.items():
        if value is UNKNOWN:
            inputs[name] = _taken(resource.resource_type, name, dependencies.get(name, ()), built)
    inputs = {name: _located(value, deployment.folder) for name, value in inputs.items()}
    # In the state of a preview, what AWS will compute is unknown too, but comes from no other resource.
    settled = {name: value for name, value in inputs.items() if value is not UNKNOWN or name in dependencies}
    made_up = create(resource.resource_type, resource.urn, resource.name, settled, _region(resource) or region)
    known = {name: value for name, value in {**inputs, **state}.items() if value is not UNKNOWN}
    physical_id = state.get("id")
    return Resource(
        urn=resource.urn,
        type=resource.resource_type,
        name=resource.name,
        custom=resource.provider is not None or resource.resource_type.startswith(_PROVIDERS),
        id=physical_id if isinstance(physical_id, str) else made_up.id,
        parent=resource.parent.urn if resource.parent is not None else "",
        inputs=inputs,
        outputs={**made_up.outputs, **known},
        dependencies=tuple(found.urn for found in resource.dependencies),
        property_dependencies=dependencies,
        options=_options(resource),
        # Pulumi shows the inputs of what the stack creates; what it only reads turns up in the state alone.
        external=bool(deployment.inputs) and given is None,
    )


def _options(resource: PolicyResource) -> ResourceOptions:
    options = resource.opts
    if options is None:
        return ResourceOptions()
    return ResourceOptions(
        protect=bool(options.protect),
        delete_before_replace=bool(options.delete_before_replace),
        ignore_changes=tuple(options.ignore_changes),
        aliases=tuple(options.aliases),
        provider=resource.provider.urn if resource.provider is not None else "",
    )


def _region(resource: PolicyResource) -> str | None:
    found = plain(resource.provider.props).get("region") if resource.provider is not None else None
    return found if isinstance(found, str) else None


def _settings(type_token: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """The settings in the state of a resource whose inputs were not shown."""
    if type_token != resource_types.MAPPING:
        return dict(state)
    return {name: value for name, value in state.items() if name not in _REPORTED_AS_ZERO or value != 0}


def _taken(type_token: str, name: str, urns: Sequence[str], built: Mapping[str, Resource]) -> Any:
    """What an input that is not known yet will be, where it can only be a name of one resource."""
    wanted = _TAKES_OF_TYPE.get((type_token, name)) or _TAKES.get(name, ())
    source = built.get(urns[0]) if len(urns) == 1 else None
    if source is not None:
        for output in wanted:
            value = source.outputs.get(output)
            if isinstance(value, str) and value:
                return value
    return UNKNOWN


def _located(value: Any, folder: Path | None) -> Any:
    """Code with absolute paths; UNKNOWN where a relative path cannot be resolved."""
    if isinstance(value, AssetArchive):
        parts = {name: _located(part, folder) for name, part in value.assets.items()}
        return UNKNOWN if UNKNOWN in parts.values() else AssetArchive(parts)
    if isinstance(value, FileArchive | FileAsset):
        path = Path(value.path)
        if path.is_absolute():
            return value
        return UNKNOWN if folder is None else type(value)(str(folder / path))
    return value
