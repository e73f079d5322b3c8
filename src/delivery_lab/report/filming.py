"""From the events of a run to what its picture shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from delivery_lab.durations import exact
from delivery_lab.events import (
    BatchInvoked,
    BatchResult,
    ContractLine,
    Event,
    EventInvoked,
    FunctionConfigured,
    InvokeEnded,
    InvokeRefused,
    InvokeStarted,
    LinesRepeated,
    QueueConfigured,
    Run,
)
from delivery_lab.events.instants import seconds
from delivery_lab.report.scene import AlarmMark, Bar, BarEnding, BlockedTrack, Mark, MarkKind, Scene, StarvedTrack
from delivery_lab.report.waiting import WaitingMessages
from delivery_lab.results.alarm_figures import AlarmFigures
from delivery_lab.results.fates import Fate
from delivery_lab.results.partitions import blocked_intervals, blocked_partitions
from delivery_lab.results.starvation import is_for_want_of_shared_concurrency, starved_functions

_READ = frozenset(
    {
        BatchInvoked,
        BatchResult,
        ContractLine,
        EventInvoked,
        FunctionConfigured,
        InvokeEnded,
        InvokeRefused,
        InvokeStarted,
        LinesRepeated,
        QueueConfigured,
    }
)


def scene_of(run: Run, fates: Sequence[Fate], names: dict[str, str], alarms: Sequence[AlarmFigures] = ()) -> Scene:
    """What the picture of a run shows.

    Args:
        run: the run.
        fates: what became of its messages.
        names: names of messages by id.
        alarms: what becomes of the alarms of its stack.
    """
    film, waiting = _Film(), WaitingMessages(run)
    last_us = 0
    for event in run.events:
        last_us = event.instant_us
        film.take(event)
        waiting.take(event)
    end_us = max(seconds(run.virtual_seconds), last_us, 1)
    hidden = waiting.hidden(end_us)
    returned: Counter[int] = Counter()
    for span in hidden:
        if span.ending == "returned":
            returned[span.end_us] += len(span.messages)
    marks = [Mark("returned", at_us, count) for at_us, count in returned.items()]
    marks += [Mark("throttled", at_us, count) for at_us, count in film.throttles.items()]
    marks += [Mark("again", at_us, count) for at_us, count in film.again.items() if count]
    marks += _endings(fates)
    gone_off = tuple(sorted(_alarms(alarms), key=lambda alarm: alarm.at_us))
    return Scene(
        end_us=end_us,
        bars=film.bars(end_us),
        hidden=hidden,
        levels=waiting.levels(max(end_us, *(alarm.at_us for alarm in gone_off), 0)),
        marks=tuple(sorted(marks, key=lambda mark: (mark.at_us, mark.kind))),
        functions=film.functions,
        names=names,
        blocked=tuple(_blocked(run)),
        starved=tuple(_starved(run, film.refused)),
        alarms=gone_off,
        watched=sum(not alarm.unknown for alarm in alarms),
        visibility_seconds=film.visibility_seconds,
        healthy_moved=sum(fate.outcome == "deadLettered" and not fate.poison for fate in fates),
    )


def _alarms(alarms: Iterable[AlarmFigures]) -> Iterator[AlarmMark]:
    for alarm in alarms:
        if alarm.at_seconds is not None:
            yield AlarmMark(alarm.name, alarm.told, seconds(alarm.at_seconds), alarm.lateness)


def _blocked(run: Run) -> Iterator[BlockedTrack]:
    intervals = blocked_intervals(run)
    for one in blocked_partitions(run):
        spans = intervals.get((one.source, one.log, one.mapping), ())
        if spans:
            found = tuple((seconds(start), seconds(end)) for start, end in spans)
            yield BlockedTrack(one.log, one.mapping, found, one.records_behind)


def _starved(run: Run, refused: Mapping[str, Sequence[int]]) -> Iterator[StarvedTrack]:
    for one in starved_functions(run):
        spans = tuple((at_us, at_us) for at_us in refused[one.function])
        held = f"{one.holder} holds up to {one.most_held:,} of the account's concurrency"
        yield StarvedTrack(one.function, f"{one.refused:,} refused while {held}", spans)


_ENDINGS: dict[str, MarkKind] = {"deadLettered": "deadLettered", "lost": "lost", "expired": "expired"}


def _endings(fates: Iterable[Fate]) -> list[Mark]:
    counts: Counter[tuple[MarkKind, int]] = Counter()
    for fate in fates:
        kind = _ENDINGS.get(fate.outcome)
        if kind is not None and fate.left_at is not None:
            counts[kind, seconds(fate.left_at)] += 1
    return [Mark(kind, at_us, count) for (kind, at_us), count in counts.items()]


@dataclass(slots=True)
class _Open:
    """An invoke that runs, or has run."""

    started: InvokeStarted
    name: str
    end_us: int | None = None
    error: str | None = None
    timed_out: bool = False
    messages: tuple[str, ...] = ()
    failed: int = 0
    delivery: int = 0
    keys: tuple[tuple[str, str], ...] = ()
    with_others: dict[int, int] = field(default_factory=dict)
    overlaps: list[tuple[int, int]] = field(default_factory=list)

    def ending(self) -> BarEnding:
        if self.end_us is None:
            return "running"
        if self.timed_out:
            return "timeout"
        if self.error is not None:
            return "failed"
        return "part" if self.failed else "ok"


class _Film:
    """Follows invokes, and who holds which message."""

    def __init__(self) -> None:
        self.throttles: Counter[int] = Counter()
        self.again: Counter[int] = Counter()
        self.refused: dict[str, list[int]] = {}
        self.functions: dict[str, str] = {}
        self.visibility_seconds: dict[str, int] = {}
        self._done: set[tuple[str, str]] = set()
        self._all: list[_Open] = []
        # An event that is delivered twice has one id for two invokes, which can run at once (ASY-ONCE-1).
        self._running: dict[tuple[str, int], int] = {}  # by environment, too
        self._latest: dict[str, int] = {}  # by invoke: answers of mappings come after the end
        self._counts: Counter[str] = Counter()
        self._holders: dict[tuple[str, str], list[int]] = {}
        self._deliveries: Counter[tuple[str, str]] = Counter()

    def take(self, event: Event) -> None:
        """Take an event of the run."""
        if type(event) not in _READ:
            return
        match event:
            case InvokeStarted():
                self._start(event)
            case BatchInvoked():
                self._hand(event.invoke, event.messages, "" if event.partition is None else event.mapping)
            case EventInvoked():
                self._hand(event.event, (event.event,), "")
            case InvokeEnded():
                self._end(event)
            case BatchResult():
                self._all[self._latest[event.invoke]].failed = len(event.failed)
            case _:
                self._note(event)

    def _note(self, event: Event) -> None:
        match event:
            case InvokeRefused():
                self.throttles[event.instant_us] += 1
                if is_for_want_of_shared_concurrency(event):
                    self.refused.setdefault(event.function, []).append(event.instant_us)
            case FunctionConfigured():
                self.functions[event.function] = _settings(event)
            case QueueConfigured():
                self.visibility_seconds[event.queue] = event.visibility_timeout_seconds
            case ContractLine():
                self._say(event, event.instant_us)
            case LinesRepeated():
                for line in event.lines:
                    self._say(line, event.instant_us)

    def bars(self, end_us: int) -> tuple[Bar, ...]:
        """All invokes; those that still run end with the run."""
        for number in list(self._running.values()):
            self._part(number, end_us)
        return tuple(
            Bar(
                name=one.name,
                function=one.started.function,
                environment=one.started.environment,
                start_us=one.started.instant_us,
                end_us=end_us if one.end_us is None else one.end_us,
                ending=one.ending(),
                error=one.error or "",
                messages=one.messages,
                failed=one.failed,
                delivery=one.delivery,
                overlaps=tuple(one.overlaps),
            )
            for one in self._all
        )

    def _start(self, event: InvokeStarted) -> None:
        self._counts[event.function] += 1
        self._running[event.invoke, event.environment] = self._latest[event.invoke] = len(self._all)
        self._all.append(_Open(event, f"{event.function} #{self._counts[event.function]}"))

    def _hand(self, invoke: str, messages: tuple[str, ...], reader: str) -> None:
        """An invoke gets messages. The mappings of a partition read apart from each other."""
        number = self._latest.get(invoke)
        if number is None or self._all[number].end_us is not None:
            return
        one = self._all[number]
        one.messages, one.keys = messages, tuple((reader, message) for message in messages)
        for key in one.keys:
            self._deliveries[key] += 1
            one.delivery = max(one.delivery, self._deliveries[key])
            for other in self._holders.get(key, ()):
                one.with_others[other] = self._all[other].with_others[number] = one.started.instant_us
            self._holders.setdefault(key, []).append(number)

    def _say(self, line: ContractLine, now_us: int) -> None:
        """Work of a function is done: for the first time, or again."""
        what = line.business_id or line.message
        if line.event == "processed" and what is not None:
            self.again[now_us] += (line.function, what) in self._done
            self._done.add((line.function, what))

    def _end(self, event: InvokeEnded) -> None:
        number = self._running.pop((event.invoke, event.environment))
        one = self._all[number]
        one.end_us, one.error, one.timed_out = event.instant_us, event.error, event.timed_out
        self._part(number, event.instant_us)
        for key in one.keys:
            holders = self._holders[key]
            holders.remove(number)
            if not holders:
                del self._holders[key]
        one.keys = ()

    def _part(self, number: int, now_us: int) -> None:
        """What an invoke worked on together with others is over."""
        one = self._all[number]
        for other, since_us in one.with_others.items():
            for each in (one, self._all[other]):
                each.overlaps.append((since_us, now_us))
            self._all[other].with_others.pop(number, None)
        one.with_others = {}


def _settings(event: FunctionConfigured) -> str:
    parts = [f"timeout {exact(event.timeout_seconds)}"]
    if event.reserved_concurrency is not None:
        parts.append(f"reserved concurrency {event.reserved_concurrency}")
    return ", ".join(parts)
