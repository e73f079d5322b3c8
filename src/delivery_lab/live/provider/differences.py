"""What an update would change, path by path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from delivery_lab.live.provider.resource_type import Properties, ProvidedType, same
from delivery_lab.live.provider.values import has_unknown

Kind = Literal["add", "delete", "update"]

HIDDEN = "__defaults"
"""The input that names those which the provider filled in itself, as in pulumi-aws."""


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """What an update would change.

    Attributes:
        changed: names of the inputs that change.
        replaces: those of them that take a new resource.
        paths: each changed path, such as `scalingConfig.maximumConcurrency`, with how it changes.
    """

    changed: frozenset[str]
    replaces: frozenset[str]
    paths: Mapping[str, Kind]


def compare(kind: ProvidedType, old: Properties, state: Properties, new: Properties) -> UpdatePlan:
    """Compare the inputs that a resource has with those that it is to have.

    Args:
        kind: its type.
        old: the inputs that it was created or updated with.
        state: its properties as they were last seen: what an input was that was left out.
        new: the inputs that it is to have.
    """
    paths: dict[str, Kind] = {}
    changed: set[str] = set()
    for name in sorted({*old, *new} - {HIDDEN}):
        before = old[name] if name in old else state.get(name)
        after = new[name] if name in new else kind.defaults.get(name)
        if not same(before, after):
            changed.add(name)
            paths |= dict(_paths(name, before, after))
    return UpdatePlan(frozenset(changed), frozenset(changed & kind.replaces), paths)


def _paths(path: str, before: Any, after: Any) -> Iterator[tuple[str, Kind]]:
    if same(before, after) and not has_unknown(after):
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping) and before and after:
        for key in sorted({*before, *after}):
            yield from _paths(f"{path}.{key}", before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list) and before and after:
        for index in range(max(len(before), len(after))):
            pair = [side[index] if index < len(side) else None for side in (before, after)]
            yield from _paths(f"{path}[{index}]", *pair)
    elif before is None:
        yield path, "add"
    elif after is None:
        yield path, "delete"
    else:
        yield path, "update"
