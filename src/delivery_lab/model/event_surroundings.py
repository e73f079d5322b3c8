"""What asynchronous invokes need around them: functions, and places where records of ended events go."""

from __future__ import annotations

from typing import Protocol

from delivery_lab.events import Actor
from delivery_lab.model.destinations import Ended
from delivery_lab.model.faults import Faults
from delivery_lab.model.invokes import Done, Throttled, Undecided
from delivery_lab.model.loops import Lineage, Loops
from delivery_lab.model.payloads import Payload
from delivery_lab.model.runtime import FunctionConfig


class EventFunctions(Protocol):
    """Whom asynchronous invokes call: the model's functions, or some that tell later whether they took an invoke."""

    @property
    def loops(self) -> Loops:
        """Detects chains of events that lead to where they began."""

    @property
    def faults(self) -> Faults:
        """The faults of the run."""

    def configuration(self, name: str) -> FunctionConfig:
        """The configuration of a function."""

    def new_request_id(self, name: str) -> str:
        """An id for an invoke of a function."""

    def invoke(
        self, name: str, payload: Payload, done: Done, *, by: Actor, request_id: str | None = None, lineage: Lineage
    ) -> str | Throttled | Undecided:
        """Invoke a function now; see `Lambda.invoke`."""


class EventDestinations(Protocol):
    """Where the records of ended events go; see `Destinations`."""

    def name_of(self, arn: str) -> str | None:
        """The logical name of a destination."""

    def deliver(self, arn: str, ended: Ended) -> bool:
        """Send the record of an event; whether it arrived."""

    def dead_letter(self, arn: str, ended: Ended) -> bool:
        """Send an event to a dead-letter queue; whether it arrived."""
