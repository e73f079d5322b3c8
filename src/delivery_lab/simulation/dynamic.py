"""Dynamic resources: their provider's own Python code creates them, with boto3 answered by the model.

The Pulumi engine runs `create` of the pickled provider in a process of its own; here it runs in this one, once its
dependencies exist. What it does to queues is what a deployment would do.
"""

from __future__ import annotations

import os
import socket
import subprocess
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from delivery_lab.errors import LabError, NotModelledError, ProgramError
from delivery_lab.handlers.boto import operating
from delivery_lab.model.runtime import AwsApi
from delivery_lab.program.dynamic_provider import create_with
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.program.isolation import isolated
from delivery_lab.program.project import read_project
from delivery_lab.stack.dynamic import DynamicResource

_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "ASIAEXAMPLEEXAMPLE00",
    "AWS_SECRET_ACCESS_KEY": "not-a-secret",
    "AWS_SESSION_TOKEN": "not-a-token",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
"""What boto3 signs with: nobody's, so that it neither reads the user's nor asks the network for some."""


def create_dynamic(
    resource: DynamicResource, project_dir: Path, config: Mapping[str, Any], project: str, aws: AwsApi
) -> None:
    """Run the `create` of a dynamic resource's provider.

    Args:
        resource: the resource.
        project_dir: folder of the Pulumi project, whose modules the provider may be made of.
        config: the stack's configuration by full key.
        project: name of the Pulumi project.
        aws: answers its API calls.

    Raises:
        ProgramError: an input is known only after deployment, or the provider raised.
        NotModelledError: the provider wants to reach something outside of the model.
    """
    unknown = sorted(name for name, value in resource.inputs.items() if value is UNKNOWN)
    if unknown:
        raise ProgramError(f"{resource.name}: {unknown[0]} is known only after deployment, so it cannot be simulated")
    with isolated(read_project(project_dir)), operating(aws), _nothing_real(resource.name):
        for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
            os.environ.pop(name, None)
        os.environ.update(_CREDENTIALS)
        try:
            create_with(resource.provider.certain(), resource.inputs, config, project)
        except LabError:
            raise
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            raise ProgramError(
                f"{resource.name}: creating it raised {type(error).__name__}: {error} ({where.filename}:{where.lineno})"
            ) from error


@contextmanager
def _nothing_real(name: str) -> Iterator[None]:
    """Let nothing outside of this process be reached: a simulation must not change what is real.

    Raises:
        NotModelledError: something was to be reached, even if the provider has caught the refusal.
    """
    refused: list[NotModelledError] = []

    def refusing(what: str) -> Callable[..., Any]:
        def refuse(*args: Any, **_: Any) -> Any:
            target = next((arg for arg in args if not isinstance(arg, (socket.socket, subprocess.Popen))), "")
            refused.append(
                NotModelledError(
                    f"creating {name} {what} {target!r}; the lab runs the code of dynamic resources, but nothing real "
                    "is changed\n  nearest: AWS services called through boto3, which the model answers"
                )
            )
            raise refused[0]

        return refuse

    doors: tuple[tuple[Any, str, str], ...] = (
        (socket, "getaddrinfo", "looks up the address of"),
        (socket.socket, "connect", "opens a connection to"),
        (socket.socket, "connect_ex", "opens a connection to"),
        (subprocess.Popen, "__init__", "starts the process"),
    )
    before = [getattr(owner, attribute) for owner, attribute, _ in doors]
    for owner, attribute, what in doors:
        setattr(owner, attribute, refusing(what))
    try:
        yield
    finally:
        for (owner, attribute, _), real in zip(doors, before, strict=True):
            setattr(owner, attribute, real)
    if refused:
        raise refused[0]
