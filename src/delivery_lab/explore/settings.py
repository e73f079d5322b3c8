"""Settings of a stack that decide what AWS does, with AWS's own default and other values to try.

Only a setting that stands in the stack file is one: what a program computes otherwise cannot be set, and what it fills
in by itself nobody has chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from delivery_lab import resource_types as types
from delivery_lab.limits import functions, mappings, queues
from delivery_lab.limits.limit import Limit
from delivery_lab.program.graph import UNKNOWN, Graph
from delivery_lab.stack.keys import StackFileKeys

_REPORT = "functionResponseTypes"


@dataclass(frozen=True, slots=True)
class GivenSetting:
    """A setting that a key of the stack file decides.

    Attributes:
        path: the key, as `--set` takes it.
        value: its value.
        default: AWS's value where it is left out.
        others: values that AWS accepts besides, to be tried.
    """

    path: str
    value: Any
    default: Any
    others: tuple[Any, ...]


_LIMITS: Mapping[tuple[str, str], Limit] = MappingProxyType(
    {
        (types.QUEUE, "visibilityTimeoutSeconds"): queues.VISIBILITY_TIMEOUT,
        (types.QUEUE, "messageRetentionSeconds"): queues.RETENTION,
        (types.QUEUE, "delaySeconds"): queues.DELAY,
        (types.QUEUE, "receiveWaitTimeSeconds"): queues.RECEIVE_WAIT,
        (types.FUNCTION, "timeout"): functions.TIMEOUT,
        (types.MAPPING, "maximumBatchingWindowInSeconds"): mappings.SQS_WINDOW,
        (types.MAPPING, "parallelizationFactor"): mappings.PARALLELIZATION_FACTOR,
        (types.MAPPING, "maximumRetryAttempts"): mappings.RETRY_ATTEMPTS,
        (types.MAPPING, "maximumRecordAgeInSeconds"): mappings.RECORD_AGE,
        (types.MAPPING, "tumblingWindowInSeconds"): mappings.TUMBLING_WINDOW,
        (types.INVOKE_CONFIG, "maximumRetryAttempts"): functions.RETRY_ATTEMPTS,
        (types.INVOKE_CONFIG, "maximumEventAgeInSeconds"): functions.EVENT_AGE,
    }
)
"""By type of resource and input. Memory and the size of messages decide nothing in a simulation."""
_SWITCHES = frozenset({(types.MAPPING, "bisectBatchOnFunctionError"), (types.MAPPING, _REPORT)})
"""Inputs of which AWS's default is off."""


def settings_of(graph: Graph) -> tuple[GivenSetting, ...]:
    """The settings of a stack, each key once.

    Args:
        graph: the stack's graph.
    """
    keys = StackFileKeys(graph)
    found: dict[str, GivenSetting] = {}
    for resource in graph.resources.values():
        if not resource.custom or resource.external:
            continue
        for name, value in resource.inputs.items():
            if value is UNKNOWN:
                continue
            told = tuple(_default_and_others(resource.type, name, value, resource.inputs))
            key = keys.key_of(resource, (name,), value) if told else ""
            if key and _is_given(graph.config, key):
                path = key.removeprefix(f"{graph.project}:")
                plain = mappings.REPORT in value if name == _REPORT else value
                found.setdefault(
                    path, GivenSetting(path, plain, told[0], tuple(each for each in told if each != plain))
                )
    return tuple(found.values())


def _is_given(config: Mapping[str, Any], key: str) -> bool:
    """Whether a key of the configuration was given a value, in the file or besides."""
    held: Any = config
    for part in key.split("."):
        if not isinstance(held, Mapping) or part not in held:
            return False
        held = held[part]
    return True


def _default_and_others(kind: str, name: str, value: Any, inputs: Mapping[str, Any]) -> Iterator[Any]:
    """AWS's default, then other values; nothing for an input that is no such setting."""
    if (kind, name) in _SWITCHES:
        yield from (False, True)
        return
    limit = _LIMITS.get((kind, name))
    if (kind, name) == (types.MAPPING, "batchSize"):
        of_queue = ":sqs:" in str(inputs.get("eventSourceArn"))
        limit = mappings.SQS_BATCH_SIZE if of_queue else mappings.STREAM_BATCH_SIZE
    if limit is not None:
        # The largest values of AWS are days: what is near to the value tells more than they do.
        near = (value * 2, value // 2) if isinstance(value, int) and value > 0 else ()
        yield from dict.fromkeys((limit.default, *(each for each in (limit.minimum, *near) if limit.allows(each))))
