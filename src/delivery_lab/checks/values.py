"""Reading inputs of resources without ever mistaking what is unknown for what is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from delivery_lab.program.graph import UNKNOWN, Resource


def is_unknown(value: Any) -> bool:
    """Whether a value, or a part of it, exists only after deployment."""
    if isinstance(value, Mapping):
        return any(is_unknown(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(is_unknown(item) for item in value)
    return value is UNKNOWN


def number(value: Any, default: int | None = None) -> int | None:
    """A whole number; the default where the value is left out; None where it cannot be told."""
    if value is None:
        return default
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.strip().lstrip("-").isdecimal():
        return int(value)
    return None


def number_of(resource: Resource, name: str, default: int | None = None) -> int | None:
    """A whole number from the inputs of a resource, as `number` reads it."""
    return number(resource.inputs.get(name), default)


def block(resource: Resource, name: str) -> Mapping[str, Any]:
    """A nested input; empty where it is left out or unknown."""
    value = resource.inputs.get(name)
    return value if isinstance(value, Mapping) else {}


def document(value: Any) -> Mapping[str, Any] | None:
    """A JSON document given as text or as an object; None where it is left out, unknown or no object."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return value if isinstance(value, Mapping) else None


def listed(value: Any) -> list[Any]:
    """A value that may be one thing or a list of things, as IAM has them, as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
