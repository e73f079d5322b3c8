"""How far a log has been read: past what is done with, and past what is given up."""

from __future__ import annotations

from collections.abc import Sequence

from delivery_lab.events import DestinationRefused, DiscardCondition, RecordsCheckpointed, RecordsDiscarded
from delivery_lab.model.log import Log, Record
from delivery_lab.model.mapping.destinations import GivenUp
from delivery_lab.model.mapping.log_work import Batch, ReaderSettings, Services, Slot
from delivery_lab.model.runtime import AwsError
from delivery_lab.rule_ids import RuleId


class Progress:
    """Moves the reader of a log past records.

    Args:
        log: the log.
        settings: the mapping's settings.
        services: what its reader uses.
    """

    def __init__(self, log: Log, settings: ReaderSettings, services: Services) -> None:
        self._log = log
        self._settings = settings
        self._services = services

    def checkpoint(self, slot: Slot, records: Sequence[Record], rule: RuleId) -> None:
        """Move past records that are done with."""
        log = self._log
        ids = tuple([record.id for record in records])
        self._services.journal.append(
            RecordsCheckpointed(
                self._services.scheduler.now,
                rule,
                log.kind,
                log.source,
                log.name,
                ids,
                self._settings.mapping,
                slot.number,
            )
        )
        self._done_with(records)

    def _done_with(self, records: Sequence[Record]) -> None:
        for record in records:
            self._log.settle(record)
        if self._services.committed is not None:
            self._services.committed(self._log, records[-1].number + 1)

    def give_up(
        self, slot: Slot, batch: Batch, records: Sequence[Record], condition: DiscardCondition, rule: RuleId
    ) -> None:
        """Skip records: with a document to the destination, or without a trace (STR-DEST-4)."""
        destination = self._services.destination
        target = None
        now, log, mapping = self._services.scheduler.now, self._log, self._settings.mapping
        self._services.journal.rely_on("STR-DEST-1" if destination else "STR-DEST-4")
        if destination is not None:
            given_up = GivenUp(
                records,
                self._log,
                condition,
                batch.invokes,
                batch.request_id,
                self._settings.function_arn,
                batch.error,
            )
            try:
                destination.deliver(given_up, self._services.form, now)
                target = destination.name
            except AwsError as error:
                self._services.journal.append(
                    DestinationRefused(now, "STR-DEST-3", mapping, destination.name, error.code)
                )
        self._services.journal.append(
            RecordsDiscarded(
                now,
                rule,
                log.kind,
                log.source,
                log.name,
                records=tuple([record.id for record in records]),
                mapping=mapping,
                slot=slot.number,
                condition=condition,
                target=target,
            )
        )
        self._done_with(records)
