"""What the mapping of a queue needs of the world: a queue, and functions.

In virtual time these are the model's own `SqsQueue`, `SqsApi` and `Lambda`. In real time they are a queue and functions
that are somewhere else; the mapping decides the same with both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from delivery_lab.events import Actor
from delivery_lab.model.faults import Faults
from delivery_lab.model.invokes import Done, Throttled, Undecided
from delivery_lab.model.loops import Lineage, Loops
from delivery_lab.model.mapping.invoker import Invoked
from delivery_lab.model.payloads import Payload
from delivery_lab.model.sqs.attributes import QueueAttributes
from delivery_lab.model.sqs.message import Delivery


class PolledQueue(Protocol):
    """A queue that a mapping reads."""

    @property
    def name(self) -> str:
        """Its name in journal and results."""

    @property
    def arn(self) -> str:
        """Its ARN."""

    @property
    def url(self) -> str:
        """Its URL."""

    @property
    def fifo(self) -> bool:
        """Whether it is a FIFO queue."""

    @property
    def attributes(self) -> QueueAttributes:
        """Its attributes."""

    @property
    def has_ready(self) -> bool:
        """Whether a receive may find a message now."""

    @property
    def is_contested(self) -> bool:
        """Whether somebody else waits for messages, who may get the next one (SQS-SHARE-1)."""

    def receive(self, maximum: int, visibility_timeout_seconds: int | None, by: Actor) -> list[Delivery]:
        """Receive at most so many messages; see `SqsQueue.receive`."""

    def delete(self, receipt_handle: str, by: Actor) -> None:
        """Delete a message by a handle.

        Raises:
            AwsError: SQS refuses.
        """

    def delete_received(self, delivery: Delivery, by: Actor) -> None:
        """Delete a message by one of its receives.

        Raises:
            AwsError: SQS refuses.
        """

    def when_ready(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back once, when a receive may find something; returns what to call to wait no longer (SQS-POLL-1)."""


class SystemAttributes(Protocol):
    """Knows what SQS says of a delivered message."""

    def system_attributes(self, delivery: Delivery) -> dict[str, str]:
        """The system attributes; all values are text (semantics.md B1)."""


class InvokedFunctions(Protocol):
    """Whom a mapping of a queue invokes: an `Invoker`, or one that tells later whether an invoke was accepted."""

    @property
    def loops(self) -> Loops:
        """Detects chains of events that lead to where they began."""

    @property
    def faults(self) -> Faults:
        """The faults of the run."""

    def configuration(self, name: str) -> Invoked:
        """What is known of whom the mapping invokes."""

    def invoke(
        self, name: str, payload: Payload, done: Done, *, by: Actor, lineage: Lineage
    ) -> str | Throttled | Undecided:
        """Invoke a function now.

        Returns:
            The request id, why the invoke was refused, or who will know which of the two it is.
        """
