"""Deliveries whose code noticed that there was nothing to do: the work was done, or a conditional write was refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from delivery_lab.events import ApiCallRefused, AttemptsRepeated, ContractLine, InvokeEnded

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
    """Follows the batches of a run and counts those of their deliveries that were recognised.

    Args:
        held: the consumer and the size of the batch that an invoke has or had last, None where it got none.
    """

    def __init__(self, held: Callable[[str], tuple[str, int] | None]) -> None:
        self._held = held
        self._open: dict[str, _Batch] = {}  # only those of which there is something to tell
        self._closed: list[_Batch] = []

    def delivered(self, invoke: str) -> None:
        """An invoke gets a batch. An asynchronous event has one id for all its invokes: the earlier ones are over."""
        if invoke in self._open:
            self._closed.append(self._open.pop(invoke))

    def _batch(self, invoke: str | None) -> _Batch | None:
        if invoke is None:
            return None
        if invoke not in self._open:
            held = self._held(invoke)
            if held is None:
                return None
            self._open[invoke] = _Batch(*held)
        return self._open[invoke]

    def said(self, line: ContractLine) -> None:
        """A function wrote a line of the log contract."""
        batch = self._batch(line.invoke) if line.event == "duplicate" else None
        if batch is not None:
            batch.found_done |= {line.message or line.business_id or ""}

    def refused(self, event: ApiCallRefused) -> None:
        """AWS refused a call of a function."""
        batch = self._batch(event.by.invoke) if event.condition_refused else None
        if batch is not None:
            batch.refused += 1

    def ended(self, event: InvokeEnded) -> None:
        """An invoke ended."""
        batch = self._batch(event.invoke) if event.error in _UNHANDLED else None
        if batch is not None:
            batch.handled = False

    def are_told_by(self, repeated: AttemptsRepeated) -> bool:
        """Whether attempts that were told again say anything of it, so that each has to be read by itself."""
        lines = () if repeated.lines is None else repeated.lines.lines
        return repeated.ended.error in _UNHANDLED or any(line.event == "duplicate" for line in lines)

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
