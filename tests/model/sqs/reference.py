"""A second, naive model of a standard queue, to compare the real one with.

One flat list of messages with times; every question is answered by looking at all of them. It shares nothing with
`delivery_lab.model.sqs` and is written from semantics.md A1 to A3 and A6. Where the order of a standard queue is open
(messages that became ready at the same instant), it says what is allowed instead of choosing.
"""

from __future__ import annotations

from dataclasses import dataclass

TWELVE_HOURS = 12 * 3_600


@dataclass
class Plain:
    """A message: where it is, when it was sent, when it is ready, and how often it was received."""

    id: str
    place: str
    sent: int
    ready_at: int
    first_ready: int = 0
    receives: int = 0
    received: int = -1


class NaiveQueues:
    """A queue `jobs`, with or without a dead-letter queue `dead`. Times are whole seconds."""

    def __init__(self, visibility: int, retention: int, dead_retention: int, limit: int | None) -> None:
        self.visibility = visibility
        self.retention = {"jobs": retention, "dead": dead_retention}
        self.limit = limit
        self.now = 0
        self.messages: list[Plain] = []

    def find(self, identifier: str) -> Plain:
        return next(message for message in self.messages if message.id == identifier)

    def in_place(self, place: str) -> set[str]:
        return {message.id for message in self.messages if message.place == place}

    def ready(self, place: str) -> list[Plain]:
        return [message for message in self.messages if message.place == place and message.ready_at <= self.now]

    def counts(self, place: str) -> tuple[int, int, int]:
        """Ready, in flight, delayed."""
        hidden = [m for m in self.messages if m.place == place and m.ready_at > self.now]
        flying = [m for m in hidden if m.received >= 0]
        return len(self.ready(place)), len(flying), len(hidden) - len(flying)

    def send(self, identifier: str, delay: int) -> None:
        self.messages.append(Plain(identifier, "jobs", self.now, self.now + delay, self.now + delay))

    def wait(self, duration: int) -> None:
        """Time passes; the age of a message counts from its send, in the dead-letter queue too."""
        self.now += duration
        self.expire()

    def expire(self) -> None:
        for message in self.messages:
            if message.place in self.retention and self.now - message.sent >= self.retention[message.place]:
                message.place = "expired"

    def is_exhausted(self, message: Plain) -> bool:
        return self.limit is not None and message.place == "jobs" and message.receives >= self.limit

    def accept_receive(
        self, place: str, maximum: int, timeout: int | None, returned: list[str], moved: set[str]
    ) -> None:
        """Check that a receive may return and move this, then do what it does."""
        ready = self.ready(place)
        good = {m.id for m in ready if not self.is_exhausted(m)}
        assert set(returned) <= good
        assert len(set(returned)) == len(returned) == min(maximum, len(good))
        stood = [self._stands(self.find(identifier)) for identifier in returned]
        assert stood == sorted(stood)
        assert all(self._stands(m) >= stood[-1] for m in ready if m.id in good - set(returned) and stood)
        self._check_moved({m.id: self._stands(m) for m in ready if self.is_exhausted(m)}, maximum, stood, moved)
        for identifier in moved:
            message = self.find(identifier)
            message.place = "dead"
            message.ready_at = message.first_ready = self.now
            message.received = -1
        for identifier in returned:
            message = self.find(identifier)
            message.receives += 1
            message.received = self.now
            message.ready_at = self.now + (self.visibility if timeout is None else timeout)

    def _stands(self, message: Plain) -> int:
        """Since when one stands in line: since it was first ready, or was put to the back by three of more receives."""
        goes_back = message.place == "jobs" and self.limit is not None and self.limit > 3
        return (
            message.ready_at if goes_back and message.receives >= 3 and message.received >= 0 else message.first_ready
        )

    def _check_moved(self, exhausted: dict[str, int], maximum: int, stood: list[int], moved: set[str]) -> None:
        """All exhausted ones before the last message returned are moved; all there are if the receive was not filled.

        Where one stands in line since the same instant as that last message, both orders are right.
        """
        filled = len(stood) == maximum
        must = {identifier for identifier, since in exhausted.items() if not filled or since < stood[-1]}
        may = {identifier for identifier, since in exhausted.items() if not filled or since <= stood[-1]}
        assert must <= moved <= may

    def delete(self, identifier: str) -> bool:
        """Delete with the newest handle; false if SQS refuses."""
        message = self.find(identifier)
        if message.place in self.retention:
            if self.now > message.received + TWELVE_HOURS:
                return False
            message.place = "deleted"
        return True

    def change_visibility(self, identifier: str, timeout: int) -> bool:
        """Change the visibility with any handle of its present queue; false if SQS refuses."""
        message = self.find(identifier)
        if message.place not in self.retention or self.now + timeout > message.received + TWELVE_HOURS:
            return False
        if timeout or message.ready_at > self.now:  # what is visible already stays so
            message.ready_at = self.now + timeout
        return True
