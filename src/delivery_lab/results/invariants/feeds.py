"""What arrives at a topic, bucket, bus or schedule ends once for each feed, where it is said to end."""

from __future__ import annotations

from collections import defaultdict

from delivery_lab.events import (
    Event,
    EventAccepted,
    FeedConfigured,
    FeedDeadLettered,
    FeedDelayed,
    FeedDiscarded,
    FeederAccepted,
    FeedFiltered,
    FeedHandedOn,
    FeedHandedOnAgain,
    FeedRepeated,
    FeedRetryScheduled,
    MessageSent,
    PipeHandedOn,
    Published,
    RecordAppended,
)
from delivery_lab.results.invariants.invariant import History, Invariant

_Ending = FeedHandedOn | FeedFiltered | FeedRepeated | FeedDeadLettered | FeedDiscarded


class FeedConservation(Invariant):
    """Nothing gets lost between a feeder and its targets without a word."""

    id = "INV-CONSERVE-4"
    description = (
        "What a topic, bucket, bus or schedule accepts ends once for each of its feeds: handed on, filtered, "
        "dead-lettered or discarded; what is handed on arrives, and only that is handed on again."
    )
    reads = (
        FeedConfigured,
        FeederAccepted,
        FeedHandedOn,
        FeedHandedOnAgain,
        FeedDelayed,
        FeedFiltered,
        FeedRepeated,
        FeedDeadLettered,
        FeedDiscarded,
        FeedRetryScheduled,
        PipeHandedOn,
        MessageSent,
        EventAccepted,
        Published,
        RecordAppended,
    )

    def __init__(self, history: History) -> None:
        super().__init__(history)
        self._feeds: defaultdict[str, list[str]] = defaultdict(list)
        self._open: set[tuple[str, str]] = set()  # feed and message
        self._waiting: set[tuple[str, str]] = set()
        self._handed_on: set[tuple[str, str]] = set()
        self._coming: set[str] = set()
        self._now = 0

    def read(self, event: Event) -> None:
        """Follow messages over feeds."""
        self._now = event.instant_us
        match event:
            case FeedConfigured():
                self._feeds[event.feeder].append(event.feed)
            case FeederAccepted():
                self._open |= {(feed, event.message) for feed in self._feeds[event.feeder]}
                self._coming.discard(event.message)
            case FeedRetryScheduled() | FeedDelayed():
                self._waiting.add((event.feed, event.message))
            case MessageSent() | Published():
                self._coming.discard(event.message)
            case EventAccepted():
                self._coming.discard(event.event)
            case RecordAppended():
                self._coming.discard(event.record)
            case PipeHandedOn():
                self._coming.add(event.new_message)
            case FeedHandedOnAgain():
                self._again(event)
            case FeedHandedOn() | FeedFiltered() | FeedRepeated() | FeedDeadLettered() | FeedDiscarded():
                self._end(event)

    def _end(self, event: _Ending) -> None:
        key = (event.feed, event.message)
        if key not in self._open:
            self._broken(event.instant_us, f"{event.message} ends at {event.feed}, where it is not")
        self._open.discard(key)
        self._waiting.discard(key)
        if isinstance(event, FeedHandedOn | FeedDeadLettered):
            self._coming.add(event.new_message)
        if isinstance(event, FeedHandedOn):
            self._handed_on.add(key)

    def _again(self, event: FeedHandedOnAgain) -> None:
        if (event.feed, event.message) not in self._handed_on:
            self._broken(event.instant_us, f"{event.message} is handed on by {event.feed} again, and never was before")
        self._coming.add(event.new_message)

    def finish(self) -> None:
        """What has not ended waits for a retry, and what was handed on is there."""
        for feed, message in sorted(self._open - self._waiting):
            self._broken(self._now, f"{message} has not ended at {feed}, and waits for no retry")
        for message in sorted(self._coming):
            self._broken(self._now, f"{message} was handed on, and never arrived")
