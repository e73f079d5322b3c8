"""How far a partition has been read: past what is checkpointed, and past what is discarded."""

from __future__ import annotations

from collections.abc import Sequence

from delivery_lab.events import DiscardCondition
from delivery_lab.model.mapping.destinations import DiscardedBatch
from delivery_lab.model.mapping.partition_journal import PartitionJournal
from delivery_lab.model.mapping.partition_work import PartitionBatch, ReaderSettings, Services, Slot
from delivery_lab.model.partition import Cursor, Partition, Record
from delivery_lab.model.runtime import AwsError
from delivery_lab.rule_ids import RuleId


class Progress:
    """Moves the reader of a partition past records.

    Args:
        partition: the partition.
        cursor: the mapping's place in it.
        settings: the mapping's settings.
        services: what its reader uses.
        journal: where its reader writes events.
    """

    def __init__(
        self,
        partition: Partition,
        cursor: Cursor,
        settings: ReaderSettings,
        services: Services,
        journal: PartitionJournal,
    ) -> None:
        self._partition = partition
        self._cursor = cursor
        self._settings = settings
        self._services = services
        self._journal = journal
        self._reached = 0

    def checkpoint(self, slot: Slot, records: Sequence[Record], rule: RuleId) -> None:
        """Move past records that a batch succeeded with."""
        self._journal.checkpointed(slot, records, rule)
        self._move_past(records)

    def _move_past(self, records: Sequence[Record]) -> None:
        for record in records:
            self._cursor.settle(record)
        if self._services.committed is not None:
            # Where single records of a batch are tried again, those behind them are settled before (KAF-REPORT-2).
            self._reached = max(self._reached, records[-1].number + 1)
            self._services.committed(self._partition, self._cursor.first_ahead(self._reached))

    def discard(
        self, slot: Slot, batch: PartitionBatch, records: Sequence[Record], condition: DiscardCondition, rule: RuleId
    ) -> None:
        """Skip records: with a document to the destination, or without a trace (STR-DEST-4)."""
        destination = self._services.destination
        target = None
        self._services.journal.rely_on("STR-DEST-1" if destination else "STR-DEST-4")
        if destination is not None:
            discarded = DiscardedBatch(
                records,
                self._partition,
                condition,
                batch.invokes,
                batch.request_id,
                self._settings.function_arn,
                batch.error,
            )
            try:
                destination.deliver(discarded, self._services.form, self._services.scheduler.now)
                target = destination.name
            except AwsError as error:
                self._journal.refused(destination.name, error.code)
        self._journal.discarded(slot, records, rule, condition, target)
        self._move_past(records)
