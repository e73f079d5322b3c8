"""What waits over time, from events: how full queues are, how old the oldest message is, what receives hide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from delivery_lab.events import (
    Event,
    EventAccepted,
    EventCompleted,
    EventDeadLettered,
    EventDiscarded,
    EventExpired,
    EventInvoked,
    EventRetryScheduled,
    MessageDeadLettered,
    MessageDeleted,
    MessageExpired,
    MessageMoved,
    MessageReceived,
    MessageReturned,
    MessageSent,
    RecordAppended,
    RecordExpired,
    RecordFiltered,
    RecordsCheckpointed,
    RecordsDiscarded,
    RecordSkipped,
    RecordsRewound,
    Run,
    events_of,
)
from delivery_lab.events.instants import in_seconds
from delivery_lab.report.scene import HiddenSpan, Level, LevelPoint, SpanEnding

_Change = tuple[int, int, int, str]
"""Instant, change of what waits, change of what is in flight, and the message where it comes (the changes make 1) or
goes (-1). There are several for each message of a run, so they hold nothing else."""


@dataclass(slots=True)
class _Source:
    of_records: bool
    changes: list[_Change] = field(default_factory=list)
    came_us: dict[str, int] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)

    def come(self, message: str, now_us: int, since_us: int) -> None:
        if message not in self.came_us:
            self.came_us[message] = since_us
            self.changes.append((now_us, 1, 0, message))

    def hide(self, message: str, now_us: int) -> None:
        if message in self.came_us and message not in self.hidden:
            self.hidden.add(message)
            self.changes.append((now_us, -1, 1, ""))

    def show(self, message: str, now_us: int) -> None:
        if message in self.hidden:
            self.hidden.discard(message)
            self.changes.append((now_us, 1, -1, ""))

    def go(self, message: str, now_us: int) -> None:
        if message not in self.came_us:
            return
        in_flight = message in self.hidden
        self.hidden.discard(message)
        del self.came_us[message]
        self.changes.append((now_us, 0 if in_flight else -1, -1 if in_flight else 0, message))


@dataclass(slots=True)
class _Receive:
    queue: str
    start_us: int
    receive: int


class WaitingMessages:
    """Follows what is in the sources of a run.

    Args:
        run: the run, which says what its sources are.
    """

    def __init__(self, run: Run) -> None:
        self._polled = {polled.source for polled in run.polled}
        self._wanted = frozenset(run.sources) | self._polled
        self._sources: dict[str, _Source] = {}
        self._receives: dict[tuple[str, str], _Receive] = {}
        self._spans: dict[tuple[str, int, int, SpanEnding, int], list[str]] = {}
        self._last: dict[tuple[str, str], tuple[str, int, int, SpanEnding, int]] = {}
        self._readers: dict[str, set[str]] = {}
        for polled in run.polled:
            self._readers.setdefault(polled.source, set()).add(polled.mapping)
        self._passed: dict[str, set[str]] = {}

    def take(self, event: Event) -> None:
        """Take an event of the run."""
        match event:
            case MessageSent(queue=queue, message=message):
                self._of(queue).come(message, event.instant_us, event.instant_us)
            case MessageReceived(queue=queue, message=message):
                self._of(queue).hide(message, event.instant_us)
                self._receives[queue, message] = _Receive(queue, event.instant_us, event.receive_count)
            case MessageReturned(queue=queue, message=message):
                self._of(queue).show(message, event.since_us)
                self._over(queue, message, event.since_us, "returned")
            case MessageDeleted(queue=queue, message=message):
                self._leave(queue, message, event.instant_us, "deleted")
            case MessageExpired(queue=queue, message=message):
                self._leave(queue, message, event.instant_us, "expired")
            case MessageDeadLettered() | MessageMoved():
                self._move(event)
            case _:
                self._take_others(event)

    def _take_others(self, event: Event) -> None:
        match event:
            case RecordAppended(source=source, record=record):
                self._of(source).come(record, event.instant_us, event.instant_us)
            case RecordSkipped(record=record) | RecordFiltered(record=record) | RecordExpired(record=record):
                self._pass(event.source, record, event.mapping, event.instant_us)
            case RecordsCheckpointed(records=records) | RecordsDiscarded(records=records):
                for record in records:
                    self._pass(event.source, record, event.mapping, event.instant_us)
            case RecordsRewound():
                self._read_again(event)
            case EventAccepted(event=message):
                self._of(events_of(event.function)).come(message, event.instant_us, event.instant_us)
            case EventInvoked(event=message):
                self._of(events_of(event.function)).hide(message, event.instant_us)
            case EventRetryScheduled(event=message):
                self._of(events_of(event.function)).show(message, event.instant_us)
            case EventCompleted() | EventDeadLettered() | EventExpired() | EventDiscarded():
                self._of(events_of(event.function)).go(event.event, event.instant_us)
            case _:
                pass

    def _of(self, source: str) -> _Source:
        return self._sources.setdefault(source, _Source(source in self._polled))

    def _leave(self, queue: str, message: str, now_us: int, ending: SpanEnding) -> None:
        self._of(queue).go(message, now_us)
        self._over(queue, message, now_us, ending)

    def _move(self, event: MessageDeadLettered | MessageMoved) -> None:
        self._leave(event.queue, event.message, event.instant_us, "deadLettered")
        arrived = event.new_message if isinstance(event, MessageMoved) else event.message
        self._of(event.target).come(arrived, event.instant_us, event.instant_us)

    def _over(self, queue: str, message: str, now_us: int, ending: SpanEnding) -> None:
        held = self._receives.pop((queue, message), None)
        if held is not None:
            self._put(message, (queue, held.start_us, now_us, ending, held.receive))
        elif ending == "deadLettered":
            self._moves_at_once(queue, message, now_us)

    def _put(self, message: str, span: tuple[str, int, int, SpanEnding, int]) -> None:
        if span[3] == "returned":
            self._last[span[0], message] = span
        else:
            self._last.pop((span[0], message), None)
        self._spans.setdefault(span, []).append(message)

    def _moves_at_once(self, queue: str, message: str, now_us: int) -> None:
        """A message that is moved when it has just become visible: nobody could have received it."""
        last = self._last.get((queue, message))
        if last is None or last[2] != now_us:
            return
        self._spans[last].remove(message)
        if not self._spans[last]:
            del self._spans[last]
        self._put(message, (queue, last[1], now_us, "deadLettered", last[4]))

    def _pass(self, source: str, record: str, mapping: str | None, now_us: int) -> None:
        """A record is gone from a picture once all mappings that read its source are past it."""
        readers = self._readers.get(source, set())
        passed = self._passed.setdefault(record, set())
        passed |= readers if mapping is None else {mapping}
        if passed >= readers:
            self._of(source).go(record, now_us)

    def _read_again(self, event: RecordsRewound) -> None:
        """A mapping was created again, and is before records that it was past."""
        for record in event.records:
            passed = self._passed.get(record, set())
            if event.mapping in passed:
                passed.discard(event.mapping)
                self._of(event.source).come(record, event.instant_us, event.instant_us)

    def hidden(self, end_us: int) -> tuple[HiddenSpan, ...]:
        """What each receive hid, and until when."""
        spans = dict(self._spans)
        for (queue, message), held in self._receives.items():
            spans.setdefault((queue, held.start_us, end_us, "open", held.receive), []).append(message)
        found = [
            HiddenSpan(queue, start_us, until_us, ending, tuple(messages), receive)
            for (queue, start_us, until_us, ending, receive), messages in spans.items()
            if queue in self._wanted
        ]
        return tuple(sorted(found, key=lambda span: (span.start_us, span.end_us)))

    def levels(self, end_us: int) -> tuple[Level, ...]:
        """How full each source was."""
        return tuple(
            Level(name, source.of_records, tuple(_points(source, end_us)))
            for name, source in self._sources.items()
            if name in self._wanted and source.changes
        )


def _points(source: _Source, end_us: int) -> Iterator[LevelPoint]:
    waiting = in_flight = 0
    came: dict[str, int] = {}  # in the order in which they came: the first is the oldest
    changes = source.changes
    changes.sort(key=lambda change: change[0])
    for number, (at_us, waits, flies, message) in enumerate(changes):
        before = _age(came, at_us)
        waiting, in_flight = waiting + waits, in_flight + flies
        if waits + flies > 0:
            came[message] = at_us
        elif waits + flies < 0:
            came.pop(message, None)
        following = changes[number + 1][0] if number + 1 < len(changes) else None
        if following != at_us or before:
            yield LevelPoint(at_us, waiting, in_flight, before, _age(came, at_us))
    yield LevelPoint(end_us, waiting, in_flight, _age(came, end_us), _age(came, end_us))


def _age(came: dict[str, int], now_us: int) -> float:
    return in_seconds(now_us - next(iter(came.values()))) if came else 0.0
