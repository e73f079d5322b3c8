"""The configuration of a stack, as the Pulumi CLI hands it to a program.

Sources: semantics.md I1; https://www.pulumi.com/docs/iac/concepts/projects/stack-settings-file/
"""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from delivery_lab.errors import StackFileError
from delivery_lab.program.project import Project, StackFile
from delivery_lab.program.yamlfile import YamlFile, YamlPath, kind_of, read_yaml

SECRET = "[secret]"  # noqa: S105 - what stands in the place of a secret, which the lab never decrypts

_STACK_KEYS = {"config", "secretsprovider", "encryptedkey", "encryptionsalt", "environment"}


@dataclass(frozen=True, slots=True)
class ConfigValue:
    """One configuration value.

    Attributes:
        value: the value as parsed; secrets replaced by "[secret]".
        text: the text that the program gets: scalars as they stand in the file, the rest as JSON.
        secret: the value is, or contains, a secret.
        path: where it stands in its file.
        file: the file it comes from.
    """

    value: Any
    text: str
    secret: bool = False
    path: YamlPath = ()
    file: YamlFile | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class StackConfig:
    """All configuration of one stack.

    Attributes:
        project: name of the project, the namespace of keys without one.
        stack: name of the stack.
        file: the stack file with its lines.
        values: by full key, in the order of the file.
        has_file: whether the stack file is there; without it the config is empty.
        warnings: what of the stack file the lab does not take over.
        overridden: the `--set` texts by the path that each changed (full key first).
    """

    project: str
    stack: str
    file: YamlFile
    values: Mapping[str, ConfigValue]
    has_file: bool = True
    warnings: tuple[str, ...] = ()
    overridden: Mapping[tuple[str, ...], str] = field(default_factory=dict)

    def texts(self) -> dict[str, str]:
        """What the program gets, by full key."""
        return {key: value.text for key, value in self.values.items()}

    def secret_keys(self) -> list[str]:
        """The full keys that hold secrets."""
        return [key for key, value in self.values.items() if value.secret]

    def plain(self) -> dict[str, Any]:
        """The parsed values, by full key."""
        return {key: value.value for key, value in self.values.items()}

    def how_to_set(self, key: str) -> str:
        """How a setting that is missing can be given.

        Args:
            key: its key, with or without namespace.
        """
        short = full_key(self.project, key).removeprefix(f"{self.project}:")
        if not self.has_file:
            return f"give it with --set {short}=VALUE, or in a stack file {self.file.label}"
        return f"set it in {self.file.label}, under config: {full_key(self.project, key)}"

    def where(self, path: tuple[str | int, ...]) -> str | None:
        """Where a setting comes from: `file:line`, or the `--set` that changed it.

        Args:
            path: its key (with or without namespace) and the path below.

        Returns:
            None when it stands nowhere, so that it is a default of the program.
        """
        if not path:
            return None
        key = full_key(self.project, str(path[0]))
        parts = (key, *(str(part) for part in path[1:]))
        for length in range(len(parts), 0, -1):
            if parts[:length] in self.overridden:
                return f"--set {self.overridden[parts[:length]]}"
        held = self.values.get(key)
        if held is not None and held.file is not None:
            line = held.file.lines.get((*held.path, *path[1:]))
            if line is not None:
                return f"{held.file.label}:{line}"
        below = (text for changed, text in self.overridden.items() if changed[: len(parts)] == parts)
        return next((f"--set {text}" for text in below), None)

    def lines(self) -> dict[tuple[str | int, ...], int]:
        """The line of the stack file at which each setting stands, by its full key and the path below.

        What `--set` changed, also in a part, and what the project fills in stands nowhere in the stack file.
        """
        full_keys = {held.path: key for key, held in self.values.items() if held.file is self.file}
        found = {
            (full_keys[path[:2]], *path[2:]): line for path, line in self.file.lines.items() if path[:2] in full_keys
        }
        return {path: line for path, line in found.items() if not any(map(partial(_overlap, path), self.overridden))}


def _overlap(one: YamlPath, other: YamlPath) -> bool:
    """Whether one path leads through the other."""
    return all(str(part) == str(its) for part, its in zip(one, other, strict=False))


def full_key(project: str, key: str) -> str:
    """The key with its namespace: the project's when it has none; `ns:config:key` is the old form of `ns:key`."""
    parts = key.split(":")
    if len(parts) == 1:
        return f"{project}:{key}"
    if len(parts) == 3 and parts[1] == "config":
        return f"{parts[0]}:{parts[2]}"
    return key


def config_text(value: Any, raw: str | None = None) -> str:
    """The text a program gets for a value, which is what the CLI passes on.

    Args:
        value: the parsed value.
        raw: the scalar's own text in the file, which is passed on unchanged (`1.50` stays `1.50`).

    Raises:
        ValueError: JSON has no such value (infinite numbers).
    """
    if isinstance(value, dict | list):
        return json.dumps(_jsonable(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    if value is None:
        return ""
    if raw is not None:
        return raw
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(_jsonable(value))


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {_key_text(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_jsonable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"JSON has no number {value}")
    if isinstance(value, float) and value.is_integer():
        return int(value)  # as Go writes whole floating-point numbers
    if isinstance(value, datetime.datetime):
        return value.isoformat().replace("+00:00", "Z") + ("" if value.tzinfo else "Z")
    if isinstance(value, datetime.date):
        return f"{value.isoformat()}T00:00:00Z"
    return value


def _key_text(key: Any) -> str:
    return key if isinstance(key, str) else config_text(key)


def read_stack_config(project: Project, stack: StackFile) -> StackConfig:
    """Read a stack file and merge the project's defaults into it, as the CLI does.

    Raises:
        StackFileError: the file is malformed; names the file, the line and the key.
    """
    label = project.label(stack.path)
    if not stack.exists:
        missing = f"there is no stack file {label}: the config of stack '{stack.name}' is empty"
        return StackConfig(project.name, stack.name, YamlFile(label, {}), {}, has_file=False, warnings=(missing,))
    file = read_yaml(stack.path, label)
    block = file.value.get("config")
    if block is None:
        block = {}
    if not isinstance(block, dict):
        raise StackFileError(f"{file.where('config')}: 'config' has to be a mapping, found {kind_of(block)}")
    values: dict[str, ConfigValue] = {}
    for key in block:
        full = _checked_key(file, project.name, key)
        if full in values:
            raise StackFileError(f"{file.where('config', key)}: the key '{full}' is there twice")
        values[full] = _read_value(file, ("config", key), block[key])
    return StackConfig(project.name, stack.name, file, values, warnings=_warnings(file, values))


def with_told(config: StackConfig, told: Mapping[str, Any], origin: str) -> StackConfig:
    """A configuration with settings that the stack's file leaves out, or holds as secrets that nobody here can read.

    Args:
        config: what the stack's file says.
        told: the settings by key, with or without namespace.
        origin: where they are said, for messages.

    Raises:
        StackFileError: a key or a value is malformed.
    """
    values = dict(config.values)
    source = YamlFile(f"{origin}: config", dict(told))
    for key, value in told.items():
        full = _checked_key(source, config.project, key)
        held = values.get(full)
        if held is not None and not held.secret:
            continue
        try:
            text = config_text(value)
        except ValueError as error:
            raise StackFileError(f"{origin}: config: '{key}' cannot be passed to the program: {error}") from error
        values[full] = ConfigValue(value if held is None else SECRET, text, held is not None)
    return replace(config, values=values)


def with_provider(config: StackConfig, settings: Mapping[str, Any]) -> StackConfig:
    """A configuration with these settings of the AWS provider in place of its own; the region stays.

    Args:
        config: the configuration.
        settings: the settings by full key.
    """
    kept = {key: value for key, value in config.values.items() if not key.startswith("aws:") or key == "aws:region"}
    given = {key: ConfigValue(value, config_text(value)) for key, value in settings.items()}
    return replace(config, values={**given, **kept})


def _checked_key(file: YamlFile, project: str, key: Any) -> str:
    if not isinstance(key, str):
        raise StackFileError(f"{file.label}: the config key {key!r} has to be a text such as '{project}:name'")
    full = full_key(project, key)
    if full.count(":") != 1 or full.startswith(":") or full.endswith(":"):
        raise StackFileError(f"{file.where('config', key)}: the config key '{key}' has to be '<namespace>:<name>'")
    return full


def _read_value(file: YamlFile, path: YamlPath, value: Any) -> ConfigValue:
    plain, secret = _without_secrets(value)
    try:
        text = config_text(plain, None if secret else file.texts.get(path))
    except ValueError as error:
        raise StackFileError(f"{file.where(*path)}: '{path[-1]}' cannot be passed to the program: {error}") from error
    return ConfigValue(plain, text, secret, path, file)


def _without_secrets(value: Any) -> tuple[Any, bool]:
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(value.get("secure"), str):
            return SECRET, True
        items = {key: _without_secrets(item) for key, item in value.items()}
        return {key: item for key, (item, _) in items.items()}, any(secret for _, secret in items.values())
    if isinstance(value, list):
        members = [_without_secrets(item) for item in value]
        return [item for item, _ in members], any(secret for _, secret in members)
    return value, False


def _warnings(file: YamlFile, values: Mapping[str, ConfigValue]) -> tuple[str, ...]:
    found = []
    if "environment" in file.value:
        found.append(
            f"{file.where('environment')}: 'environment' (Pulumi ESC) is not read; "
            "values that come from it are missing in the config"
        )
    if "pulumi:autonaming" in values:
        found.append(
            f"{file.where('config', 'pulumi:autonaming')}: 'pulumi:autonaming' is not applied to physical names"
        )
    found.extend(
        f"{file.where(key)}: the key '{key}' is none of a stack file's; the CLI ignores it"
        for key in file.value
        if key not in _STACK_KEYS
    )
    return tuple(found)
