"""Runs component code against Pulumi's mocks and keeps what was registered, for tests to look at."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import json
import logging
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.stack import Stack
from pulumi_aws import (
    apigateway,
    apigatewayv2,
    cloudwatch,
    dynamodb,
    ec2,
    get_availability_zones,
    iam,
    kinesis,
    lambda_,
    msk,
    s3,
    sns,
    sqs,
    vpc,
)

# pulumi_aws loads a module at its first use, and some modules of it warn while they load. With warnings as errors
# that would leave a module half loaded, so what components use is loaded here, where warnings are not errors.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    _LOADED = (
        *(lambda_.Function, sqs.Queue, iam.Role, cloudwatch.LogGroup, apigatewayv2.Api, dynamodb.Table),
        *(kinesis.Stream, sns.Topic, s3.Bucket, ec2.Vpc, vpc.SecurityGroupEgressRule, msk.Cluster),
        apigateway.RestApi,
        get_availability_zones,
    )

PROJECT = "delivery-lab"
REGION = "eu-west-1"
ZONES = [f"{REGION}{letter}" for letter in "abc"]


@dataclass(frozen=True)
class Registered:
    """One resource as the SDK asked the engine to register it."""

    type: str
    name: str
    parent: str
    custom: bool
    inputs: dict[str, Any]
    dependencies: frozenset[str]
    property_dependencies: dict[str, frozenset[str]]
    delete_before_replace: bool
    ignore_changes: tuple[str, ...]

    def document(self, key: str) -> dict[str, Any]:
        """An input that holds JSON text."""
        parsed = json.loads(self.inputs[key])
        assert isinstance(parsed, dict)
        return parsed


@dataclass
class World:
    """What a program registered, by name and type, in the order of registration."""

    resources: list[Registered] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    component_outputs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def one(self, type_token: str, name: str) -> Registered:
        """The resource of that type and name."""
        found = [resource for resource in self.resources if (resource.type, resource.name) == (type_token, name)]
        assert len(found) == 1, [(resource.type, resource.name) for resource in self.resources]
        return found[0]

    def of_type(self, type_token: str) -> list[Registered]:
        """All resources of that type."""
        return [resource for resource in self.resources if resource.type == type_token]

    def position(self, type_token: str, name: str) -> int:
        """When it was registered, relative to the others."""
        return self.resources.index(self.one(type_token, name))


_ARNS = {
    "aws:msk/cluster:Cluster": "arn:aws:kafka:{region}:123456789012:cluster/{name}/1234-1",
    "aws:msk/serverlessCluster:ServerlessCluster": "arn:aws:kafka:{region}:123456789012:cluster/{name}/1234-s1",
    "aws:s3/bucket:Bucket": "arn:aws:s3:::{name}",
    "aws:cloudwatch/eventBus:EventBus": "arn:aws:events:{region}:123456789012:event-bus/{name}",
    "aws:cloudwatch/eventRule:EventRule": "arn:aws:events:{region}:123456789012:rule/{name}",
}
"""ARNs of another form than most."""

_BROKERS = {"bootstrapBrokersSaslIam": "b-1.{name}.test:9098"}
_MORE_OUTPUTS: dict[str, dict[str, str]] = {
    "aws:apigateway/stage:Stage": {"invokeUrl": "https://{name}.test/live"},
    "aws:dynamodb/table:Table": {"streamArn": f"arn:aws:dynamodb:{REGION}:123456789012:table/{{name}}/stream/1"},
    "aws:ec2/vpc:Vpc": {"region": REGION},
    "aws:ec2/vpcEndpoint:VpcEndpoint": {"prefixListId": "pl-{name}"},
    "aws:msk/cluster:Cluster": _BROKERS,
    "aws:msk/serverlessCluster:ServerlessCluster": _BROKERS,
    "aws:msk/configuration:Configuration": {"latestRevision": "1"},
    "aws:s3/bucket:Bucket": {"bucket": "{name}"},
}


class _Aws(Mocks):
    """Makes up what AWS would answer."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        inputs = args.inputs
        name = inputs.get("name") or inputs.get("layerName") or args.name
        service = args.typ.split(":")[1].split("/")[0]
        arn = _ARNS.get(args.typ, "arn:aws:{service}:{region}:123456789012:{name}").format(
            service=service, region=REGION, name=name
        )
        state = {
            **inputs,
            "name": name,
            "arn": arn,
            "url": f"https://{service}.test/{name}",
            "invokeArn": f"{arn}:invoke",
            "executionArn": f"{arn}:execution",
            "apiEndpoint": f"https://{name}.test",
            "uuid": f"uuid-of-{name}",
            **{key: text.format(name=name) for key, text in _MORE_OUTPUTS.get(args.typ, {}).items()},
        }
        return f"{args.name}-id", state

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        if args.token == "aws:index/getAvailabilityZones:getAvailabilityZones":
            return {"id": REGION, "names": ZONES, "zoneIds": ZONES, "groupNames": [REGION]}, []
        raise AssertionError(f"unexpected invoke of {args.token}")


class _Monitor(MockMonitor):
    """Keeps each request; the mocks themselves see neither parents nor dependencies."""

    def __init__(self, world: World) -> None:
        super().__init__(_Aws())
        self._world = world

    # pulumi's own mock monitor carries no annotations here.
    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # the name is the protocol's
        with _loop_of_this_thread():
            response = super().RegisterResource(request)  # type: ignore[no-untyped-call]  # as above
        if request.type != "pulumi:pulumi:Stack":
            self._world.resources.append(_registered(request))
        return response

    def Invoke(self, request: Any) -> Any:  # noqa: N802  # the name is the protocol's
        with _loop_of_this_thread():
            return super().Invoke(request)  # type: ignore[no-untyped-call]  # as above

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802  # the name is the protocol's
        outputs = pulumi.runtime.rpc.deserialize_properties(request.outputs)
        self._world.component_outputs[request.urn.rsplit("::", 2)[1].split("$")[-1]] = outputs
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]  # as above


def deploy(
    program: Callable[[], None],
    *,
    config: Mapping[str, str] | None = None,
    stack: str = "test",
    preview: bool = True,
    logger: logging.Logger | None = None,
    world: World | None = None,
) -> World:
    """Run a program to its end and return what it registered.

    Each run has a context and an event loop of its own, so nothing is left for the next one. Pass a
    `world` to see what was registered before the program failed.
    """
    world = world if world is not None else World()

    def run() -> None:
        pulumi.runtime.set_mocks(
            _Aws(), project=PROJECT, stack=stack, preview=preview, logger=logger, monitor=_Monitor(world)
        )
        pulumi.runtime.set_all_config(dict(config or {}))

        @pulumi.runtime.test  # type: ignore[untyped-decorator]  # pulumi does not annotate it
        def awaited() -> pulumi.Output[None]:
            program()
            root = pulumi.runtime.get_root_resource()
            assert isinstance(root, Stack)
            return pulumi.Output.from_input(root.outputs).apply(world.outputs.update)

        awaited()

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        contextvars.copy_context().run(run)
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        asyncio.set_event_loop(None)
    return world


def _registered(request: Any) -> Registered:
    return Registered(
        type=request.type,
        name=request.name,
        parent=_label(request.parent) if request.parent else "",
        custom=request.custom,
        inputs=_whole(pulumi.runtime.rpc.deserialize_properties(request.object)),
        dependencies=frozenset(_label(urn) for urn in request.dependencies),
        property_dependencies={
            key: frozenset(_label(urn) for urn in value.urns) for key, value in request.propertyDependencies.items()
        },
        delete_before_replace=request.deleteBeforeReplace,
        ignore_changes=tuple(request.ignoreChanges),
    )


def _label(urn: str) -> str:
    """`type::name` of a URN, without its parents."""
    type_chain, name = urn.split("::")[2:]
    return f"{type_chain.split('$')[-1]}::{name}"


def _whole(value: Any) -> Any:
    """Numbers reach mocks as floats; whole ones are turned back."""
    if isinstance(value, dict):
        return {key: _whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@contextlib.contextmanager
def _loop_of_this_thread() -> Iterator[None]:
    """The mock monitor wants an event loop in every executor thread, and would leave one of its own open."""
    if threading.current_thread() is threading.main_thread():
        yield
        return
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        loop.close()
        asyncio.set_event_loop(None)
