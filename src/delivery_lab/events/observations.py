"""What a run sees of handlers that do not follow the log contract: records read, changes asked for, errors left alone.

Each is written when the invoke ends, and says itself when it happened. `invoke` is the request id of the invoke; a
position is that of a record in the invoke's event, from 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from delivery_lab.events.base import EventBase

Purpose = Literal["work", "idempotency", "error handling"]
"""What a handler changes something for: `idempotency`, a library for it notes that work is finished; `error handling`,
the code is in an `except` block for an error of its own."""

Swallowed = Literal["log", "future", "answer", "call"]
"""Where an error was left: written to the log with its traceback, in a future whose result was not asked for, in an
answer with an HTTP status of 400 or above, which nobody reads, or in a call that asked for a change and failed."""


@dataclass(frozen=True, slots=True)
class RecordsLookedAt(EventBase):
    """Which records of its event a handler looked at.

    Attributes:
        function: name of the function.
        invoke: id of the invoke.
        records: how many records the event had.
        positions: those whose content was read, in the order of the first time; None where it cannot be told.
        read_at_us: when each of `positions` was first read.
    """

    function: str
    invoke: str
    records: int
    positions: tuple[int, ...] | None
    read_at_us: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeRequested(EventBase):
    """A handler asked something outside to be changed: an item written, a message sent, a function invoked.

    Attributes:
        function: name of the function.
        invoke: id of the invoke.
        at_us: when it was answered.
        service: the service as boto3 names it; `http` for a request to something that is not AWS.
        operation: the operation as the API names it; of `http` the method and the URL.
        content: what was sent, as JSON text.
        refused: whether it was a conditional write whose condition did not hold: nothing was changed.
        purpose: what for.
        looking_at: position of the record that the code was reading when it asked, None where it cannot be told.
        looked_at: how many records had been looked at by then.
    """

    function: str
    invoke: str
    at_us: int
    service: str
    operation: str
    content: str
    refused: bool
    purpose: Purpose
    looking_at: int | None
    looked_at: int


@dataclass(frozen=True, slots=True)
class ErrorSwallowed(EventBase):
    """A handler had an error that did not become its answer.

    Attributes:
        function: name of the function.
        invoke: id of the invoke.
        at_us: when it was logged, or raised.
        where: where it was left.
        text: what was written, or the error's type and message.
        looking_at: position of the record that the code was reading, None where it cannot be told.
    """

    function: str
    invoke: str
    at_us: int
    where: Swallowed
    text: str
    looking_at: int | None


Observation = RecordsLookedAt | ChangeRequested | ErrorSwallowed
"""Everything that is seen of a handler without its saying so."""
