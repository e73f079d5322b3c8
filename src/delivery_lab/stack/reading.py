"""Reading the inputs of one resource: numbers, switches, texts, each with its origin."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from delivery_lab.program.graph import UNKNOWN, Resource, Unknown
from delivery_lab.stack.keys import StackFileKeys
from delivery_lab.stack.resource import Identity
from delivery_lab.stack.settings import Origin, Setting

T = TypeVar("T")


class Inputs:
    """The inputs of one resource.

    Args:
        resource: the resource.
        label: the name that tells it from every other one of its type.
        keys: the keys of the stack file.
    """

    def __init__(self, resource: Resource, label: str, keys: StackFileKeys) -> None:
        self.resource = resource
        self.label = label
        self._keys = keys

    def identity(self) -> Identity:
        """What every resource of a stack has."""
        resource = self.resource
        return Identity(
            urn=resource.urn,
            type=resource.type,
            name=resource.name,
            label=self.label,
            id=resource.id,
            arn=self.output("arn"),
        )

    def origin(self, *path: str, value: object = None) -> Origin:
        """Where a value of this resource comes from."""
        key = self._keys.key_of(self.resource, path, value) if value is not None else ""
        return Origin(self.resource.urn, self.resource.name, path, key)

    def raw(self, *path: str) -> Any:
        """What stands at a path: None where it is left out, UNKNOWN where it, or a block around it, is unknown."""
        value: Any = self.resource.inputs
        for name in path:
            if value is UNKNOWN:
                return UNKNOWN
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    def _setting(self, path: tuple[str, ...], default: T, read: Callable[[Any], T]) -> Setting[T]:
        value = self.raw(*path)
        if value is None:
            return Setting(default, self.origin(*path), given=False)
        if value is UNKNOWN:
            return Setting(UNKNOWN, self.origin(*path))
        try:
            found = read(value)
        except UnreadableError as error:
            return Setting(UNKNOWN, self.origin(*path), problem=f"= {value!r} has to be {error}")
        return Setting(found, self.origin(*path, value=found))

    def number(self, *path: str, default: int) -> Setting[int]:
        """A whole number."""
        return self._setting(path, default, whole_number)

    def optional_number(self, *path: str) -> Setting[int | None]:
        """A whole number, None where it is left out."""
        return self._setting(path, None, whole_number)

    def optional_real(self, *path: str) -> Setting[float | None]:
        """A number with or without a fraction, None where it is left out."""
        return self._setting(path, None, _real)

    def switch(self, *path: str, default: bool) -> Setting[bool]:
        """True or false."""
        return self._setting(path, default, _switch)

    def optional_switch(self, *path: str) -> Setting[bool | None]:
        """True or false, None where it is left out."""
        return self._setting(path, None, _switch)

    def text(self, *path: str, default: str = "") -> Setting[str]:
        """A text."""
        return self._setting(path, default, str)

    def optional_text(self, *path: str) -> Setting[str | None]:
        """A text, None where it is left out or empty."""
        return self._setting(path, None, lambda value: str(value) or None)

    def written(self, *path: str) -> Setting[str | None]:
        """A text as it is, empty or not; None where it is left out."""
        return self._setting(path, None, str)

    def texts(self, *path: str) -> Setting[tuple[str, ...]]:
        """A list of texts; UNKNOWN where one of them is."""
        value = self.raw(*path)
        if has_unknown(value):
            return Setting(UNKNOWN, self.origin(*path))
        return Setting(tuple(map(str, listed(value))), self.origin(*path), given=value is not None)

    def members(self, *path: str) -> Setting[tuple[str | Unknown, ...]]:
        """A list of texts, each of which may be UNKNOWN."""
        value = self.raw(*path)
        if value is UNKNOWN:
            return Setting(UNKNOWN, self.origin(*path))
        held = tuple(UNKNOWN if item is UNKNOWN else str(item) for item in listed(value))
        return Setting(held, self.origin(*path), given=value is not None)

    def present(self, *path: str) -> Setting[bool]:
        """Whether a block is there and holds anything."""
        value = self.raw(*path)
        if value is UNKNOWN:
            return Setting(UNKNOWN, self.origin(*path))
        return Setting(bool(value), self.origin(*path), given=value is not None)

    def output(self, name: str) -> str | None:
        """A text among the outputs, None where there is none or it is known only after deployment."""
        value = self.resource.outputs.get(name)
        return value if isinstance(value, str) and value else None


class UnreadableError(Exception):
    """A value is not of the kind that it has to be; the message names the kind."""


def whole_number(value: Any) -> int:
    """A whole number, as the AWS provider reads one.

    Raises:
        UnreadableError: it is none.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lstrip("-").isdecimal():
        return int(value)
    raise UnreadableError("a whole number; the AWS provider takes nothing else")


def _real(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    try:
        return float(str(value))
    except ValueError:
        raise UnreadableError("a number; the AWS provider takes nothing else") from None


def _switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise UnreadableError("true or false; the AWS provider takes nothing else")


def has_unknown(value: Any) -> bool:
    """Whether a value, or a part of it, exists only after deployment."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN


def listed(value: Any) -> list[Any]:
    """A value that may be one thing or a list of things, as IAM has them, as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def document(value: Any) -> Mapping[str, Any] | None:
    """A JSON document given as text or as an object; None where it is left out, unknown or no object."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return value if isinstance(value, Mapping) else None
