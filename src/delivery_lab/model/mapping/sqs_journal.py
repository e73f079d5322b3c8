"""What the mapping of a queue writes down."""

from __future__ import annotations

from collections.abc import Iterable

from delivery_lab.events import (
    Actor,
    ApiCallRefused,
    BatchInvoked,
    BatchReleased,
    BatchResult,
    BatchRetryScheduled,
    Journal,
    PollersChanged,
)
from delivery_lab.limits.queues import BATCH_ENTRIES
from delivery_lab.model.clock import Scheduler
from delivery_lab.model.invokes import InvokeResult
from delivery_lab.model.mapping.decisions import QueueVerdict, reported_failures
from delivery_lab.model.mapping.sqs_work import QueueBatch
from delivery_lab.model.sqs.billing import count_deletes, count_receive
from delivery_lab.rule_ids import RuleId


class QueueMappingJournal:
    """Writes the events of one mapping.

    Args:
        mapping: name of the mapping.
        queue: name of the queue that it reads.
        function: name of the function that it invokes.
        scheduler: the run's clock.
        journal: where events are written.
    """

    def __init__(self, mapping: str, queue: str, function: str, *, scheduler: Scheduler, journal: Journal) -> None:
        self._mapping = mapping
        self._queue = queue
        self._function = function
        self._scheduler = scheduler
        self._journal = journal

    def rely_on(self, *rules: RuleId) -> None:
        """Note rules that the run relies on."""
        self._journal.rely_on(*rules)

    def received(self, bodies: Iterable[str]) -> None:
        """A receive found messages with these bodies."""
        count_receive(self._journal.meter, self._queue, bodies)

    def deletes(self, messages: int) -> None:
        """So many messages are to be deleted."""
        count_deletes(self._journal.meter, self._queue, messages, BATCH_ENTRIES.maximum)

    def invoked(self, batch: QueueBatch, request_id: str) -> None:
        """The function has the batch; a pipe that hands on without a function says itself to whom (PIPE-TARGET-1)."""
        if not request_id:
            return
        now, mapping, queue, function = self._scheduler.now, self._mapping, self._queue, self._function
        self._journal.append(BatchInvoked(now, batch.rule, mapping, queue, function, request_id, batch.ids, None, None))

    def retry_scheduled(self, batch: QueueBatch, at: int) -> None:
        """A throttled batch is tried again at an instant (ESM-THROTTLE-1)."""
        now, mapping, queue = self._scheduler.now, self._mapping, self._queue
        self._journal.append(
            BatchRetryScheduled(now, "ESM-THROTTLE-1", mapping, queue, batch.throttles, batch.ids, at, None, None)
        )

    def released(self, batch: QueueBatch, rule: RuleId) -> None:
        """A batch is tried no more: its messages are visible again when their timeouts end."""
        self._journal.append(BatchReleased(self._scheduler.now, rule, self._mapping, self._queue, batch.ids))

    def answered(self, batch: QueueBatch, verdict: QueueVerdict, result: InvokeResult) -> None:
        """The function has answered, and this is what its answer means; see `invoked` for a pipe without one."""
        if not result.request_id:
            return
        self._journal.append(
            BatchResult(
                self._scheduler.now,
                verdict.rule,
                self._mapping,
                self._queue,
                result.request_id,
                verdict.reason,
                failed=verdict.failed,
                named=reported_failures(result.payload, batch.ids),
                partition=None,
                slot=None,
            )
        )

    def delete_refused(self, rule: RuleId, code: str) -> None:
        """SQS refused to delete a message: it stays."""
        actor = Actor("mapping", self._mapping)
        self._journal.append(ApiCallRefused(self._scheduler.now, rule, "sqs", "DeleteMessage", code, False, actor))

    def pollers_changed(self, rule: RuleId, count: int) -> None:
        """There are more pollers from now on."""
        self._journal.append(PollersChanged(self._scheduler.now, rule, self._mapping, count))
