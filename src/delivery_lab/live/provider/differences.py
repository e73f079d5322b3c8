"""What an update would change, path by path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
    names = {*old, *new} - {HIDDEN}
    left_out = names & kind.kept - set(new)
    changed = _changed(kind, old, state, new, names - left_out)
    if changed.keys() & kind.replaces:
        # A new resource has nothing to keep.
        changed |= _changed(kind, old, state, new, left_out)
    paths = {path: how for name, pair in sorted(changed.items()) for path, how in _paths(name, *pair)}
    return UpdatePlan(frozenset(changed), kind.replaces & changed.keys(), paths)


def _changed(
    kind: ProvidedType, old: Properties, state: Properties, new: Properties, names: Iterable[str]
) -> dict[str, tuple[Any, Any]]:
    """By name of a changed input: what it is and what it is to be."""
    pairs = {name: (_value(kind, name, old, state), _value(kind, name, new, {})) for name in names}
    return {name: pair for name, pair in pairs.items() if not same(*pair)}


def _value(kind: ProvidedType, name: str, inputs: Properties, state: Properties) -> Any:
    """An input, or what it is where it is left out."""
    if name in inputs:
        return inputs[name]
    return kind.defaults.get(name) if state.get(name) is None else state[name]


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
