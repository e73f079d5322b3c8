"""A message on its way through queues, and one delivery of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from delivery_lab.model.loops import NO_LINEAGE, Lineage
from delivery_lab.rules.assumptions import ChainedCount

NO_ATTRIBUTES: Mapping[str, Any] = MappingProxyType({})
"""Those of most messages: one for all of them."""


@dataclass(slots=True, eq=False)
class Message:
    """A message, through all queues that it passes.

    Attributes:
        id: SQS's message id; it survives the move to a dead-letter queue.
        body: the text.
        sent_at: instant of the send. A standard dead-letter queue counts retention from here (SQS-RET-2).
        sequence: number of the message within its queue, part of its receipt handles.
        attributes: message attributes as the API takes them.
        system_attributes: message system attributes, such as the trace header.
        receive_count: receives so far over all queues (SQS-COUNT-1).
        received_elsewhere: those of them in the queues that it was moved from as a dead letter.
        first_received_at: instant of the first receive.
        received_at: instant of the latest receive; the 12 h cap counts from here.
        visible_at: instant from which a receive may return it.
        place: instant since which it stands in the line of its queue (SQS-ORDER-1).
        dead_letter_source: ARN of the queue that it was moved from.
        group: its message group, "" without one.
        deduplication_id: what a FIFO queue knows it by, "" on a standard queue.
        sequence_number: what a FIFO queue numbers it with, "" on a standard queue.
    """

    id: str
    body: str
    sent_at: int
    sequence: int = 0
    attributes: Mapping[str, Any] = field(default_factory=lambda: NO_ATTRIBUTES)
    system_attributes: Mapping[str, Any] = field(default_factory=lambda: NO_ATTRIBUTES)
    receive_count: int = 0
    received_elsewhere: int = 0
    first_received_at: int | None = None
    received_at: int = 0
    visible_at: int = 0
    place: int = 0
    dead_letter_source: str | None = None
    lineage: Lineage = field(default_factory=lambda: NO_LINEAGE)
    """What the chain of events that sent it has run through (ASY-LOOP-1)."""
    group: str = ""
    deduplication_id: str = ""
    sequence_number: str = ""
    queue: object | None = None
    """The queue that holds it, None where it is gone."""
    in_flight: bool = False
    hiding: int = 0
    """Counts the changes of the message's place, so that an entry made for an older one is recognised as stale."""

    def note_move(self, source_arn: str) -> None:
        """It was moved from a queue to that one's dead-letter queue (SQS-DLQ-2)."""
        self.dead_letter_source = source_arn
        self.received_elsewhere = self.receive_count

    def counted_receives(self, chained: ChainedCount) -> int:
        """How many of its receives count against the maxReceiveCount of the queue that holds it (SQS-DLQ-6)."""
        return self.receive_count - (self.received_elsewhere if chained is ChainedCount.ANEW else 0)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One receive of one message: the message as it was handed out, and the handle to answer with.

    Attributes:
        message: the message.
        receipt_handle: handle of this receive.
        receive_count: the message's receive count with this receive.
        visible_at: instant at which the visibility timeout of this receive ends.
        sequence: number of the message within the queue that it was received from, 0 where that is not known.
    """

    message: Message
    receipt_handle: str
    receive_count: int
    visible_at: int
    sequence: int = 0
