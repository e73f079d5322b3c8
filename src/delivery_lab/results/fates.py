"""What became of each message, for each of its consumers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from delivery_lab.results.consumers import Consumers
from delivery_lab.results.evidence import FunctionEvidence, ProcessedBy, stronger
from delivery_lab.rule_ids import RuleId

Ending = Literal["processed", "deadLettered", "lost", "expired", "remaining", "filtered"]
"""Where a message ended: one of the names under `messages`."""

Way = Literal["deleted", "deadLettered", "expired", "deletedLate", "filtered"]
"""How a message left its source; `deletedLate`: it had expired when a receiver that was through with it deleted it."""


class HandlerDelivery(NamedTuple):
    """One delivery of a message to a handler.

    Attributes:
        at_seconds: when, in virtual seconds.
        consumer: name of the consumer whose delivery it was.
        duplicate: whether the message had been delivered before.
        overlapping: whether another invoke still held the message.
    """

    at_seconds: float
    consumer: str
    duplicate: bool
    overlapping: bool


@dataclass(slots=True)
class Fate:
    """One message for one consumer: what is counted.

    A record of a stream or topic is meant for each mapping that polls it, and has a fate for each. A message of a queue
    has one fate, whoever gets it.

    Attributes:
        message_id: id of the message, record or event.
        business_id: `id` of the body, or of the log, else the message id.
        sent_at: virtual seconds.
        poison: whether no handler can process it.
        source: name of the queue, stream, table or topic.
        meant_for: name of the consumer, None where several mappings compete for the messages of a queue, or none polls
            it.
        partition: name of the shard or partition, None of a queue.
        deliveries: each time that it was handed to a handler.
        processed_at: when a delivery first processed it, or None.
        processed_by: name of the consumer that did, or None.
        duplicate_detected: whether a delivery did not do its work because it was done already.
        out_of_order: whether it was first processed after a later one of its group.
        left: how it left the source, or None.
        left_at: when, in virtual seconds.
        copies: by the id that each copy has at its target: how it left. None where a feeder has handed on one only.
        arrived_as: the id that the first of them has where it is now.
        parked: whether a handler put it into a parking queue.
        redriven_at: virtual seconds at which it was last moved back from a dead-letter queue, or None.
        tenant: message group that it named on a standard queue, "" without one.
        group: source and message group or partition key, where the source keeps an order.
        position: its place in that order.
        holders: invokes that hold it now.
        body: its content.
        evidence: the surest reason for which it counts as processed, None where it does not.
        effects: how often work was seen to be done for it, None where nothing was seen.
        looked: whether a handler ever looked at it, None where that cannot be told.
        given_to: names of the functions that got it.
    """

    message_id: str
    business_id: str
    sent_at: float
    poison: bool
    source: str
    meant_for: str | None
    partition: str | None
    group: tuple[str, str] | None
    position: int
    body: str
    deliveries: Sequence[HandlerDelivery] = ()
    processed_at: float | None = None
    processed_by: str | None = None
    duplicate_detected: bool = False
    out_of_order: bool = False
    left: Way | None = None
    left_at: float | None = None
    copies: dict[str, Way | None] | None = None
    arrived_as: str = ""
    parked: bool = False
    redriven_at: float | None = None
    holders: tuple[str, ...] = ()
    evidence: ProcessedBy | None = None
    effects: int | None = None
    looked: bool | None = None
    tenant: str = ""
    given_to: frozenset[str] = frozenset()

    @property
    def consumer(self) -> str:
        """Name of the consumer that it counts for.

        Of mappings that compete for a queue: the one that processed it, else the last one that got it. The queue's own
        name stands for a consumer where no mapping got it.
        """
        if self.meant_for is not None:
            return self.meant_for
        if self.processed_by is not None:
            return self.processed_by
        return self.deliveries[-1].consumer if self.deliveries else self.source

    @property
    def outcome(self) -> Ending:
        """Where it ended."""
        left = self._left_of_copies()
        if left is None:
            return "remaining"
        if left == "deleted":
            return "processed" if self.worked_on else "deadLettered" if self.parked else "lost"
        if left == "deletedLate":
            return "processed" if self.worked_on else "expired"
        return left

    @property
    def worked_on(self) -> bool:
        """Whether its work was done, by one of its own deliveries or by the one that it duplicates."""
        return self.processed_at is not None or self.duplicate_detected

    def is_given(self, at_seconds: float, consumer: str, like: HandlerDelivery | None = None) -> HandlerDelivery:
        """Note that a handler got it: of a mapping, of Lambda's own queue, or by a receive of its own.

        Args:
            at_seconds: when, in virtual seconds.
            consumer: name of the consumer whose delivery it is.
            like: the delivery of another message, which stands for this one where they are alike, as in a batch.
        """
        delivery = HandlerDelivery(at_seconds, consumer, bool(self.deliveries), bool(self.holders))
        if like is not None and delivery == like:
            delivery = like
        self.are_added((delivery,))
        return delivery

    def are_added(self, deliveries: Sequence[HandlerDelivery]) -> None:
        """Note deliveries. Most messages get one; a list, which has room for more, is for the others."""
        if isinstance(self.deliveries, list):
            self.deliveries.extend(deliveries)
        else:
            self.deliveries = [*self.deliveries, *deliveries] if self.deliveries else tuple(deliveries)

    @property
    def delivered_at(self) -> tuple[float, ...]:
        """When it was handed to a handler, in virtual seconds."""
        return tuple([delivery.at_seconds for delivery in self.deliveries])

    @property
    def latency_seconds(self) -> float | None:
        """Seconds from accepted to first processed."""
        # Instants are whole microseconds, so what a difference of floats has beyond them is noise.
        return None if self.processed_at is None else round(self.processed_at - self.sent_at, 6)

    def is_processed(self, evidence: ProcessedBy) -> None:
        """It counts as processed, for this reason among others."""
        self.evidence = stronger(self.evidence, evidence)

    def arrives(self, before: str, as_id: str) -> None:
        """It has another id where it is now.

        Args:
            before: the id that it had, or that one of its copies had.
            as_id: the new one.
        """
        if self.copies is None:
            self.arrived_as = as_id
        elif before in self.copies:
            self.copies[as_id] = self.copies.pop(before)

    def is_copied(self, as_id: str) -> None:
        """A feeder has handed it on once more, under that id."""
        if self.copies is None:
            self.copies = {self.arrived_as: self.left}
        self.copies[as_id] = None

    def leave(self, way: Way, at_seconds: float, message: str, *, at_last: bool = False) -> None:
        """It is out of its source, unless it had left before.

        Args:
            way: how it left.
            at_seconds: when, in virtual seconds.
            message: the id that it has there.
            at_last: whether that counts, even if it had left before.
        """
        if self.copies is not None and message in self.copies:
            if self.copies[message] is None or at_last:
                self.copies[message] = way
            all_of_it = self._left_of_copies()
            if all_of_it is None or all_of_it == self.left:
                return
            way, at_last = all_of_it, True
        if self.left is None or at_last:
            self.left = way
            self.left_at = at_seconds

    def is_deleted_late(self, message: str) -> None:
        """A receiver that was through with it deleted it, after it had expired.

        Args:
            message: the id that it has there.
        """
        if self.copies is not None and self.copies.get(message) == "expired":
            self.copies[message] = "deletedLate"
        if self.left == "expired":
            self.left = "deletedLate"

    def is_redriven(self, message: str, new_message: str, at_seconds: float) -> None:
        """It is back in its queue, under another id."""
        self.left = None
        self.redriven_at = at_seconds
        self.arrives(message, new_message)
        if self.copies is not None and new_message in self.copies:
            self.copies[new_message] = None

    def is_read_again(self) -> None:
        """Its mapping was created again, and is before it. Work that was done stays done."""
        if not self.worked_on:
            self.left = self.left_at = None

    def _left_of_copies(self) -> Way | None:
        """How it left, where a feeder has handed on several: done if one was, else there as long as one is there."""
        if self.copies is None:
            return self.left
        ways = self.copies.values()
        if "deleted" in ways and (self.worked_on or self.parked):
            return "deleted"
        if "deletedLate" in ways and self.worked_on:
            return "deletedLate"
        if None in ways:
            return None
        return next((way for way in _LAST_FIRST if way in ways), None)


_LAST_FIRST: tuple[Way, ...] = ("deadLettered", "filtered", "expired", "deletedLate", "deleted")
"""Where copies of a message end in several ways, none of them done: whoever looks for it finds it there."""


@dataclass(slots=True)
class Work:
    """How often work was done.

    Attributes:
        total: how often.
        duplicated: beyond the first time that a function did it for the same business id.
    """

    total: int = 0
    duplicated: int = 0


@dataclass(slots=True)
class Ledger:
    """All messages of a run, and what was counted on the way.

    Attributes:
        consumers: who is meant to get the messages of each source.
        fates: a fate for each message and consumer, in the order of the sends.
        work: work done by consumer; under None the work that callers waited for.
        recognised: by consumer: deliveries whose code found the work done, or whose conditional write was refused.
        invocations: invokes that ran.
        failed: those that ended in an error.
        timed_out: those that the function's timeout ended.
        throttled: attempts that Lambda refused with 429.
        functions: what is known of the work of each function that got messages, or that callers waited for.
        uncounted: names of consumers whose work is not known; None stands for callers that waited.
        relied_on: assumptions about what is seen of handlers that the result rests on.
    """

    consumers: Consumers
    fates: list[Fate] = field(default_factory=list)
    work: dict[str | None, Work] = field(default_factory=dict)
    recognised: Counter[str] = field(default_factory=Counter)
    invocations: int = 0
    failed: int = 0
    timed_out: int = 0
    throttled: int = 0
    functions: dict[str, FunctionEvidence] = field(default_factory=dict)
    uncounted: set[str | None] = field(default_factory=set)
    relied_on: set[RuleId] = field(default_factory=set)
    _sets: dict[frozenset[str], frozenset[str]] = field(default_factory=dict)

    def together(self, names: frozenset[str], name: str) -> frozenset[str]:
        """Some names and one more; the same set is the same object, since there are many messages and few functions."""
        found = names | {name}
        return self._sets.setdefault(found, found)


def business_id_of(body: str) -> str | None:
    """The `id` of a JSON body, None without one."""
    try:
        parsed = json.loads(body)
    except ValueError:
        return None
    value = parsed.get("id") if isinstance(parsed, dict) else None
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else None


def meant_by(body: str, attributes: Iterable[str], fates: Mapping[str, Fate | None]) -> Fate | None:
    """Which message a handler has put aside: the one that the parked message names, else one like it.

    Args:
        body: body of the parked message.
        attributes: names and values of its attributes.
        fates: messages that the handler works on, by the id under which it got them.
    """
    content, business_id = "\n".join((body, *attributes)), business_id_of(body)
    known = {known_as: fate for known_as, fate in fates.items() if fate is not None}
    named = [fate for known_as, fate in known.items() if known_as in content or fate.message_id in content]
    same = [fate for fate in known.values() if fate.body == body or fate.business_id == business_id]
    return next(iter(named or same), None)
