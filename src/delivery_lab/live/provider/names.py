"""Names of fields: `batchSize` is Pulumi's, `BatchSize` is that of most of AWS's APIs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def raised_name(name: str) -> str:
    """A name with a capital first letter."""
    return name[:1].upper() + name[1:]


def raised(value: Any) -> Any:
    """A value whose keys have a capital first letter; texts are values and stay what they are."""
    return _renamed(value, raised_name)


def lowered_name(name: str) -> str:
    """A name with a small first letter."""
    return name[:1].lower() + name[1:]


def lowered(value: Any) -> Any:
    """A value whose keys have a small first letter; texts are values and stay what they are."""
    return _renamed(value, lowered_name)


def _renamed(value: Any, name: Callable[[str], str]) -> Any:
    if isinstance(value, Mapping):
        return {name(key): _renamed(item, name) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, name) for item in value]
    return value
