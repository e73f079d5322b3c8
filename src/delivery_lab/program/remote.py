"""What a deployment does by other processes: components that plugins make (awsx, for instance), and commands.

A plugin is a program of somebody else; the lab runs none. So the component stands in the graph without resources below
it, and what the program reads of it is unknown. A run is refused where it depends on such a value, as with any other
value that exists only after deployment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import resource_pb2

from delivery_lab import resource_types
from delivery_lab.program.registration import Registration

_CARRIERS = frozenset(
    {
        resource_types.QUEUE,
        resource_types.STREAM,
        resource_types.TABLE,
        resource_types.TOPIC,
        resource_types.EVENT_BUS,
        *resource_types.BUCKETS,
        *resource_types.MSK_CLUSTERS,
    }
)
"""What carries messages: a component that is given one may read or feed it."""


COMMANDS = ("command:local:", "command:remote:")
"""What the types of commands begin with that run when a stack is deployed (pulumi-command)."""

_MOST = 200
"""Characters of a command that are shown."""


def command_note(request: resource_pb2.RegisterResourceRequest, inputs: Mapping[str, Any]) -> str:
    """What is to be said of a command that a deployment runs, and a preview does not."""
    command, folder = inputs.get("create"), inputs.get("dir")
    shown = f": {_beginning(command)}" if isinstance(command, str) else ""
    where = f" (in {folder})" if isinstance(folder, str) else ""
    return (
        f"'{request.name}' ({request.type}) is a command that a deployment runs, and the lab does not{shown}{where}; "
        "where it makes the code of a function, run it before the lab"
    )


def _beginning(script: str) -> str:
    """What a script is told by: its first line that is no comment and sets nothing, with "..." where more follows."""
    lines = [line.strip() for line in script.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(("#", "set "))] or lines or [""]
    first = telling[0] if len(telling[0]) <= _MOST else telling[0][:_MOST].rstrip() + " ..."
    return first if len(lines) <= 1 or first.endswith("...") else first + " ..."


def opaque(request: resource_pb2.RegisterResourceRequest, urn: str, inputs: Struct) -> Registration:
    """A remote component whose outputs are all unknown: the SDK takes what a preview does not answer for that."""
    return Registration(
        urn=urn,
        type=request.type,
        name=request.name,
        custom=False,
        parent=request.parent,
        inputs=inputs,
        state=Struct(),
        dependencies=tuple(sorted(set(request.dependencies))),
    )


def said_of(request: resource_pb2.RegisterResourceRequest) -> str:
    """What is to be said of a remote component: that it is opaque, and what carries messages that it is given."""
    given = {urn for dependencies in request.propertyDependencies.values() for urn in dependencies.urns}
    names = sorted(urn.rpartition("::")[2] for urn in given if urn.split("::")[2].split("$")[-1] in _CARRIERS)
    does = f"; what it does with {' and '.join(names)} is not simulated" if names else ""
    return (
        f"'{request.name}' ({request.type}) is a remote component: a plugin makes its resources, and the lab runs no "
        f"plugins; its resources are not in this stack, and what the program reads of it is unknown{does}"
    )
