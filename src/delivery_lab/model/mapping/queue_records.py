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
        described: whether the function is described: then its text is written only where somebody asks for it, which
            only business ids are read of. A message with attributes, whose size is not known, is written at once.

    Attributes:
        delivery: the message as it was received.
        most_bytes: at least as many as its text has.
    """

    __slots__ = ("_text", "_write", "delivery", "most_bytes")

    def __init__(self, delivery: Delivery, write: Callable[[Delivery], str], *, described: bool) -> None:
        self.delivery = delivery
        self._write = write
        self._text: str | None = None
        message = delivery.message
        if described and not message.attributes and not message.system_attributes:
            self.most_bytes = _MOST_BYTES_BESIDE_THE_BODY + len(message.body) * _MOST_BYTES_OF_A_CHARACTER
        else:
            self._text = write(delivery)
            self.most_bytes = len(self._text.encode())

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
