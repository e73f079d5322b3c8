"""The metrics of SQS queues, from what happened to their messages (CW-SAMPLE-1, CW-SENT-1)."""

from __future__ import annotations

from dataclasses import dataclass, field

from delivery_lab.alarms.samples import MINUTE_US, MetricSample, Take, counted
from delivery_lab.events import (
    Event,
    MessageDeadLettered,
    MessageDeleted,
    MessageExpired,
    MessageMoved,
    MessageReceived,
    MessageReturned,
    MessageSent,
    VisibilityChanged,
)
from delivery_lab.events.instants import MICROSECONDS_PER_SECOND, in_seconds

_COUNTED: dict[str, type[MessageSent | MessageReceived | MessageDeleted]] = {
    "NumberOfMessagesSent": MessageSent,
    "NumberOfMessagesReceived": MessageReceived,
    "NumberOfMessagesDeleted": MessageDeleted,
}
"""Metrics that count. A move to the dead-letter queue is no send (CW-SENT-1)."""

GAUGES = (
    "ApproximateNumberOfMessagesVisible",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateAgeOfOldestMessage",
)
"""Metrics that say how things are."""

METRICS = (*_COUNTED, *GAUGES)


@dataclass(slots=True)
class _Queue:
    """What is in a queue at an instant: of each message when it came, and from when on it is visible."""

    came_us: dict[str, int] = field(default_factory=dict)
    visible_us: dict[str, int] = field(default_factory=dict)
    received: set[str] = field(default_factory=set)

    def enter(self, message: str, now_us: int, visible_us: int) -> None:
        self.came_us[message] = now_us
        self.visible_us[message] = visible_us

    def leave(self, message: str) -> None:
        self.came_us.pop(message, None)
        self.visible_us.pop(message, None)
        self.received.discard(message)

    def hide(self, message: str, until_us: int) -> None:
        if message in self.visible_us:
            self.visible_us[message] = until_us
            self.received.add(message)

    def value(self, metric: str, now_us: int) -> float:
        """The value of a gauge."""
        if metric == "ApproximateAgeOfOldestMessage":
            oldest = next(iter(self.came_us.values()), now_us)
            return in_seconds(now_us - oldest)
        hidden = [message for message, until_us in self.visible_us.items() if until_us > now_us]
        in_flight = sum(message in self.received for message in hidden)
        if metric == "ApproximateNumberOfMessagesNotVisible":
            return in_flight
        if metric == "ApproximateNumberOfMessagesDelayed":
            return len(hidden) - in_flight
        return len(self.visible_us) - len(hidden)


READ: tuple[type[Event], ...] = (
    MessageSent,
    MessageReceived,
    MessageDeleted,
    MessageDeadLettered,
    MessageMoved,
    MessageExpired,
    MessageReturned,
    VisibilityChanged,
)
"""What tells of a queue."""


class QueueSampler:
    """What CloudWatch shows of a queue.

    Args:
        queue: name of the queue.
        metric: one of `METRICS`; of a gauge there is a sample at the end of each minute (CW-SAMPLE-1).
        take: gets the samples.
    """

    def __init__(self, queue: str, metric: str, take: Take) -> None:
        self._queue = queue
        self._metric = metric
        self._take = take
        self._kind = _COUNTED.get(metric)
        self._state, self._next_us = _Queue(), MINUTE_US

    def read(self, event: Event) -> None:
        """Take an event."""
        if self._kind is None:
            self._pass(event.instant_us)
            _note(self._state, event, self._queue)
        elif isinstance(event, self._kind) and event.queue == self._queue:
            self._take(counted(event.instant_us))

    def finish(self, end_us: int) -> None:
        """Nothing changes any more, and gauges go on to be shown."""
        if self._kind is None:
            self._pass(end_us)

    def _pass(self, until_us: int) -> None:
        while self._next_us <= until_us:
            self._take(_gauge(self._state, self._metric, self._next_us))
            self._next_us += MINUTE_US


def _gauge(state: _Queue, metric: str, now_us: int) -> MetricSample:
    # The value belongs to the minute that ends.
    return MetricSample(now_us - 1, state.value(metric, now_us), now_us)


def _note(state: _Queue, event: Event, queue: str) -> None:
    if isinstance(event, (MessageDeadLettered, MessageMoved)):
        _move(state, event, queue)
        return
    match event:
        case MessageSent(queue=name, message=message) if name == queue:
            state.enter(message, event.instant_us, event.visible_at_us)
        case MessageReceived(queue=name, message=message) if name == queue:
            state.hide(message, event.visible_at_us)
        case VisibilityChanged(queue=name, message=message) if name == queue:
            state.hide(message, event.instant_us + event.timeout_seconds * MICROSECONDS_PER_SECOND)
        case MessageReturned(queue=name, message=message) if name == queue:
            state.hide(message, event.since_us)
        case MessageDeleted(queue=name, message=message) | MessageExpired(queue=name, message=message) if name == queue:
            state.leave(message)


def _move(state: _Queue, event: MessageDeadLettered | MessageMoved, queue: str) -> None:
    """A message leaves one queue for another, where its age begins anew."""
    if event.queue == queue:
        state.leave(event.message)
    elif event.target == queue:
        arrived = event.new_message if isinstance(event, MessageMoved) else event.message
        state.enter(arrived, event.instant_us, event.instant_us)
