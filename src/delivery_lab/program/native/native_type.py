"""How a type of aws-native says what a type of pulumi-aws says: names, shapes, and what it holds of other types."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from delivery_lab.program.graph import UNKNOWN, contains_unknown

Values = Mapping[str, Any]
Shape = Callable[[Any], Values]
"""Makes inputs of pulumi-aws of a value."""
Change = str | Shape
"""The name that an input has in pulumi-aws, or what makes inputs of its value."""


@dataclass(frozen=True, slots=True)
class InnerResource:
    """What stands within a resource of aws-native and is a resource of its own in pulumi-aws.

    Attributes:
        type: type token of pulumi-aws.
        suffix: tells it from other parts of the resource.
        inputs: its inputs.
    """

    type: str
    suffix: str
    inputs: Values


@dataclass(frozen=True, slots=True)
class NativeType:
    """A type of aws-native. Inputs and outputs that it does not name are called alike in both.

    Attributes:
        type: type token of pulumi-aws.
        inputs: what becomes of inputs, by name.
        outputs: what outputs are called in pulumi-aws, by their names in aws-native.
        parts: the resources of their own that the inputs hold, of inputs and of the outputs of pulumi-aws.
        physical_id: the name in pulumi-aws of what is the id in aws-native; by default it is the id there, too.
        id_output: the output here that is the id in pulumi-aws, where ids here are put together of several.
        lacks: outputs of pulumi-aws that aws-native does not have.
    """

    type: str
    inputs: Mapping[str, Change] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    parts: Callable[[Values, Values], Iterator[InnerResource]] | None = None
    physical_id: str = ""
    id_output: str = ""
    lacks: frozenset[str] = frozenset()

    def classic(self, inputs: Values) -> dict[str, Any]:
        """Inputs as pulumi-aws names them.

        Args:
            inputs: as the program gave them, `UNKNOWN` where they are not known.
        """
        found: dict[str, Any] = {}
        for name, value in inputs.items():
            change = self.inputs.get(name) or EVERYWHERE.get(name, name)
            found.update({change: value} if isinstance(change, str) else change(value))
        return {name: value for name, value in found.items() if value is not None}

    def names(self) -> dict[str, str]:
        """What inputs and outputs are called in pulumi-aws that stay what they are."""
        return {name: to for name, to in (*self.inputs.items(), *self.outputs.items()) if isinstance(to, str)}

    def classic_name(self, name: str) -> str:
        """What an input is called in pulumi-aws; its own name where it becomes several."""
        change = self.inputs.get(name, name)
        return change if isinstance(change, str) else name


def in_parts(_: Any) -> Values:
    """What is no input in pulumi-aws, but resources of their own."""
    return {}


def as_text(name: str) -> Shape:
    """A document that aws-native takes as an object is JSON text in pulumi-aws."""

    def change(value: Any) -> Values:
        if value is None or isinstance(value, str) or value is UNKNOWN:
            return {name: value}
        return {name: UNKNOWN if contains_unknown(value) else json.dumps(value)}

    return change


def within(names: Mapping[str, Change]) -> Shape:
    """Members of an object that are inputs of the resource itself in pulumi-aws; others are left out."""

    def change(value: Any) -> Values:
        found: dict[str, Any] = {}
        for name, target in names.items():
            held = member(value, name)
            found.update({target: held} if isinstance(target, str) else target(held))
        return found

    return change


def renamed(name: str, members: Mapping[str, str]) -> Shape:
    """An object whose members have other names in pulumi-aws."""

    def change(value: Any) -> Values:
        return {name: with_names(value, members)}

    return change


def each_renamed(name: str, members: Mapping[str, str]) -> Shape:
    """A list of objects whose members have other names in pulumi-aws."""

    def change(value: Any) -> Values:
        return {name: [with_names(item, members) for item in value] if isinstance(value, list) else value}

    return change


def with_names(value: Any, members: Mapping[str, str]) -> Any:
    """An object with other names for some members."""
    if not isinstance(value, Mapping):
        return value
    return {members.get(name, name): held for name, held in value.items()}


def pairs(name: str, key: str = "key", value_key: str = "value") -> Shape:
    """A list of objects with a key and a value, such as tags, is a map in pulumi-aws."""

    def change(value: Any) -> Values:
        if not isinstance(value, list):
            return {name: value}
        if any(not isinstance(item, Mapping) or not isinstance(item.get(key), str) for item in value):
            return {name: UNKNOWN}
        return {name: {item[key]: item.get(value_key) for item in value}}

    return change


def listed(value: Any) -> list[Any]:
    """A list; nothing for what is left out or not known."""
    return value if isinstance(value, list) else []


def member(value: Any, name: str) -> Any:
    """A member of an object: None where it is left out, `UNKNOWN` where the object is not known."""
    if isinstance(value, Mapping):
        return value.get(name)
    return None if value is None else UNKNOWN


EVERYWHERE: Mapping[str, Change] = MappingProxyType({"tags": pairs("tags")})
"""What becomes of inputs that many types have."""
