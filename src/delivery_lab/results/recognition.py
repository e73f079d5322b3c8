"""Deliveries whose code noticed that there was nothing to do: the work was done, or a conditional write was refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from delivery_lab.events import ApiCallRefused, ContractLine, InvokeEnded

_UNHANDLED = frozenset({"ClientError", "ConditionalCheckFailedException", "TransactionCanceledException"})
"""Errors of an invoke whose code let the refusal of its conditional write pass: it noticed nothing."""


@dataclass(slots=True)
class _Batch:
    consumer: str
    size: int
    found_done: frozenset[str] = frozenset()
    refused: int = 0
    handled: bool = True

    @property
    def recognised(self) -> int:
        # A write says nothing of the message that it was for. Code whose write is refused often says `duplicate`, too:
        # that is one delivery, and two things that tell of it.
        refused = self.refused if self.handled else 0
        return min(self.size, max(len(self.found_done), refused))


class Recognitions:
    """Follows the batches of a run and counts those of their deliveries that were recognised."""

    def __init__(self) -> None:
        self._open: dict[str, _Batch] = {}
        self._closed: list[_Batch] = []

    def delivered(self, invoke: str, consumer: str, size: int) -> None:
        """An invoke got a batch. An asynchronous event has one id for all its invokes: the earlier ones are over."""
        if invoke in self._open:
            self._closed.append(self._open[invoke])
        self._open[invoke] = _Batch(consumer, size)

    def said(self, line: ContractLine) -> None:
        """A function wrote a line of the log contract."""
        batch = self._open.get(line.invoke or "")
        if batch is not None and line.event == "duplicate":
            batch.found_done |= {line.message or line.business_id or ""}

    def refused(self, event: ApiCallRefused) -> None:
        """AWS refused a call of a function."""
        batch = self._open.get(event.by.invoke or "")
        if batch is not None and event.condition_refused:
            batch.refused += 1

    def ended(self, event: InvokeEnded) -> None:
        """An invoke ended."""
        batch = self._open.get(event.invoke)
        if batch is not None and event.error in _UNHANDLED:
            batch.handled = False

    def counts(self) -> Counter[str]:
        """Recognised deliveries by consumer."""
        found: Counter[str] = Counter()
        for batch in self._batches():
            if batch.recognised:
                found[batch.consumer] += batch.recognised
        return found

    def _batches(self) -> Iterator[_Batch]:
        yield from self._closed
        yield from self._open.values()
