"""What handlers write: lines, and the log contract in which functions say what they do with a message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from delivery_lab.events.base import EventBase

ContractEvent = Literal["queued", "started", "processed", "failed", "duplicate", "heartbeat", "heartbeat_failed"]


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line that a handler printed or logged.

    Attributes:
        instant: when, in microseconds of virtual time.
        function: name of the function.
        environment: number of the execution environment.
        request_id: the invoke during which it was written, None during initialisation.
        text: the line without its end.
    """

    instant: int
    function: str
    environment: int
    request_id: str | None
    text: str


@dataclass(frozen=True, slots=True)
class ContractLine(EventBase):
    """A line of the log contract (docs/results.md).

    Attributes:
        function: name of the function.
        invoke: id of the invoke during which it was written, None during initialisation.
        event: what the function says that it does.
        business_id: `id` of the line, None without one.
        message: `message_id` of the line: id of a message, record or event; of a DynamoDB stream the sequence number
            alone; None without one.
        error_type: with `failed`, None without one.
        retryable: with `failed`, None where the line does not say.
    """

    function: str
    invoke: str | None
    event: ContractEvent
    business_id: str | None
    message: str | None
    error_type: str | None
    retryable: bool | None

    @property
    def is_of_a_delivery(self) -> bool:
        """Whether it is about a message that was delivered."""
        return self.event in ("started", "processed", "failed", "duplicate")

    def told(self, instant_us: int, invoke: str | None) -> ContractLine:
        """The same line at another instant and of another invoke."""
        return ContractLine(
            instant_us,
            self.rule,
            self.function,
            invoke,
            self.event,
            self.business_id,
            self.message,
            self.error_type,
            self.retryable,
        )


@dataclass(frozen=True, slots=True)
class LinesRepeated(EventBase):
    """An invoke whose code is known to do what it did before wrote the same lines of the log contract again.

    Attributes:
        function: name of the function.
        invoke: id of the invoke.
        as_in: id of the invoke that wrote them first, as `ContractLine` events.
        lines: the lines, without instant and invoke; they are those of `as_in`, so they are no part of the trace.
    """

    function: str
    invoke: str
    as_in: str
    lines: tuple[ContractLine, ...] = field(repr=False, metadata={"traced": False})

    def told(self) -> Iterator[ContractLine]:
        """The lines, each by itself."""
        return (line.told(self.instant_us, self.invoke) for line in self.lines)

    def told_duplicates(self) -> Iterator[ContractLine]:
        """Those of them that say that a message is a duplicate."""
        return (line.told(self.instant_us, self.invoke) for line in self.lines if line.event == "duplicate")
