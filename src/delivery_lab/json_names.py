"""Names in JSON and in files are camelCase, attributes are snake_case: the one place that maps them.

And the objects in texts that functions write, which may be anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic.alias_generators import to_camel

IRREGULAR: Mapping[str, str] = MappingProxyType({"for_seconds": "for"})
"""Attributes whose name in JSON is not their own in camelCase."""


def json_name(attribute: str) -> str:
    """The name in JSON of an attribute: `deadLettered` for `dead_lettered`."""
    return IRREGULAR.get(attribute) or to_camel(attribute)


def object_in(text: str) -> dict[str, Any]:
    """The object that a text of a function is in JSON, {} where it is anything else or nested too deeply for Python."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def json_path(path: str) -> str:
    """The path in JSON of a path of attributes: `messages.deadLettered` for `messages.dead_lettered`."""
    return ".".join(map(json_name, path.split(".")))


def plain(value: Any) -> Any:
    """A value made of dataclasses as JSON knows it: mappings with the names of JSON, lists, texts and numbers.

    Keys of mappings are data and stay as they are.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {json_name(field.name): plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value
