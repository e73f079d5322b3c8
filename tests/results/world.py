"""Runs made by hand, event by event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from delivery_lab.events import (
    Actor,
    BatchInvoked,
    BatchResult,
    ChangeRequested,
    ContractEvent,
    ContractLine,
    ErrorSwallowed,
    Event,
    InvokeEnded,
    InvokeStarted,
    MappingConfigured,
    MessageDeadLettered,
    MessageDeleted,
    MessageSent,
    Poison,
    PolledSource,
    Purpose,
    RecordAppended,
    RecordsCheckpointed,
    RecordsLookedAt,
    Run,
    Swallowed,
)
from delivery_lab.events.instants import seconds
from delivery_lab.resource_types import SourceKind
from delivery_lab.rule_ids import RuleId
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions

MAPPING = Actor("mapping", "mapping")


def sent(message: str, at: float = 0, body: str | None = None, queue: str = "jobs", group: str | None = None) -> Event:
    """A queue accepts a message."""
    text = f'{{"id": "{message}"}}' if body is None else body
    return MessageSent(seconds(at), None, queue, message, text, group, (), None, seconds(at))


def appended(record: str, at: float = 0, key: str | None = "k", partition: str = "shard-0") -> Event:
    """A stream takes a record."""
    return RecordAppended(seconds(at), None, "kinesis", "orders", partition, record, f"seq-{record}", key, "")


def mapped(mapping: str, source: str = "jobs", kind: SourceKind = "sqs", function: str = "worker") -> Event:
    """A mapping is deployed."""
    return MappingConfigured(0, None, mapping, kind, source, function, 10, 1, -1)


def delivered(
    invoke: str,
    *messages: str,
    at: float = 0,
    function: str = "worker",
    mapping: str = "mapping",
    partition: str | None = None,
) -> list[Event]:
    """A batch is handed to a function."""
    source, slot = ("jobs", None) if partition is None else ("orders", 0)
    now = seconds(at)
    return [
        InvokeStarted(now, "LAM-ENV-1", function, invoke, 1, Actor("mapping", mapping)),
        BatchInvoked(now, "ESM-BATCH-1", mapping, source, function, invoke, messages, partition, slot),
    ]


def ended(
    invoke: str,
    *failed: str,
    at: float = 1,
    error: str | None = None,
    named: tuple[str, ...] = (),
    function: str = "worker",
    mapping: str = "mapping",
    partition: str | None = None,
    rule: RuleId | None = None,
) -> list[Event]:
    """The invoke ends, and the mapping judges."""
    source, slot = ("jobs", None) if partition is None else ("orders", 0)
    return [
        InvokeEnded(seconds(at), None, function, invoke, 1, error),
        BatchResult(seconds(at), rule, mapping, source, invoke, "", failed, named, partition, slot),
    ]


def deleted(*messages: str, at: float = 1, queue: str = "jobs") -> list[Event]:
    """Messages leave the queue by a delete."""
    return [MessageDeleted(seconds(at), None, queue, message, MAPPING) for message in messages]


def dead_lettered(*messages: str, at: float = 9) -> list[Event]:
    """Messages are moved to the dead-letter queue."""
    return [MessageDeadLettered(seconds(at), "SQS-DLQ-1", "jobs", message, "dead") for message in messages]


def checkpointed(
    *records: str, at: float, mapping: str = "mapping", partition: str = "shard-0", slot: int = 0
) -> Event:
    """A mapping moves past records."""
    return RecordsCheckpointed(seconds(at), None, "kinesis", "orders", partition, records, mapping, slot)


def log(
    what: ContractEvent,
    message: str,
    at: float = 1,
    business_id: str | None = None,
    function: str = "worker",
    invoke: str = "i",
) -> Event:
    """A line of the log contract."""
    return ContractLine(seconds(at), None, function, invoke, what, business_id or message, message, None, None)


def looked_at(
    invoke: str, *positions: int, of: int, at: float = 1, function: str = "worker", read_at: float = 0
) -> Event:
    """What an invoke read of its records."""
    return RecordsLookedAt(
        seconds(at), None, function, invoke, of, positions, tuple(seconds(read_at) for _ in positions)
    )


def wrote(
    invoke: str,
    content: str = "{}",
    at: float = 1,
    refused: bool = False,
    purpose: Purpose = "work",
    looking_at: int | None = None,
    looked: int = 0,
    service: str = "dynamodb",
) -> Event:
    """An invoke wrote something."""
    operation = "SendMessage" if service == "sqs" else "PutItem"
    now = seconds(at)
    return ChangeRequested(
        now, None, "worker", invoke, now, service, operation, content, refused, purpose, looking_at, looked
    )


def erred(invoke: str, text: str = "KeyError", looking_at: int | None = None, where: Swallowed = "log") -> Event:
    """An invoke left an error alone."""
    return ErrorSwallowed(seconds(1), None, "worker", invoke, seconds(1), where, text, looking_at)


def run_of(
    *events: Event | Sequence[Event],
    poison: str | None = None,
    rules: tuple[RuleId, ...] = (),
    sources: Iterable[str] = ("jobs",),
    polled: tuple[PolledSource, ...] = (),
    until: float = 10,
    assumptions: Assumptions = DEFAULTS,
    parking_queues: Iterable[str] = (),
) -> Run:
    """A run of these events; lists among them are unfolded."""
    flat = [item for entry in events for item in (entry if isinstance(entry, Sequence) else [entry])]
    return Run(
        stack="stack",
        place="simulation",
        workload="load",
        poison=Poison(poison),
        seed=1,
        virtual_seconds=until,
        events=tuple(flat),
        rules=rules,
        trace_hash="hash",
        sources=frozenset(sources),
        dead_letter_queues=frozenset({"dead"}),
        logs=(),
        notes=(),
        polled=polled,
        assumptions=assumptions,
        parking_queues=frozenset(parking_queues),
    )
