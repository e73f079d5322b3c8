"""Plain values from the properties that Pulumi hands to policies.

The SDK wraps them so that touching a value that is not known yet raises; here such a value becomes `UNKNOWN`, as
everywhere in the lab.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_policy import proxy

from delivery_lab.program.assets import of_pulumis
from delivery_lab.program.graph import UNKNOWN

_UNKNOWN_TEXTS = frozenset(value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_"))
_EMPTY: tuple[Any, ...] = (None, "", [], {})


def plain(value: Any) -> Any:
    """A value as plain lists, dicts and scalars; whole numbers as int, assets and archives as a graph holds them."""
    if isinstance(value, str):
        return UNKNOWN if value in _UNKNOWN_TEXTS else value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: _member(value, name) for name in sorted(value)}
    if isinstance(value, Sequence):
        return [_member(value, index) for index in range(len(value))]
    return of_pulumis(value) if isinstance(value, pulumi.Asset | pulumi.Archive) else value


def _member(holder: Any, key: str | int) -> Any:
    # Typed Any: the SDK's wrappers are mappings and sequences of anything.
    try:
        return plain(holder[key])
    except proxy.UnknownValueError:
        return UNKNOWN


def properties(values: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a resource, without those that are empty.

    Providers fill in what a program leaves out, with empty texts, lists and blocks for what is not set; none of the
    settings that the lab looks at means anything else when it is empty. Environment variables stay as they are.
    """
    read = plain(values)
    filled = {name: value if name == "environment" else _filled(value) for name, value in read.items()}
    return {name: value for name, value in filled.items() if _is_set(value)}


def _filled(value: Any) -> Any:
    """A value without what is empty in it, blocks of nothing but empty values included."""
    if isinstance(value, dict):
        filled = {name: _filled(item) for name, item in value.items()}
        return {name: item for name, item in filled.items() if _is_set(item)}
    if isinstance(value, list):
        return [_filled(item) for item in value]
    return value


def _is_set(value: Any) -> bool:
    return value is UNKNOWN or value not in _EMPTY
