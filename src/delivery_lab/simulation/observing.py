"""What is seen of handlers, written down where they do not say themselves what they do."""

from __future__ import annotations

from collections.abc import Sequence

from delivery_lab.events import (
    BatchInvoked,
    BatchResult,
    ContractLine,
    EventAnswered,
    EventInvoked,
    Journal,
    Observation,
)


class SilentObserver:
    """Implements `delivery_lab.handlers.watching.Observer`.

    A function that follows the log contract says what it does, and is believed: it is not watched from its first line
    of the contract on. Neither is an invoke of which a caller waits for the answer: it works on no message.

    Other people's lines can look like the contract's. So what a function says of a message counts from its first line
    on that names one of those which the invoke was given.

    Args:
        journal: where events are written.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._with_messages: set[str] = set()
        self._speaking: set[str] = set()
        self._naming: set[str] = set()
        self._given: dict[str, tuple[str, ...]] = {}
        journal.listen(BatchInvoked, self._note_batch)
        journal.listen(EventInvoked, self._note_event)
        journal.listen(BatchResult, lambda ended: self._forget(ended.invoke))
        journal.listen(EventAnswered, lambda ended: self._forget(ended.event))

    def follows(self, line: ContractLine) -> bool:
        """Take a line that looks like one of the log contract: whether it is one."""
        given = self._given.get(line.invoke or "")
        if given is not None and line.message and line.is_of_a_delivery and line.function not in self._naming:
            if not _is_among(line.message, given):
                return False
            self._naming.add(line.function)
        self._speaking.add(line.function)
        return True

    def watches(self, function: str) -> bool:
        """Whether it has not spoken yet."""
        return function not in self._speaking

    def observed(self, events: Sequence[Observation]) -> None:
        """Write down what was seen of an invoke."""
        silent = [event for event in events if event.function not in self._speaking]
        if silent and silent[0].invoke in self._with_messages:
            for event in silent:
                self._journal.append(event)

    def _forget(self, invoke: str) -> None:
        self._given.pop(invoke, None)

    def _note_batch(self, event: BatchInvoked) -> None:
        if event.function not in self._speaking:
            self._with_messages.add(event.invoke)
        if event.function not in self._naming:
            self._given[event.invoke] = event.messages

    def _note_event(self, event: EventInvoked) -> None:
        if event.function not in self._speaking:
            self._with_messages.add(event.event)
        if event.function not in self._naming:
            self._given[event.event] = (event.event,)


def _is_among(message: str, given: tuple[str, ...]) -> bool:
    """Whether messages have one of a name; records of a table go by the number behind their shard."""
    return message in given or any(one.endswith(f":{message}") for one in given)
