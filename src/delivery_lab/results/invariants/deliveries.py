"""What is gone is not delivered."""

from __future__ import annotations

from collections import defaultdict

from delivery_lab.events import (
    BatchInvoked,
    Event,
    EventCompleted,
    EventDeadLettered,
    EventDiscarded,
    EventExpired,
    EventInvoked,
    MessageDeadLettered,
    MessageDeleted,
    MessageExpired,
    MessageMoved,
    MessageReceived,
    MessageSent,
    RecordExpired,
    RecordFiltered,
    RecordsCheckpointed,
    RecordsDiscarded,
    RecordSkipped,
    RecordsRewound,
    VisibilityChanged,
)
from delivery_lab.results.invariants.invariant import MOVES_OF_A_MAPPING, History, Invariant


class NoDeliveryAfterDelete(Invariant):
    """What has left its source is not delivered again."""

    id = "INV-DELETE-1"
    description = (
        "No consumer receives a message that was deleted or has left its queue otherwise, no mapping delivers a "
        "message that it did not receive, or a record that it is past, and no event is invoked after its end."
    )
    reads = (
        MessageSent,
        MessageDeadLettered,
        MessageMoved,
        MessageDeleted,
        MessageExpired,
        MessageReceived,
        VisibilityChanged,
        *MOVES_OF_A_MAPPING,
        BatchInvoked,
        EventInvoked,
        EventCompleted,
        EventDeadLettered,
        EventExpired,
        EventDiscarded,
    )
    one_attempt_is_enough = True

    def __init__(self, history: History) -> None:
        super().__init__(history)
        self._inside: defaultdict[str, set[str]] = defaultdict(set)  # by queue
        self._received: defaultdict[str, set[str]] = defaultdict(set)  # by mapping
        self._past: set[tuple[str | None, str, str]] = set()
        self._ended: set[str] = set()

    def read(self, event: Event) -> None:
        """Follow what is there, and who gets what."""
        match event:
            case (
                MessageSent()
                | MessageDeadLettered()
                | MessageMoved()
                | MessageDeleted()
                | MessageExpired()
                | MessageReceived()
                | VisibilityChanged()
            ):
                self._of_queue(event)
            case RecordSkipped() | RecordFiltered() | RecordExpired():
                self._past.add((event.mapping, event.source, event.record))
            case RecordsCheckpointed() | RecordsDiscarded():
                self._past.update((event.mapping, event.source, record) for record in event.records)
            case RecordsRewound():
                self._past.difference_update((event.mapping, event.source, record) for record in event.records)
            case BatchInvoked():
                self._delivered(event)
            case EventInvoked():
                if event.event in self._ended:
                    self._broken(event.instant_us, f"{event.function} gets {event.event} after its end")
            case EventCompleted() | EventDeadLettered() | EventExpired() | EventDiscarded():
                self._ended.add(event.event)

    def _of_queue(
        self,
        event: MessageSent
        | MessageDeadLettered
        | MessageMoved
        | MessageDeleted
        | MessageExpired
        | MessageReceived
        | VisibilityChanged,
    ) -> None:
        inside = self._inside[event.queue]
        match event:
            case MessageSent():
                inside.add(event.message)
            case MessageDeleted() | MessageExpired():
                inside.discard(event.message)
            case MessageDeadLettered():
                inside.discard(event.message)
                self._inside[event.target].add(event.message)
            case MessageMoved():
                inside.discard(event.message)
                self._inside[event.target].add(event.new_message)
            case MessageReceived():
                if event.message not in inside:
                    self._broken(
                        event.instant_us, f"{event.by.name} receives {event.message}, which is not in {event.queue}"
                    )
                if event.by.mapping is not None:
                    self._received[event.by.mapping].add(event.message)
            case VisibilityChanged():
                if event.message not in inside:
                    self._broken(
                        event.instant_us,
                        f"the visibility of {event.message} is changed, which is not in {event.queue}",
                    )

    def _delivered(self, event: BatchInvoked) -> None:
        for message in event.messages:
            if event.partition is None:
                if message not in self._received[event.mapping]:
                    self._broken(event.instant_us, f"{event.mapping} delivers {message}, which it did not receive")
            elif {(event.mapping, event.source, message), (None, event.source, message)} & self._past:
                self._broken(event.instant_us, f"{event.mapping} delivers {message}, which it is past")
