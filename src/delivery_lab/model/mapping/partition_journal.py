"""What the reader of a partition writes down, as events."""

from __future__ import annotations

from collections.abc import Sequence

from delivery_lab.events import (
    BatchInvoked,
    BatchResult,
    BatchRetryScheduled,
    BatchSplit,
    DestinationRefused,
    DiscardCondition,
    RecordFiltered,
    RecordsCheckpointed,
    RecordsDiscarded,
)
from delivery_lab.model.mapping.partition_decisions import PartitionVerdict
from delivery_lab.model.mapping.partition_work import PartitionBatch, ReaderSettings, Services, Slot
from delivery_lab.model.partition import Partition, Record
from delivery_lab.rule_ids import RuleId


class PartitionJournal:
    """Writes the events of one partition and its mapping.

    Args:
        partition: the partition.
        settings: the mapping's settings.
        services: what its reader uses.
    """

    def __init__(self, partition: Partition, settings: ReaderSettings, services: Services) -> None:
        self._kind = partition.kind
        self._source = partition.source
        self._partition = partition.name
        self._mapping = settings.mapping
        self._function = settings.function
        self._scheduler = services.scheduler
        self._append = services.journal.append

    # -- records ------------------------------------------------------------------------------------------

    def filtered(self, record: Record) -> None:
        """A filter let a record pass by (STR-FILTER-1)."""
        now, kind, source, partition = self._scheduler.now, self._kind, self._source, self._partition
        self._append(RecordFiltered(now, "STR-FILTER-1", kind, source, partition, record.id, self._mapping))

    def checkpointed(self, slot: Slot, records: Sequence[Record], rule: RuleId) -> None:
        """The mapping is past records that a batch succeeded with."""
        self._append(
            RecordsCheckpointed(
                self._scheduler.now,
                rule,
                self._kind,
                self._source,
                self._partition,
                _ids_of(records),
                self._mapping,
                slot.number,
            )
        )

    def discarded(
        self, slot: Slot, records: Sequence[Record], rule: RuleId, condition: DiscardCondition, target: str | None
    ) -> None:
        """The mapping gave records up."""
        self._append(
            RecordsDiscarded(
                self._scheduler.now,
                rule,
                self._kind,
                self._source,
                self._partition,
                records=_ids_of(records),
                mapping=self._mapping,
                slot=slot.number,
                condition=condition,
                target=target,
            )
        )

    def refused(self, target: str, code: str) -> None:
        """The on-failure destination refused a report (STR-DEST-3)."""
        self._append(DestinationRefused(self._scheduler.now, "STR-DEST-3", self._mapping, target, code))

    # -- batches ------------------------------------------------------------------------------------------

    def invoked(self, slot: Slot, batch: PartitionBatch, invoke: str) -> None:
        """A batch was handed to the function (STR-BATCH-1).

        A pipe that hands on without a function says itself to whom (PIPE-TARGET-1).
        """
        if not invoke:
            return
        self._append(
            BatchInvoked(
                self._scheduler.now,
                "STR-BATCH-1",
                self._mapping,
                self._source,
                self._function,
                invoke,
                batch.ids,
                self._partition,
                slot.number,
            )
        )

    def result(
        self, slot: Slot, batch: PartitionBatch, verdict: PartitionVerdict, invoke: str, named: Sequence[int]
    ) -> None:
        """The function answered.

        Args:
            slot: the batch's slot.
            batch: the batch.
            verdict: how far it succeeded.
            invoke: id of the invoke.
            named: positions of the records that the response named as failed.
        """
        if not invoke:
            return
        ids = batch.ids
        self._append(
            BatchResult(
                self._scheduler.now,
                verdict.rule,
                self._mapping,
                self._source,
                invoke,
                verdict.reason,
                tuple(verdict.parts(list(ids))[1]) if verdict.succeeded else ids,
                tuple([ids[position] for position in named]),
                self._partition,
                slot.number,
            )
        )

    def retry_scheduled(self, slot: Slot, batch: PartitionBatch, instant: int, rule: RuleId) -> None:
        """A batch will be tried again."""
        self._append(
            BatchRetryScheduled(
                self._scheduler.now,
                rule,
                self._mapping,
                self._source,
                batch.tries,
                batch.ids or _ids_of(batch.records),
                instant,
                self._partition,
                slot.number,
            )
        )

    def split(self, slot: Slot, batch: PartitionBatch, rule: RuleId, cut_at: int) -> None:
        """A failed batch was bisected."""
        self._append(
            BatchSplit(
                self._scheduler.now,
                rule,
                self._kind,
                self._source,
                self._partition,
                records=_ids_of(batch.records),
                mapping=self._mapping,
                slot=slot.number,
                cut_at=cut_at,
            )
        )


def _ids_of(records: Sequence[Record]) -> tuple[str, ...]:
    return tuple([record.id for record in records])
