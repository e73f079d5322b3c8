"""What a person is told of topics, buckets, buses and schedules, and of the feeds behind them."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from delivery_lab.events import (
    FeedConfigured,
    FeedDeadLettered,
    FeedDelayed,
    FeedDiscarded,
    FeederAccepted,
    FeederDeduplicated,
    FeederKind,
    FeedFiltered,
    FeedHandedOn,
    FeedHandedOnAgain,
    FeedRepeated,
    FeedRetryScheduled,
    FilterMissed,
    PipeHandedOn,
    PipeRefused,
)
from delivery_lab.events.feeds import AnyFeedEvent
from delivery_lab.events.instants import in_seconds
from delivery_lab.results.told import SILENT, Told

_ARRIVES: dict[FeederKind, str] = {
    "topic": "published to {}",
    "bucket": "changed in {}",
    "bus": "put on {}",
    "schedule": "{} goes off",
}


class FeedTeller:
    """Tells of feeds.

    Args:
        learn: gives a message the name that its body has, or that it is given.
        name_of: the name of a message.
        same: says that two ids are of one message.
    """

    def __init__(
        self,
        learn: Callable[[str, str, str], None],
        name_of: Callable[[str], str],
        same: Callable[[str, str], None],
    ) -> None:
        self._learn = learn
        self._name_of = name_of
        self._same = same
        self._kinds: dict[str, FeederKind] = {}
        self._missed: dict[tuple[str, str], str] = {}
        self.announced: set[str] = set()
        """Ids of messages whose arrival at their target has been told."""

    def tell(self, event: AnyFeedEvent) -> Told:
        """What is told of an event."""
        match event:
            case FeedConfigured():
                self._kinds[event.feeder] = event.feeder_kind
                return SILENT
            case FeederAccepted():
                return self._accepted(event)
            case FeederDeduplicated():
                return Told(f"published to {event.feeder} again and dropped: {self._name_of(event.message)}")
            case FilterMissed() | FeedFiltered():
                return self._filtered(event)
            case FeedHandedOn():
                self._arrives(event.message, event.new_message)
                again = " again" if isinstance(event, FeedHandedOnAgain) else ""
                return Told(f"handed on by {event.feed} to {event.target}{again}", event.message)
            case FeedRepeated():
                name = self._name_of(event.message)
                return Told(f"handed on by {event.feed} to {event.target} again and dropped: {name}")
            case FeedRetryScheduled() | FeedDelayed():
                return self._waits(event)
            case PipeHandedOn() | PipeRefused():
                return self._piped(event)
            case FeedDeadLettered() | FeedDiscarded():
                return self._stopped(event)
            case _:
                assert_never(event)

    def _waits(self, event: FeedRetryScheduled | FeedDelayed) -> Told:
        name, at = self._name_of(event.message), in_seconds(event.at_us)
        if isinstance(event, FeedDelayed):
            return Told(f"{event.feed} is late: it hands {name} on at {at:.3f} s")
        return Told(f"{event.feed} will try {name} again at {at:.3f} s ({event.code})")

    def although(self, place: str, message: str) -> str:
        """Behind what is told of a filter: where the content was that it did not find; "" where it was nowhere."""
        why = self._missed.get((place, message))
        return f", although {why}" if why else ""

    def _accepted(self, event: FeederAccepted) -> Told:
        if event.message in self.announced:
            return SILENT
        self._learn(event.message, event.body, event.name)
        return Told(_ARRIVES[self._kinds[event.feeder]].format(event.feeder), event.message)

    def _arrives(self, message: str, new_message: str) -> None:
        self._same(new_message, message)
        self.announced.add(new_message)

    def _filtered(self, event: FilterMissed | FeedFiltered) -> Told:
        if isinstance(event, FilterMissed):
            self._missed[event.place, event.message] = event.why
            return SILENT
        return Told(f"filtered out by {event.feed}{self.although(event.feed, event.message)}", event.message)

    def _piped(self, event: PipeHandedOn | PipeRefused) -> Told:
        if isinstance(event, PipeHandedOn):
            self._arrives(event.message, event.new_message)
            return Told(f"handed on by {event.pipe} to {event.target}", event.message)
        names = " ".join(map(self._name_of, event.messages))
        return Told(f"{event.pipe} cannot hand {names} on to {event.target} ({event.code}: {event.why})")

    def _stopped(self, event: FeedDeadLettered | FeedDiscarded) -> Told:
        reason = f"({event.code}: {event.why})"
        if isinstance(event, FeedDeadLettered):
            self._arrives(event.message, event.new_message)
            return Told(f"dead-lettered by {event.feed} to {event.target} {reason}", event.message)
        return Told(f"discarded by {event.feed} {reason}", event.message)
