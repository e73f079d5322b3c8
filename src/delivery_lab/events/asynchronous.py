"""Events of asynchronous invokes: what waits in Lambda's own queue in front of a function.

What waits there is called an event by AWS, and here where the word is needed. `function` is the name of the function,
`event` the id of the event, which is the request id of all its invokes.
"""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.events.base import Actor, EventBase


def events_of(function: str) -> str:
    """The name of a function's internal queue in results."""
    return f"events of {function}"


@dataclass(frozen=True, slots=True)
class AsynchronousEvent(EventBase):
    """What happened to an asynchronous event.

    Attributes:
        function: name of the function.
        event: id of the event.
    """

    function: str
    event: str

    @property
    def source(self) -> str:
        """Name of the internal queue in results."""
        return events_of(self.function)


@dataclass(frozen=True, slots=True)
class EventAccepted(AsynchronousEvent):
    """Lambda accepted an event; the caller was answered with 202.

    Attributes:
        payload: the event as JSON text.
        by: who sent it.
        follow_up: whether it is the record of an event that failed, which is no message of its own.
    """

    payload: str
    by: Actor
    follow_up: bool


@dataclass(frozen=True, slots=True)
class EventInvoked(AsynchronousEvent):
    """The event was handed to its function, in an invoke of the same id."""


@dataclass(frozen=True, slots=True)
class EventAnswered(AsynchronousEvent):
    """An invoke of the event ended.

    Attributes:
        error: the error type, None where it succeeded.
    """

    error: str | None


@dataclass(frozen=True, slots=True)
class EventRetryScheduled(AsynchronousEvent):
    """The event will be tried again.

    Attributes:
        attempt: attempts so far, throttled ones included.
        at_us: instant of the retry.
    """

    attempt: int
    at_us: int


@dataclass(frozen=True, slots=True)
class EventCompleted(AsynchronousEvent):
    """The event is out of the queue because its invoke succeeded."""


@dataclass(frozen=True, slots=True)
class EventDeadLettered(AsynchronousEvent):
    """The event is out of the queue and its record arrived at the on-failure destination or dead-letter queue.

    Attributes:
        target: name of the destination.
    """

    target: str


@dataclass(frozen=True, slots=True)
class EventExpired(AsynchronousEvent):
    """The event grew too old, and no destination took it."""


@dataclass(frozen=True, slots=True)
class EventDiscarded(AsynchronousEvent):
    """The event exhausted its retries, and no destination took it."""
