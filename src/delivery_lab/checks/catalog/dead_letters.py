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


class NoDeadLetterQueue(Check):
    id = "CHK-DLQ-1"
    title = "queue of a mapping without a dead-letter queue"
    severity = Severity.WARNING
    why = "A message that cannot be processed is delivered until it expires, and is then gone."
    fix = f"Set redrivePolicy to a queue that keeps messages 14 days, with maxReceiveCount {ADVISED_MAX_RECEIVE_COUNT}."
    source = SQS_GUIDE + "sqs-dead-letter-queues.html"

    def find(self, topology: Topology) -> Iterator[Found]:
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
                yield Found((queue.name,), {f"{queue.name}.redrivePolicy": None}, why, fix)


class SingleReceive(Check):
    id = "CHK-DLQ-2"
    title = "maxReceiveCount 1"
    severity = Severity.WARNING
    why = "One receive that comes to nothing, and a healthy message is dead-lettered."
    fix = f"Set maxReceiveCount to {ADVISED_MAX_RECEIVE_COUNT}."
    source = "SQS-COUNT-1"

    def find(self, topology: Topology) -> Iterator[Found]:
        for queue in topology.polled_queues():
            if queue.redrive is None or queue.redrive.max_receive_count != 1:
                continue
            why = (
                "SQS counts receives, not failures: one throttled invoke, or one receive lost on the way, and a "
                "healthy message is dead-lettered without having been worked on."
            )
            fix = f"set maxReceiveCount of {queue.name} to {ADVISED_MAX_RECEIVE_COUNT}"
            values = {f"{queue.name}.redrivePolicy.maxReceiveCount": 1}
            yield Found((queue.name,), values, why, fix, (receive_count_edit(queue),))


class ShortDeadLetterRetention(Check):
    id = "CHK-DLQ-3"
    title = "dead-letter queue that keeps messages no longer than its standard source"
    severity = Severity.WARNING
    why = "Messages keep their age when they move, and expire in the dead-letter queue early."
    fix = "Set messageRetentionSeconds of the dead-letter queue to 1209600."
    source = "SQS-RET-2"

    def find(self, topology: Topology) -> Iterator[Found]:
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
                "A message keeps its age when it moves to the dead-letter queue of a standard queue, so what waited "
                "long in the source expires there early, perhaps before anybody has looked."
            )
            if theirs >= MAXIMUM_RETENTION_SECONDS:
                fix = f"lower messageRetentionSeconds of {queue.name} below {theirs}, such as to 345600 (4 days)"
                yield Found((queue.name, target.name), values, why, fix, severity=Severity.NOTE)
            else:
                fix = f"set messageRetentionSeconds of {target.name} to {MAXIMUM_RETENTION_SECONDS} (14 days)"
                edit = Edit(target.resource.urn, ("messageRetentionSeconds",), MAXIMUM_RETENTION_SECONDS)
                yield Found((target.name, queue.name), values, why, fix, (edit,))


class DeadLetterQueueOfOtherType(Check):
    id = "CHK-DLQ-4"
    title = "dead-letter queue of the other type"
    severity = Severity.ERROR
    why = "AWS refuses a standard dead-letter queue for a FIFO queue, and the reverse."
    fix = "Make both queues FIFO, or neither."
    source = "SQS-DLQ-3"
    same_as = ("CFN-E3502",)

    def find(self, topology: Topology) -> Iterator[Found]:
        for queue in topology.queues:
            arn = queue.redrive.target_arn if queue.redrive is not None else None
            if arn is None or queue.fifo is None or arn.endswith(".fifo") == queue.fifo:
                continue
            target = topology.queue_at(arn)
            kind, other = ("FIFO", "standard") if queue.fifo else ("standard", "FIFO")
            why = f"AWS refuses a {other} dead-letter queue for a {kind} queue."
            fix = f"make the dead-letter queue of {queue.name} a {kind} queue (fifoQueue {str(queue.fifo).lower()})"
            values: dict[str, object] = {
                f"{queue.name}.fifoQueue": queue.fifo,
                f"{queue.name}.deadLetterTargetArn": arn,
            }
            resources = (queue.name,) if target is None else (target.name, queue.name)
            yield Found(resources, values, why, fix)


class RefusedRedrivePolicy(Check):
    id = "CHK-DLQ-6"
    title = "redrive policy that AWS refuses"
    severity = Severity.ERROR
    why = "It has to be JSON with deadLetterTargetArn and a maxReceiveCount from 1 to 1,000."
    fix = f"Set deadLetterTargetArn, and maxReceiveCount to {ADVISED_MAX_RECEIVE_COUNT}."
    source = SQS_API + "API_SetQueueAttributes.html"

    def find(self, topology: Topology) -> Iterator[Found]:
        for queue in topology.queues:
            for holder, value in redrive_policies(topology.graph, queue):
                problem = _problem(value)
                if problem:
                    why = f"AWS refuses the redrive policy: {problem}."
                    fix = (
                        f"give redrivePolicy of {holder.name} as JSON with deadLetterTargetArn and a maxReceiveCount "
                        f"from 1 to {LARGEST_MAX_RECEIVE_COUNT}, such as {ADVISED_MAX_RECEIVE_COUNT}"
                    )
                    names = (queue.name,) if holder is queue.resource else (holder.name, queue.name)
                    yield Found(names, {f"{holder.name}.redrivePolicy": value}, why, fix)


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


class DeadLetterQueueOnFunction(Check):
    id = "CHK-DLQ-5"
    title = "dead-letter queue on a function that only a queue feeds"
    severity = Severity.WARNING
    why = "It takes failed asynchronous invokes only, so it has no effect on what a mapping delivers."
    fix = "Set redrivePolicy on the source queue instead."
    source = SQS_GUIDE + "sqs-configure-lambda-function-trigger.html"

    def find(self, topology: Topology) -> Iterator[Found]:
        for mapping, queue, function in topology.sqs_pairs():
            target = block(function.resource, "deadLetterConfig").get("targetArn")
            if target is None or is_unknown(target) or _is_invoked_otherwise(topology, function):
                continue
            unprotected = queue.redrive is None and queue.redrive_known
            why = (
                "The function's own dead-letter queue takes failed asynchronous invokes only; what fails for a queue "
                "goes "
                "back to the queue" + (", which has no dead-letter queue." if unprotected else ".")
            )
            fix = f"remove deadLetterConfig of {function.name}" + (
                f" and set redrivePolicy of {queue.name} instead" if unprotected else ""
            )
            severity = Severity.WARNING if unprotected else Severity.NOTE
            values = {f"{function.name}.deadLetterConfig.targetArn": target}
            yield Found((function.name, mapping.name, queue.name), values, why, fix, severity=severity)


def _is_invoked_otherwise(topology: Topology, function: Function) -> bool:
    """Whether anything but a mapping may invoke the function: somebody was given the permission."""
    permissions = topology.graph.of_type("aws:lambda/permission:Permission")
    configs = topology.graph.of_type(_INVOKE_CONFIG)
    references = (
        *(permission.inputs.get("function") for permission in permissions),
        *(config.inputs.get("functionName") for config in configs),
    )
    return any(is_unknown(reference) or topology.function_at(reference) == function for reference in references)
