"""What AWS bills for a stack besides, and no figure here has in it."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.cost.reading import use_of
from delivery_lab.cost.standing import keeps_longer_than_a_day, keeps_longer_than_a_week
from delivery_lab.events import LinesRepeated, MessageMoved, Run, TenantNamed
from delivery_lab.limits.functions import EPHEMERAL_STORAGE
from delivery_lab.resource_types import BUCKETS, MSK_CLUSTER, PIPE, SCHEDULE, SECRET, STATE_MACHINE
from delivery_lab.stack.mappings import KafkaMapping, SqsMapping
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.streams import ON_DEMAND, Cluster, FanOutConsumer, Stream
from delivery_lab.stack.topics import Subscription
from delivery_lab.stack.versions import ProvisionedConcurrency

_OTHERS = {
    SCHEDULE: "invocations of EventBridge Scheduler",
    PIPE: "EventBridge Pipes",
    STATE_MACHINE: "Step Functions",
    SECRET: "secrets and reads of them",
    **dict.fromkeys(BUCKETS, "storage and requests of S3"),
}


def left_out_of_stack(stack: Stack, region: str) -> Iterator[str]:
    """What is billed for a stack, whether anything is sent or not, and not counted.

    Args:
        stack: the stack.
        region: the region of the price list.
    """
    own = stack.config.get("aws:region")
    if isinstance(own, str) and own != region:
        yield f"the stack is in {own}, the prices are those of {region}: give others with --prices FILE"
    yield "taxes, data transfer, storage of logs and tables, requests to KMS, discounts"
    yield from dict.fromkeys(text for token, text in _OTHERS.items() if _has(stack, token))
    for stream in stack.all(Stream):
        if keeps_longer_than_a_week(stream):
            yield f"records that {stream.name} keeps for more than 7 days"
        elif stream.mode.known == ON_DEMAND and keeps_longer_than_a_day(stream):
            yield f"records that {stream.name}, a stream on demand, keeps for more than 24 hours"
    for consumer in stack.all(FanOutConsumer):
        yield f"the data that {consumer.name} reads with enhanced fan-out"
    for subscription in stack.all(Subscription):
        if subscription.filter_scope.known == "MessageBody" and subscription.filter_policy.known is not None:
            yield f"the bodies that the filter of {subscription.name} looks at"
    yield from _unknown_of_pollers(stack)
    yield from _unknown_of_functions(stack)


def _unknown_of_pollers(stack: Stack) -> Iterator[str]:
    for cluster in stack.all(Cluster):
        if cluster.serverless:
            yield f"partition hours, storage and data of the serverless cluster {cluster.name}"
        elif cluster.brokers.known is None:
            yield f"the brokers of {cluster.name}, whose number is not known before deployment"
    if _has(stack, MSK_CLUSTER):
        yield "the network in front of MSK (NAT gateways, VPC endpoints)"
    for mapping in stack.mappings:
        pollers = mapping.pollers if isinstance(mapping, (SqsMapping, KafkaMapping)) else None
        if pollers is not None and pollers.minimum.known is None:
            yield f"the provisioned pollers of {mapping.name}, whose number is not known before deployment"


def _unknown_of_functions(stack: Stack) -> Iterator[str]:
    for function in stack.functions:
        if function.memory_mb.known is None:
            yield f"the duration of {function.name}, whose memory is not known before deployment"
        if (function.temporary_mb.known or 0) > EPHEMERAL_STORAGE.default:
            yield f"temporary storage of {function.name} above {EPHEMERAL_STORAGE.default} MB"
    for kept in stack.all(ProvisionedConcurrency):
        name = kept.function.name if kept.function is not None else kept.name
        yield f"that invokes of {name} in environments kept ready are cheaper by the GB-second"


def left_out_of_run(run: Run, stack: Stack) -> Iterator[str]:
    """What a run makes AWS bill, and is not counted."""
    if stack.functions:
        yield "time that code computes: only what it sleeps and waits is counted (LAM-DURATION-1)"
    use = use_of(run, stack)
    kinds = use.happened
    if TenantNamed in kinds:
        yield "the surcharge for messages with a group on standard queues (fair queues)"
    if MessageMoved in kinds:
        yield "requests of redrives"
    if LinesRepeated in kinds:
        yield "log lines that repeated attempts write again (SIM-REPEAT-1)"
    if use.hands_over:
        yield "requests by which services of AWS send to queues and topics"
    if use.has_large_events:
        yield "that asynchronous events above 256 KB are billed as several requests"
    for table in stack.tables:
        if table.billing_mode.known is None:
            yield f"reads and writes of {table.name}, whose billing mode is not known before deployment"


def _has(stack: Stack, token: str) -> bool:
    return any(resource.type == token for resource in stack.resources.values())
