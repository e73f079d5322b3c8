"""Dead-letter queues: whether there is one, of the right type, that keeps messages long enough."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.advice import ADVISED_MAX_RECEIVE_COUNT
from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.checks.invokers import may_be_invoked_otherwise
from delivery_lab.limits.queues import DAY_SECONDS, MAX_RECEIVE_COUNT, RETENTION
from delivery_lab.rules.rule import SQS_API, SQS_GUIDE
from delivery_lab.stack.functions import InvokeConfig
from delivery_lab.stack.mappings import RecordMapping
from delivery_lab.stack.queues import AllowPolicy
from delivery_lab.stack.settings import Setting
from delivery_lab.stack.stack import Stack

_LONGEST = f"{RETENTION.maximum // DAY_SECONDS} days"


def _parking_arns(stack: Stack) -> set[str]:
    """ARNs of queues that take what others could not process: they need no dead-letter queue themselves."""
    arns: list[Setting[str | None]] = [queue.redrive.target_arn for queue in stack.queues if queue.redrive is not None]
    arns += [function.dead_letter_arn for function in stack.functions]
    arns += [mapping.destination_arn for mapping in stack.all(RecordMapping)]
    arns += [config.on_failure for config in stack.all(InvokeConfig)]
    return {arn.known for arn in arns if arn.known is not None}


class NoDeadLetterQueue(Check):
    id = "CHK-DLQ-1"
    title = "queue of a mapping without a dead-letter queue"
    severity = Severity.WARNING
    why = "A message that cannot be processed is delivered until it expires, and is then lost."
    fix = (
        f"Set redrivePolicy to a queue that keeps messages {_LONGEST}, with maxReceiveCount "
        f"{ADVISED_MAX_RECEIVE_COUNT}."
    )
    source = SQS_GUIDE + "sqs-dead-letter-queues.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        parking = _parking_arns(stack)
        for queue in stack.polled_queues():
            if queue.redrive is None and queue.redrive_known and queue.arn not in parking:
                days = (queue.retention_seconds.known or 0) / DAY_SECONDS
                until = f" until it expires after {days:g} days" if days else " until it expires"
                why = f"A message that cannot be processed is delivered again and again{until}, and is then lost."
                fix = (
                    f"set redrivePolicy of {queue.name} to a second queue with messageRetentionSeconds "
                    f"{RETENTION.maximum}, and maxReceiveCount to {ADVISED_MAX_RECEIVE_COUNT}"
                )
                yield Found((queue.name,), {f"{queue.name}.redrivePolicy": None}, why, fix)


class SingleReceive(Check):
    id = "CHK-DLQ-2"
    title = "maxReceiveCount 1"
    severity = Severity.WARNING
    why = "After one receive without success a healthy message is dead-lettered."
    fix = f"Set maxReceiveCount to {ADVISED_MAX_RECEIVE_COUNT}."
    source = "SQS-COUNT-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for queue in stack.polled_queues():
            if queue.redrive is None or queue.redrive.max_receive_count.known != 1:
                continue
            why = (
                "SQS counts receives, not failures: after one throttled invoke, or one lost receive, a "
                "healthy message is dead-lettered without being processed."
            )
            fix = f"set maxReceiveCount of {queue.name} to {ADVISED_MAX_RECEIVE_COUNT}"
            values = {f"{queue.name}.redrivePolicy.maxReceiveCount": 1}
            edit = Edit.of(queue.redrive.max_receive_count, ADVISED_MAX_RECEIVE_COUNT)
            yield Found((queue.name,), values, why, fix, (edit,))


class ShortDeadLetterRetention(Check):
    id = "CHK-DLQ-3"
    title = "dead-letter queue that keeps messages no longer than its standard source"
    severity = Severity.WARNING
    why = "Messages keep their age when they move, and expire in the dead-letter queue early."
    fix = f"Set messageRetentionSeconds of the dead-letter queue to {RETENTION.maximum}."
    source = "SQS-RET-2"

    def find(self, stack: Stack) -> Iterator[Found]:
        for queue in stack.queues:
            target = stack.queue_at(queue.redrive.target_arn.known) if queue.redrive is not None else None
            if target is None or queue.fifo.known is not False:
                continue
            own, theirs = queue.retention_seconds.known, target.retention_seconds.known
            if own is None or theirs is None or theirs > own:
                continue
            values = values_of(target.retention_seconds, queue.retention_seconds)
            why = (
                "A message keeps its age when it moves to the dead-letter queue of a standard queue, so what waited "
                "long in the source expires there early, perhaps before anybody has looked."
            )
            if theirs >= RETENTION.maximum:
                fix = (
                    f"lower messageRetentionSeconds of {queue.name} below {theirs}, such as to {RETENTION.default} "
                    f"({RETENTION.default // DAY_SECONDS} days)"
                )
                yield Found((queue.name, target.name), values, why, fix, severity=Severity.NOTE)
            else:
                fix = f"set messageRetentionSeconds of {target.name} to {RETENTION.maximum} ({_LONGEST})"
                edit = Edit.of(target.retention_seconds, RETENTION.maximum)
                yield Found((target.name, queue.name), values, why, fix, (edit,))


class DeadLetterQueueOfOtherType(Check):
    id = "CHK-DLQ-4"
    title = "dead-letter queue of the other type"
    severity = Severity.ERROR
    why = "AWS refuses a standard dead-letter queue for a FIFO queue, and the reverse."
    fix = "Make both queues FIFO, or neither."
    source = "SQS-DLQ-3"
    same_as = ("CFN-E3502",)

    def find(self, stack: Stack) -> Iterator[Found]:
        for queue in stack.queues:
            arn = queue.redrive.target_arn.known if queue.redrive is not None else None
            fifo = queue.fifo.known
            if arn is None or fifo is None or arn.endswith(".fifo") == fifo:
                continue
            target = stack.queue_at(arn)
            kind, other = ("FIFO", "standard") if fifo else ("standard", "FIFO")
            why = f"AWS refuses a {other} dead-letter queue for a {kind} queue."
            fix = f"make the dead-letter queue of {queue.name} a {kind} queue (fifoQueue {str(fifo).lower()})"
            values = {**values_of(queue.fifo), f"{queue.name}.deadLetterTargetArn": arn}
            resources = (queue.name,) if target is None else (target.name, queue.name)
            yield Found(resources, values, why, fix)


class RefusedRedrivePolicy(Check):
    id = "CHK-DLQ-6"
    title = "redrive policy that AWS refuses"
    severity = Severity.ERROR
    why = (
        f"It has to be JSON with deadLetterTargetArn and a maxReceiveCount from {MAX_RECEIVE_COUNT.minimum:,} to "
        f"{MAX_RECEIVE_COUNT.maximum:,}, and its dead-letter queue has to allow the source."
    )
    fix = f"Set deadLetterTargetArn, and maxReceiveCount to {ADVISED_MAX_RECEIVE_COUNT}."
    source = SQS_API + "API_SetQueueAttributes.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for queue in stack.queues:
            for policy in queue.redrive_policies:
                if policy.problem:
                    holder = policy.origin.resource
                    why = f"AWS refuses the redrive policy: {policy.problem}."
                    fix = (
                        f"give redrivePolicy of {holder} as JSON with deadLetterTargetArn and a maxReceiveCount "
                        f"from {MAX_RECEIVE_COUNT.range}, such as {ADVISED_MAX_RECEIVE_COUNT}"
                    )
                    names = (queue.name,) if policy.origin.urn == queue.urn else (holder, queue.name)
                    yield Found(names, {str(policy.origin): policy.written}, why, fix)
        for allowing in stack.allow_policies:
            yield from _not_allowed(stack, allowing)


def _not_allowed(stack: Stack, policy: AllowPolicy) -> Iterator[Found]:
    """The sources that a dead-letter queue does not allow to name it."""
    url = policy.queue_url.known
    target = None if url is None else stack.queue_of_url(url)
    for queue in stack.queues:
        arn = None if queue.redrive is None else queue.redrive.target_arn.known
        if target is None or arn is None or stack.queue_at(arn) is not target or not policy.refuses(queue.arn):
            continue
        is_its_own = policy.origin.urn == target.urn
        why = f"{queue.name} names {target.name}, whose redriveAllowPolicy does not allow it: " + (
            "AWS refuses that."
            if is_its_own
            else f"AWS refuses what is set after {policy.origin.resource}, and a deployment keeps to no order of them."
        )
        fix = f"list the ARN of {queue.name} among the sourceQueueArns of {target.name}, with byQueue"
        names = (target.name, queue.name) if is_its_own else (policy.origin.resource, target.name, queue.name)
        severity = Severity.ERROR if is_its_own else Severity.WARNING
        yield Found(names, {str(policy.origin): policy.written}, why, fix, severity=severity, source="SQS-DLQ-4")


class DeadLetterQueueOnFunction(Check):
    id = "CHK-DLQ-5"
    title = "dead-letter queue on a function that only a queue feeds"
    severity = Severity.WARNING
    why = "It takes failed asynchronous invokes only, so it has no effect on what a mapping delivers."
    fix = "Set redrivePolicy on the source queue instead."
    source = SQS_GUIDE + "sqs-configure-lambda-function-trigger.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, queue, function in stack.sqs_pairs():
            if function.dead_letter_arn.known is None or may_be_invoked_otherwise(stack, function):
                continue
            unprotected = queue.redrive is None and queue.redrive_known
            why = (
                "The function's own dead-letter queue takes failed asynchronous invokes only; what fails for a queue "
                "goes back to the queue" + (", which has no dead-letter queue." if unprotected else ".")
            )
            fix = f"remove deadLetterConfig of {function.name}" + (
                f" and set redrivePolicy of {queue.name} instead" if unprotected else ""
            )
            severity = Severity.WARNING if unprotected else Severity.NOTE
            values = values_of(function.dead_letter_arn)
            yield Found((function.name, mapping.name, queue.name), values, why, fix, severity=severity)
