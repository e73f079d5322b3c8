"""The creator of resources: what Pulumi's engine asks of a provider, on plain values.

The gRPC server answers the real engine with it; whoever has a graph can call it without an engine.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from delivery_lab import resource_types
from delivery_lab.errors import NotModelledError
from delivery_lab.live.provider.catalog import TYPES
from delivery_lab.live.provider.cloud import Cloud
from delivery_lab.live.provider.differences import HIDDEN, UpdatePlan, compare
from delivery_lab.live.provider.resource_type import Properties, ProvidedType, same
from delivery_lab.program.facts import ComputedOutputs
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.program.outputs import OUTPUTS_BY_TYPE

_NAMED = {resource_types.MSK_CONFIGURATION: ComputedOutputs(id="{arn}", name="name")}
"""Types whose physical name the embedded engine does not compute."""
_WITHOUT_REGION = "aws:iam/"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check gives.

    Attributes:
        inputs: the inputs, with what the provider fills in.
        failures: what is wrong with them, as property and reason.
    """

    inputs: dict[str, Any]
    failures: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ResourceState:
    """A resource as it was read.

    Attributes:
        id: its id.
        inputs: its inputs: those that were known, as they are now, and others that differ from what AWS sets by itself.
        outputs: its other properties.
    """

    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]


def type_of(token: str) -> ProvidedType:
    """The type of a token.

    Raises:
        NotModelledError: the provider does not know it.
    """
    if token not in TYPES:
        raise NotModelledError(f"this provider does not create {token}; it knows {', '.join(sorted(TYPES))}")
    return TYPES[token]


@dataclass(frozen=True, slots=True)
class Creator:
    """Creates, reads, changes and deletes resources in one account and region.

    Attributes:
        cloud: clients of the services.
    """

    cloud: Cloud

    def check(self, token: str, name: str, old: Properties, new: Properties, seed: bytes = b"") -> Checked:
        """Check inputs, and fill in the physical name where there is none.

        Args:
            token: type of the resource.
            name: its logical name.
            old: the inputs that it has; empty for a new one. An automatic name is kept.
            new: the inputs that it is to have, `UNKNOWN` where they are not known.
            seed: makes automatic names; the same seed gives the same name. Empty: a random one.
        """
        kind = type_of(token)
        inputs = {key: value for key, value in new.items() if key != HIDDEN}
        failures = tuple(self._failures(kind, inputs))
        entry = _NAMED.get(token) or OUTPUTS_BY_TYPE.get(token)
        if entry is not None and entry.name and inputs.get(entry.name) is None:
            kept = old.get(entry.name) if entry.name in (old.get(HIDDEN) or ()) else None
            inputs[entry.name] = kept or _automatic(name, entry, inputs, seed)
            inputs[HIDDEN] = [entry.name]
        return Checked(inputs, failures)

    def _failures(self, kind: ProvidedType, inputs: Properties) -> Iterator[tuple[str, str]]:
        for name in sorted(inputs):
            if name == "region" and inputs[name] == self.cloud.region:
                continue
            if name not in kind.settings:
                yield name, f"this provider does not follow {name} of {kind.pulumi_type}"
        for name in sorted(kind.required):
            if inputs.get(name) is None:
                yield name, f"{kind.pulumi_type} needs {name}"

    def diff(self, token: str, old: Properties, state: Properties, new: Properties) -> UpdatePlan:
        """What an update would change; see `compare`."""
        return compare(type_of(token), old, state, new)

    def planned(self, token: str, inputs: Properties) -> dict[str, Any]:
        """Outputs of a resource that does not exist yet, by name, `UNKNOWN` where only its creation tells them."""
        kind = type_of(token)
        defaults = {name: value for name, value in kind.defaults.items() if name not in inputs}
        return {**defaults, **dict.fromkeys(kind.computed, UNKNOWN), **self._place(token)}

    def create(self, token: str, inputs: Properties) -> ResourceState:
        """Create a resource. If a later step of it fails, it is deleted again.

        Raises:
            ClientError: AWS or the emulator refused it.
        """
        kind = type_of(token)
        given = _given(inputs)
        id_ = kind.create(self.cloud, given)
        try:
            kind.settle(self.cloud, id_, given)
            return ResourceState(id_, dict(inputs), self._outputs(kind, id_, given))
        except BaseException:
            kind.delete(self.cloud, id_, given)
            raise

    def read(self, token: str, id_: str, inputs: Properties, state: Properties) -> ResourceState | None:
        """Read a resource; None where it is gone.

        Args:
            token: its type.
            id_: its id, or in an import the one that it is imported by.
            inputs: its inputs as far as they are known; empty in an import.
            state: its properties as they were last seen; empty in an import.
        """
        kind = type_of(token)
        found = kind.read(self.cloud, id_, state)
        if found is None:
            return None
        kept = dict(inputs)
        # In an import, everything is news; later, what AWS chose by itself is none.
        quiet = kind.kept - set(inputs) if inputs else frozenset[str]()
        for name in sorted(kind.settings - quiet):
            if name not in found:
                continue
            value = found[name]
            if same(inputs.get(name), value) and name in inputs:
                continue
            if name in inputs or not same(value, kind.defaults.get(name)):
                kept[name] = value
                if value is None:
                    del kept[name]
        outputs = {name: value for name, value in found.items() if name not in kept and value is not None}
        return ResourceState(kind.own_id(id_), kept, {**outputs, **self._place(token)})

    def update(self, token: str, id_: str, old: Properties, state: Properties, new: Properties) -> ResourceState:
        """Give a resource its new inputs.

        Raises:
            ClientError: AWS or the emulator refused it.
        """
        kind = type_of(token)
        given = _given(new)
        changed = compare(kind, old, state, new).changed
        if changed:
            kind.update(self.cloud, id_, given, changed)
        return ResourceState(id_, dict(new), self._outputs(kind, id_, given))

    def delete(self, token: str, id_: str, state: Properties) -> None:
        """Delete a resource; one that is gone is no error."""
        type_of(token).delete(self.cloud, id_, state)

    def _outputs(self, kind: ProvidedType, id_: str, inputs: Properties) -> dict[str, Any]:
        found = kind.read(self.cloud, id_, inputs) or {}
        outputs = {name: value for name, value in found.items() if name not in inputs and value is not None}
        return {**outputs, **self._place(kind.pulumi_type)}

    def _place(self, token: str) -> dict[str, str]:
        return {} if token.startswith(_WITHOUT_REGION) else {"region": self.cloud.region}


def _given(inputs: Properties) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if name not in (HIDDEN, "region")}


def _automatic(name: str, entry: ComputedOutputs, inputs: Mapping[str, Any], seed: bytes) -> str:
    """The physical name of a resource without one: Pulumi adds `-` and seven random hexadecimal digits.

    Source: https://www.pulumi.com/docs/iac/concepts/resources/names/
    """
    digits = hashlib.sha256((seed or os.urandom(16)) + name.encode()).hexdigest()[:7]
    made = f"{name}-{digits}"
    suffix = ".fifo" if entry.fifo and inputs.get(entry.fifo) is True else ""
    return entry.namespace + (made.lower() if entry.lower_case else made) + suffix
