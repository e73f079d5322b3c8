"""A bus as what a bucket, rule or schedule hands events on to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from delivery_lab.events import Journal, TargetKind
from delivery_lab.model.eventbridge.bus import EventBus, Putter
from delivery_lab.model.eventbridge.event import BusEvent
from delivery_lab.model.faults import Faults, error_of
from delivery_lab.model.feeds.targets import PERMITTED, Announce, Parcel, Permit
from delivery_lab.model.randomness import RandomStreams


@dataclass(slots=True)
class BusTarget:
    """A bus, which gets events with their envelope.

    Attributes:
        bus: the bus.
        faults: the faults of the run; they are set after the deployment.
        streams: the run's chance.
        journal: where it is noted what a run relies on.
        permit: whether the feeder's role lets it put events.
    """

    bus: EventBus
    faults: Callable[[], Faults]
    streams: RandomStreams
    journal: Journal
    permit: Permit = PERMITTED
    kind: TargetKind = "bus"

    @property
    def name(self) -> str:
        """Name of the bus."""
        return self.bus.name

    def accept(self, parcel: Parcel, announce: Announce, repeated: Callable[[], None]) -> None:
        """See `FeedTarget.accept`."""
        self.permit.check("PutEvents", self.bus.name, self.journal)
        fault = self.faults().of_feed("events", "PutEvents")
        if fault is not None:
            raise error_of("events", fault.kind)
        message = self.streams.uuid("published id", self.bus.name)
        announce(message)
        self.bus.put(event_of(parcel.body), Putter(lineage=parcel.lineage, trace=parcel.trace, message=message))


def event_of(body: str) -> BusEvent:
    """The event that a text with an envelope is."""
    told = json.loads(body)
    return BusEvent(
        id=told["id"],
        source=told["source"],
        detail_type=told["detail-type"],
        detail=told["detail"],
        time=told["time"],
        account=told["account"],
        region=told["region"],
        resources=tuple(told["resources"]),
    )
