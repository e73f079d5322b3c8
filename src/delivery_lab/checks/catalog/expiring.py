"""Messages that expire before the receives that would move them to the dead-letter queue."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.code.module import all_nodes
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reading import code_of
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.durations import exact
from delivery_lab.limits.queues import RETENTION
from delivery_lab.stack.queues import Queue, RedrivePolicy
from delivery_lab.stack.stack import Stack

_CHANGES = frozenset({"change_message_visibility", "change_message_visibility_batch", "change_visibility"})
"""Methods of boto3's client and resources that decide when a failed message is visible again."""


class ExpiresBeforeDeadLettered(Check):
    id = "CHK-DLQ-7"
    title = "retention that ends before maxReceiveCount is reached"
    severity = Severity.WARNING
    why = (
        "A message that fails is visible again after each visibility timeout, and expires before it was received often "
        "enough to be moved: it is in no dead-letter queue, and lost."
    )
    fix = "Set messageRetentionSeconds well above maxReceiveCount x visibilityTimeoutSeconds, or lower maxReceiveCount."
    source = "SQS-RET-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for queue in stack.polled_queues():
            redrive = queue.redrive
            count = None if redrive is None else redrive.max_receive_count.known
            visibility, retention = queue.visibility_seconds.known, queue.retention_seconds.known
            delay = queue.delay_seconds.known
            if redrive is None or count is None or visibility is None or retention is None or delay is None:
                continue
            needed = delay + count * visibility
            # Equal is too short: a message is received a little after it was sent.
            if not visibility or retention > needed:
                continue
            codes = [code_of(stack, function) for _, read, function in stack.sqs_pairs() if read.urn == queue.urn]
            if any(_changes_visibility(code) for code in codes if isinstance(code, Code)):
                continue
            received = _times(_receives(retention - delay, visibility))
            why = (
                f"A message of {queue.name} that fails is visible again {exact(visibility)} after each receive"
                + (f", the first of which its delay puts off by {exact(delay)}" if delay else "")
                + f": after {_times(count)} it would be moved to the dead-letter queue, {exact(needed)} after it was "
                f"sent. It expires after {exact(retention)}, received {received} at most, and is lost."
            )
            severity = None
            if not all(isinstance(code, Code) for code in codes):
                why += " Whether its function changes the visibility of messages cannot be told."
                severity = Severity.NOTE
            values = values_of(queue.retention_seconds, queue.visibility_seconds)
            values |= {f"{queue.name}.redrivePolicy.maxReceiveCount": count}
            fix, edits = _mended(stack, queue, redrive, count, visibility, delay)
            yield Found((queue.name,), values, why, fix, edits, severity=severity)


def _changes_visibility(code: Code) -> bool:
    """Whether a program makes messages visible earlier or later than the queue's timeout does."""
    return any(
        getattr(node, "attr", "") in _CHANGES for module in code.modules.values() for node in all_nodes(module.tree)
    )


def _receives(seconds: int, visibility_seconds: int) -> int:
    """How often a message that always fails is received within a time: at once, and after each visibility timeout."""
    return max(0, -(-seconds // visibility_seconds))


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _mended(
    stack: Stack, queue: Queue, redrive: RedrivePolicy, count: int, visibility_seconds: int, delay_seconds: int
) -> tuple[str, tuple[Edit, ...]]:
    """The shortest of the usual retentions that lasts, and a receive count that fits where none does."""
    needed = delay_seconds + count * visibility_seconds
    kept = RETENTION.default if needed < RETENTION.default else RETENTION.maximum
    fix = f"set messageRetentionSeconds of {queue.name} to {kept} ({exact(kept)})"
    edits = [Edit.of(queue.retention_seconds, kept)]
    if needed >= kept:
        fits = (kept - delay_seconds - 1) // visibility_seconds
        fix += f" and maxReceiveCount to {fits} or less"
        edits.append(Edit.of(redrive.max_receive_count, fits))
    dead = stack.queue_at(redrive.target_arn.known)
    theirs = None if dead is None else dead.retention_seconds.known
    # What is moved from a standard queue keeps its age (SQS-RET-2): it needs a longer life there.
    if dead is not None and theirs is not None and queue.fifo.known is False and theirs <= kept < RETENTION.maximum:
        fix += f", and that of {dead.name} to {RETENTION.maximum}"
        edits.append(Edit.of(dead.retention_seconds, RETENTION.maximum))
    return fix, tuple(edits)
