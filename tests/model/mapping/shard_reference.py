"""A second, naive model of how a mapping works through one shard, to compare the real one with.

No clock, no waits: only which records each invoke gets, and what becomes of them. It shares nothing with
`delivery_lab.model` and is written from semantics.md F.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

Answer = Callable[[list[int]], int]
"""From the records of an invoke to how many, from the first, succeeded; -1: the function raised."""


@dataclass
class NaiveShard:
    """One shard, whose records are all there when the mapping begins.

    Attributes:
        batch_size: records of a batch at most.
        retries: `MaximumRetryAttempts`.
        bisect: `BisectBatchOnFunctionError`.
        invokes: records of each invoke.
        done: records behind the checkpoint.
        documents: of each discarded batch its records and its `approximateInvokeCount`.
    """

    batch_size: int
    retries: int
    bisect: bool
    invokes: list[list[int]] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    documents: list[tuple[list[int], int]] = field(default_factory=list)

    def read(self, records: list[int], answer: Answer) -> None:
        """Work through all records, batch by batch."""
        for begin in range(0, len(records), self.batch_size):
            self._work(records[begin : begin + self.batch_size], answer)

    def _work(self, batch: list[int], answer: Answer) -> None:
        for attempt in range(1, self.retries + 2):
            self.invokes.append(batch)
            succeeded = answer(batch)
            self.done += batch[: max(succeeded, 0)]
            if succeeded == len(batch):
                return
            if succeeded > 0:
                # A new batch, with all its retries.
                self._work(batch[succeeded:], answer)
                return
            if self.bisect and len(batch) > 1:
                half = len(batch) // 2
                self._work(batch[:half], answer)
                self._work(batch[half:], answer)
                return
            if attempt > self.retries:
                self.documents.append((batch, attempt))
