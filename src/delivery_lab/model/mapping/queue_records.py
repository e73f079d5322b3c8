"""What the event of a batch carries of each message: JSON text, written where it is read."""

from __future__ import annotations

from collections.abc import Callable

from delivery_lab.model.sqs.message import Delivery

_MOST_BYTES_OF_A_CHARACTER = 12
"""Two escaped surrogates, such as `\\ud83d\\ude00`."""
_MOST_BYTES_BESIDE_THE_BODY = 4_096
"""Ids, checksums, ARNs, names and system attributes of a message without attributes of its own, with room to spare."""


class QueueRecord:
    """A record that is written as JSON when somebody reads it.

    Args:
        delivery: the message as it was received.
        write: writes its JSON text.
        now: whether to write it now. What it says of the message may change later, such as the queue that it was
            dead-lettered from; id, body and number of the receive do not.

    Attributes:
        delivery: the message as it was received.
        most_bytes: at least as many as its text has.
    """

    __slots__ = ("_text", "_write", "delivery", "most_bytes")

    def __init__(self, delivery: Delivery, write: Callable[[Delivery], str], *, now: bool) -> None:
        self.delivery = delivery
        self._write = write
        self._text: str | None = None
        if now:
            self._text = write(delivery)
            self.most_bytes = len(self._text.encode())
        else:
            self.most_bytes = _MOST_BYTES_BESIDE_THE_BODY + len(delivery.message.body) * _MOST_BYTES_OF_A_CHARACTER

    @property
    def text(self) -> str:
        """The record as JSON text."""
        if self._text is None:
            self._text = self._write(self.delivery)
        return self._text

    def measure(self) -> int:
        """How many bytes its text has, from now on as `most_bytes` too."""
        self.most_bytes = len(self.text.encode())
        return self.most_bytes
