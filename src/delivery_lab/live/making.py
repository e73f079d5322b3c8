"""Creates the resources of a program while the embedded engine runs it: ids and outputs flow back into the program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from google.protobuf.struct_pb2 import Struct

from delivery_lab import resource_types
from delivery_lab.errors import LabError, NotModelledError
from delivery_lab.live.provider.catalog import TYPES
from delivery_lab.live.provider.creator import Creator
from delivery_lab.live.provider.differences import HIDDEN
from delivery_lab.live.provider.values import UploadedCode, has_unknown
from delivery_lab.program.assets import AssetOrArchive
from delivery_lab.program.dynamic_provider import create_with
from delivery_lab.program.facts import Created
from delivery_lab.program.graph import DYNAMIC_PROVIDER
from delivery_lab.program.wire import Decoder

_AWS = ("aws:", "aws-native:")


class NotCreatedError(LabError):
    """A resource of the stack could not be created in the place where the stack is to run."""


@dataclass(frozen=True, slots=True)
class ResourceMaker:
    """Creates what a program registers, by the provider's own code.

    Attributes:
        creator: creates resources of AWS.
        folder: the program's folder; relative paths of code start there.
        project: name of the Pulumi project.
        settings: what the provider of AWS is configured with, by full key; dynamic resources follow it too.
        own_mappings: whether mappings poll by themselves. The emulator's pollers are not those of AWS.
    """

    creator: Creator
    folder: Path
    project: str
    settings: Mapping[str, Any]
    own_mappings: bool = False

    def __call__(self, token: str, name: str, urn: str, struct: Struct) -> Created | None:
        """Create a resource; None for one that is none of AWS, or that others do the work of.

        Raises:
            NotCreatedError: it could not be created.
            NotModelledError: the provider does not know its type.
        """
        dynamic = token.startswith(resource_types.DYNAMIC_PREFIX)
        if not dynamic and not token.startswith(_AWS):
            return None
        if token == resource_types.PIPE and not self.own_mappings:
            return None  # the emulator has none of it, and who polls in its place knows its settings
        if not dynamic and token not in TYPES:
            raise NotModelledError(f"{name}: {token} is not created on the emulator\n  nearest: --on simulation")
        inputs = {key: _uploaded(value) for key, value in Decoder(self.folder).properties(struct).values.items()}
        unknown = sorted(key for key, value in inputs.items() if has_unknown(value))
        if unknown:
            raise NotCreatedError(f"{name}: {unknown[0]} is not known when the resource is to be created")
        try:
            return self._dynamic(urn, inputs) if dynamic else self._created(token, name, urn, inputs)
        except ClientError as error:
            problem = error.response.get("Error", {})
            raise NotCreatedError(f"{name} ({token}): {problem.get('Code')}: {problem.get('Message')}") from error
        except BotoCoreError as error:
            raise NotCreatedError(f"{name} ({token}): the emulator does not answer: {error}") from error

    def _created(self, token: str, name: str, urn: str, inputs: Mapping[str, Any]) -> Created:
        checked = self.creator.check(token, name, {}, inputs, seed=urn.encode())
        for setting, reason in checked.failures:
            raise NotModelledError(f"{name}: {setting}: {reason}\n  nearest: --on simulation")
        given = dict(checked.inputs)
        if token == resource_types.BUCKET_NOTIFICATION and not self.own_mappings:  # somebody else tells
            return Created(str(given["bucket"]), {key: value for key, value in given.items() if key != HIDDEN})
        if token == resource_types.MAPPING and not self.own_mappings:  # somebody else polls
            given["enabled"] = False
        made = self.creator.create(token, given)
        filled_in = {key: value for key, value in checked.inputs.items() if key not in inputs and key != HIDDEN}
        return Created(made.id, {**made.outputs, **filled_in})

    def _dynamic(self, urn: str, inputs: Mapping[str, Any]) -> Created:
        given = {key: value for key, value in inputs.items() if key != DYNAMIC_PROVIDER}
        created = create_with(inputs[DYNAMIC_PROVIDER], given, self.settings, self.project)
        return Created(str(created.id or urn), dict(created.outs or {}))


def _uploaded(value: Any) -> Any:
    """Code as the provider takes it; other values as they are."""
    return UploadedCode("", value) if isinstance(value, AssetOrArchive) else value
