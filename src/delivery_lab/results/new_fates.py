"""Messages that come into being: each gets a fate for each of its consumers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from delivery_lab.events import Run
from delivery_lab.events.instants import moment
from delivery_lab.results.fates import Fate, Ledger, business_id_of


class NewMessage(NamedTuple):
    """A message at the place where it came into being.

    Attributes:
        id: its id there.
        body: what its sender sent.
        at_us: when, in microseconds of virtual time.
        key: message group or partition key, None without one.
        name: what people call it, "" where its body says so.
    """

    id: str
    body: str
    at_us: int
    key: str | None
    name: str = ""


class NewFates:
    """Makes fates, and finds them by the ids that messages have.

    Args:
        run: the run.
        ledger: where the fates are kept.
    """

    def __init__(self, run: Run, ledger: Ledger) -> None:
        self._run = run
        self._ledger = ledger
        self._accepted = 0
        # Most messages have one fate, and there are many: a list is for the others, and for what feeds lead to.
        self.by_message: dict[str, Fate | list[Fate]] = {}
        # Records of a DynamoDB stream do not say which shard they are of, so functions name the sequence number alone.
        self.by_sequence: dict[str, list[Fate]] = {}

    def take(
        self, message: NewMessage, source: str, consumers: Sequence[str | None], partition: str | None = None
    ) -> list[Fate]:
        """A message has come into being at a source.

        Args:
            message: the message.
            source: name of the queue, stream, table, topic or internal queue that the consumers get it from.
            consumers: whom it is meant for, None for one that is not known yet.
            partition: name of the shard or partition, None of a queue.

        Returns:
            Its fates.
        """
        fates = [
            Fate(
                message_id=message.id,
                business_id=message.name or business_id_of(message.body) or message.id,
                sent_at=moment(message.at_us),
                poison=self._run.poison.marks(message.body),
                source=source,
                meant_for=consumer,
                partition=partition,
                group=(source, message.key) if message.key else None,
                position=self._accepted if message.key else 0,
                body=message.body,
            )
            for consumer in consumers
        ]
        self._accepted += 1
        self._ledger.fates.extend(fates)
        return fates

    def know(self, message: str, fates: list[Fate]) -> None:
        """These are the fates of the message of that id."""
        self.by_message[message] = fates[0] if len(fates) == 1 else fates

    def move(self, fates: Sequence[Fate], partition: str, group: tuple[str, str] | None) -> None:
        """Messages that came into being elsewhere stand in the order of a shard from now on."""
        for fate in fates:
            fate.partition, fate.group, fate.position = partition, group, self._accepted
        self._accepted += 1

    def find(self, message: str) -> list[Fate]:
        """The fates of a message, by the id that it has anywhere."""
        found = self.by_message.get(message) or self.by_sequence.get(message, [])
        return [found] if isinstance(found, Fate) else found

    def leave_to(self, fate: Fate) -> None:
        """The end of a message is counted elsewhere: whatever becomes of it at its source is none of its own."""
        self.forget([fate])
        for message in [message for message, found in self.by_message.items() if found is fate]:
            del self.by_message[message]
        for fates in (*self.by_message.values(), *self.by_sequence.values()):
            if isinstance(fates, list) and fate in fates:
                fates.remove(fate)

    def forget(self, fates: Sequence[Fate]) -> None:
        """These are no messages of their own."""
        gone = {id(fate) for fate in fates}
        self._ledger.fates[:] = [fate for fate in self._ledger.fates if id(fate) not in gone]
