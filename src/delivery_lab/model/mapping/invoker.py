"""What the poller of a source hands its batches to: a function, or a pipe that stands in a function's place."""

from __future__ import annotations

from typing import Protocol

from delivery_lab.events import Actor
from delivery_lab.model.faults import Faults
from delivery_lab.model.invokes import Done, Rehearsal, Throttled, Undecided
from delivery_lab.model.loops import NO_LINEAGE, Lineage, Loops
from delivery_lab.model.payloads import Payload


class Invoked(Protocol):
    """What a poller has to know of whom it invokes."""

    @property
    def arn(self) -> str:
        """Its ARN."""

    @property
    def role_arn(self) -> str:
        """ARN of its role, "" where that is not known."""

    @property
    def timeout_seconds(self) -> int:
        """How long an invoke takes at most."""

    @property
    def described(self) -> bool:
        """Whether a workload describes it, so that nothing reads its events as JSON (SIM-DESCRIBED-1)."""


class Invoker(Protocol):
    """Hands batches over; see `delivery_lab.model.functions.Lambda`."""

    @property
    def faults(self) -> Faults:
        """The faults of the run."""

    @property
    def loops(self) -> Loops:
        """Detects chains of events that lead to where they began."""

    def configuration(self, name: str) -> Invoked:
        """What is known of whom a poller invokes."""

    def invoke(
        self,
        name: str,
        payload: Payload,
        done: Done,
        *,
        by: Actor,
        note: bool = False,
        rehearsal: Rehearsal | None = None,
        lineage: Lineage = NO_LINEAGE,
    ) -> str | Throttled | Undecided:
        """Hand a batch over.

        Returns:
            The id of the invoke, "" where there is none; why it was refused; or who will know which of the two it is.
        """
