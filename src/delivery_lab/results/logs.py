"""Streams and topics in results: how long shards and partitions stood still, and how far their readers were behind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from delivery_lab.model.clock import in_seconds
from delivery_lab.model.journal import Event, Kind
from delivery_lab.results.fates import Fate
from delivery_lab.simulation.run import LogReading, Run

MOST_POINTS = 120


@dataclass(frozen=True, slots=True)
class BlockedLog:
    """A shard or partition that stood still.

    Attributes:
        source: name of the stream or topic.
        log: name of the shard or partition.
        seconds: for how long in all at least one of its batches failed or was throttled, and waited to be tried again.
        records_behind: most records that waited behind such a batch.
    """

    source: str
    log: str
    seconds: float
    records_behind: int


@dataclass(frozen=True, slots=True)
class LagPoint:
    """How far a reader is behind at one time.

    Attributes:
        at_seconds: when.
        records: records written and not yet done with.
        age_seconds: age of the oldest of them.
    """

    at_seconds: float
    records: int
    age_seconds: float


@dataclass(frozen=True, slots=True)
class SourceLag:
    """How far the reader of a stream or topic was behind over time.

    Attributes:
        source: name of the stream or topic.
        mapping: name of the mapping.
        kind: `kinesis`, `dynamodb` or `kafka`.
        most_records: the most that it was behind, in records.
        oldest_seconds: the most that it was behind, in time.
        points: over time, at most `MOST_POINTS`; of what lies between, the worst.
    """

    source: str
    mapping: str
    kind: str
    most_records: int
    oldest_seconds: float
    points: tuple[LagPoint, ...]


# -- blocked ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _LogState:
    source: str
    waiting: int = 0
    held: dict[int, tuple[str, ...]] = field(default_factory=dict)
    since: int = 0
    blocked: int = 0
    behind: int = 0

    def hold(self, slot: int, messages: tuple[str, ...], now: int) -> None:
        if not self.held:
            self.since = now
        self.held[slot] = messages
        self.look_behind()

    def release(self, slot: int, now: int) -> None:
        if self.held.pop(slot, None) is not None and not self.held:
            self.blocked += now - self.since

    def look_behind(self) -> None:
        if self.held:
            self.behind = max(self.behind, self.waiting - sum(len(messages) for messages in self.held.values()))


def blocked_logs(run: Run) -> list[BlockedLog]:
    """All shards and partitions of the run that mappings read, in the order of their names."""
    states = {log: _LogState(reading.source) for reading in run.readings for log in reading.logs}
    gone: set[str] = set()
    for event in run.events:
        state = states.get(event.text("log"))
        if state is not None:
            _follow(state, event, gone)
    end = round(run.virtual_seconds * 1_000_000)
    for state in states.values():
        for slot in list(state.held):
            state.release(slot, end)
    return [
        BlockedLog(state.source, log, in_seconds(state.blocked), max(0, state.behind))
        for log, state in sorted(states.items())
    ]


def _follow(state: _LogState, event: Event, gone: set[str]) -> None:
    kind = event.kind
    if kind is Kind.SENT:
        state.waiting += 1
        state.look_behind()
        return
    if kind in (Kind.EXPIRED, Kind.SKIPPED, Kind.FILTERED):
        state.waiting -= 1
        gone.add(event.text("message"))
        for held, batch in list(state.held.items()):
            if gone.issuperset(batch):
                state.release(held, event.instant)
        return
    slot, messages = event.facts.get("slot"), event.texts("messages")
    if not isinstance(slot, int) or not messages:
        return
    if kind in (Kind.RETRY, Kind.VERDICT):
        state.hold(slot, messages, event.instant)
    elif kind in (Kind.CHECKPOINT, Kind.DISCARDED):
        state.waiting -= len(messages)
        state.release(slot, event.instant)


# -- lag ----------------------------------------------------------------------------------------------------


def lags(run: Run, fates: Iterable[Fate]) -> list[SourceLag]:
    """The lag of each stream and topic that a mapping reads."""
    by_source: dict[str, list[Fate]] = {reading.source: [] for reading in run.readings}
    for fate in fates:
        if fate.source in by_source:
            by_source[fate.source].append(fate)
    return [_lag(reading, by_source[reading.source], run.virtual_seconds) for reading in run.readings]


def _lag(reading: LogReading, fates: Sequence[Fate], end: float) -> SourceLag:
    points = list(_points(fates, end))
    return SourceLag(
        source=reading.source,
        mapping=reading.mapping,
        kind=reading.kind,
        most_records=max((point.records for point in points), default=0),
        oldest_seconds=max((point.age_seconds for point in points), default=0.0),
        points=tuple(_thinned(points, end)),
    )


def _points(fates: Sequence[Fate], end: float) -> Iterable[LagPoint]:
    """The state right before each change, where age is at its highest, and right after the last."""
    changes = [(fate.sent_at, 1) for fate in fates]
    changes += [(fate.left_at, -1) for fate in fates if fate.left_at is not None]
    changes.sort()
    waiting, oldest = 0, 0
    for instant, step in [*changes, (end, 0)]:
        while oldest < len(fates) and _has_left(fates[oldest], instant):
            oldest += 1
        age = instant - fates[oldest].sent_at if waiting and oldest < len(fates) else 0.0
        yield LagPoint(instant, waiting, max(0.0, round(age, 6)))
        waiting += step


def _has_left(fate: Fate, instant: float) -> bool:
    return fate.left_at is not None and fate.left_at < instant


def _thinned(points: Sequence[LagPoint], end: float) -> Iterable[LagPoint]:
    if len(points) <= MOST_POINTS:
        return points
    width = max(end, 1e-6) / (MOST_POINTS - 1)
    worst: dict[int, LagPoint] = {}
    for point in points:
        bucket = int(point.at_seconds / width)
        known = worst.get(bucket)
        if known is None or (point.age_seconds, point.records) > (known.age_seconds, known.records):
            worst[bucket] = point
    return worst.values()


# -- what to watch ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Watch:
    """What somebody who looks at CloudWatch sees.

    Attributes:
        mapping: name of the mapping.
        metric: `IteratorAge` (milliseconds) or `OffsetLag` (records).
        peak: its highest value, in the metric's unit.
        threshold: what an alarm should watch for.
        at_seconds: when the metric passed it, in virtual seconds; None: it stayed below.
        first_loss_seconds: when the first record expired or was given up, None if none was.
    """

    mapping: str
    metric: str
    peak: int
    threshold: int
    at_seconds: float | None
    first_loss_seconds: float | None

    def __str__(self) -> str:
        unit = " ms" if self.metric == "IteratorAge" else " records"
        text = f"CloudWatch: {self.metric} of {self.mapping} peaks at {self.peak:,}{unit}"
        if self.at_seconds is None:
            return f"{text}, below an alarm at {self.threshold:,}"
        # Not when an alarm goes off: that is minutes later, as its period and its number of periods say.
        text += f"; it passes {self.threshold:,}, a threshold for an alarm, at {self.at_seconds:.0f} s"
        if self.first_loss_seconds is None or self.first_loss_seconds < self.at_seconds:
            return text
        return f"{text}, {self.first_loss_seconds - self.at_seconds:.0f} s before the first record is gone"


ITERATOR_AGE_MS = 30_000
OFFSET_LAG_RECORDS = 10


def watches(run: Run, fates: Sequence[Fate]) -> list[Watch]:
    """What CloudWatch would show of each mapping that reads a stream or topic."""
    found = []
    for reading in run.readings:
        own = [fate for fate in fates if fate.source == reading.source]
        points = list(_points(own, run.virtual_seconds))
        kafka = reading.kind == "kafka"
        threshold = OFFSET_LAG_RECORDS if kafka else ITERATOR_AGE_MS
        values = [point.records if kafka else round(point.age_seconds * 1000) for point in points]
        losses = [f.left_at for f in own if f.left_at is not None and f.left in ("expired", "deadLettered")]
        found.append(
            Watch(
                reading.mapping,
                "OffsetLag" if kafka else "IteratorAge",
                max(values, default=0),
                threshold,
                _crossing(points, values, threshold, by_age=not kafka),
                min(losses, default=None),
            )
        )
    return found


def _crossing(points: Sequence[LagPoint], values: Sequence[int], threshold: int, *, by_age: bool) -> float | None:
    for point, value in zip(points, values, strict=True):
        if value > threshold:
            # Age rises by a second a second: it passed the threshold before this point.
            return point.at_seconds - (value - threshold) / 1000 if by_age else point.at_seconds
    return None
