"""The `config:` block of `Pulumi.yaml`: defaults for every stack, and the types that stacks have to keep to.

The rules are the CLI's (semantics.md I1): a stack's own value wins, a value or default of the project fills in, a
key of the project's namespace without either has to be in the stack, typed keys are checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from delivery_lab.errors import SettingsError, StackFileError
from delivery_lab.program.config import ConfigValue, StackConfig, config_text, full_key
from delivery_lab.program.project import Project
from delivery_lab.program.yamlfile import kind_of

_TYPES: Mapping[str, type] = {"string": str, "integer": int, "boolean": bool, "array": list}
_SCHEMA_KEYS = {"type", "items", "default", "value", "description", "secret"}


@dataclass(frozen=True, slots=True)
class Declaration:
    """One entry of the project's `config:` block."""

    key: str
    where: str
    type: str = ""
    items: Mapping[str, Any] | None = None
    value: Any = None
    secret: bool = False


def merge_project_config(project: Project, config: StackConfig) -> StackConfig:
    """Fill in what the stack leaves to the project.

    Raises:
        StackFileError: the `config:` block is malformed.
    """
    values = dict(config.values)
    for declaration in declarations(project):
        full = full_key(project.name, declaration.key)
        if full in values:
            continue
        if declaration.value is not None:
            path = ("config", declaration.key)
            values[full] = ConfigValue(
                declaration.value, config_text(declaration.value), declaration.secret, path, project.source
            )
    return replace(config, values=values)


def refuse_missing(project: Project, config: StackConfig) -> None:
    """Refuse a configuration that lacks what the project asks for.

    Raises:
        SettingsError: a key of the project's own namespace has no value.
    """
    keys = [(declaration.key, full_key(project.name, declaration.key)) for declaration in declarations(project)]
    missing = [key for key, full in keys if full not in config.values and full.startswith(f"{project.name}:")]
    if missing:
        noun = "value" if len(missing) == 1 else "values"
        names = ", ".join(f"'{key}'" for key in missing)
        raise SettingsError(
            f"Stack '{config.stack}' is missing configuration {noun} {names}: "
            f"{config.file.label} has to set what {project.file.name} declares without a default\n"
            f"  fix: {config.how_to_set(missing[0])}"
        )


def check_types(project: Project, config: StackConfig) -> None:
    """Check the values against the types that the project declares.

    Raises:
        SettingsError: a value has another type, or should be a secret and is none.
    """
    for declaration in declarations(project):
        if not declaration.type:
            continue
        held = config.values[full_key(project.name, declaration.key)]
        where = (held.file.where(*held.path) if held.file else "") or config.file.label
        subject = f"Stack '{config.stack}' with configuration key '{declaration.key}'"
        if declaration.secret and not held.secret:
            raise SettingsError(
                f"{subject} must be encrypted as it's secret ({where}, declared in {declaration.where})"
            )
        if not held.secret and not _fits(held, declaration.type, declaration.items):
            raise SettingsError(
                f"{subject} must be of type '{_type_name(declaration.type, declaration.items)}', "
                f"found '{held.text}' ({where}, declared in {declaration.where})"
            )


def declarations(project: Project) -> tuple[Declaration, ...]:
    """The entries of the project's `config:` block, by key.

    Raises:
        StackFileError: an entry is malformed.
    """
    return tuple(_declaration(project, str(key), project.config[key]) for key in sorted(project.config, key=str))


def _declaration(project: Project, key: str, entry: Any) -> Declaration:
    where = project.source.where("config", key)
    if not isinstance(entry, dict):
        return Declaration(key, where, value=entry)
    unknown = sorted(set(entry) - _SCHEMA_KEYS)
    if unknown:
        raise StackFileError(
            f"{where}: '{key}' has the unknown key '{unknown[0]}'; "
            f"an entry of 'config' has {', '.join(sorted(_SCHEMA_KEYS))}"
        )
    kind = entry.get("type", "")
    if kind and kind not in _TYPES:
        raise StackFileError(f"{where}: '{key}' has the type {kind!r}; Pulumi knows {', '.join(_TYPES)}")
    if kind == "array" and not isinstance(entry.get("items"), dict):
        raise StackFileError(
            f"{where}: '{key}' is an array, so it needs 'items' with a type, found {kind_of(entry.get('items'))}"
        )
    value = entry.get("default") if entry.get("default") is not None else entry.get("value")
    return Declaration(key, where, kind, entry.get("items"), value, bool(entry.get("secret")))


def _fits(held: ConfigValue, kind: str, items: Mapping[str, Any] | None) -> bool:
    # Scalars reach the CLI's check as text, so what counts is whether the text reads as the type.
    if kind == "string":
        return not isinstance(held.value, dict | list)
    if kind == "integer":
        return not isinstance(held.value, dict | list) and held.text.removeprefix("-").isdecimal()
    if kind == "boolean":
        return held.text in ("true", "false")
    return isinstance(held.value, list) and all(_member_fits(item, items or {}) for item in held.value)


def _member_fits(item: Any, schema: Mapping[str, Any]) -> bool:
    kind = schema.get("type", "")
    if kind == "array":
        return isinstance(item, list) and all(_member_fits(member, schema.get("items") or {}) for member in item)
    return kind in _TYPES and isinstance(item, _TYPES[kind]) and (kind == "boolean" or not isinstance(item, bool))


def _type_name(kind: str, items: Mapping[str, Any] | None) -> str:
    if kind != "array":
        return kind
    return f"array<{_type_name(str((items or {}).get('type', '')), (items or {}).get('items'))}>"
