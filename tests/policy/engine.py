"""Plays the Pulumi engine towards a policy pack: starts it, and speaks the analyzer protocol with it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from delivery_lab.program.assets import AssetArchive, AssetOrArchive, FileArchive, FileAsset, StringAsset
from delivery_lab.program.engine import evaluate
from delivery_lab.program.graph import UNKNOWN, Graph, Resource
from delivery_lab.program.project import read_project
from delivery_lab.program.wire import SIGNATURE, encode

ROOT = Path(__file__).resolve().parents[2]
_ASSET = "c44067f5952c0a294b673a41bacd8c17"
_ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"


@dataclass(frozen=True)
class Pack:
    """A running pack."""

    stub: analyzer_pb2_grpc.AnalyzerStub
    process: subprocess.Popen[bytes]

    def info(self) -> analyzer_pb2.AnalyzerInfo:
        info: analyzer_pb2.AnalyzerInfo = self.stub.GetAnalyzerInfo(empty_pb2.Empty())
        return info

    def check(self, graph: Graph, *, preview: bool = False) -> list[analyzer_pb2.AnalyzeDiagnostic]:
        """What the engine does in an operation: each resource as it is registered, then the whole stack."""
        found = []
        for resource in graph.resources.values():
            request = analyzer_pb2.AnalyzeRequest(
                type=resource.type, urn=resource.urn, name=resource.name, properties=inputs_of(resource, preview)
            )
            found.extend(self.stub.Analyze(request).diagnostics)
        resources = [stack_resource(resource, preview) for resource in graph.resources.values()]
        found.extend(self.stub.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=resources)).diagnostics)
        return found


@contextlib.contextmanager
def started(config: Mapping[str, Any] | None = None, stack: str = "dev", *, as_module: bool = False) -> Iterator[Pack]:
    """Start the pack as the engine's helper does, and end it.

    Args:
        config: the stack's configuration.
        stack: its name.
        as_module: start it by `python -m pulumi.policy`, in the pack's folder, else as a script from elsewhere.
    """
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in (config or {}).items()}
    environment = {
        **os.environ,
        "PULUMI_CONFIG": json.dumps(texts),
        "PULUMI_PROJECT": "delivery-lab",
        "PULUMI_STACK": stack,
        "PULUMI_DRY_RUN": "true",
        "GRPC_VERBOSITY": "NONE",
    }
    environment.pop("PYTHONPATH", None)
    words = ["-m", "pulumi.policy", "127.0.0.1:1", "."] if as_module else [str(ROOT / "policy" / "__main__.py")]
    process = subprocess.Popen(
        [sys.executable, "-u", *words],
        stdout=subprocess.PIPE,
        cwd=ROOT / "policy" if as_module else "/",
        env=environment,
    )
    assert process.stdout is not None
    try:
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Pack(analyzer_pb2_grpc.AnalyzerStub(channel), process)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def stack_resource(resource: Resource, preview: bool) -> analyzer_pb2.AnalyzerResource:
    """A resource as the engine shows it at the end."""
    state = dict(resource.outputs)
    if preview:
        state = {name: value if name in resource.inputs else UNKNOWN for name, value in state.items()}
        state.update(_unresolved(resource))
    return analyzer_pb2.AnalyzerResource(
        type=resource.type,
        urn=resource.urn,
        name=resource.name,
        parent=resource.parent,
        properties=on_the_wire({**state, **_code_of(resource)}),
        dependencies=resource.dependencies,
        propertyDependencies={
            name: analyzer_pb2.AnalyzerPropertyDependencies(urns=urns)
            for name, urns in resource.property_dependencies.items()
            if urns
        },
    )


def inputs_of(resource: Resource, preview: bool) -> Struct:
    """The inputs of a resource as the engine shows them; in a preview nothing that comes from others is known."""
    inputs = dict(resource.inputs)
    if preview:
        inputs.update(_unresolved(resource))
    secrets = {name: {SIGNATURE: _SECRET, "value": inputs[name]} for name in resource.secret_inputs}
    return on_the_wire({**inputs, **secrets})


def _unresolved(resource: Resource) -> dict[str, Any]:
    """The inputs that come from other resources, as they are in a preview of a first deployment."""
    found: dict[str, Any] = {}
    for name, value in resource.inputs.items():
        if name == "environment":
            found[name] = {"variables": {key: _or_unknown(text) for key, text in value["variables"].items()}}
        elif name != "code" and resource.property_dependencies.get(name):
            found[name] = UNKNOWN
    return found


def _or_unknown(text: Any) -> Any:
    return UNKNOWN if str(text).startswith(("arn:", "https://sqs.")) else text


def _code_of(resource: Resource) -> dict[str, Any]:
    return {name: value for name, value in resource.inputs.items() if isinstance(value, AssetOrArchive)}


def on_the_wire(values: Mapping[str, Any]) -> Struct:
    """Properties as a struct, with assets and archives by their signatures."""
    return encode({name: _signed(value) for name, value in values.items()})


def _signed(value: Any) -> Any:
    if isinstance(value, AssetArchive):
        return {SIGNATURE: _ARCHIVE, "assets": {name: _signed(part) for name, part in value.assets.items()}}
    if isinstance(value, FileArchive):
        return {SIGNATURE: _ARCHIVE, "path": str(value.path)}
    if isinstance(value, FileAsset):
        return {SIGNATURE: _ASSET, "path": str(value.path)}
    if isinstance(value, StringAsset):
        return {SIGNATURE: _ASSET, "text": str(value.text)}
    return value


def graph_of_program(folder: Path, source: str, stack: str = "dev") -> Graph:
    """Evaluate a small program in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text("name: small\nruntime: python\n")
    (folder / f"Pulumi.{stack}.yaml").write_text("config: {}\n")
    (folder / "__main__.py").write_text(source)
    return evaluate(read_project(folder), stack)
