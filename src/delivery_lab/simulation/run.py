"""What a run leaves behind, wherever it took place: what happened, and what is needed to read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from delivery_lab.model.journal import Event
from delivery_lab.model.runtime import LogLine
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions
from delivery_lab.simulation.workload import Workload


@dataclass(frozen=True, slots=True)
class LogReading:
    """A stream or topic that a mapping reads.

    Attributes:
        source: name of the stream or topic in events.
        kind: `kinesis`, `dynamodb` or `kafka`.
        mapping: name of the mapping.
        retention_seconds: after which records are gone.
        maximum_age_seconds: of the mapping, -1 for none.
        logs: names of its shards or partitions.
    """

    source: str
    kind: Literal["kinesis", "dynamodb", "kafka"]
    mapping: str
    retention_seconds: float
    maximum_age_seconds: int
    logs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """What one run left behind.

    Attributes:
        stack: name of the stack.
        place: where it ran.
        workload: the workload.
        seed: the run's seed.
        virtual_seconds: how long it took.
        events: everything that happened.
        rules: ids of the rules that it leaned on.
        trace_hash: equal for equal runs.
        sources: queues whose messages are counted.
        dead_letter_queues: queues that are another's dead-letter target.
        parking_queues: queues for what no retry can help.
        logs: lines that handlers wrote which are not of the log contract.
        notes: what a reader of the result should know.
        readings: streams and topics that mappings read.
        assumptions: how it read what can be read in several ways.
    """

    stack: str
    place: str
    workload: Workload
    seed: int
    virtual_seconds: float
    events: tuple[Event, ...]
    rules: tuple[str, ...]
    trace_hash: str
    sources: frozenset[str]
    dead_letter_queues: frozenset[str]
    logs: tuple[LogLine, ...]
    notes: tuple[str, ...]
    readings: tuple[LogReading, ...] = ()
    parking_queues: frozenset[str] = frozenset()
    assumptions: Assumptions = DEFAULTS
