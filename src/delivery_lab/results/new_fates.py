"""Messages that come into being: each gets a fate for each of its consumers."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import Any, NamedTuple

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
        # By identity: what is counted elsewhere, or is none of its own, until it is let go.
        self._elsewhere: dict[int, Fate] = {}
        self._gone: dict[int, Fate] = {}
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
        fates = [found] if isinstance(found, Fate) else found
        return [fate for fate in fates if id(fate) not in self._elsewhere] if self._elsewhere else fates

    def leave_to(self, fate: Fate) -> None:
        """The end of a message is counted elsewhere: whatever becomes of it at its source is none of its own."""
        self._elsewhere[id(fate)] = fate
        self.forget([fate])

    def forget(self, fates: Sequence[Fate]) -> None:
        """These are no messages of their own."""
        self._gone |= {id(fate): fate for fate in fates}
        # To look through all for each one would take the square of their number.
        if len(self._gone) > len(self._ledger.fates) // 2:
            self.let_go()

    def let_go(self) -> None:
        """Keep nothing of messages that are none of their own; the ledger has them until then."""
        self._ledger.fates[:] = [fate for fate in self._ledger.fates if id(fate) not in self._gone]
        if self._elsewhere:
            for known in (self.by_message, self.by_sequence):
                for message in list(known):
                    self._let_go_by(known, message)
        self._gone, self._elsewhere = {}, {}

    def _let_go_by(self, known: MutableMapping[str, Any], message: str) -> None:
        found: Fate | list[Fate] = known[message]
        if isinstance(found, list):
            found[:] = [fate for fate in found if id(fate) not in self._elsewhere]
        elif id(found) in self._elsewhere:
            del known[message]
