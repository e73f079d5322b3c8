"""Attempts of a batch of a partition that are told again in a row while nothing else happens (SIM-REPEAT-1).

A batch that blocks its partition for days is tried thousands of times. Each attempt that is told from the one before
takes two timers and six events, unless nothing else is due before it is over: then it takes a place in one entry of
the journal. What is drawn for it is drawn from the same streams in the same order, so that a run is the same run
either way.
"""

from __future__ import annotations

from collections.abc import Callable

from delivery_lab.events import (
    Actor,
    AttemptsRepeated,
    BatchInvoked,
    BatchResult,
    BatchRetryScheduled,
    InvokeEnded,
    InvokeStarted,
    LinesRepeated,
    ToldAgain,
)
from delivery_lab.limits.mappings import ENDLESS
from delivery_lab.model.invokes import InvokesAgain, Rehearsal, TellsAgain
from delivery_lab.model.mapping.partition_decisions import retry_delay
from delivery_lab.model.mapping.partition_work import FailedAnswer, PartitionBatch, ReaderSettings, Services, Slot
from delivery_lab.model.partition import Partition


class AttemptsAgain:
    """Tells attempts of the batches of one partition again, as long as nothing else is due.

    Args:
        partition: the partition.
        settings: the mapping's settings.
        services: what its reader uses.
    """

    def __init__(self, partition: Partition, settings: ReaderSettings, services: Services) -> None:
        self._partition = partition
        self._settings = settings
        self._services = services
        self._actor = Actor("mapping", settings.mapping)
        functions = services.functions
        # A tumbling window changes the event, and a maximum age ends waits: such attempts are made one by one.
        may_be = settings.tumbling_window_seconds == 0 and settings.maximum_record_age_seconds == ENDLESS
        self._functions = functions if may_be and isinstance(functions, TellsAgain) else None

    def tell(self, slot: Slot, drop: Callable[[Slot, PartitionBatch], None]) -> int | None:
        """Tell the attempts again that are over before anything else is due.

        Args:
            slot: a slot, which tries the first of its batches now.
            drop: drops of a batch what is not to be tried again.

        Returns:
            The instant of the retry after them, None where there are none.
        """
        if slot.is_over or not slot.work or not slot.work[0].can_be_told_again:
            return None
        batch = slot.work[0]
        drop(slot, batch)
        rehearsal, answered = batch.rehearsal, batch.answered
        if rehearsal is None or answered is None or self._functions is None or not self._is_free():
            return None
        again = self._functions.again(self._settings.function, rehearsal)
        if again is None:
            return None
        first, attempts = batch.tries + 1, self._attempts(batch, again)
        if not attempts:
            return None
        self._services.journal.append_again(self._repeated(slot, batch, answered, rehearsal, again, attempts, first))
        last = attempts[-1]
        slot.window.open(last.ended_us)
        batch.request_id = last.invoke
        return last.retry_us

    def _is_free(self) -> bool:
        """Whether the mapping may invoke its function, and nobody waits for that to be over."""
        services = self._services
        is_there = services.recreation is None or not services.recreation.is_absent
        return is_there and (services.gate is None or services.gate.is_open)

    def _attempts(self, batch: PartitionBatch, again: InvokesAgain) -> list[ToldAgain]:
        scheduler, chance = self._services.scheduler, self._services.chance
        limit, quiet_before = self._settings.maximum_retry_attempts, scheduler.quiet_before
        instant, found = scheduler.now, []
        while (
            batch.can_be_told_again
            and (limit == ENDLESS or batch.attempts < limit)
            and instant + again.longest < quiet_before
        ):
            invoke, ended = again.begin(instant)
            retry = ended + retry_delay(batch.tries, chance.random())
            found.append(ToldAgain(invoke, instant, ended, retry))
            batch.tell_again()
            instant = retry
        return found

    def _repeated(
        self,
        slot: Slot,
        batch: PartitionBatch,
        answered: FailedAnswer,
        rehearsal: Rehearsal,
        again: InvokesAgain,
        attempts: list[ToldAgain],
        tries: int,
    ) -> AttemptsRepeated:
        of, where, ids = self._settings, self._partition, batch.ids
        invoke, started, ended, retry = attempts[0]
        error = rehearsal.response.error
        lines = None
        if rehearsal.lines:
            lines = LinesRepeated(ended, None, of.function, invoke, rehearsal.invoke, rehearsal.lines)
        self._services.journal.rely_on("SIM-REPEAT-1")
        return AttemptsRepeated(
            InvokeStarted(started, "LAM-ENV-1", of.function, invoke, again.environment, self._actor),
            BatchInvoked(
                started, "STR-BATCH-1", of.mapping, where.source, of.function, invoke, ids, where.name, slot.number
            ),
            lines,
            InvokeEnded(ended, "LAM-ERR-1" if error else "LAM-ENV-1", of.function, invoke, again.environment, error),
            BatchResult(
                ended,
                answered.verdict.rule,
                of.mapping,
                where.source,
                invoke,
                answered.verdict.reason,
                ids,
                answered.named,
                where.name,
                slot.number,
            ),
            BatchRetryScheduled(
                ended, "STR-RETRY-1", of.mapping, where.source, tries, ids, retry, where.name, slot.number
            ),
            tuple(attempts),
        )
