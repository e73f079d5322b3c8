"""The provider's gRPC side: what Pulumi's engine sends, turned into calls of the creator and back."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Callable
from typing import Any, TypeVar

import grpc
from botocore.exceptions import BotoCoreError, ClientError
from google.protobuf import empty_pb2
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from delivery_lab.errors import LabError, UsageError
from delivery_lab.live.provider.catalog import TYPES
from delivery_lab.live.provider.cloud import Cloud, ProviderSettings
from delivery_lab.live.provider.creator import Creator, ResourceState
from delivery_lab.live.provider.differences import Kind
from delivery_lab.live.provider.values import encodable, plain
from delivery_lab.program.invokes import INVOKES
from delivery_lab.program.wire import encode, merged

Context = grpc.ServicerContext
Answer = TypeVar("Answer")

_KINDS: dict[Kind, tuple[Any, Any]] = {
    "add": (provider_pb2.PropertyDiff.ADD, provider_pb2.PropertyDiff.ADD_REPLACE),
    "delete": (provider_pb2.PropertyDiff.DELETE, provider_pb2.PropertyDiff.DELETE_REPLACE),
    "update": (provider_pb2.PropertyDiff.UPDATE, provider_pb2.PropertyDiff.UPDATE_REPLACE),
}


def version() -> str:
    """The version of pulumi-aws that the provider stands in for: the one that the program uses."""
    try:
        return importlib.metadata.version("pulumi-aws")
    except importlib.metadata.PackageNotFoundError:
        return "7.0.0"


class ProviderServer(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine. It is configured first: once, unless several engines share it in turn."""

    def __init__(self) -> None:
        self._creator: Creator | None = None

    @property
    def creator(self) -> Creator:
        """The creator, once the provider is configured."""
        if self._creator is None:
            raise UsageError("the provider is not configured")
        return self._creator

    # gRPC's names are those of the protocol.

    def GetPluginInfo(self, request: empty_pb2.Empty, context: Context) -> plugin_pb2.PluginInfo:  # noqa: N802
        """Say the version."""
        return plugin_pb2.PluginInfo(version=version())

    def Attach(self, request: plugin_pb2.PluginAttach, context: Context) -> empty_pb2.Empty:  # noqa: N802
        """An engine found this provider running (`PULUMI_DEBUG_PROVIDERS=aws:<port>`). It configures it as its own."""
        return empty_pb2.Empty()

    def GetSchema(  # noqa: N802
        self, request: provider_pb2.GetSchemaRequest, context: Context
    ) -> provider_pb2.GetSchemaResponse:
        """Say which types and inputs there are."""
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema()))

    def CheckConfig(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:  # noqa: N802
        """Check the settings of the provider."""
        try:
            ProviderSettings.read(plain(request.news))
        except UsageError as error:
            failure = provider_pb2.CheckFailure(property="", reason=str(error))
            return provider_pb2.CheckResponse(failures=[failure])
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: Context) -> provider_pb2.DiffResponse:  # noqa: N802
        """In another region all resources are others; another endpoint is the same place."""
        old, new = plain(request.old_inputs), plain(request.news)
        moved = old.get("region") != new.get("region")
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if old != new else provider_pb2.DiffResponse.DIFF_NONE,
            replaces=["region"] if moved else [],
        )

    def Configure(  # noqa: N802
        self, request: provider_pb2.ConfigureRequest, context: Context
    ) -> provider_pb2.ConfigureResponse:
        """Take the settings over."""

        def configure() -> provider_pb2.ConfigureResponse:
            settings = ProviderSettings.read(plain(request.args))
            # Engines that find it running configure it one after the other, mostly for the same place.
            if self._creator is None or self._creator.cloud.settings != settings:
                self._creator = Creator(Cloud(settings))
            return provider_pb2.ConfigureResponse(supportsPreview=True)

        return _answer(context, configure)

    def Invoke(self, request: provider_pb2.InvokeRequest, context: Context) -> provider_pb2.InvokeResponse:  # noqa: N802
        """Answer a function, where its answer follows from account and region."""

        def invoke() -> provider_pb2.InvokeResponse:
            function = INVOKES.get(request.tok)
            if function is None:
                raise UsageError(f"this provider does not answer {request.tok}; it knows {', '.join(sorted(INVOKES))}")
            answer = function(plain(request.args), self.creator.cloud.region)
            response = provider_pb2.InvokeResponse()
            # The field is named `return`, which Python keeps for itself.
            getattr(response, "return").CopyFrom(encode(answer))
            return response

        return _answer(context, invoke)

    def Check(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:  # noqa: N802
        """Check inputs, and fill in names."""

        def check() -> provider_pb2.CheckResponse:
            news = plain(request.news)
            checked = self.creator.check(
                request.type or _type(request.urn),
                request.name or request.urn.rpartition("::")[2],
                plain(request.olds),
                news,
                request.randomSeed,
            )
            filled_in = {name: value for name, value in checked.inputs.items() if name not in news}
            return provider_pb2.CheckResponse(
                inputs=merged(_without(request.news, "__defaults"), filled_in),
                failures=[
                    provider_pb2.CheckFailure(property=property_, reason=reason)
                    for property_, reason in checked.failures
                ],
            )

        return _answer(context, check)

    def Diff(self, request: provider_pb2.DiffRequest, context: Context) -> provider_pb2.DiffResponse:  # noqa: N802
        """Say what an update would change."""

        def diff() -> provider_pb2.DiffResponse:
            found = self.creator.diff(
                request.type or _type(request.urn), plain(request.old_inputs), plain(request.olds), plain(request.news)
            )
            return provider_pb2.DiffResponse(
                changes=provider_pb2.DiffResponse.DIFF_SOME if found.changed else provider_pb2.DiffResponse.DIFF_NONE,
                replaces=sorted(found.replaces),
                diffs=sorted(found.changed),
                detailedDiff={
                    path: provider_pb2.PropertyDiff(kind=_KINDS[kind][_top(path) in found.replaces], inputDiff=True)
                    for path, kind in found.paths.items()
                },
                hasDetailedDiff=True,
            )

        return _answer(context, diff)

    def Create(self, request: provider_pb2.CreateRequest, context: Context) -> provider_pb2.CreateResponse:  # noqa: N802
        """Create a resource; in a preview, say what is known of it."""

        def create() -> provider_pb2.CreateResponse:
            token, inputs = request.type or _type(request.urn), plain(request.properties)
            if request.preview:
                planned = self.creator.planned(token, inputs)
                return provider_pb2.CreateResponse(properties=_state(request.properties, planned))
            found = self.creator.create(token, inputs)
            return provider_pb2.CreateResponse(id=found.id, properties=_state(request.properties, found.outputs))

        return _answer(context, create)

    def Read(self, request: provider_pb2.ReadRequest, context: Context) -> provider_pb2.ReadResponse:  # noqa: N802
        """Read a resource as it is now."""

        def read() -> provider_pb2.ReadResponse:
            token, inputs = request.type or _type(request.urn), plain(request.inputs)
            found = self.creator.read(token, request.id, inputs, plain(request.properties))
            if found is None:
                return provider_pb2.ReadResponse()
            kept = _inputs(request.inputs, inputs, found)
            return provider_pb2.ReadResponse(id=found.id, properties=_state(kept, found.outputs), inputs=kept)

        return _answer(context, read)

    def Update(self, request: provider_pb2.UpdateRequest, context: Context) -> provider_pb2.UpdateResponse:  # noqa: N802
        """Update a resource; in a preview, its computed outputs stay as they are."""

        def update() -> provider_pb2.UpdateResponse:
            token = request.type or _type(request.urn)
            old, state, new = plain(request.old_inputs), plain(request.olds), plain(request.news)
            if request.preview:
                # Unknown ones would make everything that depends on them look changed.
                computed = encodable(state, [name for name in state if name not in TYPES[token].settings])
                return provider_pb2.UpdateResponse(properties=_state(request.news, computed))
            found = self.creator.update(token, request.id, old, state, new)
            return provider_pb2.UpdateResponse(properties=_state(request.news, found.outputs))

        return _answer(context, update)

    def Delete(self, request: provider_pb2.DeleteRequest, context: Context) -> empty_pb2.Empty:  # noqa: N802
        """Delete a resource."""

        def delete() -> empty_pb2.Empty:
            self.creator.delete(request.type or _type(request.urn), request.id, plain(request.properties))
            return empty_pb2.Empty()

        return _answer(context, delete)

    def Cancel(self, request: empty_pb2.Empty, context: Context) -> empty_pb2.Empty:  # noqa: N802
        """Nothing takes so long that it has to be given up: what is under way is completed."""
        return empty_pb2.Empty()


def _answer(context: Context, compute: Callable[[], Answer]) -> Answer:
    """Answer a call, or end it with what is wrong."""
    try:
        return compute()
    except (LabError, ClientError, BotoCoreError) as error:
        context.abort(grpc.StatusCode.UNKNOWN, str(error))
        raise  # abort raises itself


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _top(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def _without(struct: Struct, name: str) -> Struct:
    kept = Struct()
    kept.CopyFrom(struct)
    kept.fields.pop(name, None)
    return kept


def _state(inputs: Struct, outputs: dict[str, Any]) -> Struct:
    """The state of a resource. Inputs stay as they are on the wire, so that archives stay archives."""
    return merged(inputs, {name: value for name, value in outputs.items() if name not in inputs.fields})


def _inputs(given: Struct, before: dict[str, Any], found: ResourceState) -> Struct:
    """The inputs that were read: those that did not change as they came."""
    kept = Struct()
    for name, value in found.inputs.items():
        if name in before and before[name] == value:
            kept.fields[name].CopyFrom(given.fields[name])
        else:
            kept.fields[name].CopyFrom(encode({name: value}).fields[name])
    return kept


def schema() -> dict[str, Any]:
    """The provider's schema: types, inputs and outputs by name. Their shapes are in that of pulumi-aws."""
    anything = {"$ref": "pulumi.json#/Any"}
    return {
        "name": "aws",
        "version": version(),
        "description": "Creates what the stacks of delivery-lab use on an emulator. A test tool, not an AWS provider.",
        "resources": {
            token: {
                "inputProperties": dict.fromkeys(sorted(kind.settings), anything),
                "requiredInputs": sorted(kind.required),
                "properties": dict.fromkeys(sorted({*kind.settings, *kind.computed}), anything),
                "required": sorted(kind.required),
            }
            for token, kind in sorted(TYPES.items())
        },
    }
