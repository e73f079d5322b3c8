"""The event source mapping of an SQS queue (semantics.md B1 to B6).

In virtual time it runs on the model, in real time on queues and functions somewhere else: what it needs is in `ports`.

A *slot* is a concurrent batch: it is taken when messages are received and given back when they are answered.
The life of a batch:

    receive -> filter -> collect (batch size, window, 6 MB) -> invoke -> classify the answer -> delete what succeeded
                                                               |  429
                                                               '-> keep the batch, try again while its visibility lasts,
                                                                   then drop it: its messages are visible again
"""

from __future__ import annotations

from collections import deque
from functools import partial

from delivery_lab.events import Actor, Journal
from delivery_lab.limits.queues import BATCH_ENTRIES
from delivery_lab.model.clock import Scheduler, Timer, seconds
from delivery_lab.model.invokes import InvokeResult, Throttled
from delivery_lab.model.lateness import late_polls, lateness
from delivery_lab.model.loops import merged
from delivery_lab.model.mapping.decisions import (
    FIRST_RETRY_SECONDS,
    QueueVerdict,
    classify,
    throttle_retries,
)
from delivery_lab.model.mapping.injected import delivers_again, refuse_delete, rule_of_refused_delete
from delivery_lab.model.mapping.ports import InvokedFunctions, PolledQueue, SystemAttributes
from delivery_lab.model.mapping.queue_filter import QueueFilter
from delivery_lab.model.mapping.queue_records import QueueRecord
from delivery_lab.model.mapping.queue_windows import QueueWindows
from delivery_lab.model.mapping.records import sqs_record
from delivery_lab.model.mapping.scaling import TICK_SECONDS
from delivery_lab.model.mapping.sqs_config import SqsMappingConfig
from delivery_lab.model.mapping.sqs_journal import QueueMappingJournal
from delivery_lab.model.mapping.sqs_work import QueueBatch, beside_failed, rules_of, scaling_of
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import AwsError
from delivery_lab.rule_ids import RuleId
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions, LongWindow, ThrottleRetryLimit


class QueueConsumer:
    """Polls a queue and invokes a function with what it finds.

    Args:
        config: the mapping's settings, already checked.
        queue: the source.
        api: the SQS API, which knows system attributes.
        functions: the Lambda service, or a pipe in its place.
        scheduler: the run's clock.
        streams: the run's chance.
        journal: where events are written.
        assumptions: values for what AWS does not say.
    """

    def __init__(
        self,
        config: SqsMappingConfig,
        queue: PolledQueue,
        api: SystemAttributes,
        functions: InvokedFunctions,
        *,
        scheduler: Scheduler,
        streams: RandomStreams,
        journal: Journal,
        assumptions: Assumptions = DEFAULTS,
    ) -> None:
        self.config = config
        self.queue = queue
        self._functions = functions
        self._scheduler = scheduler
        self._chance = streams.stream("throttle retry", config.name)
        self._journal = QueueMappingJournal(
            config.name, queue.name, config.function, scheduler=scheduler, journal=journal
        )
        self._actor = Actor("mapping", config.name)
        self._assumptions = assumptions
        self._scaling = scaling_of(config, queue, assumptions)
        self._windows = QueueWindows(config.window_seconds, assumptions, journal)
        window, region = config.window_seconds > 0, queue.arn.split(":")[3]
        self._write = partial(sqs_record, api, queue_arn=queue.arn, region=region, window=window)
        self.filter = QueueFilter(config, queue, api, scheduler=scheduler, journal=journal)
        self._busy = 0
        self._running = 0
        self._collecting: QueueBatch | None = None
        self._received: deque[QueueRecord] = deque()
        self._watching = False
        self._late = late_polls(lateness("poll", config.name, assumptions.poll_seconds, streams), scheduler)
        self._tick: Timer | None = None
        self._next_poll: Timer | None = None

    def start(self) -> None:
        """Begin to poll."""
        self._journal.rely_on(*rules_of(self.config, self.queue))
        if self.config.enabled:
            self._windows.start(self._scheduler.now)
            self._poll()

    # -- receiving ----------------------------------------------------------------------------------------

    def _poll(self) -> None:
        """Fill the free slots. MaximumConcurrency ends here, before anything is received (ESM-CONC-1)."""
        self._forget_expired()
        while True:
            if self._collecting is None and self._busy >= self._limit():
                self._grow_later()
                return
            if self._must_wait():
                return
            if not self._received and not self._receive():
                break
            self._collect()
            if self.queue.is_contested and not self._received:
                self._watch()  # who gets the next one is drawn (SQS-SHARE-1)
                return
        self._scaling.on_caught_up()
        if self._busy == 0 and self._collecting is None:
            self._scaling.on_idle(self._scheduler.now)
        self._watch()

    def _must_wait(self) -> bool:
        """Whether receiving has to wait, for its turn or for what was received before."""
        if self._received:
            # What did not fit into the batch before it belongs behind that batch (ESM-FIFO-2).
            return self.queue.fifo and self._busy > 0 and self._collecting is None
        if not self.queue.has_ready:
            return False  # a poll that waits for messages costs nothing here
        wait = self._functions.faults.pause_of_pollers(self.config.function) or self._scaling.poll(self._scheduler.now)
        if self._scaling.rested:
            self._journal.rely_on("ESM-SCALE-4")
        if wait and self._next_poll is None:
            self._next_poll = self._scheduler.after(wait, self._on_turn)
        return wait > 0

    def _on_turn(self) -> None:
        self._next_poll = None
        self._poll()

    def _watch(self) -> None:
        if not self._watching:
            self._watching = True
            self.queue.when_ready(self._late(self._on_ready))

    def _on_ready(self) -> None:
        self._watching = False
        self._poll()

    def _receive(self) -> bool:
        """Receive what fits into the batch at hand; false if the queue has nothing to give."""
        have = len(self._collecting.deliveries) if self._collecting else 0
        wanted = min(BATCH_ENTRIES.maximum, self.config.batch_size - have)
        deliveries = self.queue.receive(wanted, self._visibility_override(), self._actor)
        if deliveries and self._functions.faults.loses_receive(self.queue.url):
            # Nobody has them: they are visible again when their timeout ends, one receive older.
            return True
        if not deliveries:
            return False
        self._journal.received([delivery.message.body for delivery in deliveries])
        described, loops, function = self._described, self._functions.loops, self.config.function
        for delivery in deliveries:
            lineage = delivery.message.lineage
            if lineage and loops.stops(function, lineage):
                # Nothing is invoked and nothing deleted: the message is received again until it may not be any more.
                self._journal.rely_on("ASY-LOOP-1")
                self._journal.released(QueueBatch([delivery]), "ASY-LOOP-1")
            elif self.filter.takes(delivery):
                self._keep(QueueRecord(delivery, self._write, described=described))
            else:
                self.filter.reject(delivery, self._actor)
        return True

    @property
    def _described(self) -> bool:
        return self._functions.configuration(self.config.function).described

    def _keep(self, record: QueueRecord) -> None:
        """Keep what was received. A message that the batch at hand has already stands in it once (ESM-BATCH-8)."""
        batch = self._collecting
        if batch is not None and record.delivery.receive_count > 1 and batch.renew(record):
            self._journal.rely_on("ESM-BATCH-8")
        else:
            self._received.append(record)

    def _visibility_override(self) -> int | None:
        """What a long window takes is missing to the function, unless the mapping is assumed to add it (ESM-VT-2)."""
        window = self.config.window_seconds
        needed = window + self._function_timeout_seconds
        if window == 0 or needed <= self.queue.attributes.visibility_timeout_seconds:
            return None
        self._journal.rely_on("ESM-VT-2")
        return needed + 30 if self._assumptions.long_window is LongWindow.EXTENDED else None

    @property
    def _function_timeout_seconds(self) -> int:
        return self._functions.configuration(self.config.function).timeout_seconds

    # -- collecting ---------------------------------------------------------------------------------------

    def _collect(self) -> None:
        """Put received messages into the batch at hand, and hand it over when it is complete."""
        batch = self._collecting
        if batch is None:
            if not self._received:  # the filter took everything
                return
            batch = self._collecting = QueueBatch()
            self._windows.begin(batch, self._scheduler.now)
            self._busy += 1
        while self._received:
            if not batch.has_room_for(self._received[0]):
                if not self.queue.fifo:
                    self._journal.rely_on("ESM-BATCH-5")
                self._hand_over("ESM-BATCH-3")
                return
            batch.add(self._received.popleft())
            if len(batch.deliveries) >= self.config.batch_size:
                self._hand_over("ESM-BATCH-1")
                return
        if self.config.window_seconds == 0:
            self._hand_over("ESM-BATCH-1")
        elif batch.overdue:
            self._hand_over("ESM-BATCH-2")
        elif batch.window is None:
            self._journal.rely_on("ESM-BATCH-4")
            batch.window = self._scheduler.at(batch.window_ends, self._close_window)

    def _close_window(self) -> None:
        batch = self._collecting
        assert batch is not None
        until = self._windows.overdue_until(batch, self._scheduler.now)
        if until is not None:
            batch.overdue = True
            batch.window = self._scheduler.at(until, self._close_window)
            return
        self._hand_over("ESM-BATCH-2")
        self._poll()

    def _hand_over(self, rule: RuleId) -> None:
        batch = self._collecting
        assert batch is not None
        self._collecting = None
        if batch.window is not None:
            batch.window.cancel()
        self._journal.rely_on(rule)
        batch.rule = rule
        self._invoke(batch)

    # -- invoking -----------------------------------------------------------------------------------------

    def _invoke(self, batch: QueueBatch) -> None:
        answer = self._functions.invoke(
            self.config.function,
            batch.event(described=self._described),
            lambda result: self._answer(batch, result),
            by=self._actor,
            lineage=merged(delivery.message.lineage for delivery in batch.deliveries),
        )
        if isinstance(answer, Throttled):
            self._on_throttle(batch)
        elif isinstance(answer, str):
            self._on_accepted(batch, answer)
        else:
            answer.then(partial(self._on_accepted, batch), lambda _: self._on_throttle(batch))

    def _on_accepted(self, batch: QueueBatch, request_id: str) -> None:
        self._running += 1
        batch.running = True
        self._scaling.on_invoke(self._running)
        self._journal.invoked(batch, request_id)

    def _on_throttle(self, batch: QueueBatch) -> None:
        """Keep the batch and try again while its visibility lasts (ESM-THROTTLE-1): nothing is received anew."""
        now = self._scheduler.now
        self._running -= batch.running
        batch.running = False
        self._scaling.on_throttle(self._running)
        self._journal.rely_on(self._scaling.throttle_rule)
        instant = self._retry_instant(batch)
        batch.throttles += 1
        if instant is not None:
            self._journal.rely_on("ESM-THROTTLE-4")
            self._journal.retry_scheduled(batch, instant)
            self._scheduler.at(instant, self._invoke, batch)
            return
        observed = self._assumptions.throttle_retry_limit is ThrottleRetryLimit.FUNCTION_TIMEOUT_LEFT
        self._journal.released(batch, "ESM-THROTTLE-2" if observed else "ESM-THROTTLE-1")
        if self._scaling.on_let_go():
            self._let_go_of_poller()
            return
        # The poller is not free before this batch is out of its hands: at once with a visibility timeout of 0, where it
        # would spin within one instant.
        release_at = batch.visible_at if batch.visible_at > now else now + seconds(FIRST_RETRY_SECONDS)
        self._scheduler.at(release_at, self._release)

    def _let_go_of_poller(self) -> None:
        self._busy -= 1
        if self._busy == 0 and self._tick is not None:
            # Nothing but the next poller is waited for now: that is no longer in the background.
            self._tick.cancel()
            self._tick = None
        self._grow_later()

    def _retry_instant(self, batch: QueueBatch) -> int | None:
        """When to try again, by the limit that the run assumes; where alternatives differ, it relies on the rule."""
        instants = throttle_retries(
            self._scheduler.now,
            batch.throttles,
            visible_at=batch.visible_at,
            function_timeout_seconds=self._function_timeout_seconds,
            chance=self._chance.random(),
        )
        if len(set(instants.values())) > 1:
            self._journal.rely_on("ESM-THROTTLE-2")
        return instants[self._assumptions.throttle_retry_limit]

    # -- answering ----------------------------------------------------------------------------------------

    def _answer(self, batch: QueueBatch, result: InvokeResult) -> None:
        self._running -= 1
        batch.running = False
        if not batch.repeated and delivers_again(self._functions.faults, self.config.who, lambda: batch.text):
            batch.repeated = True
            self._invoke(batch)
            return
        verdict = classify(
            batch.ids,
            result.payload,
            result.error,
            report=self.config.report_batch_item_failures,
            unnamed=self._assumptions.unnamed_response,
        )
        self._journal.answered(batch, verdict, result)
        self._windows.open(self._scheduler.now)
        self._delete(batch, verdict)
        if self.queue.fifo and verdict.failed:
            self._received = beside_failed(self._received, batch, verdict.failed)
        if result.error is None:
            self._scaling.on_success()
        else:
            self._scaling.on_error()
            rule = self._scaling.error_rule
            self._journal.rely_on(*(() if rule is None else (rule,)))
        self._release()

    def _delete(self, batch: QueueBatch, verdict: QueueVerdict) -> None:
        """Delete what succeeded. What failed is left alone: it is ready again when its timeout ends (ESM-ERROR-1)."""
        failed = set(verdict.failed)
        self._journal.deletes(len(batch.deliveries) - len(failed))
        for delivery in batch.deliveries:
            if delivery.message.id in failed:
                continue
            try:
                refuse_delete(self._functions.faults, self.queue)
                self.queue.delete_received(delivery, self._actor)
            except AwsError as error:  # the message stays
                self._journal.delete_refused(rule_of_refused_delete(error.code, fifo=self.queue.fifo), error.code)

    def _forget_expired(self) -> None:
        """Forget what waited for a free batch until its visibility was over: it is in the queue again (ESM-BATCH-5)."""
        while self._received and self._received[0].delivery.visible_at <= self._scheduler.now:
            self._received.popleft()

    def _release(self) -> None:
        self._busy -= 1
        self._poll()

    # -- scaling ------------------------------------------------------------------------------------------

    def _limit(self) -> int:
        """How many batches may be worked on at once; the share of errors is relied on only where it decides."""
        limit = self._scaling.limit
        self._journal.rely_on(*(("ESM-ERROR-2",) if self._scaling.held_back else ()))
        return limit

    def _grow_later(self) -> None:
        """All slots are taken: if it stays so while messages wait, there will be more (ESM-SCALE-2)."""
        if self._tick is None and self._limit() < self._scaling.maximum:
            after = TICK_SECONDS if self._busy else self._scaling.seconds_to_growth()
            self._tick = self._scheduler.after(seconds(after), self._grow, after, background=self._busy > 0)

    def _grow(self, for_seconds: int) -> None:
        self._tick = None
        if self._busy < self._limit():
            return
        if not self.queue.has_ready:
            self._scaling.on_caught_up()
            self._watch()  # what arrives while all slots are taken is a backlog from then on
            return
        before = self._limit()
        self._scaling.grow(self._running, for_seconds)
        if self._limit() > before:
            rule, *others = self._scaling.growth_rules
            self._journal.rely_on(*others)
            self._journal.pollers_changed(rule, self._scaling.limit)
        self._poll()
