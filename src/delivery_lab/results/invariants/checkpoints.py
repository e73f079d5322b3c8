"""A mapping is past a record because a function had it, or for a reason that it names."""

from __future__ import annotations

from delivery_lab.events import BatchInvoked, Event, InvokeEnded, RecordsCheckpointed
from delivery_lab.results.invariants.invariant import History, Invariant

_Record = tuple[str, str, str]


class NoCheckpointOfFailures(Invariant):
    """What no function ever finished is not checkpointed."""

    id = "INV-CHECKPOINT-1"
    description = (
        "A mapping checkpoints a record that it has handed to a function only if an invoke that had the record ended "
        "without an error; else it retries, discards or loses it to its age, and says so."
    )
    reads = (BatchInvoked, InvokeEnded, RecordsCheckpointed)
    one_attempt_is_enough = True

    def __init__(self, history: History) -> None:
        super().__init__(history)
        self._batches: dict[str, tuple[_Record, ...]] = {}  # by invoke
        self._failed: dict[_Record, str] = {}  # records that only failed invokes had, with the last error
        self._finished: set[_Record] = set()

    def read(self, event: Event) -> None:
        """Follow the invokes of each record."""
        match event:
            case BatchInvoked():
                if event.partition is not None:
                    self._batches[event.invoke] = tuple(
                        (event.mapping, event.source, record) for record in event.messages
                    )
            case InvokeEnded():
                self._ended(event)
            case RecordsCheckpointed():
                for record in event.records:
                    key = (event.mapping, event.source, record)
                    self._finished.discard(key)
                    error = self._failed.pop(key, None)
                    if error is not None:
                        what = f"{event.mapping} checkpoints {record}, which no invoke finished"
                        self._broken(event.instant_us, f"{what}: {error}")

    def _ended(self, event: InvokeEnded) -> None:
        for record in self._batches.pop(event.invoke, ()):
            if event.error is None:
                self._finished.add(record)
                self._failed.pop(record, None)
            elif record not in self._finished:
                self._failed[record] = event.error
