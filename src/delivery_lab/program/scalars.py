"""Numbers and switches that a program gives as texts, as `config.require("timeout")` does.

The AWS provider turns a text into the number or switch that a setting is, and refuses one that is none. Settings that
the lab reads are treated the same way, so that its readers meet values of the right type only.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from delivery_lab import resource_types
from delivery_lab.errors import ProgramError

_NUMBERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        resource_types.QUEUE: (
            "delaySeconds",
            "kmsDataKeyReusePeriodSeconds",
            "maxMessageSize",
            "messageRetentionSeconds",
            "receiveWaitTimeSeconds",
            "visibilityTimeoutSeconds",
        ),
        resource_types.FUNCTION: ("memorySize", "reservedConcurrentExecutions", "timeout"),
        resource_types.MAPPING: (
            "batchSize",
            "maximumBatchingWindowInSeconds",
            "maximumRecordAgeInSeconds",
            "maximumRetryAttempts",
            "parallelizationFactor",
            "provisionedPollerConfig.maximumPollers",
            "provisionedPollerConfig.minimumPollers",
            "scalingConfig.maximumConcurrency",
            "tumblingWindowInSeconds",
        ),
        resource_types.INVOKE_CONFIG: (
            "maximumEventAgeInSeconds",
            "maximumRetryAttempts",
        ),
        resource_types.STREAM: ("retentionPeriod", "shardCount"),
    }
)
_SWITCHES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        resource_types.QUEUE: ("contentBasedDeduplication", "fifoQueue", "sqsManagedSseEnabled"),
        resource_types.MAPPING: ("bisectBatchOnFunctionError", "enabled"),
        resource_types.TABLE: ("streamEnabled",),
    }
)


def typed(type_token: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a resource with texts turned into the numbers and switches that they are.

    What cannot be read stays as it is: checks report it, and `refuse_unreadable` refuses it.

    Args:
        type_token: type of the resource.
        inputs: its inputs by wire name.
    """
    changed = dict(inputs)
    for path, read in _readers(type_token):
        with contextlib.suppress(_Unreadable):
            _change(changed, path.split("."), read)
    return changed


def refuse_unreadable(
    type_token: str, name: str, inputs: Mapping[str, Any], secrets: frozenset[str] = frozenset()
) -> None:
    """Refuse values that the provider could not read.

    Args:
        type_token: type of the resource.
        name: its name, for messages.
        inputs: its inputs by wire name.
        secrets: names of inputs that are not shown.

    Raises:
        ProgramError: a value is no number, or no switch, where the provider takes nothing else.
    """
    for path, read in _readers(type_token):
        try:
            _change(dict(inputs), path.split("."), read)
        except _Unreadable as error:
            shown = "a secret" if path.split(".")[0] in secrets else repr(error.value)
            refusal = f"{name}: {path} = {shown} has to be {error.kind}; the AWS provider takes nothing else"
            raise ProgramError(refusal) from None


def _readers(type_token: str) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """The inputs of a type that are numbers or switches, and how they are read."""
    for paths, read in ((_NUMBERS, _number), (_SWITCHES, _switch)):
        for path in paths.get(type_token, ()):
            yield path, read


class _Unreadable(Exception):  # noqa: N818 - a signal inside this module, no error
    def __init__(self, value: Any, kind: str) -> None:
        super().__init__(kind)
        self.value = value
        self.kind = kind


def _change(inputs: dict[str, Any], path: list[str], read: Callable[[Any], Any]) -> None:
    first, *rest = path
    value = inputs.get(first)
    if value is None:
        return
    if not rest:
        inputs[first] = read(value)
    elif isinstance(value, dict):
        inputs[first] = dict(value)
        _change(inputs[first], rest, read)


def _number(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"[-+]?\d+", value, re.ASCII):
        return int(value)
    if isinstance(value, (str, bool, float, list, dict)):
        raise _Unreadable(value, "a whole number")
    return value


def _switch(value: Any) -> Any:
    if value in ("true", "false"):
        return value == "true"
    if isinstance(value, (str, int, float, list, dict)) and not isinstance(value, bool):
        raise _Unreadable(value, "true or false")
    return value
