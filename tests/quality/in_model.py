"""Bugs in copies of the model's rules: invariants, which know nothing of the model, have to find most of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from delivery_lab.model.admission import Admission
from delivery_lab.model.asynchronous import AsynchronousInvokes, EventInvokeConfig
from delivery_lab.model.clock import seconds
from delivery_lab.model.functions import Lambda
from delivery_lab.model.mapping import partition_reader, sqs
from delivery_lab.model.mapping.decisions import classify
from delivery_lab.model.mapping.destinations import QueueDestination
from delivery_lab.model.mapping.partition_decisions import classify_partition_batch
from delivery_lab.model.mapping.partition_progress import Progress
from delivery_lab.model.mapping.partition_reader import PartitionReader
from delivery_lab.model.mapping.partition_work import PartitionBatch
from delivery_lab.model.sqs import fifo
from delivery_lab.model.sqs.fifo import FifoQueue
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.model.sqs.retention import Retention
from tests.quality.in_handlers import NOTHING_LOST
from tests.quality.planted import Planted

_hide, _is_exhausted, _dead_letter = SqsQueue._hide, SqsQueue._is_exhausted, SqsQueue._dead_letter
_delete, _stop_retrying = SqsQueue._delete, AsynchronousInvokes._stop_retrying
_configuration = AsynchronousInvokes.configuration


def _visible_too_early(queue: SqsQueue, message: Any, visible_at: int) -> None:
    _hide(queue, message, max(queue._scheduler.now, visible_at - seconds(1)))


def _one_receive_more(queue: SqsQueue, message: Any) -> bool:
    redrive = queue.attributes.redrive
    return redrive is not None and bool(message.receive_count > redrive.max_receive_count)


def _dead_letters_nowhere(queue: SqsQueue, message: Any) -> None:
    target = queue.dead_letter_queue
    with patch.object(type(target), "_take_moved", lambda *_: None):
        _dead_letter(queue, message)


def _deletes_in_words(queue: SqsQueue, *arguments: Any) -> None:
    with patch.object(SqsQueue, "remove", lambda *_: None):
        _delete(queue, *arguments)


def _readable_behind_hidden(group: Any, now: int) -> Iterator[Any]:
    group._reading = True
    try:
        for message in group._messages:
            if message.queue is group._queue and fifo._is_visible(message, now):
                yield message
    finally:
        group._reading = False


@contextmanager
def _groups_read_past_what_is_hidden() -> Iterator[None]:
    class _AnyHead(fifo._Group):
        __slots__ = ()

        @property
        def head(self) -> Any:
            now = self._queue._scheduler.now
            there = [one for one in self._messages if one.queue is self._queue]
            return next((one for one in there if fifo._is_visible(one, now)), there[0] if there else None)

        readable = _readable_behind_hidden

    with patch.object(fifo, "_Group", _AnyHead):
        yield


def _never_a_repetition(queue: FifoQueue, body: str, group: str, deduplication_id: str) -> tuple[str, str]:
    return group, f"{deduplication_id}-{queue._sends}"


def _ends_without_a_word(invokes: AsynchronousInvokes, event: Any, config: Any) -> None:
    """Completes without a word."""


def _stops_twice(invokes: AsynchronousInvokes, event: Any, condition: Any, rule: Any) -> None:
    _stop_retrying(invokes, event, condition, rule)
    _stop_retrying(invokes, event, condition, rule)


def _one_retry_more(invokes: AsynchronousInvokes, *invoked: str) -> EventInvokeConfig:
    config = _configuration(invokes, *invoked)
    return replace(config, maximum_retry_attempts=config.maximum_retry_attempts + 1)


def _past_the_failed(sequences: Any, *arguments: Any, **named: Any) -> Any:
    verdict = classify_partition_batch(sequences, *arguments, **named)
    if verdict.rule != "STR-REPORT-8":
        return verdict
    return replace(verdict, succeeded=verdict.succeeded + 1)


def _past_failed_invokes(sequences: Any, payload: str, error: str | None, **named: Any) -> Any:
    return classify_partition_batch(sequences, payload, None, **named)


def _leaves_the_last(progress: Progress, slot: Any, records: Any, rule: Any) -> None:
    progress._journal.checkpointed(slot, records[:-1] or records, rule)
    progress._move_past(records)


def _drops_the_second_half(reader: PartitionReader, slot: Any, batch: Any, decision: Any) -> None:
    reader._journal.split(slot, batch, decision.rule, decision.at)
    slot.work.popleft()
    slot.work.appendleft(PartitionBatch(batch.records[: decision.at or None], attempts=batch.attempts))


def _halves_change_places(reader: PartitionReader, slot: Any, batch: Any, decision: Any) -> None:
    reader._journal.split(slot, batch, decision.rule, decision.at)
    if decision.at:
        slot.work.popleft()
        slot.work.appendleft(PartitionBatch(batch.records[: decision.at], attempts=batch.attempts))
        slot.work.appendleft(PartitionBatch(batch.records[decision.at :], attempts=batch.attempts))


def _never_refuses(admission: Admission, function: Any, fault: Any) -> None:
    return None


@contextmanager
def _environments_are_shared() -> Iterator[None]:
    def cold_start(functions: Lambda, function: Any) -> Any:
        sandbox = _cold_start(functions, function)
        function.idle.append(sandbox)
        return sandbox

    _cold_start = Lambda._cold_start
    with patch.object(Lambda, "_cold_start", cold_start):
        yield


def _takes_errors_for_success(*arguments: Any, **named: Any) -> Any:
    verdict = classify(*arguments, **named)
    return replace(verdict, failed=()) if verdict.rule == "ESM-ERROR-1" else verdict


def _model(name: str, about: str, stack: str, target: Any, attribute: str, new: Any, **more: Any) -> Planted:
    return Planted(name, about, stack, patch=lambda: patch.object(target, attribute, new), **more)


IN_MODEL = (
    _model(
        "visible-too-early",
        "a message is visible a second early",
        "visibility-short",
        SqsQueue,
        "_hide",
        _visible_too_early,
    ),
    _model(
        "one-receive-more",
        "the dead-letter queue gets a message one receive late",
        "batch-partial",
        SqsQueue,
        "_is_exhausted",
        _one_receive_more,
        expect="deliveries.maxPerMessage <= 2",
    ),
    _model(
        "dead-letters-nowhere",
        "what is dead-lettered never arrives",
        "batch-partial",
        SqsQueue,
        "_dead_letter",
        _dead_letters_nowhere,
    ),
    _model(
        "deletes-in-words", "a message that is deleted stays", "batch-partial", SqsQueue, "_delete", _deletes_in_words
    ),
    Planted(
        "reads-groups-out-of-order",
        "a FIFO group is read past what is hidden",
        "fifo-ordered",
        patch=_groups_read_past_what_is_hidden,
    ),
    _model(
        "knows-no-repetition",
        "a FIFO queue takes a repeated send",
        "fifo-ordered",
        FifoQueue,
        "_key",
        _never_a_repetition,
        expect="messages.sent == 20",
    ),
    _model(
        "keeps-for-ever",
        "retention ends nothing",
        "retry-sqs",
        Retention,
        "_on_time",
        lambda _: None,
        base=("batch.queue.retentionSeconds=60",),
    ),
    _model(
        "completes-silently",
        "an event that succeeds never ends",
        "async-destinations",
        AsynchronousInvokes,
        "_succeed",
        _ends_without_a_word,
        expect="messages.remaining == 0",
    ),
    _model(
        "stops-twice", "an event ends twice", "async-destinations", AsynchronousInvokes, "_stop_retrying", _stops_twice
    ),
    _model(
        "past-the-failed",
        "the checkpoint moves past the record that failed",
        "stream-partial",
        partition_reader,
        "classify_partition_batch",
        _past_the_failed,
        expect=NOTHING_LOST,
    ),
    _model(
        "past-failed-invokes",
        "the checkpoint moves past a batch whose invoke failed",
        "stream-bisect",
        partition_reader,
        "classify_partition_batch",
        _past_failed_invokes,
    ),
    _model(
        "leaves-the-last",
        "the checkpoint stops before the last record",
        "stream-bisect",
        Progress,
        "checkpoint",
        _leaves_the_last,
    ),
    _model(
        "drops-the-second-half",
        "of a batch that is cut one half is gone",
        "stream-bisect",
        PartitionReader,
        "_split",
        _drops_the_second_half,
    ),
    _model(
        "halves-change-places",
        "of a batch that is cut the second half comes first",
        "stream-bisect",
        PartitionReader,
        "_split",
        _halves_change_places,
    ),
    _model(
        "never-throttles",
        "reserved concurrency holds nobody back",
        "concurrency-trap",
        Admission,
        "refusal",
        _never_refuses,
    ),
    Planted(
        "shares-environments",
        "an environment works on two invokes at once",
        "visibility-short",
        patch=_environments_are_shared,
        send=({"at": 0, "times": 4, "queue": "visibility-queue", "body": {"id": "job-{n}", "sleep": 3}},),
    ),
    _model(
        "destination-forgets",
        "a destination confirms and keeps nothing",
        "stream-bisect",
        QueueDestination,
        "deliver",
        lambda *_: None,
        expect=NOTHING_LOST,
    ),
    _model(
        "one-retry-more",
        "an event is tried once more than its function says",
        "async-destinations",
        AsynchronousInvokes,
        "configuration",
        _one_retry_more,
        expect="deliveries.maxPerMessage <= 2",
        base=("async.worker.maximumRetryAttempts=1",),
    ),
    _model(
        "takes-errors-for-success",
        "a mapping deletes the messages of an invoke that failed",
        "batch-all-or-nothing",
        sqs,
        "classify",
        _takes_errors_for_success,
        expect=NOTHING_LOST,
    ),
)
