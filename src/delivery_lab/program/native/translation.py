"""From resources of aws-native to those of pulumi-aws that mean the same, which is all that the lab's readers know.

aws-native has AWS's own names of types and properties; a program in any language may use it beside pulumi-aws, and
Pulumi's CDK adapter makes nothing else. Source: https://www.pulumi.com/registry/packages/aws-native/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

from delivery_lab import resource_types
from delivery_lab.program.facts import Created
from delivery_lab.program.graph import UNKNOWN, Graph, Resource
from delivery_lab.program.naming import ACCOUNT_ID, DEFAULT_REGION
from delivery_lab.program.native.functions import FUNCTION_TYPES
from delivery_lab.program.native.messaging import MESSAGING_TYPES
from delivery_lab.program.native.native_type import InnerResource, NativeType
from delivery_lab.program.native.surroundings import SURROUNDING_TYPES
from delivery_lab.program.outputs import create
from delivery_lab.program.scalars import typed

PACKAGE = "aws-native:"
VERSION = "aws-native:lambda:Version"
TYPES: Mapping[str, NativeType] = MappingProxyType({**FUNCTION_TYPES, **MESSAGING_TYPES, **SURROUNDING_TYPES})
"""The types that are read, by type token of aws-native."""

_SERVICES = (
    "apigateway",
    "apigatewayv2",
    "cloudwatch",
    "dynamodb",
    "events",
    "iam",
    "kinesis",
    "lambda",
    "msk",
    "pipes",
    "s3",
    "scheduler",
    "sns",
    "sqs",
)
"""Of what matters to deliveries: others stand in a graph of pulumi-aws, too, and are read by nothing."""


class _Place(NamedTuple):
    region: str
    account: str


def create_any(type_token: str, urn: str, logical_name: str, inputs: Mapping[str, Any], region: str) -> Created:
    """What creating a resource of any package would give; see `delivery_lab.program.outputs.create`."""
    if not type_token.startswith(PACKAGE):
        return create(type_token, urn, logical_name, inputs, region)
    if type_token == VERSION:
        return _version(urn, logical_name, inputs, region)
    native = TYPES.get(type_token)
    if native is None or not native.type:
        return Created("", {})
    classic = native.classic(inputs)
    made = create(native.type, urn, logical_name, classic, region)
    here = {theirs: name for name, theirs in native.names().items()}
    outputs = {here.get(name, name): value for name, value in made.outputs.items() if name not in native.lacks}
    if native.id_output:
        outputs[native.id_output] = made.id or UNKNOWN
    physical: object = made.id
    if native.physical_id:
        physical = made.outputs.get(native.physical_id, classic.get(native.physical_id))
    return Created(physical if isinstance(physical, str) else "", outputs)


def _version(urn: str, logical_name: str, inputs: Mapping[str, Any], region: str) -> Created:
    """A version is published: the first one, since nothing is deployed yet."""
    held = create(resource_types.FUNCTION_URL, urn, logical_name, inputs, region).outputs.get("functionArn")
    arn = f"{held}:1" if isinstance(held, str) else UNKNOWN
    return Created(arn if isinstance(arn, str) else "", {"functionArn": arn, "version": "1"})


def in_known_terms(graph: Graph) -> Graph:
    """A graph whose resources of aws-native are those of pulumi-aws; what is not read is told.

    Args:
        graph: the graph as the program or a state made it.
    """
    if not any(resource.type.startswith(PACKAGE) for resource in graph.resources.values()):
        return graph
    published = {
        name
        for resource in graph.resources.values()
        if resource.type == VERSION and isinstance(name := resource.inputs.get("functionName"), str)
    }
    place = _place(graph.resources.values())
    resources: dict[str, Resource] = {}
    deployed: set[str] = set()
    for resource in graph.resources.values():
        found = {each.urn: each for each in _in_classic_terms(resource, published, place)}
        resources |= found
        if resource.urn in graph.deployed:
            deployed |= found.keys()
    told = (*_read(graph.resources.values()), *_unread(graph.resources.values()))
    return replace(graph, resources=resources, deployed=frozenset(deployed), warnings=(*graph.warnings, *told))


def _read(resources: Iterable[Resource]) -> Iterator[str]:
    """That names in findings and notes are those of the other package."""
    count = sum(resource.type in TYPES for resource in resources)
    if count:
        yield (
            f"{_counted(count)} of aws-native: read as those of pulumi-aws that mean the same, by whose names settings "
            "are called here"
        )


def _unread(resources: Iterable[Resource]) -> Iterator[str]:
    """What is said of types that matter to deliveries, and that the lab does not read."""
    found = Counter(
        resource.type
        for resource in resources
        if resource.type.startswith(PACKAGE)
        and resource.type not in TYPES
        and resource.type != VERSION
        and resource.type.split(":")[1] in _SERVICES
    )
    for token, count in sorted(found.items()):
        yield f"{_counted(count)} of {token}: this type is not read, and neither runs nor checks see what it does"


def _counted(count: int) -> str:
    return "a resource" if count == 1 else f"{count} resources"


def _in_classic_terms(resource: Resource, published: set[str], place: _Place) -> Iterator[Resource]:
    """A resource, and what stands within it and is a resource of its own in pulumi-aws."""
    native = TYPES.get(resource.type)
    if native is None:
        yield resource
        return
    inputs = native.classic(resource.inputs)
    answered = {native.outputs.get(name, name): value for name, value in native.classic(resource.outputs).items()}
    if not native.type:
        outputs: Mapping[str, Any] = answered
    else:
        if native.type == resource_types.FUNCTION and published & {answered.get("name"), answered.get("arn")}:
            inputs["publish"] = True
        known = {**_named_by_id(native, resource), **inputs, **answered}
        region = answered.get("region")
        here = region if isinstance(region, str) else place.region
        made = create(native.type, resource.urn, resource.name, known, here)
        outputs = {**_of_account(made.outputs, place.account), **answered}
        yield replace(
            resource,
            type=native.type,
            id=made.id,
            inputs=typed(native.type, inputs),
            outputs=outputs,
            property_dependencies={native.classic_name(k): urns for k, urns in resource.property_dependencies.items()},
            secret_inputs=frozenset(map(native.classic_name, resource.secret_inputs)),
            # What becomes of a path within an input is not followed: all of the input is hidden.
            secret_paths=frozenset((native.classic_name(str(path[0])),) for path in resource.secret_paths if path),
        )
    for part in native.parts(resource.inputs, outputs) if native.parts is not None else ():
        yield _part(resource, part)


def _part(owner: Resource, part: InnerResource) -> Resource:
    hidden = part.inputs if owner.secret_inputs or owner.secret_paths else ()
    return Resource(
        urn=f"{owner.urn}-{part.suffix}",
        type=part.type,
        name=f"{owner.name}-{part.suffix}",
        custom=True,
        id="",
        parent=owner.parent,
        inputs=typed(part.type, part.inputs),
        outputs=part.inputs,
        dependencies=(owner.urn,),
        secret_inputs=frozenset(hidden),
        secret_paths=frozenset((name,) for name in hidden),
    )


def _named_by_id(native: NativeType, resource: Resource) -> dict[str, str]:
    """What the id of a resource tells: what it is called in pulumi-aws, or another property."""
    held = resource.outputs.get(native.id_output) if native.id_output else None
    told = held if isinstance(held, str) else resource.id
    return {native.physical_id or "id": told} if told else {}


def _place(resources: Iterable[Resource]) -> _Place:
    """Where the resources of a graph are, by the first ARN that names a region and an account."""
    arns = (resource.outputs.get("arn") for resource in resources)
    places = (tuple(arn.split(":")[3:5]) for arn in arns if isinstance(arn, str))
    region, account = next((each for each in places if len(each) == 2 and all(each)), (DEFAULT_REGION, ACCOUNT_ID))
    return _Place(region, account)


def _of_account(outputs: Mapping[str, Any], account: str) -> dict[str, Any]:
    """Outputs that a state does not have, such as the ARN by which an API is invoked, in the account that it is of."""
    return {
        name: value.replace(ACCOUNT_ID, account) if isinstance(value, str) else value for name, value in outputs.items()
    }
