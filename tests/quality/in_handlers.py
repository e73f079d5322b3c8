"""Bugs in handlers: failures that are lost, wrong identifiers, work that is done twice, order that is broken."""

from __future__ import annotations

from tests.quality.planted import Edit, Planted

NOTHING_LOST = "messages.lost == 0"
HEALTHY_STAY = "messages.healthyDeadLettered == 0"
DONE_ONCE = "effects.duplicated == 0"
IN_ORDER = "ordering.violations == 0"

BATCH = "functions/batch_worker/handler.py"
ONCE = "functions/idempotent_worker/handler.py"
STREAM = "functions/stream_worker/handler.py"
ASYNC = "functions/async_worker/handler.py"
KAFKA = "functions/kafka_consumer/handler.py"
KEEPING = "functions/shared/idempotency.py"
HEARTBEAT = "functions/shared/heartbeat.py"
COMPLETED = '            if isinstance(item, dict) and item.get("status") == {"S": "COMPLETED"}:\n'
RETURNED = "    return response\n"

DUPLICATES = ({"queue": "visibility-queue", "kind": "duplicate", "share": 0.2},)
CONDITIONAL = ("visibility.worker.idempotency.mode=conditional",)
OVERLAPPING = (
    *CONDITIONAL,
    "visibility.allowShortVisibility=true",
    "visibility.queue.visibilityTimeoutSeconds=5",
)
"""Deliveries overlap where the work takes longer than 5 s; a claim keeps it from being done twice."""
LONG_JOBS = (
    {
        "at": 0,
        "every": 1,
        "times": 3,
        "queue": "visibility-queue",
        "body": {"id": "job-{n}", "sleep": {"$uniform": [1, 5.5]}},
    },
)
MANY_JOBS = ({"at": 0, "every": 1, "times": 10, "queue": "visibility-queue", "body": {"id": "job-{n}", "sleep": 0.5}},)

ONE_KEY = (
    {"at": 0, "stream": "stream", "key": "k", "body": {"id": "poison", "shouldFail": True}},
    {"at": 0, "stream": "stream", "key": "k", "body": {"id": "behind"}},
)


def _reporting(name: str, about: str, returned: str, expect: str) -> Planted:
    """The batch worker answers something else."""
    return Planted(name, about, "batch-partial", expect, (Edit(BATCH, RETURNED, returned),))


REPORTS = (
    _reporting(
        "reports-nothing", "the answer names no failure", '    return {"batchItemFailures": []}\n', NOTHING_LOST
    ),
    _reporting("returns-none", "the answer is empty", "    return None\n", NOTHING_LOST),
    _reporting(
        "reports-the-first",
        "only the first failure is named",
        '    return {"batchItemFailures": response["batchItemFailures"][:1]}\n',
        NOTHING_LOST,
    ),
    _reporting(
        "reports-receipt-handles",
        "failures are named by their receipt handles",
        '    handles = {record["messageId"]: record["receiptHandle"] for record in event["Records"]}\n'
        '    named = [{"itemIdentifier": handles[one["itemIdentifier"]]} for one in response["batchItemFailures"]]\n'
        '    return {"batchItemFailures": named}\n',
        HEALTHY_STAY,
    ),
    _reporting(
        "reports-under-another-name",
        "identifiers stand under messageId",
        '    named = [{"messageId": one["itemIdentifier"]} for one in response["batchItemFailures"]]\n'
        '    return {"batchItemFailures": named}\n',
        HEALTHY_STAY,
    ),
    _reporting(
        "reports-the-healthy",
        "what succeeded is named as failed",
        '    failed = {one["itemIdentifier"] for one in response["batchItemFailures"]}\n'
        '    ids = [record["messageId"] for record in event["Records"]]\n'
        '    return {"batchItemFailures": [{"itemIdentifier": one} for one in ids if one not in failed]}\n',
        NOTHING_LOST,
    ),
    _reporting(
        "reports-as-text",
        "the answer is JSON within JSON",
        "    import json\n\n    return json.dumps(response)\n",
        NOTHING_LOST,
    ),
)

BATCHES = (
    Planted(
        "swallows",
        "an exception of a record is logged and forgotten",
        "batch-partial",
        NOTHING_LOST,
        (
            Edit(
                BATCH,
                "        settled = failures.settle(record, delivery, error)\n",
                "        return\n        settled = failures.settle(record, delivery, error)\n",
            ),
        ),
    ),
    Planted(
        "deletes-before-the-work",
        "each message is deleted before it is worked on",
        "batch-manual-delete",
        NOTHING_LOST,
        (
            Edit(
                BATCH,
                "    events.started(job.id, delivery)\n",
                "    delete_by_hand(job.id, delivery)\n    events.started(job.id, delivery)\n",
            ),
        ),
    ),
    Planted(
        "raises-for-one",
        "one failure fails the whole batch",
        "batch-partial",
        HEALTHY_STAY,
        (Edit(BATCH, "if failed and RAISE_ON_RECORD_ERROR:", "if failed:"),),
    ),
    Planted(
        "goes-on-in-a-group",
        "a message group goes on behind a failure",
        "fifo-ordered",
        IN_ORDER,
        (Edit(BATCH, "SqsFifoPartialProcessor(skip_group_on_error=True) if", "BatchProcessor(EventType.SQS) if"),),
    ),
    Planted(
        "forgets-what-was-refused",
        "a message that could not be parked counts as parked",
        "sqs-park",
        NOTHING_LOST,
        (
            Edit(
                "functions/shared/record_failures.py",
                "            raise ParkingError(f",
                "            return\n            raise ParkingError(f",
            ),
        ),
        faults=({"service": "sqs", "operation": "SendMessage", "kind": "error", "share": 0.2},),
    ),
    Planted(
        "parks-what-can-be-retried",
        "errors that pass are parked",
        "sqs-park",
        "messages.deadLettered <= 3",
        (
            Edit(
                "functions/shared/record_failures.py",
                "        if self.rules.is_retryable(error):\n",
                "        if False:\n",
            ),
        ),
    ),
    Planted(
        "waits-for-hours",
        "a failed message is hidden for twelve hours",
        "sqs-backoff",
        "latencySeconds.max <= 3600",
        (Edit("functions/shared/record_failures.py", "VisibilityTimeout=delay_seconds", "VisibilityTimeout=43_000"),),
    ),
)

DONE_TWICE = (
    Planted(
        "looks-nothing-up",
        "the record of the work is written and never read",
        "visibility-safe",
        DONE_ONCE,
        (Edit(KEEPING, "if self.table.is_completed(business_id):", "if False:"),),
        faults=DUPLICATES,
        base=("visibility.worker.idempotency.mode=check-then-put",),
        send=MANY_JOBS,
    ),
    Planted(
        "checks-then-puts",
        "look-up and record are two steps",
        "visibility-safe",
        DONE_ONCE,
        overrides=("visibility.worker.idempotency.mode=check-then-put",),
        base=OVERLAPPING,
        send=LONG_JOBS,
    ),
    *(
        Planted(
            name,
            about,
            "visibility-safe",
            DONE_ONCE,
            (Edit(KEEPING, before, after),),
            base=OVERLAPPING,
            send=LONG_JOBS,
        )
        for name, about, before, after in (
            (
                "works-on-a-claim-of-others",
                "a claim that another delivery holds is no obstacle",
                "            raise AlreadyInProgressError(f",
                "            return True\n            raise AlreadyInProgressError(f",
            ),
            (
                "claims-for-no-time",
                "a claim ends when it begins",
                "until_ms = int(time.time() * 1000) + context.get_remaining_time_in_millis()",
                "until_ms = int(time.time() * 1000)",
            ),
        )
    ),
    *(
        Planted(
            name,
            about,
            "visibility-safe",
            DONE_ONCE,
            (Edit(KEEPING, before, after),),
            faults=DUPLICATES,
            base=CONDITIONAL,
            send=MANY_JOBS,
        )
        for name, about, before, after in (
            (
                "works-on-what-is-done",
                "a record of completed work is no obstacle",
                f"{COMPLETED}                return False\n",
                f"{COMPLETED}                return True\n",
            ),
            (
                "forgets-at-once",
                "a record expires when it is written",
                '":expiry": _number(time.time() + self.expires_after_seconds),',
                '":expiry": _number(time.time() - 1),',
            ),
            (
                "releases-what-is-done",
                "the claim is released when the work is done",
                "return Verdict.WORKED if self.table.complete_claim(business_id, owner) else Verdict.WORKED_TWICE",
                "self.table.release_claim(business_id, owner)\n        return Verdict.WORKED",
            ),
        )
    ),
    Planted(
        "knows-work-by-its-delivery",
        "the key of the record is the message id with the receive count",
        "visibility-safe",
        DONE_ONCE,
        (
            Edit(
                ONCE,
                "verdict = guard.run(job.id, partial",
                'verdict = guard.run(f"{delivery.message_id}-{delivery.receive_count}", partial',
            ),
        ),
        faults=DUPLICATES,
        base=CONDITIONAL,
        send=MANY_JOBS,
    ),
    Planted(
        "knows-all-work-by-one-key",
        "all messages share one key of the record",
        "visibility-safe",
        "effects.total >= 10",
        (Edit(ONCE, "verdict = guard.run(job.id, partial", 'verdict = guard.run("job", partial'),),
        base=CONDITIONAL,
        send=MANY_JOBS,
    ),
    Planted(
        "beats-once",
        "the heartbeat ends after its first beat",
        "visibility-heartbeat",
        "deliveries.duplicates == 0",
        (
            Edit(
                HEARTBEAT,
                "            else:\n                pause = self._every_seconds\n",
                "            else:\n                return\n",
            ),
        ),
        send=({"at": 0, "queue": "visibility-queue", "body": {"id": "long", "sleep": 20}},),
    ),
    Planted(
        "beats-for-the-wrong-message",
        "the heartbeat extends the message id",
        "visibility-heartbeat",
        "deliveries.duplicates == 0",
        (Edit(ONCE, "else delivery.receipt_handle,", "else delivery.message_id,"),),
    ),
    Planted(
        "keeps-no-record-of-events",
        "an event that Lambda repeats is worked on again",
        "async-destinations",
        DONE_ONCE,
        (Edit(ASYNC, "    if manager is None:\n", "    if True:\n"),),
        faults=({"function": "async-worker", "kind": "duplicate", "share": 0.2},),
    ),
)

ORDERED = (
    Planted(
        "stream-swallows",
        "the answer of a stream's function hides failures",
        "stream-bisect",
        NOTHING_LOST,
        (Edit(STREAM, "    if failed and RAISE_ON_RECORD_ERROR:\n", "    if False:\n"),),
    ),
    Planted(
        "stream-reports-event-ids",
        "records are named by event id, which holds the shard too",
        "stream-partial",
        "messages.healthyDeadLettered <= 4",
        (
            Edit(
                STREAM,
                '    answer: dict[str, Any] = {"batchItemFailures": failures}\n',
                '    named = [{"itemIdentifier": "shardId-0:" + str(one["itemIdentifier"])} for one in failures]\n'
                '    answer: dict[str, Any] = {"batchItemFailures": named}\n',
            ),
        ),
    ),
    Planted(
        "stream-reports-the-last",
        "only the last failure is named, and those before it are past",
        "stream-partial",
        NOTHING_LOST,
        (
            Edit(
                STREAM,
                '    answer: dict[str, Any] = {"batchItemFailures": failures}\n',
                '    answer: dict[str, Any] = {"batchItemFailures": failures[-1:]}\n',
            ),
        ),
    ),
    Planted(
        "stream-goes-on-behind-a-failure",
        "records of a key go on behind one that failed",
        "stream-partial",
        # What failed is never done, so nothing is out of order. What is done ahead of it is done again with each retry.
        DONE_ONCE,
        (Edit("functions/shared/in_order.py", "self._failed_keys.add(key)", "pass"),),
        send=ONE_KEY,
    ),
    Planted(
        "kafka-swallows",
        "the answer of a topic's function hides failures",
        "msk-bisect",
        NOTHING_LOST,
        (Edit(KAFKA, "    if failed and RAISE_ON_RECORD_ERROR:\n", "    if False:\n"),),
    ),
    Planted(
        "async-swallows",
        "an event that fails is answered with success",
        "async-destinations",
        NOTHING_LOST,
        (
            Edit(
                ASYNC,
                "    outcome = do_once(manager, event, context)\n",
                "    try:\n        outcome = do_once(manager, event, context)\n"
                "    except Exception:\n        return None\n",
            ),
        ),
    ),
    Planted(
        "sends-one-too-few",
        "the producer stops before the last message",
        "batch-partial",
        "messages.sent == 10",
        (Edit("functions/producer/handler.py", "range(1, request.count + 1)", "range(1, request.count)"),),
    ),
)

IN_HANDLERS = (*REPORTS, *BATCHES, *DONE_TWICE, *ORDERED)
