"""The metrics of Lambda functions, from their invokes, and of mappings, from what they have not read yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from delivery_lab.alarms.samples import MetricSample, counted
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


def function_samples(events: Iterable[Event], function: str, metric: str) -> Iterator[MetricSample]:
    """What CloudWatch shows of a function; invokes are stamped with their start (CW-INVOKE-1).

    Args:
        events: what happened.
        function: name of the function.
        metric: one of `METRICS`.
    """
    own = [event for event in events if getattr(event, "function", None) == function]
    if metric in ("Invocations", "Errors", "Duration"):
        return _invokes(own, metric)
    if metric == "ConcurrentExecutions":
        return _concurrency(own)
    if metric == "AsyncEventAge":
        return _ages(own)
    kinds: dict[str, tuple[type[Event], ...]] = {
        "Throttles": (InvokeRefused,),
        "AsyncEventsReceived": (EventAccepted,),
        "AsyncEventsDropped": (EventDeadLettered, EventDiscarded, EventExpired),
    }
    wanted = kinds[metric]
    return (
        counted(event.instant_us)
        for event in own
        if isinstance(event, wanted) and (not isinstance(event, InvokeRefused) or event.throttled)
    )


def _invokes(own: Iterable[Event], metric: str) -> Iterator[MetricSample]:
    started: dict[str, int] = {}
    for event in own:
        if isinstance(event, InvokeStarted):
            started[event.invoke] = event.instant_us
        elif isinstance(event, InvokeEnded):
            at_us = started.pop(event.invoke)
            if metric == "Duration":
                yield MetricSample(at_us, (event.instant_us - at_us) / 1000, event.instant_us)
            else:
                # An invoke without an error is a 0 of Errors.
                value = 1.0 if metric == "Invocations" or event.error is not None else 0.0
                yield MetricSample(at_us, value, event.instant_us)


def _concurrency(own: Iterable[Event]) -> Iterator[MetricSample]:
    running = 0
    for event in own:
        if isinstance(event, InvokeStarted):
            running += 1
        elif isinstance(event, InvokeEnded):
            running -= 1
        else:
            continue
        yield MetricSample(event.instant_us, running, event.instant_us)


def _ages(own: Iterable[Event]) -> Iterator[MetricSample]:
    """How long an event waited until its first invoke succeeded in beginning, in milliseconds."""
    accepted: dict[str, int] = {}
    for event in own:
        if isinstance(event, EventAccepted):
            accepted[event.event] = event.instant_us
        elif isinstance(event, EventInvoked) and event.event in accepted:
            yield MetricSample(event.instant_us, (event.instant_us - accepted[event.event]) / 1000, event.instant_us)
