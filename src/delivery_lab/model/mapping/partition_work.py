"""What a reader of a partition works with: its settings, the services it uses, its batches and slots."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from delivery_lab.events import Journal
from delivery_lab.model.clock import Scheduler
from delivery_lab.model.invokes import Rehearsal
from delivery_lab.model.lateness import Lateness, on_time
from delivery_lab.model.mapping.batching_window import BatchingWindow
from delivery_lab.model.mapping.destinations import Destination
from delivery_lab.model.mapping.filters import Pattern
from delivery_lab.model.mapping.invoker import Invoker
from delivery_lab.model.mapping.partition_decisions import PartitionVerdict
from delivery_lab.model.mapping.partition_records import Format
from delivery_lab.model.mapping.recreation import Recreation
from delivery_lab.model.partition import Partition, Record
from delivery_lab.model.streams.throughput import ReadThroughput
from delivery_lab.rule_ids import RuleId
from delivery_lab.rules.assumptions import DEFAULTS, RetriedRecords, RetryCount, UnnamedResponse

ALIKE_BEFORE_REPEATING = 100
RUN_ONE_IN = 25


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    """Settings of a mapping as its readers need them.

    Attributes:
        mapping: name of the mapping, for the journal.
        function: name of the function.
        function_arn: its ARN, for destination records.
        source_arn: ARN of the stream or cluster.
        batch_size: 1 to 10,000.
        window_seconds: batching window.
        parallelization_factor: slots of a partition.
        maximum_retry_attempts: -1 for endless.
        maximum_record_age_seconds: -1 for endless.
        bisect: `BisectBatchOnFunctionError`.
        report: `ReportBatchItemFailures`.
        tumbling_window_seconds: 0 for none.
        opens_after_batch: whether a batching window opens when a batch is behind the reader, and not with the end of
            its last invoke (KAF-BATCH-3).
        poll_seconds: time between two polls of a partition that had nothing to give.
        push_seconds: time until a record is pushed, where it is not polled for.
        patterns: event filter patterns.
        discard_rule: id of the rule by which retries end.
        unnamed_response: how a response without batchItemFailures is taken.
        retry_count: whether a batch begins a count of its own when the checkpoint moved.
        named_rule: id of the rule by which only records that are named are tried again.
        report_rule: id of the rule about the form of an itemIdentifier, None where it is a sequence number.
        retried: which records are tried again after a partial failure.
        grace_seconds: how long a tumbling window waits for records at its end.
        read_service: the service whose GetRecords it reads by, as boto3 names it; "" where it reads by none.
    """

    mapping: str
    function: str
    function_arn: str
    source_arn: str
    batch_size: int
    window_seconds: float
    parallelization_factor: int
    maximum_retry_attempts: int
    maximum_record_age_seconds: int
    bisect: bool
    report: bool
    tumbling_window_seconds: int
    poll_seconds: float
    patterns: tuple[Pattern, ...]
    discard_rule: RuleId = "STR-RETRY-1"
    unnamed_response: UnnamedResponse = DEFAULTS.unnamed_record_response
    push_seconds: float = 0
    retry_count: RetryCount = RetryCount.ANEW
    opens_after_batch: bool = False
    report_rule: RuleId | None = None
    named_rule: RuleId = "KAF-REPORT-2"
    retried: RetriedRecords = RetriedRecords.FROM_LOWEST
    grace_seconds: float = DEFAULTS.window_grace_seconds
    read_service: str = ""

    @property
    def who(self) -> tuple[str, str]:
        """Whom a fault may name: the mapping or pipe, and the function."""
        return self.mapping, self.function


class Gate(Protocol):
    """Lets at most so many batches of a mapping be worked on at once."""

    def enter(self, go: Callable[[], None]) -> bool:
        """Take a place; else be called back when there is one, and try again."""

    def leave(self) -> None:
        """Give the place back."""

    @property
    def is_open(self) -> bool:
        """Whether there is a place and nobody waits for one."""


@dataclass(slots=True)
class Services:
    """What readers use.

    Attributes:
        functions: the Lambda service, or a pipe in its place.
        scheduler: the run's clock.
        journal: where events are written.
        chance: draws waiting times.
        form: how events, responses and documents look.
        destination: takes what is discarded, or None.
        gate: limits the batches at once, or None.
        throughput: how much the partition gives at a time, None where that is not limited.
        committed: told how far a partition is, or None.
        late: by how much each poll is late.
        recreation: deletes and creates the mapping, None where that is not modelled or changes nothing.
    """

    functions: Invoker
    scheduler: Scheduler
    journal: Journal
    chance: Random
    form: Format
    destination: Destination | None = None
    gate: Gate | None = None
    throughput: ReadThroughput | None = None
    committed: Callable[[Partition, int], None] | None = None
    late: Lateness = on_time
    recreation: Recreation | None = None

    def may_invoke(self, go: Callable[[], None]) -> bool:
        """Whether the mapping may invoke its function now; else `go` is called when it makes sense to ask again."""
        if self.recreation is not None and self.recreation.is_absent:
            self.recreation.when_back(go)
            return False
        return self.gate is None or self.gate.enter(go)


@dataclass(frozen=True, slots=True)
class FailedAnswer:
    """How an attempt was answered; of one that is told again nothing has succeeded.

    Attributes:
        verdict: how far it succeeded.
        named: ids of the records that the response named as failed.
    """

    verdict: PartitionVerdict
    named: tuple[str, ...]


@dataclass(slots=True, eq=False)
class PartitionBatch:
    """A batch at work.

    Attributes:
        records: its records.
        attempts: retries that it has used up.
        tries: how often it failed or was throttled.
        invokes: how often the function was invoked with it.
        request_id: id of the last invoke, "" before the first.
        error: whether the last invoke failed.
        rehearsal: what the code did in the last invoke, None where that is not known.
        alike: how often in a row before that it did the same.
        payload: the event, once it was made.
        ids: ids of the records, once the event was made.
        repeated: whether it was handed over twice because the workload says so.
        answered: how the last invoke was answered, None before the first answer.
    """

    records: list[Record]
    attempts: int = 0
    tries: int = 0
    invokes: int = 0
    request_id: str = ""
    error: bool = False
    rehearsal: Rehearsal | None = None
    alike: int = 0
    payload: str | None = None
    ids: tuple[str, ...] = ()
    repeated: bool = False
    answered: FailedAnswer | None = None

    def left(self, records: list[Record], attempts: int) -> PartitionBatch:
        """What is left when the checkpoint moved: a batch of its own, which was not invoked yet (STR-REPORT-9).

        Args:
            records: those from the lowest failed one on.
            attempts: retries that it has used up.
        """
        return PartitionBatch(records, attempts, request_id=self.request_id, error=self.error)

    def keep(self, records: list[Record]) -> None:
        """Go on with some of the records only: another event, of which nothing is known."""
        self.records = records
        self.rehearsal = self.payload = None
        self.alike = 0
        self.ids = ()

    def note(self, rehearsal: Rehearsal | None) -> None:
        """Count how often in a row the code did the same."""
        same = rehearsal is not None and rehearsal == self.rehearsal
        self.alike = self.alike + 1 if same else 0
        self.rehearsal = rehearsal

    def tell_again(self) -> None:
        """Count an attempt that failed as the last one did, and was told from it."""
        self.invokes += 1
        self.alike += 1
        self.attempts += 1
        self.tries += 1

    @property
    def can_be_told_again(self) -> bool:
        """Whether the next attempt may be told from the last one instead of being run (SIM-REPEAT-1)."""
        return self.alike >= ALIKE_BEFORE_REPEATING and self.invokes % RUN_ONE_IN != 0


@dataclass(slots=True, eq=False)
class Slot:
    """Works on one batch of a partition at a time.

    Attributes:
        number: from 0.
        read: records that were read and are in no batch yet.
        work: batches; the first is worked on, others are the later parts of one that was cut.
        busy: whether an invoke runs, or the batch waits to be tried again.
        window: its batching windows.
        is_over: whether its mapping was deleted: what it still waits for decides nothing.
    """

    number: int
    window: BatchingWindow
    read: deque[Record] = field(default_factory=deque)
    work: deque[PartitionBatch] = field(default_factory=deque)
    busy: bool = False
    is_over: bool = False
