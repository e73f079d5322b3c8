"""The event source mapping of a standard SQS queue, in virtual time (semantics.md B1 to B6).

A *slot* is a concurrent batch: it is taken when messages are received and given back when they are answered.
The life of a batch:

    receive -> filter -> collect (batch size, window, 6 MB) -> invoke -> classify the answer -> delete what succeeded
                                                               |  429
                                                               '-> keep the batch, try again while its visibility lasts,
                                                                   then let it go: it comes back by itself
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from lab.errors import DeploymentRefusedError
from lab.model.clock import Scheduler, Timer, seconds
from lab.model.functions import LARGEST_SYNCHRONOUS_PAYLOAD_BYTES, InvokeResult, Lambda, Throttled
from lab.model.journal import Journal, Kind
from lab.model.loops import merged
from lab.model.mapping.decisions import (
    FIRST_RETRY_SECONDS,
    ThrottleReading,
    Verdict,
    classify,
    next_throttle_retry,
    reported_failures,
)
from lab.model.mapping.filters import Pattern, passes
from lab.model.mapping.records import event_of, sqs_record
from lab.model.mapping.scaling import TICK_SECONDS, StandardScaling
from lab.model.randomness import Streams
from lab.model.runtime import AwsError
from lab.model.sqs.api import ENTRIES_PER_BATCH, SqsApi
from lab.model.sqs.queue import Delivery, Queue

# `{"Records":[...]}`, and room for the commas between the records.
_ENVELOPE_BYTES = 16


@dataclass(frozen=True, slots=True)
class SqsMappingConfig:
    """Settings of a mapping. Defaults are those of AWS.

    Attributes:
        name: name of the mapping, for the journal.
        function: name of the function.
        batch_size: 1 to 10,000.
        window_seconds: `MaximumBatchingWindowInSeconds`, 0 to 300.
        report_batch_item_failures: whether the response is looked at.
        maximum_concurrency: `ScalingConfig.MaximumConcurrency`, 2 to 1,000, or None.
        patterns: event filter patterns.
        enabled: whether it polls at all.
        throttle_reading: until when throttled invokes are retried.
    """

    name: str
    function: str
    batch_size: int = 10
    window_seconds: int = 0
    report_batch_item_failures: bool = False
    maximum_concurrency: int | None = None
    patterns: tuple[Pattern, ...] = ()
    enabled: bool = True
    throttle_reading: ThrottleReading = ThrottleReading.FUNCTION_TIMEOUT_LEFT

    def check(self, queue: Queue, function_timeout_seconds: int) -> None:
        """Refuse what `CreateEventSourceMapping` and `UpdateEventSourceMapping` refuse.

        Raises:
            DeploymentRefusedError: with AWS's code and message.
        """
        bounds: list[tuple[str, int | None, int, int, str]] = [
            ("batchSize", self.batch_size, 1, 10_000, "ESM-BATCH-1"),
            ("maximumBatchingWindowInSeconds", self.window_seconds, 0, 300, "ESM-BATCH-2"),
            ("scalingConfig.maximumConcurrency", self.maximum_concurrency, 2, 1_000, "ESM-CONC-1"),
        ]
        for name, value, lowest, highest, rule in bounds:
            if value is not None and not lowest <= value <= highest:
                message = f"Value {value} at '{name}' failed to satisfy constraint: {lowest} to {highest}"
                raise self._refused(message, rule, f"set {name} from {lowest} to {highest}")
        if self.batch_size > ENTRIES_PER_BATCH and self.window_seconds == 0:
            message = "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
            raise self._refused(message, "ESM-BATCH-1", "set a batching window of at least 1 s, or a batch size of 10")
        visibility = queue.attributes.visibility_timeout_seconds
        if visibility < function_timeout_seconds:
            message = (
                f"Queue visibility timeout: {visibility} seconds is less than "
                f"Function timeout: {function_timeout_seconds} seconds"
            )
            fix = (
                f"set the queue's visibility timeout to {6 * function_timeout_seconds + self.window_seconds} s "
                "(6 x function timeout + batching window), or shorten the function's timeout"
            )
            raise self._refused(message, "ESM-VT-1", fix)

    def _refused(self, message: str, rule: str, fix: str) -> DeploymentRefusedError:
        return DeploymentRefusedError(self.name, "InvalidParameterValueException", message, rule=rule, fix=fix)


@dataclass(slots=True)
class _Batch:
    deliveries: list[Delivery] = field(default_factory=list)
    records: list[str] = field(default_factory=list)
    size_bytes: int = _ENVELOPE_BYTES
    throttles: int = 0
    window: Timer | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(delivery.message.id for delivery in self.deliveries)

    @property
    def visible_at(self) -> int:
        return min(delivery.visible_at for delivery in self.deliveries)


class SqsMapping:
    """Polls a queue and invokes a function with what it finds.

    Args:
        config: the mapping's settings, already checked.
        queue: the source.
        api: the SQS API, which knows system attributes.
        functions: the Lambda service.
        scheduler: the run's clock.
        streams: the run's chance.
        journal: where events are written.
    """

    def __init__(
        self,
        config: SqsMappingConfig,
        queue: Queue,
        api: SqsApi,
        functions: Lambda,
        *,
        scheduler: Scheduler,
        streams: Streams,
        journal: Journal,
    ) -> None:
        self.config = config
        self.queue = queue
        self._api = api
        self._functions = functions
        self._scheduler = scheduler
        self._chance = streams.stream("throttle retry", config.name)
        self._journal = journal
        self._scaling = StandardScaling(
            config.maximum_concurrency, slow_on_errors=not config.report_batch_item_failures
        )
        self._region = queue.arn.split(":")[3]
        self._busy = 0
        self._collecting: _Batch | None = None
        self._received: deque[tuple[Delivery, str]] = deque()
        self._watching = False
        self._tick: Timer | None = None

    def start(self) -> None:
        """Begin to poll."""
        for rule in ("ESM-POLL-1", "ESM-SCALE-1", "SQS-ORDER-1", "SIM-ONCE-1"):
            self._journal.lean_on(rule)
        if self.config.enabled:
            self._poll()

    # -- receiving ----------------------------------------------------------------------------------------

    def _poll(self) -> None:
        """Fill the free slots. MaximumConcurrency ends here, before anything is received (ESM-CONC-1)."""
        while True:
            if self._collecting is None and self._busy >= self._scaling.limit:
                self._grow_later()
                return
            if not self._received and not self._receive():
                break
            self._collect()
        if self._busy == 0 and self._collecting is None:
            self._scaling.on_idle()
        self._watch()

    def _watch(self) -> None:
        if not self._watching:
            self._watching = True
            self.queue.when_ready(self._on_ready)

    def _on_ready(self) -> None:
        self._watching = False
        self._poll()

    def _receive(self) -> bool:
        """Receive what fits into the batch at hand; false if the queue has nothing to give."""
        have = len(self._collecting.deliveries) if self._collecting else 0
        wanted = min(ENTRIES_PER_BATCH, self.config.batch_size - have)
        deliveries = self.queue.receive(wanted, self._visibility_override(), by=self.config.name)
        for delivery in deliveries:
            if self._functions.loops.stops(self.config.function, delivery.message.lineage):
                self.queue.stop_loop(delivery.message)
            elif passes(self.config.patterns, delivery, self._api.system_attributes(delivery)):
                record = sqs_record(self._api, delivery, self.queue.arn, self._region)
                self._received.append((delivery, record))
            else:
                message = delivery.message.id
                self._journal.record(
                    Kind.FILTERED, "ESM-FILTER-1", mapping=self.config.name, queue=self.queue.name, message=message
                )
                self.queue.delete(delivery.receipt_handle, by=self.config.name)
        return bool(deliveries)

    def _visibility_override(self) -> int | None:
        """A long window is added to the visibility timeout, so that collecting does not eat it up (ESM-VT-2)."""
        window = self.config.window_seconds
        needed = window + self._function_timeout_seconds
        if window == 0 or needed <= self.queue.attributes.visibility_timeout_seconds:
            return None
        self._journal.lean_on("ESM-VT-2")
        return needed + 30

    @property
    def _function_timeout_seconds(self) -> int:
        return self._functions.configuration(self.config.function).timeout_seconds

    # -- collecting ---------------------------------------------------------------------------------------

    def _collect(self) -> None:
        """Put received messages into the batch at hand, and hand it over when it is complete."""
        batch = self._collecting
        if batch is None:
            batch = self._collecting = _Batch()
            self._busy += 1
        while self._received:
            delivery, record = self._received[0]
            size = len(record.encode()) + 1
            if batch.deliveries and batch.size_bytes + size > LARGEST_SYNCHRONOUS_PAYLOAD_BYTES:
                self._hand_over("ESM-BATCH-3")
                return
            self._received.popleft()
            batch.deliveries.append(delivery)
            batch.records.append(record)
            batch.size_bytes += size
            if len(batch.deliveries) >= self.config.batch_size:
                self._hand_over("ESM-BATCH-1")
                return
        if not batch.deliveries:  # the filter took everything
            self._collecting = None
            self._busy -= 1
        elif self.config.window_seconds == 0:
            self._hand_over("ESM-BATCH-1")
        elif batch.window is None:
            # The window opens with the first message (ESM-BATCH-2).
            self._journal.lean_on("ESM-BATCH-4")
            batch.window = self._scheduler.after(seconds(self.config.window_seconds), self._close_window)

    def _close_window(self) -> None:
        self._hand_over("ESM-BATCH-2")
        self._poll()

    def _hand_over(self, rule: str) -> None:
        batch = self._collecting
        assert batch is not None
        self._collecting = None
        if batch.window is not None:
            batch.window.cancel()
        self._journal.lean_on(rule)
        self._invoke(batch)

    # -- invoking -----------------------------------------------------------------------------------------

    def _invoke(self, batch: _Batch) -> None:
        answer = self._functions.invoke(
            self.config.function,
            event_of(batch.records),
            lambda result: self._answer(batch, result),
            by=self.config.name,
            lineage=merged(delivery.message.lineage for delivery in batch.deliveries),
        )
        if isinstance(answer, Throttled):
            self._on_throttle(batch)
        else:
            self._journal.record(Kind.BATCH, "ESM-BATCH-1", mapping=self.config.name, invoke=answer, messages=batch.ids)

    def _on_throttle(self, batch: _Batch) -> None:
        """Keep the batch and try again while its visibility lasts (ESM-THROTTLE-1): nothing is received anew."""
        now = self._scheduler.now
        self._scaling.on_throttle(now)
        instant = next_throttle_retry(
            now,
            batch.throttles,
            visible_at=batch.visible_at,
            function_timeout_seconds=self._function_timeout_seconds,
            reading=self.config.throttle_reading,
            chance=self._chance.random(),
        )
        batch.throttles += 1
        if instant is not None:
            self._journal.lean_on("ESM-THROTTLE-4")
            self._journal.record(
                Kind.RETRY,
                "ESM-THROTTLE-1",
                mapping=self.config.name,
                attempt=batch.throttles,
                messages=batch.ids,
                at_us=instant,
            )
            self._scheduler.at(instant, self._invoke, batch)
            return
        observed = self.config.throttle_reading is ThrottleReading.FUNCTION_TIMEOUT_LEFT
        rule = "ESM-THROTTLE-2" if observed else "ESM-THROTTLE-1"
        self._journal.record(Kind.GAVE_UP, rule, mapping=self.config.name, messages=batch.ids)
        # The poller is not free for other messages before this batch is out of its hands (ESM-THROTTLE-3). With a
        # visibility timeout of 0 it is so at once, and the poller would spin within one instant.
        self._journal.lean_on("ESM-THROTTLE-3")
        release_at = batch.visible_at if batch.visible_at > now else now + seconds(FIRST_RETRY_SECONDS)
        self._scheduler.at(release_at, self._release)

    # -- answering ----------------------------------------------------------------------------------------

    def _answer(self, batch: _Batch, result: InvokeResult) -> None:
        verdict = classify(batch.ids, result.payload, result.error, report=self.config.report_batch_item_failures)
        self._journal.record(
            Kind.VERDICT,
            verdict.rule,
            mapping=self.config.name,
            invoke=result.request_id,
            verdict=verdict.reason,
            messages=verdict.failed,
            named=reported_failures(result.payload, batch.ids),
        )
        self._delete(batch, verdict)
        if result.error is None:
            self._scaling.on_success()
        else:
            self._scaling.on_error()
            self._journal.lean_on("ESM-ERROR-2" if self._scaling.slow_on_errors else "ESM-ERROR-3")
        self._release()

    def _delete(self, batch: _Batch, verdict: Verdict) -> None:
        """Delete what succeeded. What failed is left alone: it is ready again when its timeout ends (ESM-ERROR-1)."""
        failed = set(verdict.failed)
        for delivery in batch.deliveries:
            if delivery.message.id in failed:
                continue
            try:
                self.queue.delete(delivery.receipt_handle, by=self.config.name)
            except AwsError as error:  # the handle has expired (SQS-STALE-5): the message stays
                self._journal.record(
                    Kind.API_ERROR, "SQS-STALE-5", service="sqs", operation="DeleteMessage", code=error.code
                )

    def _release(self) -> None:
        self._busy -= 1
        self._poll()

    # -- scaling ------------------------------------------------------------------------------------------

    def _grow_later(self) -> None:
        """All slots are taken: if it stays so while messages wait, there will be more (ESM-SCALE-2)."""
        if self._tick is None and self._scaling.limit < self._scaling.maximum:
            self._tick = self._scheduler.after(seconds(TICK_SECONDS), self._grow, background=True)

    def _grow(self) -> None:
        self._tick = None
        if self._busy < self._scaling.limit:
            return
        if not self.queue.has_ready:
            self._watch()  # what arrives while all slots are taken is a backlog from then on
            return
        before = self._scaling.limit
        self._scaling.grow(self._scheduler.now)
        if self._scaling.limit > before:
            self._journal.lean_on("ESM-SCALE-3")
            self._journal.record(Kind.POLLERS, "ESM-SCALE-2", mapping=self.config.name, limit=self._scaling.limit)
        self._poll()
