"""Dynamic resources: their provider's own Python code creates them, with boto3 answered by the model.

The Pulumi engine runs `create` of the pickled provider in a process of its own; here it runs in this one, once its
dependencies exist. What it does to queues is what a deployment would do.
"""

from __future__ import annotations

import base64
import json
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dill
from pulumi.dynamic import Config, ConfigureRequest

from lab.errors import LabError, ProgramError
from lab.handlers.boto import operating
from lab.model.runtime import AwsApi
from lab.program.graph import UNKNOWN, Resource
from lab.program.isolation import isolated
from lab.program.project import read_project

TYPE_PREFIX = "pulumi-python:dynamic"


def create_dynamic(resource: Resource, project_dir: Path, config: Mapping[str, Any], project: str, aws: AwsApi) -> None:
    """Run the `create` of a dynamic resource's provider.

    Args:
        resource: the resource.
        project_dir: folder of the Pulumi project, whose modules the provider may be made of.
        config: the stack's configuration by full key.
        project: name of the Pulumi project.
        aws: answers its API calls.

    Raises:
        ProgramError: an input is known only after deployment, or the provider raised.
    """
    unknown = sorted(name for name, value in resource.inputs.items() if value is UNKNOWN)
    if unknown:
        raise ProgramError(f"{resource.name}: {unknown[0]} is known only after deployment, so it cannot be simulated")
    inputs = {name: value for name, value in resource.inputs.items() if name != "__provider"}
    with isolated(read_project(project_dir)), operating(aws):
        try:
            # The program made this text a moment ago: it is no more dangerous than the program.
            provider = dill.loads(base64.b64decode(resource.inputs["__provider"]))  # noqa: S301
            raw = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
            provider.configure(ConfigureRequest(Config(raw, project)))
            provider.create(inputs)
        except LabError:
            raise
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            raise ProgramError(
                f"{resource.name}: creating it raised {type(error).__name__}: {error} ({where.filename}:{where.lineno})"
            ) from error
