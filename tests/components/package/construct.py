"""Constructs components as the engine does: over the provider's servicer, with an engine that answers it."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi.provider.server import ProviderServicer
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2

from components.package.provider import PackageProvider
from delivery_lab.program.engine import _reset_sdk
from delivery_lab.program.eventloop import run_to_end
from delivery_lab.program.frames import Frames
from delivery_lab.program.graph import UNKNOWN, Resource
from delivery_lab.program.project import read_project
from delivery_lab.program.registrar import Registrar
from delivery_lab.program.registration import Urns
from delivery_lab.program.service import PulumiLog, serving
from delivery_lab.program.wire import Decoder, encode
from tests.lab_support import ROOT

STACK = "urn:pulumi:test::shop::pulumi:pulumi:Stack::shop-test"
REGION = "eu-west-1"


class RefusedError(Exception):
    """The provider refused to construct.

    Attributes:
        problems: reasons by argument.
    """

    def __init__(self, message: str, problems: Mapping[str, str]) -> None:
        super().__init__(message)
        self.problems = problems


@dataclass
class Constructed:
    """What a construct left behind.

    Attributes:
        urn: URN of the component.
        state: its outputs as they are on the wire, without secrets and dependencies.
        dependencies: URNs that each output depends on.
        resources: everything that was registered, in the order of arrival.
        secrets: outputs that are secret.
    """

    urn: str
    state: dict[str, Any]
    dependencies: dict[str, set[str]]
    resources: list[Resource] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)

    def one(self, type_token: str, name: str) -> Resource:
        """The resource of that type and name."""
        found = [each for each in self.resources if (each.type, each.name) == (type_token, name)]
        assert len(found) == 1, [(each.type, each.name) for each in self.resources]
        return found[0]

    def names(self, type_token: str) -> list[str]:
        """Names of all resources of that type."""
        return sorted(each.name for each in self.resources if each.type == type_token)


class _Context:
    """The part of a servicer's context that the SDK uses."""

    async def abort_with_status(self, status: Any) -> None:
        problems: dict[str, str] = {}
        for key, value in getattr(status, "trailing_metadata", ()) or ():
            if key == "grpc-status-details-bin":
                problems = _problems(value)
        raise RefusedError(status.details, problems)


def _problems(details: bytes) -> dict[str, str]:
    from pulumi.runtime.proto import errors_pb2, status_pb2

    status = status_pb2.Status.FromString(details)
    found = errors_pb2.InputPropertiesError()
    status.details[0].Unpack(found)
    return {error.property_path: error.reason for error in found.errors}


def construct(
    component: str,
    name: str = "orders",
    *,
    dry_run: bool = True,
    depends: Mapping[str, Sequence[str]] | None = None,
    providers: Mapping[str, str] | None = None,
    **inputs: Any,
) -> Constructed:
    """Construct a component with arguments by key.

    An argument is a plain value, or one of `archive`, `output` and `secret`.

    Raises:
        RefusedError: the provider refuses the arguments.
    """
    decoder = Decoder(Path.cwd())
    registrar = Registrar(Urns("test", "shop"), REGION, decoder, Frames(read_project(ROOT)))
    with serving(registrar, PulumiLog()) as stubs:
        request = provider_pb2.ConstructRequest(
            project="shop",
            stack="test",
            monitorEndpoint=stubs.address,
            dryRun=dry_run,
            type=f"delivery-lab:index:{component}",
            name=name,
            parent="",
            providers=providers or {},
        )
        request.inputs.CopyFrom(encode(inputs))
        for key, urns in (depends or {}).items():
            request.inputDependencies[key].urns.extend(urns)
        servicer = ProviderServicer(PackageProvider("1.2.3"), [], stubs.address)
        response = contextvars.copy_context().run(_run, servicer, request)
    plain = rpc.deserialize_properties(response.state, keep_unknowns=True)
    return Constructed(
        urn=response.urn,
        state={key: rpc.unwrap_rpc_secret(value) for key, value in plain.items()},
        secrets={key for key, value in plain.items() if rpc.is_rpc_secret(value)},
        dependencies={key: set(value.urns) for key, value in response.stateDependencies.items()},
        resources=[each.resource(decoder) for each in registrar.registrations.values()],
    )


def archive(path: str) -> dict[str, Any]:
    """A FileArchive on the wire."""
    return {rpc._special_sig_key: rpc._special_archive_sig, "path": path}


def output(value: Any, *depends: str, secret: bool = False) -> dict[str, Any]:
    """An output on the wire, nested or not; `UNKNOWN` for one that is not known yet."""
    told = {rpc._special_sig_key: rpc._special_output_value_sig, "secret": secret, "dependencies": list(depends)}
    return told if value is UNKNOWN else {**told, "value": value}


def secret(value: Any) -> dict[str, Any]:
    """A secret on the wire."""
    return {rpc._special_sig_key: rpc._special_secret_sig, "value": value}


def _run(servicer: ProviderServicer, request: provider_pb2.ConstructRequest) -> Any:
    answers: list[Any] = []

    async def constructing() -> None:
        answers.append(await servicer.Construct(request, _Context()))

    try:
        raised = run_to_end(constructing)
    finally:
        _reset_sdk()
    if raised is not None:
        raise raised
    return answers[0]


def schema() -> str:
    """What the provider answers to GetSchema."""
    servicer = ProviderServicer(PackageProvider("1.2.3"), [], "")
    answer = asyncio.run(servicer.GetSchema(provider_pb2.GetSchemaRequest(version=0), None))
    return str(answer.schema)
