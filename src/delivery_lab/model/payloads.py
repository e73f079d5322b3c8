"""Events on their way to a function: as JSON text, or as the messages that such a text would carry.

A function whose code runs gets JSON. One that a workload describes (SIM-DESCRIBED-1) needs none: the event of its
messages is written only where somebody asks for the text, such as a fault that is limited to some business ids.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol


class SentMessage(Protocol):
    """A message of a queue, as far as a described function knows it."""

    @property
    def id(self) -> str:
        """SQS's message id."""

    @property
    def body(self) -> str:
        """The text."""


class ReceivedMessage(Protocol):
    """One receive of it."""

    @property
    def message(self) -> SentMessage:
        """The message."""

    @property
    def receive_count(self) -> int:
        """Its receive count with this receive."""


class UnwrittenEvent:
    """The event of a batch of messages of a queue, for a function that is described.

    Args:
        deliveries: the messages, in order.
        write: writes the event as JSON text.
    """

    __slots__ = ("_write", "deliveries")

    def __init__(self, deliveries: Sequence[ReceivedMessage], write: Callable[[], str]) -> None:
        self.deliveries = deliveries
        self._write = write

    @property
    def text(self) -> str:
        """The event as JSON text."""
        return self._write()


Payload = str | UnwrittenEvent
"""An event: as JSON text, or not written yet."""


def text_of(payload: Payload) -> str:
    """An event as JSON text."""
    return payload if isinstance(payload, str) else payload.text
