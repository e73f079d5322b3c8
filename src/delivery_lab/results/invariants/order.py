"""Order where it is promised: in message groups of FIFO queues, in partitions, for partition keys."""

from __future__ import annotations

from collections import defaultdict

from delivery_lab.events import (
    Actor,
    BatchInvoked,
    Event,
    MappingConfigured,
    MessageDeadLettered,
    MessageDeleted,
    MessageExpired,
    MessageMoved,
    MessageReceived,
    MessageSent,
    RecordAppended,
    RecordExpired,
    RecordFiltered,
    RecordsCheckpointed,
    RecordsDiscarded,
    RecordSkipped,
    RecordsRewound,
)
from delivery_lab.results.invariants.invariant import MOVES_OF_A_MAPPING, History, Invariant

Line = dict[str, None]
"""What waits, in order: a dict keeps it and lets anything leave at once."""


class GroupOrder(Invariant):
    """A message group of a FIFO queue is received in order, by one receiver at a time."""

    id = "INV-ORDER-1"
    description = (
        "A message of a FIFO queue is received only if each earlier one of its message group has left the queue, or is "
        "returned by the same receive."
    )
    reads = (MessageSent, MessageReceived, MessageDeleted, MessageDeadLettered, MessageExpired, MessageMoved)

    def __init__(self, history: History) -> None:
        super().__init__(history)
        self._group_of: dict[str, str] = {}
        self._lines: defaultdict[tuple[str, str], Line] = defaultdict(dict)
        self._receive: dict[str, tuple[int, Actor]] = {}

    def read(self, event: Event) -> None:
        """Follow the line of each group."""
        match event:
            case MessageSent():
                if event.group is not None:
                    self._group_of[event.message] = event.group
                    self._enter(event.queue, event.message)
            case MessageDeleted() | MessageExpired():
                self._leave(event.queue, event.message)
            case MessageDeadLettered():
                self._leave(event.queue, event.message)
                self._enter(event.target, event.message)
            case MessageMoved():
                self._leave(event.queue, event.message)
                if event.message in self._group_of:
                    self._group_of[event.new_message] = self._group_of[event.message]
                    self._enter(event.target, event.new_message)
            case MessageReceived():
                if event.message in self._group_of:
                    self._received(event)

    def _line(self, queue: str, message: str) -> Line:
        return self._lines[queue, self._group_of[message]]

    def _enter(self, queue: str, message: str) -> None:
        if message in self._group_of:
            self._line(queue, message)[message] = None

    def _leave(self, queue: str, message: str) -> None:
        if message in self._group_of:
            self._line(queue, message).pop(message, None)

    def _received(self, event: MessageReceived) -> None:
        receive = (event.instant_us, event.by)
        self._receive[event.message] = receive
        for earlier in self._line(event.queue, event.message):
            if earlier == event.message:
                return
            if self._receive.get(earlier) != receive:
                self._broken(
                    event.instant_us,
                    f"{event.by.name} receives {event.message} of group {self._group_of[event.message]} while "
                    f"{earlier}, which was sent before it, is still in {event.queue}",
                )
                return


class KeyOrder(Invariant):
    """A partition is delivered in order: all of it, or each key of a shard with a parallelization factor."""

    id = "INV-ORDER-2"
    description = (
        "A mapping delivers a record only if it is past each earlier one of the partition (with a parallelization "
        "factor: of its key), or delivers that before it in the same batch."
    )
    reads = (
        MappingConfigured,
        RecordAppended,
        *MOVES_OF_A_MAPPING,
        BatchInvoked,
    )
    one_attempt_is_enough = True

    def __init__(self, history: History) -> None:
        super().__init__(history)
        self._mappings: dict[str, MappingConfigured] = {}
        self._there: defaultdict[str, dict[str, RecordAppended]] = defaultdict(dict)  # by source, then by record
        self._lines: dict[tuple[str, str, str | None], Line] = {}
        self._begun: set[tuple[str, str]] = set()
        self._in_order: set[tuple[str, str, tuple[str, ...]]] = set()  # batches, as long as no line moves

    def read(self, event: Event) -> None:
        """Follow the line of each partition and key, for each mapping."""
        if not isinstance(event, BatchInvoked):
            self._in_order.clear()  # lines move
        match event:
            case MappingConfigured():
                self._configured(event)
            case RecordAppended():
                self._appended(event)
            case RecordSkipped() | RecordFiltered() | RecordExpired():
                self._leave(event.source, event.mapping, event.record)
            case RecordsCheckpointed() | RecordsDiscarded():
                self._leave(event.source, event.mapping, *event.records)
            case RecordsRewound():
                self._rewound(event)
            case BatchInvoked():
                if event.partition is not None and event.mapping in self._mappings:
                    self._delivered(event, self._mappings[event.mapping])

    def _appended(self, event: RecordAppended) -> None:
        self._there[event.source][event.record] = event
        for mapping in self._mappings.values():
            if mapping.source == event.source:
                self._line(mapping, event)[event.record] = None

    def _configured(self, event: MappingConfigured) -> None:
        if event.mapping not in self._mappings:
            self._mappings[event.mapping] = event
            for record in self._there[event.source].values():
                self._line(event, record)[record.record] = None

    def _line(self, mapping: MappingConfigured, record: RecordAppended) -> Line:
        key = record.key if mapping.parallelization_factor > 1 else None
        return self._lines.setdefault((mapping.mapping, record.partition, key), {})

    def _leave(self, source: str, mapping: str | None, *records: str) -> None:
        """A mapping is past records; without one, retention has ended them for all."""
        for record in records:
            appended = self._there[source].get(record)
            for known in self._mappings.values():
                if appended is not None and mapping in (None, known.mapping):
                    self._line(known, appended).pop(record, None)
            if mapping is None:
                self._there[source].pop(record, None)

    def _rewound(self, event: RecordsRewound) -> None:
        """A mapping was created again: each line begins anew, with what is before it now."""
        for (mapping, partition, _), line in self._lines.items():
            if (mapping, partition) == (event.mapping, event.partition):
                line.clear()
        for record in event.records:
            self._line(self._mappings[event.mapping], self._there[event.source][record])[record] = None

    def _delivered(self, event: BatchInvoked, mapping: MappingConfigured) -> None:
        batch = event.mapping, event.source, event.messages
        if batch in self._in_order:  # it is tried again
            return
        self._in_order.add(batch)
        records = [
            self._there[event.source][record] for record in event.messages if record in self._there[event.source]
        ]
        lines: dict[int, tuple[Line, list[RecordAppended]]] = {}
        for record in records:
            line = self._line(mapping, record)
            lines.setdefault(id(line), (line, []))[1].append(record)
        for line, delivered in lines.values():
            if mapping.source_kind == "kafka":
                self._begin(mapping.mapping, line, delivered[0])
            for expected, record in zip(line, delivered, strict=False):
                if record.record != expected:
                    self._in_order.discard(batch)
                    self._broken(
                        event.instant_us,
                        f"{event.mapping} delivers {record.record} before it is past {expected}",
                    )
                    break

    def _begin(self, mapping: str, line: Line, first: RecordAppended) -> None:
        """A consumer group that is known goes on where it was: what lies before is none of its business."""
        if (mapping, first.partition) in self._begun:
            return
        self._begun.add((mapping, first.partition))
        for record in list(line):
            if record == first.record:
                return
            del line[record]
