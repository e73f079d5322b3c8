"""The EventBridge API as code inside a handler sees it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from delivery_lab.errors import NotModelledError
from delivery_lab.events import Journal
from delivery_lab.limits.eventbridge import ENTRIES, ENTRY_BYTES, ENTRY_TIME_BYTES
from delivery_lab.model.api_errors import eventbridge as errors
from delivery_lab.model.clock import Scheduler
from delivery_lab.model.eventbridge.bus import EventBus, Putter
from delivery_lab.model.eventbridge.event import BusEvent, event_time
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import AwsError

Entry = Mapping[str, Any]
PUT_EVENTS = "PutEvents"
"""The operation that puts events on buses."""
BusOf = Callable[[str], EventBus | None]
"""The bus of a name or an ARN."""


class EventsApi:
    """Putting events on the buses of an account.

    Args:
        bus_of: finds buses.
        scheduler: the run's clock.
        streams: the run's chance, which makes ids.
        journal: where it is noted what a run relies on.
    """

    def __init__(self, bus_of: BusOf, *, scheduler: Scheduler, streams: RandomStreams, journal: Journal) -> None:
        self._bus_of = bus_of
        self._scheduler = scheduler
        self._streams = streams
        self._journal = journal

    def call(self, operation: str, parameters: Entry, putter: Putter) -> dict[str, Any]:
        """Answer a call.

        Args:
            operation: `PutEvents`.
            parameters: the request.
            putter: on whose behalf.

        Raises:
            AwsError: EventBridge would answer with an error.
            NotModelledError: the model does not know the operation.
        """
        if operation != PUT_EVENTS:
            raise NotModelledError(f"the operation events:{operation} is not modelled (modelled: PutEvents)")
        if parameters.get("EndpointId"):
            raise NotModelledError("events:PutEvents to a global endpoint is not modelled\n  nearest: no EndpointId")
        entries = parameters["Entries"]
        check(entries)
        self._journal.rely_on("EB-PUT-1", "EB-PUT-2")
        results = [self._put(entry, putter) for entry in entries]
        return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}

    def _put(self, entry: Entry, putter: Putter) -> dict[str, str]:
        try:
            detail = detail_of(entry)
        except AwsError as error:
            return {"ErrorCode": error.code, "ErrorMessage": error.message}
        bus = self._bus_of(str(entry.get("EventBusName") or "default"))
        if bus is None:  # AWS takes the event all the same, and nobody gets it
            self._journal.rely_on("EB-PUT-3")
            return {"EventId": self._streams.uuid("published id", str(entry["EventBusName"]))}
        event = self.event_of(bus, entry, detail)
        bus.put(event, putter, json.dumps(dict(entry), default=str, sort_keys=True))
        return {"EventId": event.id}

    def event_of(self, bus: EventBus, entry: Entry, detail: Mapping[str, Any]) -> BusEvent:
        """An entry as an event on a bus."""
        account, region = bus.place
        return BusEvent(
            id=self._streams.uuid("published id", bus.name),
            source=str(entry["Source"]),
            detail_type=str(entry["DetailType"]),
            detail=detail,
            time=_time_of(entry.get("Time"), self._scheduler.now),
            account=account,
            region=region,
            resources=tuple(entry.get("Resources") or ()),
        )


def check(entries: list[Entry]) -> None:
    """Refuse a request that EventBridge refuses as a whole (EB-PUT-1).

    Raises:
        AwsError: it has too many entries, or is too large.
    """
    if not ENTRIES.allows(len(entries)):
        raise errors.TOO_MANY_ENTRIES.error(
            limit=ENTRIES.maximum, why=f"There are {len(entries)}, and {ENTRIES.range} are allowed."
        )
    size_bytes = sum(map(size_of, entries))
    if size_bytes > ENTRY_BYTES.maximum:
        raise errors.ENTRIES_TOO_LARGE.error(why=f"It is {size_bytes} bytes, of at most {ENTRY_BYTES.maximum}.")


def size_of(entry: Entry) -> int:
    """The size of an entry in bytes, as AWS counts it."""
    texts = (entry.get("Source"), entry.get("DetailType"), entry.get("Detail"), *(entry.get("Resources") or ()))
    return sum(len(str(text).encode()) for text in texts if text) + (ENTRY_TIME_BYTES if entry.get("Time") else 0)


def detail_of(entry: Entry) -> dict[str, Any]:
    """The detail of an entry.

    Raises:
        AwsError: EventBridge would not take the entry (EB-PUT-2).
    """
    for field in ("Source", "DetailType", "Detail"):
        if not entry.get(field):
            raise errors.REQUIRED.error(field=field)
    try:
        detail = json.loads(str(entry["Detail"]))
    except ValueError:
        detail = None
    if not isinstance(detail, dict):
        raise errors.MALFORMED.error()
    return detail


def _time_of(given: object, now: int) -> str:
    if given is None:
        return event_time(now)
    moment = given if isinstance(given, datetime) else datetime.fromisoformat(str(given))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
