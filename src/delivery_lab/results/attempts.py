"""What is seen of the work of one invoke whose function does not follow the log contract.

The function says nothing itself. What it asked to be changed, the records that it read and the errors that it left
alone are put beside the messages of its batch here; `delivery_lab.results.silent` judges by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from delivery_lab.events import ChangeRequested, ErrorSwallowed, Observation, RecordsLookedAt
from delivery_lab.events.instants import in_seconds
from delivery_lab.results.attribution import BatchContents, leaves
from delivery_lab.results.claims import is_conditional
from delivery_lab.results.fates import Fate


@dataclass(slots=True)
class Attempt:
    """One invoke with a batch, or with an asynchronous event.

    Attributes:
        function: name of the function.
        consumer: whose delivery it was.
        fates: the messages, in the order of the batch.
        ids: their ids in this delivery, in the same order: what comes over a topic, a bus or a redrive has another one
            than its sender knows.
        claims: whether the function claims messages by writes on a condition, which are no work then.
        looked: positions of the records that were looked at; None where it cannot be told.
        read_at: by position of a record that was looked at: when, in virtual seconds.
        worked: by position of a message: when something was first done for it, in virtual seconds.
        pieces: by position of a message: what each piece of work for it is known by, None for the message's own id.
        refused: positions of messages for which a conditional write was refused.
        erred: positions of messages at which an error was left alone, and nothing was done for them afterwards.
        unmade: positions of messages for which a change was asked for that was never made.
        moved_on: positions of messages whose work was over: something was done for them, and then for others.
        put_aside: contents of messages that were sent to a parking or dead-letter queue.
        deleted: by `id` of a message's fate: when the code deleted it itself, in virtual seconds.
        errors: how many errors were left alone.
        failed: whether the invoke ended in an error.
        running: how many invokes of this id run: an asynchronous event can be delivered twice at once (ASY-ONCE-1).
        shared: whether what is seen may be of another invoke of this id, too.
        judged: whether its answer was judged.
        unheard: what the same batch was given to before and was not judged, or counted as failed; None for nothing.
        placed: what it asked to be changed, and the positions of the messages that each change was for.
        unplaced: whether something was done, and nothing of it can be put beside a message.
    """

    function: str
    consumer: str
    fates: Sequence[Fate]
    ids: Sequence[str]
    claims: bool = False
    looked: frozenset[int] | None = None
    read_at: dict[int, float] = field(default_factory=dict)
    worked: dict[int, float] = field(default_factory=dict)
    pieces: dict[int, list[str | None]] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)
    erred: set[int] = field(default_factory=set)
    unmade: set[int] = field(default_factory=set)
    moved_on: set[int] = field(default_factory=set)
    put_aside: set[str] = field(default_factory=set)
    deleted: dict[int, float] = field(default_factory=dict)
    errors: int = 0
    failed: bool = False
    unplaced: bool = False
    running: int = 1
    shared: bool = False
    judged: bool = False
    unheard: Attempt | None = None
    placed: list[tuple[ChangeRequested, frozenset[int]]] = field(default_factory=list)
    _seen: list[ChangeRequested | ErrorSwallowed] = field(default_factory=list)

    def saw(self, event: Observation) -> None:
        """Take what was seen of it."""
        if not isinstance(event, RecordsLookedAt):
            self._seen.append(event)
        elif event.positions is not None and event.records == len(self.fates):
            self.looked = frozenset(event.positions)
            self.read_at = dict(zip(event.positions, map(in_seconds, event.read_at_us), strict=False))

    def rest(self) -> Attempt:
        """What is seen from now on, where one of several invokes of this id is over."""
        parts = (self.function, self.consumer, self.fates, self.ids, self.claims)
        return Attempt(*parts, running=self.running, shared=True, unheard=self)

    def before(self) -> Iterator[Attempt]:
        """The earlier ones with the same batch, the latest first."""
        earlier = self.unheard
        while earlier is not None:
            yield earlier
            earlier = earlier.unheard

    def deleted_unread(self, position: int) -> bool:
        """Whether the code deleted a message itself before it had read it, if it has read it at all."""
        deleted_at = self.deleted.get(id(self.fates[position]))
        if deleted_at is None or self.looked is None:
            return False
        return position not in self.read_at or self.read_at[position] >= deleted_at

    def settle(self) -> None:
        """Put what was seen beside the messages, once the invoke is over."""
        contents = BatchContents(self.fates, self.ids) if len(self.fates) > 1 and self._seen else None
        last: dict[int, ChangeRequested] = {}
        unplaced = False
        for event in sorted(self._seen, key=lambda seen: seen.at_us):
            places = self._places(event, contents)
            if isinstance(event, ChangeRequested):
                self.placed.append((event, places))
            if isinstance(event, ErrorSwallowed) and event.where == "call":
                self.errors += not self._handles(event)
                self.unmade |= places
            elif isinstance(event, ErrorSwallowed):
                self.errors += 1
                self.erred |= places or self._never_looked()
            elif event.refused:
                self.refused |= places
            elif self.claims and is_conditional(event):
                continue
            elif event.purpose != "error handling" and not self._puts_aside(event):
                unplaced |= not places
                self._did(event, places, last)
        self.unplaced = unplaced and not self.worked
        self.pieces = {position: [None] for position in self.worked}
        self._note_who_is_over(last)

    def _handles(self, error: ErrorSwallowed) -> bool:
        """Whether the code wrote something because of errors of its own, at an error or later."""
        return any(
            isinstance(event, ChangeRequested) and event.purpose == "error handling" and event.at_us >= error.at_us
            for event in self._seen
        )

    def _never_looked(self) -> set[int]:
        """What an error that is beside no message kept from being worked on: the records that were never looked at."""
        return set() if self.looked is None else set(range(len(self.fates))) - self.looked

    def _puts_aside(self, event: ChangeRequested) -> bool:
        """Whether it sends to a queue for what nobody could work on."""
        return event.service == "sqs" and not self.put_aside.isdisjoint(leaves(event.content))

    def _places(self, event: ChangeRequested | ErrorSwallowed, contents: BatchContents | None) -> frozenset[int]:
        """Positions of the messages that something was for; none where that cannot be told."""
        if contents is None:
            return frozenset(range(len(self.fates)))
        named, sure = contents.named_in(event.content if isinstance(event, ChangeRequested) else event.text)
        if sure:
            return named
        if event.looking_at is not None and event.looking_at in (named or range(len(self.fates))):
            return frozenset({event.looking_at})
        if len({self.fates[position].business_id for position in named}) > 1:
            return named
        # Of messages that share an id it is one: which of them makes no difference to what is counted.
        fresh = sorted(named - self.worked.keys()) or sorted(named)
        return frozenset(fresh[:1])

    def _did(self, event: ChangeRequested, places: frozenset[int], last: dict[int, ChangeRequested]) -> None:
        for position in places:
            self.worked.setdefault(position, in_seconds(event.at_us))
            self.erred.discard(position)
            last[position] = event

    def _note_who_is_over(self, last: dict[int, ChangeRequested]) -> None:
        """Code that went to another record, or did something for another message, is through with the one before."""
        latest = max((event.at_us for event in last.values()), default=0)
        for position, event in last.items():
            then_read = list(self.read_at)[event.looked_at :]
            if event.at_us < latest or any(other != position for other in then_read):
                self.moved_on.add(position)
