"""Events of what feeds queues and functions: topics, buckets, event buses, schedules.

A *feeder* is where a message arrives that others get. A *feed* hands it on to one target: a subscription of a topic, a
notification of a bucket, a target of a rule, a schedule's target. `feeder` and `feed` are names, `message` is the id
that the feeder gave the message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from delivery_lab.events.base import EventBase

FeederKind = Literal["topic", "bucket", "bus", "schedule"]
"""What a feeder is."""

TargetKind = Literal["queue", "function", "stream", "topic", "bus"]
"""What a feed hands messages on to."""


@dataclass(frozen=True, slots=True)
class FeedConfigured(EventBase):
    """A feed is there from now on.

    Attributes:
        feeder: name of the topic, bucket, bus or schedule.
        feeder_kind: what it is.
        feed: name of the subscription, notification or target.
        target_kind: what it hands messages on to.
        target: name of that.
    """

    feeder: str
    feeder_kind: FeederKind
    feed: str
    target_kind: TargetKind
    target: str


@dataclass(frozen=True, slots=True)
class FeederAccepted(EventBase):
    """A topic, bucket, bus or schedule has a message to hand on.

    Attributes:
        feeder: its name.
        message: id of the message.
        body: what the publisher sent, as text.
        name: what people call the message, such as the key of an object; "" where its body says so.
        group: its message group, "" without one.
        invoke: the invoke whose code sent it, None where no handler did.
        follow_up: whether it tells what became of another message, which is no message of its own.
    """

    feeder: str
    message: str
    body: str
    name: str
    group: str
    invoke: str | None
    follow_up: bool


@dataclass(frozen=True, slots=True)
class FeederDeduplicated(EventBase):
    """A FIFO topic took a publish for a repetition of an earlier one: nothing is handed on.

    Attributes:
        feeder: name of the topic.
        message: id of the message that was repeated.
    """

    feeder: str
    message: str


@dataclass(frozen=True, slots=True)
class FeedEvent(EventBase):
    """What a feed did with a message.

    Attributes:
        feeder: name of the topic, bucket, bus or schedule.
        feed: name of the feed.
        message: id of the message.
    """

    feeder: str
    feed: str
    message: str


@dataclass(frozen=True, slots=True)
class FeedHandedOn(FeedEvent):
    """The target takes the message; that it does is the next event of the target.

    Attributes:
        target: name of the target.
        new_message: id that the message has there.
    """

    target: str
    new_message: str


@dataclass(frozen=True, slots=True)
class FeedHandedOnAgain(FeedHandedOn):
    """The target takes once more a message that it has taken before: no message of its own for whoever sent it."""


@dataclass(frozen=True, slots=True)
class FeedDelayed(FeedEvent):
    """The feed is late: later messages overtake this one.

    Attributes:
        at_us: instant at which it hands the message on.
    """

    at_us: int


@dataclass(frozen=True, slots=True)
class FeedRepeated(FeedEvent):
    """The target, a FIFO queue, takes the message for a repetition of an earlier one: there is no new message.

    Attributes:
        target: name of the queue.
    """

    target: str


@dataclass(frozen=True, slots=True)
class FeedFiltered(FeedEvent):
    """The filter of the feed lets the message pass by."""


@dataclass(frozen=True, slots=True)
class FeedRetryScheduled(FeedEvent):
    """The target could not take the message, and is tried again.

    Attributes:
        code: AWS's error code.
        attempt: number of the coming retry, from 1 on.
        at_us: instant of the retry.
    """

    code: str
    attempt: int
    at_us: int


@dataclass(frozen=True, slots=True)
class FeedDeadLettered(FeedEvent):
    """The target did not take the message, and the feed's dead-letter queue does; that it does is its next event.

    Attributes:
        code: AWS's error code.
        why: what a person has to know about it.
        target: name of the dead-letter queue.
        new_message: id that the message has there.
    """

    code: str
    why: str
    target: str
    new_message: str


@dataclass(frozen=True, slots=True)
class FeedDiscarded(FeedEvent):
    """Neither the target nor a dead-letter queue took the message: it is gone.

    Attributes:
        code: AWS's error code.
        why: what a person has to know about it.
    """

    code: str
    why: str


@dataclass(frozen=True, slots=True)
class PipeHandedOn(EventBase):
    """A pipe hands a record of its source on, and its target takes it; that it does is the next event of the target.

    Attributes:
        pipe: name of the pipe.
        message: id of the message, or sequence number of the record, at the source.
        target_kind: what the target is.
        target: name of the target.
        new_message: id that it has there.
    """

    pipe: str
    message: str
    target_kind: TargetKind
    target: str
    new_message: str


@dataclass(frozen=True, slots=True)
class PipeRefused(EventBase):
    """A pipe could not hand records of its source on. The poller of the pipe tries them again, as far as it may.

    Attributes:
        pipe: name of the pipe.
        messages: ids of the messages, or sequence numbers of the records, at the source.
        target: name of the target.
        code: AWS's error code.
        why: what a person has to know about it.
    """

    pipe: str
    messages: tuple[str, ...]
    target: str
    code: str
    why: str


@dataclass(frozen=True, slots=True)
class FilterMissed(EventBase):
    """A filter lets a message pass by that it would have taken, had it looked where the content is.

    Attributes:
        place: name of the subscription or mapping that has the filter.
        message: id of the message there.
        why: where the content is.
    """

    place: str
    message: str
    why: str


AnyFeedEvent = (
    FeedConfigured
    | FeederAccepted
    | FeederDeduplicated
    | FeedHandedOn
    | FeedHandedOnAgain
    | FeedDelayed
    | FeedRepeated
    | FeedFiltered
    | FeedRetryScheduled
    | FeedDeadLettered
    | FeedDiscarded
    | PipeHandedOn
    | PipeRefused
    | FilterMissed
)
