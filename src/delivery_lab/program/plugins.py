"""Remote components: those of packages that a project adds by a path (`pulumi package add ../components`).

Their resources are made by a plugin, a process that registers them with the engine as the program does. Pulumi starts
it from the folder that `Pulumi.yaml` names in `packages`, and so does this engine, where it is written in Python.
Sources: https://www.pulumi.com/docs/iac/guides/building-extending/packages/local-packages/ ; the protocol is that of
`pulumi.provider` (ResourceProvider.Construct).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import grpc
from pulumi.runtime.proto import errors_pb2, provider_pb2, provider_pb2_grpc, resource_pb2, status_pb2

from delivery_lab.errors import NotModelledError, ProgramError
from delivery_lab.program.config import StackConfig
from delivery_lab.program.project import Project
from delivery_lab.program.yamlfile import read_yaml

PLUGIN_FILE = "PulumiPlugin.yaml"
_DETAILS = "grpc-status-details-bin"
_PATIENCE_SECONDS = 5
_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]

# Fields of a registration that a construct has under the same name.
_LISTS = ("aliases", "additionalSecretOutputs", "ignoreChanges", "replaceOnChanges", "dependencies")


class Plugins:
    """The plugins of one run, each started when the program registers a component of its package.

    Args:
        project: the project.
        config: the stack's configuration, which plugins get too.

    Attributes:
        engine_address: where the engine answers; set before the program runs.
    """

    def __init__(self, project: Project, config: StackConfig) -> None:
        self.engine_address = ""
        self._project = project
        self._config = config
        self._lock = threading.Lock()
        self._running: dict[Path, _Plugin] = {}

    def __enter__(self) -> Plugins:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for plugin in self._running.values():
            plugin.close()

    def has(self, request: resource_pb2.RegisterResourceRequest) -> bool:
        """Whether a component is of a package that the project names by the path of its folder."""
        named = _packages(self._project).get(request.type.partition(":")[0])
        return named is not None and ((self._project.root / named).resolve() / PLUGIN_FILE).is_file()

    def construct(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:
        """Have a component's resources registered.

        Raises:
            NotModelledError: its package is not one of the project's, or not in Python.
            ProgramError: the plugin cannot be started, or refuses.
        """
        folder = self._folder(request)
        with self._lock:
            plugin = self._running.get(folder)
            if plugin is None:
                plugin = self._running[folder] = _start(folder, self._project, self.engine_address)
        try:
            answer = plugin.stub.Construct(self._request(request))
        except grpc.RpcError as error:
            raise ProgramError(f"'{request.name}' ({request.type}): {_refusal(error)}{plugin.said()}") from error
        return resource_pb2.RegisterResourceResponse(
            urn=answer.urn,
            object=answer.state,
            propertyDependencies={
                name: resource_pb2.RegisterResourceResponse.PropertyDependencies(urns=found.urns)
                for name, found in answer.stateDependencies.items()
            },
        )

    def _folder(self, request: resource_pb2.RegisterResourceRequest) -> Path:
        """The folder of a component's plugin."""
        package = request.type.partition(":")[0]
        component = f"'{request.name}' ({request.type}) is a remote component"
        named = _packages(self._project).get(package)
        folder = None if named is None else (self._project.root / named).resolve()
        if folder is None or not (folder / PLUGIN_FILE).is_file():
            raise NotModelledError(
                f"{component}: a plugin makes its resources, and the lab runs plugins only that `packages` in "
                f"{self._project.file.name} names by the path of their folder\n  fix: pulumi package add <a clone of "
                f"{package}>, or write the component in Python"
            )
        runtime, _ = _runtime(folder)
        if runtime != "python":
            raise NotModelledError(
                f"{component} of {folder}, whose runtime is {runtime}: the lab runs plugins in Python"
            )
        return folder

    def _request(self, request: resource_pb2.RegisterResourceRequest) -> provider_pb2.ConstructRequest:
        construct = provider_pb2.ConstructRequest(
            project=self._project.name,
            stack=self._config.stack,
            organization="organization",
            config=self._config.texts(),
            configSecretKeys=self._config.secret_keys(),
            dryRun=True,
            monitorEndpoint=self.engine_address,
            type=request.type,
            name=request.name,
            parent=request.parent,
            inputs=request.object,
            protect=request.protect,
            providers=request.providers,
            retainOnDelete=request.retainOnDelete,
            deletedWith=request.deletedWith,
        )
        for name in _LISTS:
            getattr(construct, name).extend(getattr(request, name))
        for name, found in request.propertyDependencies.items():
            construct.inputDependencies[name].urns.extend(found.urns)
        return construct


@dataclass(slots=True)
class _Plugin:
    """A plugin that runs.

    Attributes:
        process: its process.
        output: what it writes to standard error.
        channel, stub: how it is reached.
    """

    process: subprocess.Popen[str]
    output: IO[str]
    channel: grpc.Channel
    stub: provider_pb2_grpc.ResourceProviderStub

    def said(self) -> str:
        """What it has written, where it has ended by itself; "" otherwise."""
        if self.process.poll() is None:
            return ""
        return "\n" + _written(self.output)

    def close(self) -> None:
        """End it."""
        self.channel.close()
        _end(self.process)
        self.output.close()


def _start(folder: Path, project: Project, engine_address: str) -> _Plugin:
    """Start a plugin as Pulumi does: with the engine's address, in the program's folder; it tells its port.

    Raises:
        ProgramError: it ends instead.
    """
    output = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - open for as long as the plugin runs
    command = [str(_python(folder)), "-u", str(folder), engine_address]
    process = subprocess.Popen(
        command,
        cwd=project.program_dir,
        env={**os.environ, "PYTHONPATH": ""},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=output,
        text=True,
    )
    assert process.stdout is not None
    port = process.stdout.readline().strip()
    if not port.isdecimal():
        _end(process)
        written = _written(output)
        output.close()
        raise ProgramError(f"the plugin {folder} does not start ({' '.join(command)})\n{written}")
    channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=_OPTIONS)
    return _Plugin(process, output, channel, provider_pb2_grpc.ResourceProviderStub(channel))


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _written(output: IO[str]) -> str:
    output.seek(0)
    return output.read().strip()


def _packages(project: Project) -> Mapping[str, str]:
    """The packages that the project adds, by name: what stands for each in `packages`, without versions."""
    found = project.source.value.get("packages")
    entries: Mapping[Any, Any] = found if isinstance(found, Mapping) else {}
    sources = {name: entry.get("source") if isinstance(entry, Mapping) else entry for name, entry in entries.items()}
    return {str(name): source for name, source in sources.items() if isinstance(source, str)}


def _runtime(folder: Path) -> tuple[str, Mapping[str, Any]]:
    """The runtime of a plugin and its options."""
    runtime = read_yaml(folder / PLUGIN_FILE, PLUGIN_FILE).value.get("runtime")
    if not isinstance(runtime, Mapping):
        return str(runtime), {}
    options = runtime.get("options")
    return str(runtime.get("name")), options if isinstance(options, Mapping) else {}


def _python(folder: Path) -> Path:
    """The interpreter that a plugin runs with: that of its virtual environment, or this one where there is none."""
    environment = _runtime(folder)[1].get("virtualenv", ".venv")
    python = folder / str(environment) / "bin" / "python"
    return python if python.exists() else Path(sys.executable)


def _refusal(error: grpc.RpcError) -> str:
    """What a plugin answers instead of constructing, each argument with its place where it says so."""
    details = str(getattr(error, "details", lambda: error)())
    metadata = dict(getattr(error, "trailing_metadata", dict)() or {})
    if _DETAILS not in metadata:
        return details
    status = status_pb2.Status.FromString(metadata[_DETAILS])
    found = errors_pb2.InputPropertiesError()
    if not status.details or not status.details[0].Unpack(found):
        return details
    return "\n  ".join((status.message, *(f"{each.property_path}: {each.reason}" for each in found.errors)))
