"""Reading one partition for a mapping: what Kinesis, DynamoDB streams and Kafka share.

A *slot* works on one batch at a time, in order. A partition and a shard have one slot; a shard with a parallelization
factor has several, among which the partition keys are divided, so the order of each key is kept (STR-PARALLEL-1).
The life of a batch:

    poll -> filter -> collect (batch size, window, 6 MB) -> invoke -> classify -> checkpoint what succeeded
              429 or failed rest: wait, then the same records again            |
                                  split in two, each half by itself  <---------+--> discard: destination, or nothing

While a batch waits nothing behind it in its slot moves: that is how one record blocks a shard.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from functools import partial

from delivery_lab.events import Actor
from delivery_lab.limits.functions import SYNCHRONOUS_PAYLOAD
from delivery_lab.limits.mappings import ENDLESS
from delivery_lab.model.clock import seconds
from delivery_lab.model.invokes import InvokeResult, Throttled
from delivery_lab.model.mapping.batching_window import BatchingWindow
from delivery_lab.model.mapping.destinations import AGE_EXCEEDED, RETRIES_EXHAUSTED
from delivery_lab.model.mapping.filters import passes_record
from delivery_lab.model.mapping.injected import delivers_again
from delivery_lab.model.mapping.partition_again import AttemptsAgain
from delivery_lab.model.mapping.partition_decisions import (
    Decision,
    PartitionVerdict,
    Step,
    after_failure,
    classify_partition_batch,
    named_failures,
    retry_delay,
)
from delivery_lab.model.mapping.partition_journal import PartitionJournal
from delivery_lab.model.mapping.partition_poller import PartitionPoller
from delivery_lab.model.mapping.partition_progress import Progress
from delivery_lab.model.mapping.partition_records import refuse_too_large
from delivery_lab.model.mapping.partition_work import FailedAnswer, PartitionBatch, ReaderSettings, Services, Slot
from delivery_lab.model.mapping.windows import windows_of
from delivery_lab.model.partition import Partition, Record, StartingPosition
from delivery_lab.rule_ids import RuleId

# The event around the records, with the fields of a tumbling window but for its state.
_ENVELOPE_BYTES = 512

FINAL_TRIES = 1_000
"""Without records nothing expires that would end the retries of a final invoke."""


class PartitionReader:
    """Reads one partition and invokes a function with what it finds.

    Args:
        partition: the partition.
        settings: the mapping's settings.
        services: what it uses.
        phase: instant of the first poll.
    """

    def __init__(self, partition: Partition, settings: ReaderSettings, services: Services, phase: int) -> None:
        self.partition = partition
        self.settings = settings
        self._services = services
        self._journal = PartitionJournal(partition, settings, services)
        self._rely_on = services.journal.rely_on
        self._actor = Actor("mapping", settings.mapping)
        self._scheduler = services.scheduler
        self.cursor = partition.cursor(settings.mapping)
        self._progress = Progress(partition, self.cursor, settings, services, self._journal)
        self._attempts_again = AttemptsAgain(partition, settings, services)
        self._poller = PartitionPoller(settings, services, phase, self._sort)
        self._slots = self._new_slots()
        self._windows = windows_of(settings, partition.name)

    def _new_slots(self) -> list[Slot]:
        length = seconds(self.settings.window_seconds)
        slots = []
        for number in range(self.settings.parallelization_factor):
            slot = Slot(number, BatchingWindow(length, self._scheduler))
            slot.window.ended = partial(self._advance, slot)
            slots.append(slot)
        return slots

    def start(
        self,
        position: StartingPosition,
        *,
        since: int = 0,
        skip_rule: RuleId = "STR-START-2",
        poll_seconds: float | None = None,
    ) -> None:
        """Begin to read; `poll_seconds` where polls are less frequent than the settings say (KIN-READ-2)."""
        if poll_seconds is not None:
            self._poller.every(poll_seconds)
        self.cursor.start(position, self._poller.arrived, since=since, skip_rule=skip_rule)

    def begin_anew(self, position: StartingPosition, *, since: int) -> None:
        """Read for a mapping that was created again.

        At LATEST what an invoke works on is not decided before it ends (STR-START-6). Elsewhere invokes of the former
        mapping decide nothing, since the new one reads their records itself (STR-START-8).
        """
        if position is StartingPosition.LATEST:
            self.cursor.start_anew()
            return
        for slot in self._slots:
            slot.is_over = True
            slot.window.close()
        self._slots = self._new_slots()
        self._poller.forget()
        self.cursor.rewind(position, since=since)

    @property
    def is_idle(self) -> bool:
        """Whether it is past everything that the partition took, and no tumbling window is open."""
        return self.cursor.waiting == 0 and (self._windows is None or not self._windows.is_open)

    # -- reading ------------------------------------------------------------------------------------------

    def _sort(self, records: Iterable[Record]) -> None:
        """Hand what was read to the slots."""
        touched: dict[int, None] = {}
        for record in records:
            if self.cursor.is_past(record) or not self._passes(record):
                continue
            number = self._slot_of(record)
            slot = self._slots[number]
            if not slot.read and not slot.work:
                slot.window.skip_if_over()
            slot.read.append(record)
            touched[number] = None
        for number in touched:
            self._advance(self._slots[number])

    def _passes(self, record: Record) -> bool:
        patterns = self.settings.patterns
        if not patterns or passes_record(patterns, self._services.form.filterable(record)):
            return True
        self._journal.filtered(record)
        self.cursor.settle(record)
        return False

    def _slot_of(self, record: Record) -> int:
        if len(self._slots) == 1 or record.key is None:
            return 0
        return zlib.crc32(record.key.encode()) % len(self._slots)

    # -- collecting ---------------------------------------------------------------------------------------

    def _advance(self, slot: Slot) -> None:
        """Go on with the work at hand, else with a new batch."""
        while not (slot.busy or slot.is_over):
            if self._windows is not None and not slot.work:
                head = slot.read[0] if slot.read else None
                if self._windows.is_over(self._scheduler.now, head):
                    self._final_invoke(slot)
                    continue
            if not slot.work and not self._collect(slot):
                return
            self._invoke(slot, slot.work[0])

    def _collect(self, slot: Slot) -> bool:
        """Form a batch; false while there is none to form yet."""
        records, is_full = self._next_records(slot)
        if not records:
            slot.read.clear()
            return False
        if not is_full and not slot.window.is_over():
            return False
        slot.window.close()
        while slot.read and slot.read[0].number <= records[-1].number:
            slot.read.popleft()
        slot.work.append(PartitionBatch(records))
        return True

    def _next_records(self, slot: Slot) -> tuple[list[Record], bool]:
        """The records that would be the next batch, and whether nothing more would fit into it."""
        records: list[Record] = []
        size = _ENVELOPE_BYTES
        for record in slot.read:
            if self.cursor.is_past(record):
                continue
            size += len(record.json) + 1
            full = len(records) == self.settings.batch_size or size > SYNCHRONOUS_PAYLOAD.maximum
            if records and (full or (self._windows is not None and not self._windows.same(records[0], record))):
                return records, True
            records.append(record)
        return records, len(records) == self.settings.batch_size

    # -- invoking -----------------------------------------------------------------------------------------

    def _invoke(self, slot: Slot, batch: PartitionBatch) -> None:
        """Hand the batch at the head of a slot to the function, unless nothing of it is left."""
        self._drop_what_is_over(slot, batch)
        if not batch.records:
            if self.settings.opens_after_batch:
                slot.window.open()
            slot.work.popleft()
            return
        slot.busy = True
        if not self._services.may_invoke(lambda: self._again(slot)):
            return
        if batch.payload is None:
            batch.payload = self._services.form.event(batch.records, self.partition)
            refuse_too_large(batch.payload, batch.records[0])
            batch.ids = tuple([record.id for record in batch.records])
        payload = batch.payload if self._windows is None else self._window_event(slot, batch.payload, batch.records[0])
        self.cursor.hold(batch.records)
        answer = self._services.functions.invoke(
            self.settings.function,
            payload,
            lambda result: self._answer(slot, batch, result),
            by=self._actor,
            note=batch.tries > 1 and self._windows is None,
            rehearsal=batch.rehearsal if batch.can_be_told_again else None,
        )
        refused = partial(self._refused, slot, batch, batch.invokes)
        if isinstance(answer, Throttled):
            refused(answer)
        elif isinstance(answer, str):
            self._accepted(slot, batch, answer)
        else:
            answer.then(partial(self._accepted, slot, batch), refused)

    def _accepted(self, slot: Slot, batch: PartitionBatch, invoke: str) -> None:
        batch.invokes += 1
        self._journal.invoked(slot, batch, invoke)

    def _refused(self, slot: Slot, batch: PartitionBatch, invokes: int, _refusal: Throttled) -> None:
        batch.invokes = invokes  # an acceptance that was only supposed is taken back
        if slot.is_over:
            return
        self._leave(batch)
        self._wait(slot, batch, "STR-THROTTLE-1")

    def _leave(self, batch: PartitionBatch) -> None:
        self.cursor.release(batch.records)
        if self._services.gate is not None:
            self._services.gate.leave()

    def _drop_what_is_over(self, slot: Slot, batch: PartitionBatch) -> None:
        """Drop what retention has taken, and discard what is too old (STR-AGE-1)."""
        left = [record for record in batch.records if not self.cursor.drop_if_over(record)]
        age = self.settings.maximum_record_age_seconds
        if age != ENDLESS and left and left[0].appended_at + seconds(age) < self._scheduler.now:
            oldest = self._scheduler.now - seconds(age)
            old = [record for record in left if record.appended_at < oldest]
            self._progress.discard(slot, batch, old, AGE_EXCEEDED, "STR-AGE-1")
            left = left[len(old) :]
        if len(left) != len(batch.records):
            batch.keep(left)

    def _wait(self, slot: Slot, batch: PartitionBatch, rule: RuleId) -> None:
        """Try the same records again later. The slot stays busy: nothing behind them moves (STR-ERROR-2)."""
        instant = self._scheduler.now + retry_delay(batch.tries, self._services.chance.random())
        age = self.settings.maximum_record_age_seconds
        if age != ENDLESS:
            # The wait ends at the instant at which all records of a batch are too old (STR-AGE-3).
            self._rely_on("STR-AGE-3")
            too_old_at = batch.records[-1].appended_at + seconds(age) + 1
            instant = max(self._scheduler.now, min(instant, too_old_at))
        batch.tries += 1
        self._rely_on("STR-RETRY-2")
        self._journal.retry_scheduled(slot, batch, instant, rule)
        self._scheduler.at(instant, self._again, slot)

    def _again(self, slot: Slot) -> None:
        slot.busy = False
        if (retry_at := self._attempts_again.tell(slot, self._drop_what_is_over)) is None:
            self._advance(slot)
        else:
            slot.busy = True
            self._scheduler.at(retry_at, self._again, slot)

    # -- answering ----------------------------------------------------------------------------------------

    def _answer(self, slot: Slot, batch: PartitionBatch, result: InvokeResult) -> None:
        if slot.is_over:
            return
        if not batch.repeated and delivers_again(
            self._services.functions.faults, self.settings.who, lambda: batch.payload or ""
        ):
            batch.repeated = True
            self._leave(batch)
            self._invoke(slot, batch)
            return
        slot.window.open()
        identify = self._services.form.identify(self.partition)
        sequences = [record.sequence for record in batch.records]
        verdict = classify_partition_batch(
            sequences,
            result.payload,
            result.error,
            report=self.settings.report,
            identify=identify,
            unnamed=self.settings.unnamed_response,
            retried=self.settings.retried,
            named_rule=self.settings.named_rule,
        )
        if self._windows is not None:
            verdict = self._windows.judge(verdict, result.payload)
        if verdict.reported and self.settings.report_rule:
            self._rely_on(self.settings.report_rule)
        named = named_failures(result.payload, sequences, identify)
        self._journal.result(slot, batch, verdict, result.request_id, named)
        batch.request_id = result.request_id
        batch.error = result.error is not None
        self._leave(batch)
        batch.note(result.rehearsal)
        batch.answered = FailedAnswer(verdict, tuple([batch.ids[each] for each in named]))
        done, left = verdict.parts(batch.records)
        if done:
            self._progress.checkpoint(slot, done, "STR-CHECKPOINT-1")
        if left:
            self._after_failure(slot, batch, verdict, left)
        else:
            slot.work.popleft()
            self._again(slot)

    def _after_failure(self, slot: Slot, batch: PartitionBatch, verdict: PartitionVerdict, left: list[Record]) -> None:
        decision = after_failure(
            verdict,
            len(batch.records),
            attempts=batch.attempts,
            maximum_attempts=self.settings.maximum_retry_attempts,
            bisect=self.settings.bisect,
            count=self.settings.retry_count,
        )
        if verdict.succeeded:
            if batch.attempts:
                self._rely_on("STR-REPORT-10")
            batch = slot.work[0] = batch.left(left, decision.attempts)
        batch.attempts = decision.attempts
        if decision.step is Step.DISCARD:
            if verdict.reported and len(batch.records) > 1:
                self._rely_on("STR-REPORT-11")
            self._progress.discard(slot, batch, batch.records, RETRIES_EXHAUSTED, self.settings.discard_rule)
            slot.work.popleft()
            self._again(slot)
        elif decision.step is Step.SPLIT:
            self._split(slot, batch, decision)
            self._again(slot)
        else:
            self._wait(slot, batch, decision.rule)

    def _split(self, slot: Slot, batch: PartitionBatch, decision: Decision) -> None:
        """Cut a failed batch; both parts follow at once and in order, and no retry is used up (STR-BISECT-3)."""
        self._rely_on("STR-BISECT-3")
        self._journal.split(slot, batch, decision.rule, decision.at)
        if decision.at:
            slot.work.popleft()
            slot.work.appendleft(PartitionBatch(batch.records[decision.at :], attempts=batch.attempts))
            slot.work.appendleft(PartitionBatch(batch.records[: decision.at], attempts=batch.attempts))

    # -- tumbling windows ---------------------------------------------------------------------------------

    def _window_event(self, slot: Slot, payload: str, first: Record) -> str:
        assert self._windows is not None
        if (ends_at := self._windows.open_for(first)) is not None:
            self._scheduler.at(max(ends_at, self._scheduler.now), self._advance, slot)
        return self._windows.event(payload, final=False)

    def _final_invoke(self, slot: Slot) -> None:
        """The last invoke of a window, without records (STR-WINDOW-1)."""
        assert self._windows is not None
        self._rely_on("STR-WINDOW-1", "STR-WINDOW-4")
        slot.busy = True
        answer = self._services.functions.invoke(
            self.settings.function,
            self._windows.event(self._services.form.event((), self.partition), final=True),
            lambda result: self._final_answer(slot, result.error is not None),
            by=self._actor,
        )
        if isinstance(answer, Throttled):
            self._final_answer(slot, failed=True)
        elif not isinstance(answer, str):
            answer.then(lambda _invoke: None, lambda _refusal: self._final_answer(slot, failed=True))

    def _final_answer(self, slot: Slot, failed: bool) -> None:
        """A final invoke that failed is tried again, as often as a batch would be; then its window is left behind."""
        assert self._windows is not None
        slot.window.open()
        tries = self._windows.final_tries
        limit = self.settings.maximum_retry_attempts
        if failed and (limit == ENDLESS or tries < limit) and tries < FINAL_TRIES:
            self._windows.final_tries += 1
            self._scheduler.after(retry_delay(tries, self._services.chance.random()), self._again, slot)
            return
        self._windows.closed()
        self._again(slot)
