"""What is seen of handlers, written down where they do not say themselves what they do."""

from __future__ import annotations

from collections.abc import Sequence

from delivery_lab.events import BatchInvoked, EventInvoked, Journal, Observation


class SilentObserver:
    """Implements `delivery_lab.handlers.watching.Observer`.

    A function that follows the log contract says what it does, and is believed: it is not watched from its first line
    of the contract on. Neither is an invoke of which a caller waits for the answer: it works on no message.

    Args:
        journal: where events are written.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._with_messages: set[str] = set()
        self._speaking: set[str] = set()
        journal.listen(BatchInvoked, self._note_batch)
        journal.listen(EventInvoked, self._note_event)

    def spoke(self, function: str) -> None:
        """A function wrote a line of the log contract."""
        self._speaking.add(function)

    def watches(self, function: str) -> bool:
        """Whether it has not spoken yet."""
        return function not in self._speaking

    def observed(self, events: Sequence[Observation]) -> None:
        """Write down what was seen of an invoke."""
        silent = [event for event in events if event.function not in self._speaking]
        if silent and silent[0].invoke in self._with_messages:
            for event in silent:
                self._journal.append(event)

    def _note_batch(self, event: BatchInvoked) -> None:
        if event.function not in self._speaking:
            self._with_messages.add(event.invoke)

    def _note_event(self, event: EventInvoked) -> None:
        if event.function not in self._speaking:
            self._with_messages.add(event.event)
