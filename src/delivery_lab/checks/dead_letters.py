"""Dead-letter queues: whether there is one, of the right type, that keeps messages long enough."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.check import Check, Found
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.checks.topology import Function, Queue, Topology, redrive_policies
from delivery_lab.checks.values import block, document, is_unknown, number
from delivery_lab.rules.rule import SQS_API, SQS_GUIDE

MAXIMUM_RETENTION_SECONDS = 1_209_600
ADVISED_MAX_RECEIVE_COUNT = 5
LARGEST_MAX_RECEIVE_COUNT = 1000
_INVOKE_CONFIG = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"


def receive_count_edit(queue: Queue, count: int = ADVISED_MAX_RECEIVE_COUNT) -> Edit:
    """Sets maxReceiveCount in the redrive policy of a queue that has one."""
    assert queue.redrive is not None
    return Edit(queue.redrive.resource.urn, ("redrivePolicy", "maxReceiveCount"), count)


def _parking_arns(topology: Topology) -> set[str]:
    """ARNs of queues that take what others gave up: a consumer behind them is the end of the line."""
    arns = {queue.redrive.target_arn for queue in topology.queues if queue.redrive is not None}
    for function in topology.functions:
        arns.add(block(function.resource, "deadLetterConfig").get("targetArn"))
    for holder in (*(m.resource for m in topology.mappings), *topology.graph.of_type(_INVOKE_CONFIG)):
        destination = block(holder, "destinationConfig").get("onFailure")
        if isinstance(destination, dict):
            arns.update((destination.get("destinationArn"), destination.get("destination")))
    return {arn for arn in arns if isinstance(arn, str)}


def _missing(topology: Topology) -> Iterator[Found]:
    parking = _parking_arns(topology)
    for queue in topology.polled_queues():
        if queue.redrive is None and queue.redrive_known and queue.arn not in parking:
            days = (queue.retention_seconds or 0) / 86_400
            until = f" until it expires after {days:g} days" if days else " until it expires"
            why = f"A message that cannot be processed is delivered again and again{until}, and is then gone."
            fix = (
                f"set redrivePolicy of {queue.name} to a second queue with messageRetentionSeconds "
                f"{MAXIMUM_RETENTION_SECONDS}, and maxReceiveCount to {ADVISED_MAX_RECEIVE_COUNT}"
            )
            yield Found(Severity.WARNING, (queue.name,), {f"{queue.name}.redrivePolicy": None}, why, fix)


def _single_receive(topology: Topology) -> Iterator[Found]:
    for queue in topology.polled_queues():
        if queue.redrive is None or queue.redrive.max_receive_count != 1:
            continue
        why = (
            "SQS counts receives, not failures: one throttled invoke, or one receive lost on the way, and a healthy "
            "message is dead-lettered without having been worked on."
        )
        fix = f"set maxReceiveCount of {queue.name} to {ADVISED_MAX_RECEIVE_COUNT}"
        values = {f"{queue.name}.redrivePolicy.maxReceiveCount": 1}
        yield Found(Severity.WARNING, (queue.name,), values, why, fix, (receive_count_edit(queue),))


def _short_retention(topology: Topology) -> Iterator[Found]:
    for queue in topology.queues:
        target = topology.queue_at(queue.redrive.target_arn) if queue.redrive is not None else None
        if target is None or queue.fifo is not False:
            continue
        own, theirs = queue.retention_seconds, target.retention_seconds
        if own is None or theirs is None or theirs > own:
            continue
        values = {
            f"{target.name}.messageRetentionSeconds": theirs,
            f"{queue.name}.messageRetentionSeconds": own,
        }
        why = (
            "A message keeps its age when it moves to the dead-letter queue of a standard queue, so what waited long "
            "in the source expires there early, perhaps before anybody has looked."
        )
        if theirs >= MAXIMUM_RETENTION_SECONDS:
            fix = f"lower messageRetentionSeconds of {queue.name} below {theirs}, such as to 345600 (4 days)"
            yield Found(Severity.NOTE, (queue.name, target.name), values, why, fix)
        else:
            fix = f"set messageRetentionSeconds of {target.name} to {MAXIMUM_RETENTION_SECONDS} (14 days)"
            edit = Edit(target.resource.urn, ("messageRetentionSeconds",), MAXIMUM_RETENTION_SECONDS)
            yield Found(Severity.WARNING, (target.name, queue.name), values, why, fix, (edit,))


def _other_type(topology: Topology) -> Iterator[Found]:
    for queue in topology.queues:
        arn = queue.redrive.target_arn if queue.redrive is not None else None
        if arn is None or queue.fifo is None or arn.endswith(".fifo") == queue.fifo:
            continue
        target = topology.queue_at(arn)
        kind, other = ("FIFO", "standard") if queue.fifo else ("standard", "FIFO")
        why = f"AWS refuses a {other} dead-letter queue for a {kind} queue."
        fix = f"make the dead-letter queue of {queue.name} a {kind} queue (fifoQueue {str(queue.fifo).lower()})"
        values: dict[str, object] = {f"{queue.name}.fifoQueue": queue.fifo, f"{queue.name}.deadLetterTargetArn": arn}
        resources = (queue.name,) if target is None else (target.name, queue.name)
        yield Found(Severity.ERROR, resources, values, why, fix)


def _refused(topology: Topology) -> Iterator[Found]:
    for queue in topology.queues:
        for holder, value in redrive_policies(topology.graph, queue):
            problem = _problem(value)
            if problem:
                why = f"AWS refuses the redrive policy: {problem}."
                fix = (
                    f"give redrivePolicy of {holder.name} as JSON with deadLetterTargetArn and a maxReceiveCount from "
                    f"1 to {LARGEST_MAX_RECEIVE_COUNT}, such as {ADVISED_MAX_RECEIVE_COUNT}"
                )
                names = (queue.name,) if holder is queue.resource else (holder.name, queue.name)
                yield Found(Severity.ERROR, names, {f"{holder.name}.redrivePolicy": value}, why, fix)


def _problem(value: object) -> str:
    """What is wrong with a redrive policy that is known; "" if nothing, or it cannot be told."""
    policy = document(value)
    if policy is None:
        return "it is no JSON object" if isinstance(value, str) else ""
    if policy.get("deadLetterTargetArn") is None:
        return "it has no deadLetterTargetArn"
    count = number(policy.get("maxReceiveCount"))
    if count is not None and not 1 <= count <= LARGEST_MAX_RECEIVE_COUNT:
        return f"maxReceiveCount is {count}"
    return ""


def _on_function(topology: Topology) -> Iterator[Found]:
    for mapping, queue, function in topology.sqs_pairs():
        target = block(function.resource, "deadLetterConfig").get("targetArn")
        if target is None or is_unknown(target) or _is_invoked_otherwise(topology, function):
            continue
        unprotected = queue.redrive is None and queue.redrive_known
        why = (
            "The function's own dead-letter queue takes failed asynchronous invokes only; what fails for a queue goes "
            "back to the queue" + (", which has no dead-letter queue." if unprotected else ".")
        )
        fix = f"remove deadLetterConfig of {function.name}" + (
            f" and set redrivePolicy of {queue.name} instead" if unprotected else ""
        )
        severity = Severity.WARNING if unprotected else Severity.NOTE
        values = {f"{function.name}.deadLetterConfig.targetArn": target}
        yield Found(severity, (function.name, mapping.name, queue.name), values, why, fix)


def _is_invoked_otherwise(topology: Topology, function: Function) -> bool:
    """Whether anything but a mapping may invoke the function: somebody was given the permission."""
    permissions = topology.graph.of_type("aws:lambda/permission:Permission")
    configs = topology.graph.of_type(_INVOKE_CONFIG)
    references = (
        *(permission.inputs.get("function") for permission in permissions),
        *(config.inputs.get("functionName") for config in configs),
    )
    return any(is_unknown(reference) or topology.function_at(reference) == function for reference in references)


CHECKS = (
    Check(
        "CHK-DLQ-1",
        "queue of a mapping without a dead-letter queue",
        Severity.WARNING,
        "A message that cannot be processed is delivered until it expires, and is then gone.",
        f"Set redrivePolicy to a queue that keeps messages 14 days, with maxReceiveCount {ADVISED_MAX_RECEIVE_COUNT}.",
        SQS_GUIDE + "sqs-dead-letter-queues.html",
        _missing,
    ),
    Check(
        "CHK-DLQ-2",
        "maxReceiveCount 1",
        Severity.WARNING,
        "One receive that comes to nothing, and a healthy message is dead-lettered.",
        f"Set maxReceiveCount to {ADVISED_MAX_RECEIVE_COUNT}.",
        "SQS-COUNT-1",
        _single_receive,
    ),
    Check(
        "CHK-DLQ-3",
        "dead-letter queue that keeps messages no longer than its standard source",
        Severity.WARNING,
        "Messages keep their age when they move, and expire in the dead-letter queue early.",
        "Set messageRetentionSeconds of the dead-letter queue to 1209600.",
        "SQS-RET-2",
        _short_retention,
    ),
    Check(
        "CHK-DLQ-4",
        "dead-letter queue of the other type",
        Severity.ERROR,
        "AWS refuses a standard dead-letter queue for a FIFO queue, and the reverse.",
        "Make both queues FIFO, or neither.",
        "SQS-DLQ-3",
        _other_type,
    ),
    Check(
        "CHK-DLQ-5",
        "dead-letter queue on a function that only a queue feeds",
        Severity.WARNING,
        "It takes failed asynchronous invokes only, so it has no effect on what a mapping delivers.",
        "Set redrivePolicy on the source queue instead.",
        SQS_GUIDE + "sqs-configure-lambda-function-trigger.html",
        _on_function,
    ),
    Check(
        "CHK-DLQ-6",
        "redrive policy that AWS refuses",
        Severity.ERROR,
        "It has to be JSON with deadLetterTargetArn and a maxReceiveCount from 1 to 1,000.",
        f"Set deadLetterTargetArn, and maxReceiveCount to {ADVISED_MAX_RECEIVE_COUNT}.",
        SQS_API + "API_SetQueueAttributes.html",
        _refused,
    ),
)
