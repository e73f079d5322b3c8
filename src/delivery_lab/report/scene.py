"""What a picture of a run shows: bars of invokes, spans in which messages are hidden, levels of queues, marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

BarEnding = Literal["ok", "part", "failed", "timeout", "running"]
"""How an invoke ended: `part` where its answer named some messages as failed, `running` where the run ended first."""

SpanEnding = Literal["deleted", "returned", "deadLettered", "expired", "open"]
"""What ended the time in which a receive hid messages."""

MarkKind = Literal["deadLettered", "lost", "expired", "throttled", "returned", "again"]
"""What happens at an instant: `again` where work is done that was done before."""

MARK_WORDS: Mapping[MarkKind, str] = {
    "returned": "visible again",
    "throttled": "throttled",
    "again": "work done again",
    "deadLettered": "moved to a dead-letter queue",
    "lost": "lost",
    "expired": "expired",
}
"""What each is called."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One invoke.

    Attributes:
        name: what people call it, such as `worker #2`.
        function: name of the function.
        environment: number of its execution environment.
        start_us: when it began.
        end_us: when it ended, or the run.
        ending: how it ended.
        error: the error type, "" without one.
        messages: ids of what it was handed.
        failed: how many of them its answer named as failed.
        delivery: of the message that was delivered most often, which delivery this was; 0 where it was handed none.
        overlaps: spans in which another invoke worked on a message of this one.
    """

    name: str
    function: str
    environment: int
    start_us: int
    end_us: int
    ending: BarEnding
    error: str = ""
    messages: tuple[str, ...] = ()
    failed: int = 0
    delivery: int = 0
    overlaps: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class HiddenSpan:
    """Messages of one receive, for as long as it hides them.

    Attributes:
        queue: name of the queue.
        start_us: when they were received.
        end_us: when that was over.
        ending: what ended it.
        messages: their ids.
        receive: their receive count.
    """

    queue: str
    start_us: int
    end_us: int
    ending: SpanEnding
    messages: tuple[str, ...]
    receive: int


@dataclass(frozen=True, slots=True)
class LevelPoint:
    """How much was in a source from an instant on.

    Attributes:
        at_us: the instant.
        waiting: messages that a receive could return, or records that are not passed.
        in_flight: messages that a receive hides.
        age_seconds: age of the oldest of them at the instant, before what happens then.
        age_after_seconds: the same after it.
    """

    at_us: int
    waiting: int
    in_flight: int
    age_seconds: float
    age_after_seconds: float


@dataclass(frozen=True, slots=True)
class Level:
    """How full a source was over time.

    Attributes:
        source: name of the queue, stream, table or topic, or of a function's internal queue.
        of_records: whether it is a stream or topic, where nothing is in flight.
        points: in the order of time.
    """

    source: str
    of_records: bool
    points: tuple[LevelPoint, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened to a message or an invoke at an instant."""

    kind: MarkKind
    at_us: int
    count: int = 1


@dataclass(frozen=True, slots=True)
class BlockedTrack:
    """A shard or partition that failing batches of a mapping blocked.

    Attributes:
        name: of the shard or partition.
        mapping: name of the mapping.
        spans: from when to when, in the order of time.
        behind: the most records that ever waited behind.
    """

    name: str
    mapping: str
    spans: tuple[tuple[int, int], ...]
    behind: int


@dataclass(frozen=True, slots=True)
class StarvedTrack:
    """A function that was refused while another one held the concurrency of the account.

    Attributes:
        name: of the function.
        told: who held it, in words.
        spans: the instants of the refusals, as spans without length.
    """

    name: str
    told: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class AlarmMark:
    """An alarm that goes off.

    Attributes:
        name: of the alarm.
        told: that it goes off, and when, as a sentence without its point.
        at_us: when, which may be after the end of the run.
        lateness: how long before or after the first message is harmed: the end of a sentence, "" for none.
    """

    name: str
    told: str
    at_us: int
    lateness: str


@dataclass(frozen=True, slots=True)
class Lane:
    """An execution environment."""

    function: str
    environment: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that a picture of a run shows.

    Attributes:
        end_us: when the run ended.
        bars: the invokes, in the order in which they began.
        hidden: what receives hid, in the order of the receives.
        levels: how full the sources were.
        marks: the rest, in the order of time.
        functions: what is said beside the name of a function, by name.
        names: names of messages by id.
        blocked: shards and partitions that were blocked.
        starved: functions that others left no concurrency.
        alarms: alarms of the stack that go off, in the order of time.
        watched: how many alarms of the stack were computed.
        visibility_seconds: the visibility timeout of each queue.
        healthy_moved: how many messages are moved to a dead-letter queue or destination although they are healthy.
    """

    end_us: int
    bars: tuple[Bar, ...]
    hidden: tuple[HiddenSpan, ...]
    levels: tuple[Level, ...]
    marks: tuple[Mark, ...]
    functions: dict[str, str]
    names: dict[str, str]
    blocked: tuple[BlockedTrack, ...] = ()
    starved: tuple[StarvedTrack, ...] = ()
    alarms: tuple[AlarmMark, ...] = ()
    watched: int = 0
    visibility_seconds: Mapping[str, int] = field(default_factory=dict)
    healthy_moved: int = 0

    @property
    def until_us(self) -> int:
        """Until when there is something to show: alarms go off after the run too."""
        return max(self.end_us, *(alarm.at_us for alarm in self.alarms), 0)

    def lanes(self) -> list[Lane]:
        """The environments, those of a function together, in the order in which the functions began to work."""
        of: dict[tuple[str, int], list[Bar]] = {}
        order: dict[str, int] = {}
        for bar in self.bars:
            order.setdefault(bar.function, len(order))
            of.setdefault((bar.function, bar.environment), []).append(bar)
        places = sorted(of, key=lambda place: (order[place[0]], place[1]))
        return [Lane(function, environment, tuple(of[function, environment])) for function, environment in places]

    def named(self, messages: tuple[str, ...]) -> str:
        """Some messages in a few words."""
        if not messages:
            return ""
        first = self.names.get(messages[0], messages[0])
        return first if len(messages) == 1 else f"{len(messages)} messages"
