"""`--set PATH=VALUE`: one setting changed without touching the stack file."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from delivery_lab.errors import UsageError
from delivery_lab.program.config import SECRET, ConfigValue, StackConfig, config_text
from delivery_lab.program.yamlfile import kind_of, parse_scalar


def apply_overrides(
    config: StackConfig, overrides: Sequence[str], declared: Collection[str] = frozenset()
) -> StackConfig:
    """Apply `PATH=VALUE` texts to a configuration, one after the other.

    Args:
        config: the configuration; it stays as it is.
        overrides: such as `batch.worker.batchSize=1` or `aws:region=eu-west-1`. The path is in the project's own
            namespace unless it begins with one; parts of a list are numbers. The value is a YAML scalar or
            flow collection. The first part has to be in the configuration already, or among `declared`; keys below
            it may be new, because stack files leave many to defaults (the program refuses those it does not know).
            A stack without a stack file takes any key.
        declared: full keys that the project asks for.

    Raises:
        UsageError: the text has no `=`, no path, a value that is no YAML, a path that leads through a value
            that has nothing below it, or a first part that the stack does not have.
    """
    for text in overrides:
        config = _apply(config, text, declared)
    return config


def _apply(config: StackConfig, text: str, declared: Collection[str]) -> StackConfig:
    path, equals, raw = text.partition("=")
    path = path.strip()
    if not equals:
        raise UsageError(f"--set {text}: there is no '='; write --set PATH=VALUE, such as --set worker.batchSize=1")
    text = f"{path}={raw.strip()}"  # as messages show it: spaces around the '=' say nothing
    namespace, colon, rest = path.rpartition(":")
    parts = rest.split(".")
    if not rest or not all(parts) or (colon and not namespace):
        raise UsageError(f"--set {text}: the path '{path}' is empty or has an empty part; write --set PATH=VALUE")
    if path.split() != [path]:
        raise UsageError(f"--set {text}: there is a space in the path '{path}'; write --set PATH=VALUE")
    key = f"{namespace or config.project}:{parts[0]}"
    try:
        value = parse_scalar(raw)
    except ValueError as error:
        raise UsageError(f"--set {text}: the value '{raw}' cannot be read as YAML: {error}") from error
    held = config.values.get(key)
    if held is None:
        if config.has_file and key not in declared:
            raise UsageError(_unknown_section(config, text, key))
        held = ConfigValue({}, "")
    if len(parts) == 1:
        shown = SECRET if held.secret else value
        changed = replace(held, value=shown, text=_text(text, value, raw.strip()))
    else:
        whole = copy.deepcopy(held.value)
        _put(text, whole, parts, value)
        changed = replace(held, value=whole, text=_text(text, whole, None))
    return replace(
        config,
        values={**config.values, key: changed},
        overridden={**config.overridden, (key, *parts[1:]): text},
    )


def _text(override: str, value: Any, raw: str | None) -> str:
    quoted = isinstance(value, str) and raw != value
    try:
        return config_text(value, None if quoted else raw)
    except ValueError as error:
        raise UsageError(f"--set {override}: the value cannot be passed to the program: {error}") from error


def _put(override: str, whole: Any, parts: list[str], value: Any) -> None:
    """Set the value at `parts[1:]` of a section in place, making the mappings on the way."""
    holder = whole
    for depth, part in enumerate(parts[1:], start=1):
        last = depth == len(parts) - 1
        slot = _slot(override, holder, parts[:depth], part)
        if last:
            holder[slot] = value
        elif isinstance(holder, dict) and holder.get(slot) is None:
            holder[slot] = {}
        holder = holder[slot]


def _slot(override: str, holder: Any, before: list[str], part: str) -> str | int:
    """The key or index that a part of the path means in what holds it."""
    where = ".".join(before)
    if isinstance(holder, dict):
        return part
    if isinstance(holder, list):
        if part.isdecimal() and int(part) < len(holder):
            return int(part)
        raise UsageError(
            f"--set {override}: '{where}' is a list of {len(holder)}, so the part after it has to be "
            f"a number from 0 to {len(holder) - 1}, found '{part}'"
            if holder
            else f"--set {override}: '{where}' is an empty list; set it as a whole"
        )
    raise UsageError(f"--set {override}: '{where}' is {kind_of(holder)} ({holder!r}), so there is no '{part}' below it")


def _unknown_section(config: StackConfig, override: str, key: str) -> str:
    own = f"{config.project}:"
    known = [name.removeprefix(own) for name in config.values]
    wanted = key.removeprefix(own)
    near = difflib.get_close_matches(wanted, known, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    listed = ", ".join(known) or "nothing"
    return (
        f"--set {override}: the config of stack '{config.stack}' has no '{wanted}'{hint}\n"
        f"  {config.file.label} has: {listed}"
    )
