"""Events of event source mappings: what became of their batches.

`messages` are ids of messages, or of records of a stream or topic. `partition` and `slot` say where in a stream or
topic the batch comes from; both are None for a batch of a queue.
"""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.events.base import EventBase
from delivery_lab.resource_types import SourceKind


@dataclass(frozen=True, slots=True)
class MappingConfigured(EventBase):
    """A mapping exists from now on.

    Attributes:
        mapping: name of the mapping.
        source_kind: kind of its source.
        source: name of the queue, stream, table or topic.
        function: name of the function that it invokes.
        batch_size: the most messages of a batch.
        parallelization_factor: batches of one shard at once, 1 of other sources than streams.
        maximum_record_age_seconds: age at which records are discarded, -1 for none.
    """

    mapping: str
    source_kind: SourceKind
    source: str
    function: str
    batch_size: int
    parallelization_factor: int
    maximum_record_age_seconds: int


@dataclass(frozen=True, slots=True)
class BatchInvoked(EventBase):
    """A batch was handed to a function.

    Attributes:
        mapping: name of the mapping.
        source: name of the queue, stream, table or topic.
        function: name of the function.
        invoke: id of the invoke.
        messages: ids of what the batch holds, in order.
        partition: name of the shard or partition, None of a queue.
        slot: number of the slot, None of a queue.
    """

    mapping: str
    source: str
    function: str
    invoke: str
    messages: tuple[str, ...]
    partition: str | None
    slot: int | None


@dataclass(frozen=True, slots=True)
class BatchResult(EventBase):
    """What came of a batch: which of its messages succeeded, by the answer of the function.

    Attributes:
        mapping: name of the mapping.
        source: name of the queue, stream, table or topic.
        invoke: id of the invoke.
        reason: what the answer was, in words.
        failed: ids of the messages that count as failed and are retried, in order.
        named: ids of those that the response named, also where it is not looked at.
        partition: name of the shard or partition, None of a queue.
        slot: number of the slot, None of a queue.
    """

    mapping: str
    source: str
    invoke: str
    reason: str
    failed: tuple[str, ...]
    named: tuple[str, ...]
    partition: str | None
    slot: int | None


@dataclass(frozen=True, slots=True)
class BatchRetryScheduled(EventBase):
    """A batch that failed or was throttled will be tried again.

    Attributes:
        mapping: name of the mapping.
        source: name of the queue, stream, table or topic.
        attempt: number of the coming retry, from 1 on.
        messages: ids of what the batch holds, in order.
        at_us: instant of the retry.
        partition: name of the shard or partition, None of a queue.
        slot: number of the slot, None of a queue.
    """

    mapping: str
    source: str
    attempt: int
    messages: tuple[str, ...]
    at_us: int
    partition: str | None
    slot: int | None


@dataclass(frozen=True, slots=True)
class BatchReleased(EventBase):
    """The mapping of a queue stops trying a batch, throttled or in a loop: its messages become visible by themselves.

    Attributes:
        mapping: name of the mapping.
        source: name of the queue.
        messages: ids of what the batch holds, in order.
    """

    mapping: str
    source: str
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PollersChanged(EventBase):
    """A mapping works on another number of batches at once from now on.

    Attributes:
        mapping: name of the mapping.
        limit: the most batches at once.
    """

    mapping: str
    limit: int
