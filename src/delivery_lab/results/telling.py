"""What a person is told of each event."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, assert_never, get_args

from delivery_lab.events import (
    SERVICE_ERROR,
    BatchInvoked,
    BatchReleased,
    BatchResult,
    BatchRetryScheduled,
    BatchSplit,
    ContractLine,
    DeleteIgnored,
    DestinationRefused,
    EnvironmentStarted,
    Event,
    EventAccepted,
    EventAnswered,
    EventCompleted,
    EventDeadLettered,
    EventDiscarded,
    EventExpired,
    EventInvoked,
    EventRetryScheduled,
    FunctionCalled,
    FunctionConfigured,
    InvokeEnded,
    InvokeRefused,
    InvokeStarted,
    LinesRepeated,
    MappingConfigured,
    MessageDeadLettered,
    MessageDeleted,
    MessageExpired,
    MessageFiltered,
    MessageMoved,
    MessageReceived,
    MessageReturned,
    MessageSent,
    MoveTaskChanged,
    PollersChanged,
    Published,
    QueueConfigured,
    RecordAppended,
    RecordExpired,
    RecordFiltered,
    RecordsCheckpointed,
    RecordsDiscarded,
    RecordSkipped,
    RecordsRewound,
    SendDeduplicated,
    TenantNamed,
    VisibilityChanged,
)
from delivery_lab.events.feeds import AnyFeedEvent
from delivery_lab.events.instants import in_seconds
from delivery_lab.events.observations import ErrorSwallowed, Observation
from delivery_lab.events.union import (
    AnyAsynchronousEvent,
    AnyPartitionEvent,
    InvokeEvent,
    MappingEvent,
    QueueEvent,
    RequestEvent,
    TargetEvent,
)
from delivery_lab.results.telling_feeds import FeedTeller
from delivery_lab.results.telling_requests import RequestTeller
from delivery_lab.results.told import SILENT, WHY_GONE, Told

__all__ = ["SILENT", "Teller", "Told"]

_NAMES_SHOWN = 12
_SILENT_LINES = frozenset({"queued", "started", "processed"})
"""Lines of which nothing is told, though what one says of work that is done counts for a duplicate."""


def telling_lines(lines: tuple[ContractLine, ...]) -> tuple[ContractLine, ...]:
    """Those of an invoke's lines of the log contract by which `Teller.said` tells what it tells by all of them.

    At least one, if there are any: also a line of which nothing is told ends what is told before it.
    """
    if any(line.event == "duplicate" for line in lines):
        return lines  # what is told of it depends on the others
    return tuple(line for line in lines if line.event not in _SILENT_LINES) or lines[:1]


class Teller:
    """Tells of events one by one, in their order, and gives messages and invokes names that people can read."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._invokes: dict[str, str] = {}
        self._running: dict[tuple[str, int], str] = {}  # by environment, too: ids of events repeat (ASY-ONCE-1)
        self._counts: dict[str, int] = {}
        self._holders: dict[tuple[str, str], list[str]] = {}  # of a message for a reader
        self._held: dict[str, list[tuple[str, str]]] = {}
        self._batches: dict[str, tuple[str, ...]] = {}
        self._worked: set[tuple[str | None, str]] = set()
        self._deleted: set[str] = set()  # messages that code of a function has deleted
        self._refused: set[str] = set()  # mappings whose on-failure destination refuses reports
        self._feeds = FeedTeller(self._learn, self._name, self._is_same)
        self._requests = RequestTeller(self._learn)
        self._tellers: dict[type[Event], Callable[[Any], Told]] = {
            **dict.fromkeys(get_args(QueueEvent), self._of_queue),
            **dict.fromkeys(get_args(AnyPartitionEvent), self._of_partition),
            **dict.fromkeys(get_args(MappingEvent), self._of_mapping),
            **dict.fromkeys(get_args(InvokeEvent), self._of_invoke),
            **dict.fromkeys(get_args(AnyAsynchronousEvent), self._of_event),
            **dict.fromkeys(get_args(RequestEvent), self._requests.tell),
            **dict.fromkeys(get_args(TargetEvent), self._of_target),
            **dict.fromkeys(get_args(AnyFeedEvent), self._feeds.tell),
            **dict.fromkeys(get_args(Observation), self._of_observation),
            ContractLine: lambda line: Told(self.said(line, line.invoke)),
            LinesRepeated: lambda _: SILENT,  # its lines are told one by one (`told_apart`, `said`)
        }

    def names(self, messages: Sequence[str]) -> str:
        """The names of messages, the middle of many left out."""
        if len(messages) > _NAMES_SHOWN:
            first = map(self._name, messages[: _NAMES_SHOWN - 2])
            return f"{' '.join(first)} ... {self._name(messages[-1])} ({len(messages)} in all)"
        return " ".join(map(self._name, messages))

    def called(self) -> Mapping[str, str]:
        """Names by the ids of the messages that have been told of."""
        return dict(self._names)

    def tell(self, event: Event) -> Told:
        """What is told of an event."""
        return self._tellers[type(event)](event)

    def invoke(self, invoke: str | None, function: str) -> str:
        """What an invoke of a function is called; by the function alone where it is not known."""
        return self._invokes.get(invoke or "", function)

    def held_by(self, invoke: str) -> tuple[str, ...]:
        """The messages that an invoke works on."""
        return tuple(message for _, message in self._held.get(self._invokes.get(invoke, ""), ()))

    def batch_of(self, invoke: str) -> tuple[str, ...]:
        """The messages that an invoke got, also when it has ended."""
        return self._batches.get(invoke, ())

    # -- names --------------------------------------------------------------------------------------------

    def _name(self, message: str) -> str:
        return self._names.get(message, message)

    def _is_same(self, new_message: str, message: str) -> None:
        self._names[new_message] = self._name(message)

    def _learn(self, message: str, body: str, called: str = "") -> None:
        """Give a message its name, unless it had one when it was somewhere else."""
        if message in self._names:
            return
        request = self._requests.taken()
        if request is not None:
            self._is_same(message, request)
            return
        if called:
            self._names[message] = called
            return
        try:
            parsed = json.loads(body)
        except ValueError:
            parsed = None
        name = parsed.get("id") if isinstance(parsed, dict) else None
        self._names[message] = str(name) if name is not None else f"message {len(self._names) + 1}"

    # -- queues -------------------------------------------------------------------------------------------

    def _of_queue(self, event: QueueEvent) -> Told:
        match event:
            case MessageSent(queue=queue, message=message):
                self._learn(message, event.body)
                return SILENT if message in self._feeds.announced else Told(f"sent to {queue}", message)
            case MessageReturned(queue=queue, message=message):
                # Since when, where the queue was not looked at when it happened.
                since = f" since {in_seconds(event.since_us):.3f} s" if event.since_us < event.instant_us else ""
                return Told(f"visible again in {queue}{since}", message)
            case MessageDeadLettered(queue=queue, message=message):
                return Told(f"moved from {queue} to {event.target}", message)
            case MessageExpired(queue=queue, message=message):
                return Told(f"expired in {queue}", message)
            case MessageFiltered(message=message):
                meant = f", although {' and '.join(event.wanted_by)} would have taken it" if event.wanted_by else ""
                meant += self._feeds.although(event.mapping, message)
                return Told(f"filtered out and deleted by {event.mapping}{meant}", message)
            case SendDeduplicated(queue=queue, message=message):
                return Told(f"sent to {queue} again and dropped: {self._name(message)}")
            case MessageDeleted() | DeleteIgnored():
                return self._of_delete(event)
            case MessageMoved() | MoveTaskChanged():
                return self._of_redrive(event)
            case MessageReceived() | VisibilityChanged() | QueueConfigured() | TenantNamed():
                return SILENT  # batches and their results tell the same
            case _:
                assert_never(event)

    def _of_delete(self, event: MessageDeleted | DeleteIgnored) -> Told:
        if event.rule == "SQS-RET-4":
            by = self.invoke(event.by.invoke, event.by.name)
            return Told(f"deleted by {by}, too late: it had expired", event.message)
        if isinstance(event, DeleteIgnored):
            missed = event.rule == "SIM-FAULT-1"
            why = "a copy missed the delete" if missed else "it was deleted with an old receipt handle"
            return Told(f"{self._name(event.message)} stays: {why}")
        if event.by.kind != "function":
            return SILENT  # the batch's result tells it
        self._deleted.add(event.message)
        return Told(f"deleted by {self.invoke(event.by.invoke, event.by.name)}", event.message)

    def _of_redrive(self, event: MessageMoved | MoveTaskChanged) -> Told:
        if isinstance(event, MessageMoved):
            self._is_same(event.new_message, event.message)
            return Told(f"moved from {event.queue} back to {event.target}", event.message)
        if event.status == "RUNNING":
            return Told(f"redrive of {event.queue} begins")
        why = f": {event.failure}" if event.failure else ""
        return Told(f"redrive of {event.queue} ends: {event.moved} moved ({event.status.lower()}{why})")

    # -- partitions ---------------------------------------------------------------------------------------

    def _of_partition(self, event: AnyPartitionEvent) -> Told:
        match event:
            case RecordAppended(source=source, record=record):
                self._learn(record, event.body)
                return Told(f"sent to {source}", record)
            case RecordSkipped(source=source, record=record, rule="STR-START-5"):
                return Told(f"missed in {source} by {event.mapping}, which was created again at LATEST", record)
            case RecordSkipped(source=source, record=record):
                return Told(f"skipped in {source}, appended before {event.mapping} began to read", record)
            case RecordFiltered(record=record):
                return Told(f"filtered out and skipped by {event.mapping}", record)
            case RecordExpired(source=source, record=record):
                return Told(f"expired in {source}", record)
            case RecordsRewound() | RecordsDiscarded():
                return Told(self._read_again(event) if isinstance(event, RecordsRewound) else self._discarded(event))
            case BatchSplit(records=records, cut_at=at):
                if not at:
                    return SILENT  # the checkpoint made the cut: the batch's result has told it
                return Told(f"{event.mapping} splits a batch: {self.names(records[:at])} | {self.names(records[at:])}")
            case RecordsCheckpointed():
                return SILENT  # the batch's result has told it
            case _:
                assert_never(event)

    def _read_again(self, event: RecordsRewound) -> str:
        again = f" and reads {self.names(event.records)}" if event.records else ""
        return f"{event.mapping} is created again{again}"

    def _discarded(self, event: RecordsDiscarded) -> str:
        return f"{event.mapping} discards {self.names(event.records)} ({event.condition}){self._report(event)}"

    def _report(self, event: RecordsDiscarded) -> str:
        if event.target is not None:
            return f" and reports it to {event.target}"
        return ", unreported" if event.mapping in self._refused else " without an on-failure destination"

    # -- mappings and invokes -----------------------------------------------------------------------------

    def _of_mapping(self, event: MappingEvent) -> Told:
        match event:
            case BatchInvoked():
                reader = "" if event.partition is None else event.mapping
                return Told(self._gets(event.invoke, event.messages, reader))
            case BatchResult():
                return Told(self._result(event))
            case BatchRetryScheduled():
                return Told(self._retry(event.mapping, event.messages, event.at_us))
            case BatchReleased():
                return Told(f"{event.mapping} will not try {self.names(event.messages)} again")
            case PollersChanged():
                return Told(f"{event.mapping} works on up to {event.limit} batches at once from now on")
            case MappingConfigured():
                return SILENT  # the stack says so
            case _:
                assert_never(event)

    def _gets(self, invoke: str, messages: tuple[str, ...], reader: str = "") -> str:
        """What an invoke gets. The mappings of a partition read apart from each other: each has its own holders."""
        name = self._invokes[invoke]
        self._batches[invoke] = messages
        self._held[name] = [(reader, message) for message in messages]
        held = sorted({holder for key in self._held[name] for holder in self._holders.get(key, ())})
        for key in self._held[name]:
            self._holders.setdefault(key, []).append(name)
        overlap = f", while {' and '.join(held)} still {'works' if len(held) == 1 else 'work'} on it" if held else ""
        return f"{name} gets {self.names(messages)}{overlap}"

    def _result(self, event: BatchResult) -> str:
        done = len(self._batches[event.invoke]) - len(event.failed)
        parts = [f"{done} {'deleted' if event.partition is None else 'checkpointed'}"] if done else []
        if event.failed:
            where = "kept in the queue" if event.partition is None else f"still at the head of {event.partition}"
            kept = [message for message in event.failed if message not in self._deleted]
            parts.append(f"{where}: {self.names(kept) or 'none'}")
        return f"{self._invokes[event.invoke]} ends: {', '.join(parts)} ({event.reason})"

    def _retry(self, who: str, messages: Sequence[str], at_us: int) -> str:
        return f"{who} will try {self.names(messages)} again at {in_seconds(at_us):.3f} s"

    def _of_invoke(self, event: InvokeEvent) -> Told:
        match event:
            case InvokeStarted():
                self._counts[event.function] = self._counts.get(event.function, 0) + 1
                name = f"{event.function} #{self._counts[event.function]}"
                self._invokes[event.invoke] = self._running[event.invoke, event.environment] = name
                return SILENT  # what it gets is told
            case InvokeEnded():
                return Told(self._ends(event))
            case InvokeRefused():
                if event.throttled:
                    return Told(f"{event.function} is throttled ({event.reason})")
                return Told(f"{event.function} is not invoked ({SERVICE_ERROR}, status {event.status})")
            case FunctionCalled() | EnvironmentStarted() | FunctionConfigured():
                return SILENT
            case _:
                assert_never(event)

    def _ends(self, event: InvokeEnded) -> str:
        name = self._running.pop((event.invoke, event.environment))
        for key in self._held.pop(name, ()):
            self._holders[key].remove(name)
        if event.error is None:
            return ""
        return f"{name} {'runs into its timeout' if event.timed_out else f'fails with {event.error}'}"

    # -- asynchronous events ------------------------------------------------------------------------------

    def _of_event(self, event: AnyAsynchronousEvent) -> Told:
        match event:
            case EventAccepted():
                self._learn(event.event, event.payload)
                announced = event.event in self._feeds.announced
                return SILENT if announced else Told(f"sent to {event.source}", event.event)
            case EventInvoked():
                return Told(self._gets(event.event, (event.event,)))
            case EventRetryScheduled():
                return Told(self._retry(event.source, (event.event,), event.at_us))
            case EventDeadLettered():
                return Told(f"moved from {event.source} to {event.target}", event.event)
            case EventExpired():
                return Told(f"expired in {event.source}", event.event)
            case EventDiscarded():
                why = WHY_GONE.get(event.rule or "", " without an on-failure destination")
                return Told(f"discarded from {event.source}{why}", event.event)
            case EventAnswered() | EventCompleted():
                return SILENT
            case _:
                assert_never(event)

    # -- requests, targets and lines ----------------------------------------------------------------------

    def _of_target(self, event: TargetEvent) -> Told:
        match event:
            case Published():
                self._learn(event.message, event.body)
                return Told(f"published to {event.target}", event.message)
            case DestinationRefused():
                self._refused.add(event.mapping)
                return Told(f"{event.target} refuses the report of {event.mapping}: {event.code}")
            case _:
                assert_never(event)

    def _of_observation(self, event: Observation) -> Told:
        if isinstance(event, ErrorSwallowed):
            who = self.invoke(event.invoke, event.function)
            last = event.text.rstrip().rpartition("\n")[2]
            return Told(f"{who} leaves an error {'in a future' if event.where == 'future' else 'in its log'}: {last}")
        return SILENT

    def said(self, line: ContractLine, invoke: str | None) -> str:
        """What is told of a line of the log contract that an invoke wrote, "" for nothing."""
        who = self.invoke(invoke, line.function)
        subject = line.business_id or self._name(line.message or "")
        match line.event:
            case "failed":
                return f"{who} fails {subject}: {line.error_type}"
            case "processed":
                self._worked.add((invoke, subject))
                return ""
            case "duplicate":
                if (invoke, subject) in self._worked:
                    return f"{who} learns that {subject} was done by another delivery, too"
                return f"{who} skips {subject}: done before"
            case "heartbeat":
                return f"{who} extends the visibility of {subject}"
            case "heartbeat_failed":
                return f"{who} cannot extend {subject}"
            case "queued" | "started":
                return ""
            case _:
                assert_never(line.event)
