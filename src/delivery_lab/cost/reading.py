"""What events tell of use: how many requests, invokes, records and publishes there were."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from delivery_lab.cost.pollers import PollerUnits, minimum_units
from delivery_lab.cost.polling import IdlePollers, polls_of
from delivery_lab.events import (
    AttemptsRepeated,
    BatchInvoked,
    BatchReleased,
    BatchResult,
    BatchRetryScheduled,
    Event,
    EventAccepted,
    EventDeadLettered,
    FeedConfigured,
    FeedDeadLettered,
    FeederAccepted,
    InvokeEnded,
    InvokeStarted,
    LinesRepeated,
    MessageDeleted,
    MessageMoved,
    MessageReceived,
    PollersChanged,
    Published,
    QueueConfigured,
    RecordAppended,
    RecordsDiscarded,
    RequestAnswered,
    Run,
    TenantNamed,
    chunks,
    reader_of,
)
from delivery_lab.resource_types import EVENT_BUS, TOPIC
from delivery_lab.stack.stack import Stack

_PUT_UNIT_BYTES = 25 * 1024
_ON_DEMAND_STEP_BYTES = 1024
_MICROSECONDS_OF_MS = 1000
_EVENT_OF_ONE_REQUEST_BYTES = 256 * 1024
_SENDERS_OF_DATA_EVENTS = ("aws.s3",)


@dataclass(slots=True)
class RecordSizes:
    """The records of a stream.

    Attributes:
        held_bytes: what they have in all.
        stepped_bytes: the same with each rounded up to 1 KB.
        put_units: each in steps of 25 KB.
    """

    held_bytes: int = 0
    stepped_bytes: int = 0
    put_units: int = 0

    def add(self, size_bytes: int) -> None:
        """A record more."""
        self.held_bytes += size_bytes
        self.stepped_bytes += -(-size_bytes // _ON_DEMAND_STEP_BYTES) * _ON_DEMAND_STEP_BYTES
        self.put_units += max(1, -(-size_bytes // _PUT_UNIT_BYTES))


class UseReader:
    """Counts what a run uses.

    Args:
        run: the run.
        stack: the stack that is run.

    Attributes:
        queue_kinds: `fifo` or `standard`, by name of a queue.
        deleted, received: messages that mappings deleted and received, by queue: as many requests as there can be.
        invokes: by function.
        records: by stream.
        published: publishes and events, each in steps of 64 KB, by kind and name of the feeder: of a bus they are
            `custom`, or `opt-in` where a service of AWS sends them because somebody asked for it.
        answered: requests by API.
        happened: those kinds of events that are billed in ways that are not counted, and that there were.
        hands_over: whether services of AWS sent to queues, topics or streams of the stack.
        has_large_events: whether there were asynchronous events that count as several requests.
        idle: pollers of queues that had nothing to do.
        units: provisioned pollers.
    """

    _NOT_COUNTED: ClassVar[tuple[type[Event], ...]] = (TenantNamed, MessageMoved, LinesRepeated)
    reads: ClassVar[tuple[type[Event], ...]] = (
        *_NOT_COUNTED,
        QueueConfigured,
        MessageDeleted,
        MessageReceived,
        InvokeStarted,
        InvokeEnded,
        EventAccepted,
        EventDeadLettered,
        RecordAppended,
        RecordsDiscarded,
        FeedConfigured,
        FeedDeadLettered,
        FeederAccepted,
        Published,
        RequestAnswered,
        BatchInvoked,
        BatchResult,
        BatchRetryScheduled,
        BatchReleased,
        PollersChanged,
    )

    def __init__(self, run: Run, stack: Stack) -> None:
        self.queue_kinds: dict[str, str] = {}
        self.deleted: defaultdict[str, int] = defaultdict(int)
        self.received: defaultdict[str, int] = defaultdict(int)
        self.invokes: defaultdict[str, int] = defaultdict(int)
        self.records: defaultdict[str, RecordSizes] = defaultdict(RecordSizes)
        self.published: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.answered: defaultdict[str, int] = defaultdict(int)
        self.happened: set[type[Event]] = set()
        self.hands_over = False
        self.has_large_events = False
        self.idle = IdlePollers({name: found for name, (_, found) in polls_of(stack, run.assumptions).items()})
        self.units = PollerUnits(minimum_units(stack))
        # An event that is delivered twice has one id for two invokes, which can run at once (ASY-ONCE-1).
        self._started: dict[tuple[str, str, int], int] = {}
        self._billed_ms: defaultdict[str, int] = defaultdict(int)
        self._feeder_kinds: dict[str, str] = {}
        self._feeders_of_queues: set[str] = set()
        self._tokens = {each.label: each.type for each in stack.resources.values() if each.type in (TOPIC, EVENT_BUS)}
        self._takers: dict[type[Event], Callable[[Any], None]] = {
            **dict.fromkeys(self._NOT_COUNTED, self._happens),
            **dict.fromkeys((EventDeadLettered, FeedDeadLettered, RecordsDiscarded), self._hands_over),
            EventAccepted: self._accepts_event,
            QueueConfigured: self._configured,
            MessageDeleted: self._deletes,
            MessageReceived: self._receives,
            InvokeStarted: self._starts,
            InvokeEnded: self._ends,
            RecordAppended: self._appended,
            FeedConfigured: self._feeds,
            FeederAccepted: self._accepts,
            Published: self._publishes,
            RequestAnswered: self._answers,
            **dict.fromkeys((BatchReleased, BatchRetryScheduled), self.idle.read),
            **dict.fromkeys((BatchInvoked, BatchResult), self._of_batch),
            PollersChanged: self.units.read,
        }

    def read(self, event: Event) -> None:
        """Count what an event tells of."""
        self._takers[type(event)](event)

    def read_again(self, repeated: AttemptsRepeated) -> None:
        """Count attempts that were told again: they are invokes, and no batch of a queue."""
        function = repeated.started.function
        self.invokes[function] += len(repeated.attempts)
        self._billed_ms[function] += sum([_ms(each.ended_us - each.started_us) for each in repeated.attempts])
        if repeated.lines is not None:
            self._happens(repeated.lines)

    def billed_ms(self, end_us: int) -> dict[str, int]:
        """Milliseconds of invokes, each rounded up, by function; of those that still run, up to the end of the run."""
        found = defaultdict(int, self._billed_ms)
        for (name, *_), since_us in self._started.items():
            found[name] += _ms(end_us - since_us)
        return found

    def _happens(self, event: Event) -> None:
        self.happened.add(type(event))

    def _configured(self, event: QueueConfigured) -> None:
        self.queue_kinds[event.queue] = "fifo" if event.fifo else "standard"

    def _deletes(self, event: MessageDeleted) -> None:
        if event.by.mapping:
            self.deleted[event.queue] += 1

    def _receives(self, event: MessageReceived) -> None:
        if event.by.mapping:
            self.received[event.queue] += 1

    def _starts(self, event: InvokeStarted) -> None:
        self._started[event.function, event.invoke, event.environment] = event.instant_us
        self.invokes[event.function] += 1

    def _ends(self, event: InvokeEnded) -> None:
        since_us = self._started.pop((event.function, event.invoke, event.environment))
        self._billed_ms[event.function] += _ms(event.instant_us - since_us)

    def _appended(self, event: RecordAppended) -> None:
        if event.source_kind == "kinesis":
            self.records[event.source].add(len(event.body.encode()))

    def _feeds(self, event: FeedConfigured) -> None:
        self._feeder_kinds[event.feeder] = event.feeder_kind
        if event.target_kind == "queue":
            self._feeders_of_queues.add(event.feeder)

    def _accepts(self, event: FeederAccepted) -> None:
        kind = self._feeder_kinds.get(event.feeder)
        self.hands_over |= event.feeder in self._feeders_of_queues
        if kind in ("topic", "bus"):
            self._publish(kind, event.feeder, event.body)

    def _accepts_event(self, event: EventAccepted) -> None:
        self.has_large_events |= len(event.payload.encode()) > _EVENT_OF_ONE_REQUEST_BYTES

    def _hands_over(self, event: EventDeadLettered | FeedDeadLettered | RecordsDiscarded) -> None:
        self.hands_over |= event.target is not None

    def _publishes(self, event: Published) -> None:
        if event.target in self._tokens:
            kind = "topic" if self._tokens[event.target] == TOPIC else "bus"
            self._publish(kind, event.target, event.body)

    def _publish(self, kind: str, feeder: str, body: str) -> None:
        billed = "topic" if kind == "topic" else _kind_of_event(body)
        if billed is not None:
            self.published[billed, feeder] += chunks((body,))

    def _answers(self, event: RequestAnswered) -> None:
        self.answered[event.api] += 1

    def _of_batch(self, event: BatchInvoked | BatchResult) -> None:
        self.idle.read(event)
        self.units.read(event)


def use_of(run: Run, stack: Stack) -> UseReader:
    """What a run uses."""
    return reader_of(run, UseReader, lambda: UseReader(run, stack))


def _ms(spent_us: int) -> int:
    return math.ceil(spent_us / _MICROSECONDS_OF_MS)


def _kind_of_event(body: str) -> Literal["custom", "opt-in"] | None:
    """As what an event on a bus is billed; None where it is free.

    Services of AWS send what happens to resources for nothing. What happens to data they send to those who ask for it,
    and that is billed: https://aws.amazon.com/eventbridge/pricing/. Of the services that are modelled, S3 does so.
    """
    try:
        source = str(json.loads(body).get("source", ""))
    except (ValueError, AttributeError):
        source = ""
    if source in _SENDERS_OF_DATA_EVENTS:
        return "opt-in"
    return None if source.startswith("aws.") else "custom"
