"""The metrics of SQS queues, from what happened to their messages (CW-SAMPLE-1, CW-SENT-1, CW-AGE-1)."""

from __future__ import annotations

from dataclasses import dataclass, field

from delivery_lab.alarms.samples import MINUTE_US, MetricSample, Take
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

_TOO_OFTEN = 3
"""A message of a standard queue that is received so often is at the back of it, and its age is not shown (CW-AGE-1)."""


@dataclass(slots=True)
class _Queue:
    """What is in a queue at an instant: of each message when it came, and from when on it is visible.

    Attributes:
        came_us: by message, without those that were received too often to have an age.
        visible_us: by message, of all.
        received: how often, of those that were received from it.
        fifo: whether messages keep their place, however often they are received.
    """

    came_us: dict[str, int] = field(default_factory=dict)
    visible_us: dict[str, int] = field(default_factory=dict)
    received: dict[str, int] = field(default_factory=dict)
    fifo: bool = False

    def enter(self, message: str, now_us: int, visible_us: int) -> None:
        self.came_us[message] = now_us
        self.visible_us[message] = visible_us

    def leave(self, message: str) -> None:
        self.came_us.pop(message, None)
        self.visible_us.pop(message, None)
        self.received.pop(message, None)

    def receive(self, message: str, until_us: int) -> None:
        self.hide(message, until_us)
        self.received[message] = self.received.get(message, 0) + 1
        if self.received[message] >= _TOO_OFTEN and not self.fifo:
            self.came_us.pop(message, None)

    def hide(self, message: str, until_us: int) -> None:
        if message in self.visible_us:
            self.visible_us[message] = until_us

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
        metric: one of `METRICS`; there is a sample at the end of each minute, be it 0 (CW-SAMPLE-1).
        take: gets the samples.
        fifo: whether it is a FIFO queue.
    """

    def __init__(self, queue: str, metric: str, take: Take, *, fifo: bool = False) -> None:
        self._queue = queue
        self._metric = metric
        self._take = take
        self._kind = _COUNTED.get(metric)
        self._state, self._next_us = _Queue(fifo=fifo), MINUTE_US
        self._count = 0

    def read(self, event: Event) -> None:
        """Take an event."""
        self._pass(event.instant_us)
        if self._kind is None:
            _note(self._state, event, self._queue)
        elif isinstance(event, self._kind) and event.queue == self._queue:
            self._count += 1

    def finish(self, end_us: int) -> None:
        """Nothing changes any more, and the queue goes on to be shown: it is active for six hours."""
        self._pass(end_us)

    def _pass(self, until_us: int) -> None:
        while self._next_us <= until_us:
            value = self._count if self._kind is not None else self._state.value(self._metric, self._next_us)
            # The value belongs to the minute that ends.
            self._take(MetricSample(self._next_us - 1, value, self._next_us))
            self._count = 0
            self._next_us += MINUTE_US


def _note(state: _Queue, event: Event, queue: str) -> None:
    if isinstance(event, (MessageDeadLettered, MessageMoved)):
        _move(state, event, queue)
        return
    match event:
        case MessageSent(queue=name, message=message) if name == queue:
            state.enter(message, event.instant_us, event.visible_at_us)
        case MessageReceived(queue=name, message=message) if name == queue:
            state.receive(message, event.visible_at_us)
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
