"""How messages leave their queue, stream, topic or internal queue, as the events of a run tell it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import get_args

from delivery_lab.events import (
    DeleteIgnored,
    Event,
    EventAccepted,
    EventCompleted,
    EventDeadLettered,
    EventDiscarded,
    EventExpired,
    MessageDeadLettered,
    MessageDeleted,
    MessageExpired,
    MessageFiltered,
    MessageMoved,
    RecordExpired,
    RecordFiltered,
    RecordsCheckpointed,
    RecordsDiscarded,
    RecordSkipped,
)
from delivery_lab.events.instants import moment
from delivery_lab.results.fates import Fate, Way

_LeftQueue = MessageDeleted | DeleteIgnored | MessageFiltered | MessageDeadLettered | MessageExpired | MessageMoved
_LeftPartition = RecordSkipped | RecordFiltered | RecordExpired | RecordsCheckpointed | RecordsDiscarded
_EventLeft = EventCompleted | EventDeadLettered | EventExpired | EventDiscarded

LEAVING: tuple[type[Event], ...] = (*get_args(_LeftQueue), *get_args(_LeftPartition), *get_args(_EventLeft))
"""The events by which messages leave."""

# A queue that is purged or deleted takes unread messages along.
_BY_HANDLE = frozenset({None, "SQS-STALE-1", "SQS-STALE-2"})


class Departures:
    """Notes on fates how their messages leave.

    Args:
        fates_of: the fates of a message.
        fate_of: the fate of a message for a consumer.
        deleted_by: told of each message that a function deletes by its handle.
    """

    def __init__(
        self,
        fates_of: Callable[[str], list[Fate]],
        fate_of: Callable[[str, str], Fate | None],
        deleted_by: Callable[[MessageDeleted | DeleteIgnored, Fate], None],
    ) -> None:
        self._fates_of = fates_of
        self._fate_of = fate_of
        self._deleted_by = deleted_by
        self._redriven: dict[str, str] = {}  # new message id: the one it had first
        self._tells_of: dict[str, str] = {}  # by event that is the record of another one: that one
        self._handed_to: dict[str, tuple[str, str]] = {}  # by dead-lettered event: its function, and who got its record

    def first_id(self, message: str) -> str:
        """The id that a message had before it was redriven for the first time; its own, where it was not."""
        return self._redriven.get(message, message)

    def tells(self, event: EventAccepted) -> None:
        """An on-failure function is invoked with the record of an event (DST-RECORD-1)."""
        record = json.loads(event.payload)
        self._tells_of[event.event] = record["requestContext"]["requestId"]

    def take(self, event: _LeftQueue | _LeftPartition | _EventLeft) -> None:
        """Take one event of `LEAVING`."""
        match event:
            case DeleteIgnored():
                self._found_nothing(event)
            case MessageDeleted() | MessageFiltered() | MessageDeadLettered() | MessageExpired() | MessageMoved():
                self._left_queue(event)
            case EventCompleted() | EventDeadLettered() | EventExpired() | EventDiscarded():
                self._event_left(event)
            case _:
                self._left_partition(event)

    def _left_queue(
        self, event: MessageDeleted | MessageFiltered | MessageDeadLettered | MessageExpired | MessageMoved
    ) -> None:
        for fate in self._fates_of(event.message):
            match event:
                case MessageDeleted():
                    fate.leave("deleted", moment(event.instant_us), event.message)
                    if event.by.kind == "function" and event.rule in _BY_HANDLE:
                        self._deleted_by(event, fate)
                case MessageFiltered():
                    # What a competing mapping was there for, its filter did not let pass by on purpose.
                    way: Way = "deleted" if event.wanted_by else "filtered"
                    fate.leave(way, moment(event.instant_us), event.message)
                case MessageDeadLettered():
                    fate.leave("deadLettered", moment(event.instant_us), event.message, at_last=True)
                case MessageExpired():
                    # From the source, or later from the dead-letter queue: gone either way.
                    fate.leave("expired", moment(event.instant_us), event.message, at_last=True)
                case MessageMoved():
                    # A redriven message is a new one for SQS, and the same one for whoever sent it.
                    self._redriven[event.new_message] = self._redriven.get(event.message, event.message)
                    fate.is_redriven(event.message, event.new_message, moment(event.instant_us))

    def _found_nothing(self, event: DeleteIgnored) -> None:
        """A delete had no effect: that of a message that has expired says that its receiver is through with it."""
        if event.rule != "SQS-RET-4":
            return
        for fate in self._fates_of(event.message):
            fate.is_deleted_late(event.message)
            if event.by.kind == "function":
                self._deleted_by(event, fate)

    def _left_partition(self, event: _LeftPartition) -> None:
        match event:
            case RecordSkipped():
                self._leave(event, event.mapping, "deleted", event.record)
            case RecordFiltered():
                self._leave(event, event.mapping, "filtered", event.record)
            case RecordsCheckpointed():
                self._leave(event, event.mapping, "deleted", *event.records)
            case RecordsDiscarded():
                # Without a destination its records are simply skipped.
                self._leave(event, event.mapping, "deleted" if event.target is None else "deadLettered", *event.records)
            case RecordExpired():
                for fate in self._fates_of(event.record):
                    if event.mapping is None or fate.meant_for in (None, event.mapping):
                        fate.leave("expired", moment(event.instant_us), event.record)

    def _leave(self, event: Event, consumer: str, way: Way, *messages: str) -> None:
        for message in messages:
            fate = self._fate_of(message, consumer)
            if fate is not None:
                fate.leave(way, moment(event.instant_us), message)

    def _event_left(self, event: _EventLeft) -> None:
        match event:
            case EventCompleted() | EventDiscarded():
                way: Way = "deleted"
            case EventDeadLettered():
                way = "deadLettered"
                self._handed_to[event.event] = event.function, event.target
            case EventExpired():
                way = "expired"
        self._leave(event, event.function, way, event.event)
        if isinstance(event, EventDiscarded | EventExpired):
            self._gone_with_its_record(event)

    def _gone_with_its_record(self, event: EventDiscarded | EventExpired) -> None:
        """Where the function that got the record of an event fails for good, nobody has the event any more."""
        function, told = event.function, self._tells_of.get(event.event, "")
        while told in self._handed_to and self._handed_to[told][1] == function:
            for fate in self._fates_of(told):
                fate.leave("deleted", moment(event.instant_us), told, at_last=True)
            function, told = self._handed_to[told][0], self._tells_of.get(told, "")
