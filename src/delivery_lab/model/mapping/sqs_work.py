"""What the mapping of a queue works with: its batches, and the pollers that it has."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from delivery_lab.limits.functions import SYNCHRONOUS_PAYLOAD
from delivery_lab.model.clock import Timer
from delivery_lab.model.mapping.error_share import ErrorShare
from delivery_lab.model.mapping.ports import PolledQueue
from delivery_lab.model.mapping.queue_records import QueueRecord
from delivery_lab.model.mapping.records import event_of
from delivery_lab.model.mapping.scaling import FifoScaling, ProvisionedScaling, Scaling, StandardScaling
from delivery_lab.model.mapping.sqs_config import SqsMappingConfig
from delivery_lab.model.mapping.throttled_growth import ThrottledGrowth
from delivery_lab.model.payloads import Payload, UnwrittenEvent
from delivery_lab.model.sqs.message import Delivery
from delivery_lab.rule_ids import RuleId
from delivery_lab.rules.alternatives import ALTERNATIVES
from delivery_lab.rules.assumptions import Assumptions

# `{"Records":[...]}`, and room for the commas between the records.
_ENVELOPE_BYTES = 16

_LEAST_PLAUSIBLE = min(float(value) for value in ALTERNATIVES["ESM-ERROR-2"].values)


@dataclass(slots=True)
class QueueBatch:
    """A batch on its way from the first message received to the answer of the function.

    Attributes:
        deliveries: its messages.
        records: what the event carries of each.
        size_bytes: at least as many as the event has.
        rule: id of the rule by which it was complete.
        throttles: how often its invoke was throttled.
        window: timer of the open batching window.
        began: instant at which its first message was received.
        window_ends: end of its batching window; the same instant without one.
        repeated: whether it was handed over twice because the workload says so.
        running: whether the function has it, or is taken to have it (`model.invokes.Undecided`).
        overdue: whether the window is over, so that the next message completes it (ESM-BATCH-6).
    """

    deliveries: list[Delivery] = field(default_factory=list)
    records: list[QueueRecord] = field(default_factory=list)
    size_bytes: int = _ENVELOPE_BYTES
    rule: RuleId = "ESM-BATCH-1"
    throttles: int = 0
    window: Timer | None = None
    began: int = 0
    window_ends: int = 0
    running: bool = False
    overdue: bool = False
    repeated: bool = False

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of its messages, in order."""
        return tuple(delivery.message.id for delivery in self.deliveries)

    def has_room_for(self, record: QueueRecord) -> bool:
        """Whether the event may have one more record (ESM-BATCH-3); it is measured only where that decides."""
        if not self.deliveries or self.size_bytes + record.most_bytes + 1 <= SYNCHRONOUS_PAYLOAD.maximum:
            return True
        self.size_bytes = _ENVELOPE_BYTES + sum(each.measure() + 1 for each in self.records)
        return self.size_bytes + record.measure() + 1 <= SYNCHRONOUS_PAYLOAD.maximum

    def add(self, record: QueueRecord) -> None:
        """Put a message into the batch."""
        self.deliveries.append(record.delivery)
        self.records.append(record)
        self.size_bytes += record.most_bytes + 1

    def renew(self, record: QueueRecord) -> bool:
        """Put a new receive of a message of the batch in the place of the old one; false if the batch has no such."""
        delivery = record.delivery
        for place, old in enumerate(self.deliveries):
            if old.message is delivery.message:
                self.size_bytes += record.most_bytes - self.records[place].most_bytes
                self.deliveries[place], self.records[place] = delivery, record
                return True
        return False

    @property
    def text(self) -> str:
        """Its event as JSON text."""
        return event_of([record.text for record in self.records])

    def event(self, *, described: bool) -> Payload:
        """Its event: not written yet for a function that is described."""
        return UnwrittenEvent(tuple(self.deliveries), lambda: self.text) if described else self.text

    @property
    def visible_at(self) -> int:
        """Instant at which the first of its messages is visible again."""
        return min(delivery.visible_at for delivery in self.deliveries)


def beside_failed(received: Iterable[QueueRecord], batch: QueueBatch, failed: Collection[str]) -> deque[QueueRecord]:
    """Received messages without those behind failed ones of their group: these are retried together (ESM-FIFO-2).

    Args:
        received: what was received and is in no batch yet.
        batch: the batch that has failed, in part or whole.
        failed: ids of its messages that failed.
    """
    groups = {delivery.message.group for delivery in batch.deliveries if delivery.message.id in failed}
    return deque(record for record in received if record.delivery.message.group not in groups)


def rules_of(config: SqsMappingConfig, queue: PolledQueue) -> tuple[RuleId, ...]:
    """Ids of the rules that a mapping relies on whatever happens."""
    rules: tuple[RuleId, ...] = ("ESM-POLL-1",)
    rules += ("ESM-FIFO-1", "ESM-FIFO-3") if queue.fifo else ("SQS-ORDER-3", "SIM-ONCE-1")
    if config.provisioned:
        return (*rules, "ESM-PROV-1", "ESM-PROV-4")
    return rules if queue.fifo else (*rules, "ESM-SCALE-1")


def scaling_of(config: SqsMappingConfig, queue: PolledQueue, assumptions: Assumptions) -> Scaling:
    """The pollers that a mapping has."""
    if config.provisioned is not None:
        return ProvisionedScaling(config.provisioned.minimum, config.provisioned.maximum)
    if queue.fifo:
        return FifoScaling(config.maximum_concurrency)
    return StandardScaling(
        config.maximum_concurrency,
        errors=None
        if config.report_batch_item_failures
        else ErrorShare(assumptions.batches_when_half_fail, _LEAST_PLAUSIBLE),
        throttled=ThrottledGrowth(assumptions.throttled_growth),
        least=assumptions.least_pollers,
    )
