"""What a run leaves behind: what happened, and what is needed to read it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from delivery_lab.events.handlers import LogLine
from delivery_lab.events.marks import EffectMark
from delivery_lab.events.partitions import PartitionedKind
from delivery_lab.events.readers import Readers
from delivery_lab.events.union import Event
from delivery_lab.events.usage import Used
from delivery_lab.rule_ids import RuleId
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions

FunctionForm = Literal["executed", "described"]
"""Whether the code of a function was run, or the workload says what it does."""


@dataclass(frozen=True, slots=True)
class PolledSource:
    """A stream or topic that a mapping polls.

    Attributes:
        kind: what it is.
        source: name of the stream, table or topic in events.
        mapping: name of the mapping.
        function: name of the function that the mapping invokes.
        retention_seconds: after which records are gone.
        maximum_age_seconds: of the mapping, -1 for none.
        partitions: names of its shards or partitions.
        piped: whether a pipe polls it, which is no mapping of a function.
    """

    kind: PartitionedKind
    source: str
    mapping: str
    function: str
    retention_seconds: float
    maximum_age_seconds: int
    partitions: tuple[str, ...]
    piped: bool = False


@dataclass(frozen=True, slots=True)
class Poison:
    """How a message that no handler can process is known.

    Attributes:
        field: name of a field of the JSON body that is true in such a message, None where no field says so.
        text: what the body of such a message contains, None where no text says so.
    """

    field: str | None = None
    text: str | None = None

    def marks(self, body: str) -> bool:
        """Whether no handler can process a message of this body."""
        if self.text is not None and self.text in body:
            return True
        if self.field is None:
            return False
        try:
            parsed = json.loads(body)
        except ValueError:
            return False
        return isinstance(parsed, dict) and bool(parsed.get(self.field))


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Run:
    """What one run left behind, wherever it took place.

    Attributes:
        stack: name of the stack.
        place: where it ran.
        workload: name of the workload.
        poison: which messages no handler can process.
        effect: how a piece of work is known, None where the workload does not say.
        seed: the run's seed.
        virtual_seconds: how long it took.
        events: everything that happened.
        rules: ids of the rules that it relies on, sorted.
        trace_hash: equal for equal runs; "" of a run that is not over.
        sources: names of the queues, streams, tables and topics whose messages are counted, and of the internal queues
            of functions (`events_of`).
        dead_letter_queues: names of queues that are another's dead-letter target or a mapping's destination.
        logs: lines that handlers wrote which are not of the log contract.
        notes: what a reader of the result should know.
        polled: streams and topics that mappings poll.
        parking_queues: names of queues into which handlers put what no retry can help.
        assumptions: how it read the rules that have alternatives.
        account_concurrency: concurrent executions of the account, None where it is not known.
        functions: by name of each function of the stack, whether its code was executed or the workload described it.
        depths: messages in each queue when the run ended, by the queue's name.
        used: how much was used of what AWS bills by the request.
        late_seconds: how much later than it was due something was done, at most: virtual time is never late.
        readers: those that read it while it happened, where its events were not kept (`readers.reader_of`).
    """

    stack: str
    place: str
    workload: str
    poison: Poison
    seed: int
    virtual_seconds: float
    events: Sequence[Event]
    rules: tuple[RuleId, ...]
    trace_hash: str
    sources: frozenset[str]
    dead_letter_queues: frozenset[str]
    logs: tuple[LogLine, ...]
    notes: tuple[str, ...]
    polled: tuple[PolledSource, ...] = ()
    parking_queues: frozenset[str] = frozenset()
    assumptions: Assumptions = DEFAULTS
    account_concurrency: int | None = None
    functions: Mapping[str, FunctionForm] = field(default_factory=dict)
    depths: Mapping[str, int] = field(default_factory=dict)
    effect: EffectMark | None = None
    used: Mapping[Used, int] = field(default_factory=dict)
    late_seconds: float = 0.0
    readers: Readers = field(default_factory=dict, repr=False)
