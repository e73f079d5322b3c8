"""The metrics of Lambda functions, from their invokes and asynchronous events (CW-INVOKE-1, CW-CONC-1)."""

from __future__ import annotations

from delivery_lab.alarms.samples import MINUTE_US, MetricSample, Take, counted
from delivery_lab.events import (
    Event,
    EventAccepted,
    EventDeadLettered,
    EventDiscarded,
    EventExpired,
    EventInvoked,
    InvokeEnded,
    InvokeRefused,
    InvokeStarted,
)

METRICS = (
    "Invocations",
    "Errors",
    "Throttles",
    "Duration",
    "ConcurrentExecutions",
    "AsyncEventsReceived",
    "AsyncEventAge",
    "AsyncEventsDropped",
)
"""Metrics of functions that are computed. `IteratorAge` and `OffsetLag` are the mapping's."""


READ: tuple[type[Event], ...] = (
    InvokeStarted,
    InvokeEnded,
    InvokeRefused,
    EventAccepted,
    EventInvoked,
    EventDeadLettered,
    EventDiscarded,
    EventExpired,
)
"""What tells of a function."""

_COUNTED: dict[str, tuple[type[Event], ...]] = {
    "Throttles": (InvokeRefused,),
    "AsyncEventsReceived": (EventAccepted,),
    "AsyncEventsDropped": (EventDeadLettered, EventDiscarded, EventExpired),
}


class FunctionSampler:
    """What CloudWatch shows of a function; invokes are stamped with their start (CW-INVOKE-1).

    Args:
        function: name of the function.
        metric: one of `METRICS`.
        take: gets the samples.
    """

    def __init__(self, function: str, metric: str, take: Take) -> None:
        self._function = function
        self._metric = metric
        self._take = take
        self._since: dict[str, int] = {}  # of events that wait
        # An event that is delivered twice has one id for two invokes, which can run at once (ASY-ONCE-1).
        self._begun: dict[tuple[str, int], int] = {}  # of invokes that run, by environment
        self._running = 0
        self._next_us = MINUTE_US

    def read(self, event: Event) -> None:
        """Take an event."""
        if getattr(event, "function", None) != self._function:
            return
        if self._metric in ("Invocations", "Errors", "Duration"):
            self._invoke(event)
        elif self._metric == "ConcurrentExecutions":
            self._concurrency(event)
        elif self._metric == "AsyncEventAge":
            self._age(event)
        elif isinstance(event, _COUNTED[self._metric]) and (not isinstance(event, InvokeRefused) or event.throttled):
            self._take(counted(event.instant_us))

    def finish(self, end_us: int) -> None:
        """Nothing is shown of what has not ended."""

    def _invoke(self, event: Event) -> None:
        if isinstance(event, InvokeStarted):
            self._begun[event.invoke, event.environment] = event.instant_us
        elif isinstance(event, InvokeEnded):
            at_us = self._begun.pop((event.invoke, event.environment))
            if self._metric == "Duration":
                self._take(MetricSample(at_us, (event.instant_us - at_us) / 1000, event.instant_us))
            else:
                # An invoke without an error is a 0 of Errors.
                value = 1.0 if self._metric == "Invocations" or event.error is not None else 0.0
                self._take(MetricSample(at_us, value, event.instant_us))

    def _concurrency(self, event: Event) -> None:
        if isinstance(event, InvokeStarted | InvokeEnded):
            while self._next_us <= event.instant_us:
                # What goes on for minutes is shown in each of them.
                if self._running:
                    self._take(MetricSample(self._next_us, self._running, self._next_us))
                self._next_us += MINUTE_US
            self._running += 1 if isinstance(event, InvokeStarted) else -1
            self._take(MetricSample(event.instant_us, self._running, event.instant_us))

    def _age(self, event: Event) -> None:
        """How long an event waited until an invoke of it began, in milliseconds."""
        if isinstance(event, EventAccepted):
            self._since[event.event] = event.instant_us
        elif isinstance(event, EventInvoked) and event.event in self._since:
            waited_us = event.instant_us - self._since[event.event]
            self._take(MetricSample(event.instant_us, waited_us / 1000, event.instant_us))
