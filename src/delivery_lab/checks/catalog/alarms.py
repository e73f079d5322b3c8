"""Alarms that never go off: on what stays 0, and on what CloudWatch does not know by that name."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.check import Check, Found
from delivery_lab.checks.finding import Severity
from delivery_lab.stack.alarms import Alarm, Metric
from delivery_lab.stack.functions import InvokeConfig
from delivery_lab.stack.mappings import RecordMapping
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.stack import Stack

_SENT = "NumberOfMessagesSent"
_VISIBLE = "ApproximateNumberOfMessagesVisible"


class AlarmOnSends(Check):
    id = "CHK-METRIC-2"
    title = "alarm on what is sent to a dead-letter queue"
    severity = Severity.WARNING
    why = "SQS moves messages to a dead-letter queue without sending them: NumberOfMessagesSent stays 0."
    fix = "Watch ApproximateNumberOfMessagesVisible of the dead-letter queue."
    source = "CW-SENT-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        moved, sent = _targets(stack)
        for alarm in stack.all(Alarm):
            for metric in alarm.metrics:
                queue = _queue(stack, metric)
                if queue is None or queue.arn not in moved or queue.arn in sent or queue.parking:
                    continue
                why = (
                    f"{alarm.name} watches {_SENT} of {queue.name}, to which SQS moves messages without sending them: "
                    "the metric stays 0."
                )
                values = {f"{alarm.name}.metricName": metric.name}
                yield Found((alarm.name, queue.name), values, why, f"let {alarm.name} watch {_VISIBLE}")


class AlarmOnNothing(Check):
    id = "CHK-METRIC-3"
    title = "alarm that names a queue or function by its ARN or URL"
    severity = Severity.WARNING
    why = "CloudWatch knows queues and functions by their names: of another QueueName or FunctionName there is no data."
    fix = "Give the name of the queue or function as the dimension."
    source = "CW-NAME-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for alarm in stack.all(Alarm):
            for metric in alarm.metrics:
                wrong = metric.no_name
                if wrong is None:
                    continue
                dimension, given, name = wrong
                why = f"{alarm.name} has {given} as {dimension}, of which CloudWatch has no data: the name is {name}."
                fix = f"set {dimension} of {alarm.name} to {name}"
                yield Found((alarm.name,), {f"{alarm.name}.dimensions.{dimension}": given}, why, fix)


def _targets(stack: Stack) -> tuple[set[str | None], set[str | None]]:
    """ARNs of queues to which SQS moves messages, and of those to which Lambda sends what failed."""
    moved = {queue.redrive.target_arn.known for queue in stack.queues if queue.redrive is not None}
    sent = {function.dead_letter_arn.known for function in stack.functions}
    sent |= {mapping.destination_arn.known for mapping in stack.all(RecordMapping)}
    sent |= {config.on_failure.known for config in stack.all(InvokeConfig)}
    return moved, sent


def _queue(stack: Stack, metric: Metric) -> Queue | None:
    """The queue whose sends a metric counts, None where it counts something else."""
    if metric.namespace != "AWS/SQS" or metric.name != _SENT:
        return None
    name = metric.dimensions.get("QueueName")
    return next((queue for queue in stack.queues if queue.arn is not None and queue.arn.endswith(f":{name}")), None)
