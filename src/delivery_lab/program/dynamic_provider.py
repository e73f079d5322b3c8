"""The provider of a dynamic resource: Python code of the program's own, which the resource carries along."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import dill
from pulumi.dynamic import Config, ConfigureRequest, CreateResult

from delivery_lab.program.assets import as_pulumis


def create_with(provider: str, inputs: Mapping[str, Any], config: Mapping[str, Any], project: str) -> CreateResult:
    """Run the `create` of a provider, as Pulumi's engine does.

    Args:
        provider: the pickled provider, as text.
        inputs: the other inputs of the resource.
        config: the stack's configuration by full key.
        project: name of the Pulumi project.

    Raises:
        Exception: whatever the provider raises.
    """
    # The program made this text a moment ago: it is no more dangerous than the program.
    loaded = dill.loads(base64.b64decode(provider))  # noqa: S301
    raw = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    loaded.configure(ConfigureRequest(Config(raw, project)))
    created: CreateResult = loaded.create({name: as_pulumis(value) for name, value in inputs.items()})
    return created
