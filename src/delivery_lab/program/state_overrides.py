"""`--set RESOURCE.INPUT=VALUE` with a state: an input of a resource that is deployed, changed."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from delivery_lab import resource_types
from delivery_lab.errors import UsageError
from delivery_lab.program.yamlfile import parse_scalar

_COMPONENTS = "pulumi:"


def with_overrides(
    resources: Sequence[Mapping[str, Any]], overrides: Sequence[str]
) -> tuple[list[Mapping[str, Any]], frozenset[str]]:
    """Apply `RESOURCE.INPUT=VALUE` texts to the resources of a state.

    Args:
        resources: the resources as the state has them; they stay as they are.
        overrides: such as `jobs.visibilityTimeoutSeconds=60` or `worker.environment.variables.MODE=slow`: logical name
            and the input by its name on the wire.

    Returns:
        The resources, and the URNs of those that are changed: an update would write them.

    Raises:
        UsageError: a text is malformed, or names a resource or input that the state does not have.
    """
    changed: dict[str, dict[str, Any]] = {}
    for text in overrides:
        path, equals, raw = text.partition("=")
        name, _, inner = _split(path.strip(), resources)
        if not equals or not inner or not all(inner.split(".")):
            raise UsageError(
                f"--set {text}: with --state, write --set RESOURCE.INPUT=VALUE, such as {_example(resources)}"
            )
        found = _resource(text, name, resources)
        urn = str(found["urn"])
        held = changed.setdefault(urn, copy.deepcopy(dict(found)))
        _put(text, held, inner.split("."), _value(text, raw))
    return [changed.get(str(each.get("urn")), each) for each in resources], frozenset(changed)


def _split(path: str, resources: Iterable[Mapping[str, Any]]) -> tuple[str, str, str]:
    """The logical name, which may have dots itself, and the input."""
    names = (str(each["urn"]).rpartition("::")[2] for each in resources)
    found = max((name for name in names if path.startswith(f"{name}.")), key=len, default=None)
    return path.partition(".") if found is None else (found, ".", path[len(found) + 1 :])


def _example(resources: Iterable[Mapping[str, Any]]) -> str:
    queue = next((str(each["urn"]) for each in resources if each.get("type") == resource_types.QUEUE), "::jobs")
    return f"{queue.rpartition('::')[2]}.visibilityTimeoutSeconds=60"


def _resource(text: str, name: str, resources: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    own = [each for each in resources if each.get("custom") and not str(each.get("type")).startswith(_COMPONENTS)]
    named = [each for each in own if str(each["urn"]).rpartition("::")[2] == name]
    if len(named) == 1:
        return named[0]
    if named:
        types = ", ".join(sorted(str(each["type"]) for each in named))
        raise UsageError(
            f"--set {text}: the state has {len(named)} resources '{name}', so it cannot be told which is meant: {types}"
        )
    names = sorted({str(each["urn"]).rpartition("::")[2] for each in own})
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise UsageError(
        f"--set {text}: the state has no resource '{name}'{hint}\n"
        "  fix: a state has no settings; name a resource by its logical name and one of its inputs, such as "
        f"{_example(resources)}, or change the settings of its program: --project DIR without --state"
    )


def _value(text: str, raw: str) -> Any:
    try:
        return parse_scalar(raw)
    except ValueError as error:
        raise UsageError(f"--set {text}: the value '{raw}' cannot be read as YAML: {error}") from error


def _put(text: str, held: dict[str, Any], parts: list[str], value: Any) -> None:
    """Set an input, and the output that repeats it; it is no longer one that the provider filled in."""
    inputs = held.setdefault("inputs", {})
    outputs = held.get("outputs") or {}
    known = sorted({name for name in (*inputs, *outputs) if not name.startswith("__")} - {"id", "arn", "urn"})
    if parts[0] not in known:
        near = difflib.get_close_matches(parts[0], known, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        name = str(held["urn"]).rpartition("::")[2]
        raise UsageError(f"--set {text}: '{name}' has no input '{parts[0]}'{hint}\n  it has: {', '.join(known)}")
    for side in (inputs, outputs):
        if side is inputs or parts[0] in side:
            _set(text, side, parts, value)


def _set(text: str, side: Any, parts: list[str], value: Any) -> None:
    for depth, part in enumerate(parts):
        last = depth == len(parts) - 1
        if isinstance(side, list) and part.isdecimal() and int(part) < len(side):
            key: Any = int(part)
        elif isinstance(side, dict):
            key = part
            if isinstance(side.get("__defaults"), list):
                side["__defaults"] = [name for name in side["__defaults"] if name != part]
        else:
            raise UsageError(f"--set {text}: there is no '{part}' below '{'.'.join(parts[:depth])}'")
        if last:
            side[key] = value
            return
        if isinstance(side, dict) and not isinstance(side.get(key), dict | list):
            side[key] = {}
        side = side[key]
