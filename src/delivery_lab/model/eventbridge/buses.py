"""The buses of an account, by name and by ARN; every account has a default bus."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from delivery_lab.events import Journal, Published
from delivery_lab.model.clock import Scheduler
from delivery_lab.model.eventbridge.api import EventsApi
from delivery_lab.model.eventbridge.bus import EventBus, Putter
from delivery_lab.model.functions import Lambda
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import ACCOUNT_ID, Caller
from delivery_lab.model.schedules.clockwork import Clockwork
from delivery_lab.model.targets import Sink, Sinks
from delivery_lab.rule_ids import RuleId

DEFAULT = "default"
_ANYWHERE = f"arn:aws:events:us-east-1:{ACCOUNT_ID}:event-bus/{DEFAULT}"


class EventBuses:
    """The buses, and the API by which handlers reach them.

    Args:
        sinks: what can be a destination; each bus is one.
        functions: the Lambda service, which knows what a caller's chain of events has run through.
        scheduler: the run's clock.
        streams: the run's chance.
        journal: where events are written.
    """

    def __init__(
        self, sinks: Sinks, functions: Lambda, *, scheduler: Scheduler, streams: RandomStreams, journal: Journal
    ) -> None:
        self._sinks = sinks
        self._functions = functions
        self._scheduler = scheduler
        self._journal = journal
        self._by_name: dict[str, EventBus] = {}
        self.clockworks: dict[str, Clockwork] = {}
        """Schedules, and rules that go off at times, by name."""
        self.api = EventsApi(self.find, scheduler=scheduler, streams=streams, journal=journal)

    @property
    def all(self) -> Mapping[str, EventBus]:
        """The buses by their names in journal and results."""
        return {bus.name: bus for bus in self._by_name.values()}

    def create(self, name: str, arn: str) -> EventBus:
        """Create a bus.

        Args:
            name: its name in journal and results.
            arn: its ARN, which ends with AWS's name of it.
        """
        sink = Sink(name, arn, arn.rpartition("/")[2])

        def take(content: str, message: str, rule: RuleId | None) -> None:
            self._journal.rely_on("DST-SINK-1")
            sink.arrived.append((message, content))
            self._journal.append(Published(self._scheduler.now, rule, name, message, content))

        bus = EventBus(name, arn, sink=take, scheduler=self._scheduler, journal=self._journal)

        def take_record(content: str, _: Mapping[str, Any], rule: RuleId | None, follow_up: bool) -> str:
            return self._take_record(bus, content, Putter(follow_up=follow_up, rule=rule))

        sink.hand_on = take_record
        self._sinks.add(sink)
        self._by_name[bus.physical_name] = bus
        return bus

    def find(self, reference: str) -> EventBus | None:
        """The bus of a name or an ARN, None if there is none."""
        name = reference.rpartition("/")[2] if reference.startswith("arn:") else reference
        if name == DEFAULT and name not in self._by_name:
            self.create(DEFAULT, _ANYWHERE)
        return self._by_name.get(name)

    def default(self, account: str, region: str) -> EventBus:
        """The default bus of an account."""
        return self._by_name.get(DEFAULT) or self.create(
            DEFAULT, f"arn:aws:events:{region or 'us-east-1'}:{account or ACCOUNT_ID}:event-bus/{DEFAULT}"
        )

    def call(self, operation: str, parameters: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        """Answer a call of a handler; see `EventsApi.call`."""
        request = caller.request_id
        lineage, trace = self._functions.loops.lineage(request), self._functions.traces.of(request)
        return self.api.call(operation, parameters, Putter(request, lineage, trace))

    def _take_record(self, bus: EventBus, content: str, putter: Putter) -> str:
        """Accept the record of a destination: an event of Lambda's (DST-RECORD-1)."""
        told = json.loads(content)
        entry = {"Source": told["source"], "DetailType": told["detail-type"], "Resources": told["resources"]}
        event = self.api.event_of(bus, entry, told["detail"])
        bus.put(event, putter, content)
        return event.id
