"""`standard` and `harsh`: what can happen to a stack, as lines that a workload could list itself.

`standard` is what AWS documents for what the stack has. `harsh` adds what production rarely does. How often each
happens is the lab's choice and no frequency of AWS's (SIM-FAULT-2).
Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html,
https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html,
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Literal

from delivery_lab.resource_types import STREAM
from delivery_lab.simulation.feeder_faults import standard_of_feeders
from delivery_lab.simulation.workload import Workload
from delivery_lab.simulation.workload_faults import Fault
from delivery_lab.stack.mappings import (
    DynamoDbMapping,
    EventSourceMapping,
    KafkaMapping,
    RecordMapping,
    StreamMapping,
)
from delivery_lab.stack.stack import Stack

RARELY = 0.01
SOMETIMES = 0.05
OFTEN = 0.3
SLOW_SECONDS = 0.5
"""How much longer a call of a slow service takes."""
PAUSE_SECONDS = 30.0
"""For how long pollers stop: about as long as a mapping takes to be disabled and enabled."""
RECREATED_SECONDS = 180.0
"""For how long a mapping is away that is deleted and created; AWS says some minutes (STR-START-5)."""
LATE_SECONDS = 60.0
"""By how much a clock is late."""


def all_faults(workload: Workload, stack: Stack) -> list[Fault]:
    """The faults of a workload: its own lines, then those of its preset.

    Args:
        workload: the workload.
        stack: what it is sent to.
    """
    preset = workload.fault_preset
    if preset is None:
        return list(workload.faults)
    lines = list(_standard(stack))
    if preset == "harsh":
        described = {name for name, settings in workload.functions.items() if settings.description is not None}
        lines += _harsh(stack, described)
    return [*workload.faults, *(line.of_preset(preset) for line in lines)]


def _standard(stack: Stack) -> Iterator[Fault]:
    """What AWS documents for what the stack has."""
    for queue in stack.queues:
        if queue.fifo.known is False:
            yield Fault(queue=queue.label, kind="duplicate", share=SOMETIMES)
        yield Fault(queue=queue.label, kind="lostReceive", share=RARELY)
    for function in stack.functions:
        yield Fault(function=function.label, kind="duplicate", share=SOMETIMES)
        yield Fault(function=function.label, kind="throttle", share=SOMETIMES)
        yield Fault(function=function.label, kind="error", share=RARELY)
        yield Fault(function=function.label, kind="coldStart", share=SOMETIMES)
    if stack.queues:
        # A delete that fails: the message stays, though the work is done.
        yield Fault(service="sqs", operation="DeleteMessage", kind="error", share=RARELY)
    if any(stack.graph.of_type(STREAM)):
        # A read beyond what the readers of a shard share: the records wait for the next poll.
        yield Fault(service="kinesis", operation="GetRecords", kind="throttle", share=SOMETIMES)
    if any(isinstance(mapping, DynamoDbMapping) for mapping in stack.mappings):
        # Of the stream of a table, too, where more than two read a shard.
        yield Fault(service="dynamodbstreams", operation="GetRecords", kind="throttle", share=SOMETIMES)
    for service in _services(stack):
        yield Fault(service=service, kind="throttle", share=RARELY)
        yield Fault(service=service, kind="error", share=RARELY)
        yield Fault(service=service, kind="latency", seconds=SLOW_SECONDS, share=SOMETIMES)
    yield from standard_of_feeders(stack, SOMETIMES)


def _services(stack: Stack) -> Iterator[Literal["sqs", "dynamodb", "kinesis", "lambda"]]:
    """The services that the functions of the stack may call, by what the stack has."""
    if stack.queues:
        yield "sqs"
    if stack.tables:
        yield "dynamodb"
    if any(stack.graph.of_type(STREAM)):
        yield "kinesis"
    if len(stack.functions) > 1:
        yield "lambda"


def _harsh(stack: Stack, described: Set[str]) -> Iterator[Fault]:
    """What ends functions in the middle of their work, ends environments, stops pollers, and is a deployment.

    Args:
        stack: the stack.
        described: functions that have no code which reads a clock.
    """
    for function in stack.functions:
        yield Fault(function=function.label, kind="crash", share=SOMETIMES)
        yield Fault(function=function.label, kind="timeout", share=SOMETIMES)
        yield Fault(function=function.label, kind="coldStart", share=OFTEN)
        if stack.mappings_of(function):
            yield Fault(function=function.label, kind="pause", seconds=PAUSE_SECONDS, share=SOMETIMES)
        yield Fault(function=function.label, kind="codeReplaced", share=SOMETIMES)
        if function.label not in described:
            yield Fault(function=function.label, kind="lateClock", seconds=LATE_SECONDS, share=SOMETIMES)
        if any(_forgets(mapping) for mapping in stack.mappings_of(function)):
            yield Fault(function=function.label, kind="recreated", seconds=RECREATED_SECONDS, share=SOMETIMES)


def _forgets(mapping: EventSourceMapping) -> bool:
    """Whether a mapping that is deleted and created again may miss records, or reads them again."""
    if not isinstance(mapping, RecordMapping):
        return False
    if isinstance(mapping, StreamMapping):
        return mapping.tumbling_window_seconds.known == 0
    return isinstance(mapping, KafkaMapping) and mapping.consumer_group.known is None
