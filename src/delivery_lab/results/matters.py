"""Which message of a run shows what a figure says, and which events tell of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields

from delivery_lab.events import (
    BatchInvoked,
    BatchResult,
    ContractLine,
    Event,
    FeedDeadLettered,
    FeedHandedOn,
    InvokeEnded,
    InvokeStarted,
    MessageMoved,
    PipeHandedOn,
    RequestAnswered,
    RequestArrived,
    RequestPassedOn,
    Run,
)
from delivery_lab.results.fates import Fate
from delivery_lab.results.following import read_events


def message_that_matters(run: Run, figure: str) -> str | None:
    """The id of a message that shows why a figure is not what it should be.

    Args:
        run: the run.
        figure: JSON name of the figure, such as `messages.lost` or `consumers["a"].deliveries.duplicates`.

    Returns:
        None where the figure is about no message, or no message shows it.
    """
    fates = read_events(run).fates
    group, _, name = figure.rpartition(".")
    shows = _SHOWS.get(name)
    if shows is not None:
        return next((fate.message_id for fate in fates if shows(fate)), None)
    measure = _MEASURES.get(group.rpartition(".")[2])
    if measure is None or not fates:
        return None
    most = max(fates, key=measure)
    return most.message_id if measure(most) > 0 else None


def _ended(ending: str) -> Callable[[Fate], bool]:
    return lambda fate: fate.outcome == ending


_SHOWS: dict[str, Callable[[Fate], bool]] = {
    **{name: _ended(name) for name in ("lost", "expired", "remaining", "filtered", "deadLettered")},
    "healthyDeadLettered": lambda fate: fate.outcome == "deadLettered" and not fate.poison,
    "processedDeadLettered": lambda fate: fate.outcome == "deadLettered" and fate.worked_on,
    "processed": lambda fate: fate.outcome != "processed",
    "overlapping": lambda fate: any(delivery.overlapping for delivery in fate.deliveries),
    "recognised": lambda fate: fate.duplicate_detected,
    "violations": lambda fate: fate.out_of_order,
}
"""By the last part of a figure's name: the first message of which this is true shows it."""

_MEASURES: dict[str, Callable[[Fate], float]] = {
    "messages": lambda fate: len(fate.deliveries),
    "deliveries": lambda fate: len(fate.deliveries),
    "effects": lambda fate: (fate.effects or 0) + len(fate.deliveries),
    "invocations": lambda fate: len(fate.deliveries),
    "latencySeconds": lambda fate: fate.latency_seconds or 0,
}
"""By the group of a figure: the message of which this is most shows it."""


def telling_of(run: Run, message: str) -> Callable[[Event], bool]:
    """Whether an event is part of the story of a message.

    Args:
        run: the run.
        message: id of the message; its other ids, in a target of a topic for instance, are followed too.
    """
    ids = _all_ids(run.events, message)
    invokes = {invoke for event in run.events if _names(event, ids) for invoke in _invokes(event)}
    # An invoke that sent the message was not given it: what became of its batch is another story.
    delivered = {event.invoke for event in run.events if isinstance(event, BatchInvoked) and _names(event, ids)}

    answers = _answers(run.events, ids)

    def tells(event: Event) -> bool:
        if _names(event, ids) or id(event) in answers:
            return True
        if isinstance(event, InvokeStarted | InvokeEnded):
            return event.invoke in invokes
        if isinstance(event, BatchResult):
            return event.invoke in delivered
        return isinstance(event, ContractLine) and event.message is None and event.invoke in invokes

    return tells


def _all_ids(events: Sequence[Event], message: str) -> frozenset[str]:
    ids = frozenset({message})
    for event in events:
        if isinstance(event, RequestPassedOn) and not ids.isdisjoint((event.request, *event.messages)):
            ids |= {event.request, *event.messages}
        if not isinstance(event, FeedHandedOn | FeedDeadLettered | MessageMoved | PipeHandedOn):
            continue
        if event.new_message in ids or event.message in ids:
            ids |= {event.new_message, event.message}
    return ids


def _answers(events: Sequence[Event], ids: frozenset[str]) -> set[int]:
    """The answers to requests that are called by one of the ids: an API that calls a service answers in one go."""
    found: set[int] = set()
    asked = False
    for event in events:
        if isinstance(event, RequestArrived):
            asked = event.request in ids
        elif isinstance(event, RequestAnswered) and asked:
            found.add(id(event))
            asked = False
    return found


def _invokes(event: Event) -> Iterator[str]:
    invoke = getattr(event, "invoke", None)
    if invoke is not None:
        yield invoke


def _names(event: Event, ids: frozenset[str]) -> bool:
    """Whether a message is named in one of the fields of an event."""
    for field in fields(event):
        value = getattr(event, field.name)
        if (isinstance(value, str) and value in ids) or (isinstance(value, tuple) and not ids.isdisjoint(value)):
            return True
    return False
