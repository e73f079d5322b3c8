"""Which queues may name a queue as their dead-letter queue: redrive allow policies (SQS-DLQ-4)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.model.sqs.queue import Queue
from delivery_lab.program.graph import UNKNOWN, Graph
from delivery_lab.simulation import supported

MOST_SOURCES = 10

_ALLOW_ALL, _DENY_ALL, _BY_QUEUE = "allowAll", "denyAll", "byQueue"


def check_redrive_permissions(graph: Graph, queues: Iterable[Queue]) -> None:
    """Refuse a dead-letter queue that does not allow its source.

    Raises:
        DeploymentRefusedError: it does not, or its policy is none.
    """
    policies = dict(_policies(graph))
    for source in queues:
        target = source.dead_letter_queue
        policy = None if target is None else policies.get(target.url)
        if target is None or policy is None:
            continue
        permission = policy.get("redrivePermission", _ALLOW_ALL)
        if permission == _DENY_ALL or (permission == _BY_QUEUE and source.arn not in policy.get("sourceQueueArns", ())):
            why = "allows no queue" if permission == _DENY_ALL else "allows other queues only"
            raise DeploymentRefusedError(
                source.name,
                "InvalidParameterValue",
                f"Value for parameter RedrivePolicy is invalid. Reason: the RedriveAllowPolicy of {target.name} {why}",
                rule="SQS-DLQ-4",
                fix=f"list the ARN of {source.name} among the sourceQueueArns of {target.name}, with byQueue",
            )


def _policies(graph: Graph) -> Iterator[tuple[str, dict[str, Any]]]:
    """The redrive allow policies of a stack, by the URL of the dead-letter queue."""
    for queue in graph.of_type(supported.QUEUE):
        if queue.inputs.get("redriveAllowPolicy"):
            yield from _policy(queue.name, queue.outputs.get("url"), queue.inputs["redriveAllowPolicy"])
    for resource in graph.of_type(supported.REDRIVE_ALLOW_POLICY):
        yield from _policy(resource.name, resource.inputs.get("queueUrl"), resource.inputs.get("redriveAllowPolicy"))


def _policy(name: str, url: object, value: object) -> Iterator[tuple[str, dict[str, Any]]]:
    if value is UNKNOWN or url is UNKNOWN:
        return
    try:
        policy = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        policy = None
    sources = policy.get("sourceQueueArns") or () if isinstance(policy, dict) else ()
    if (
        not isinstance(policy, dict)
        or policy.get("redrivePermission", _ALLOW_ALL) not in (_ALLOW_ALL, _DENY_ALL, _BY_QUEUE)
        or len(sources) > MOST_SOURCES
    ):
        raise DeploymentRefusedError(
            name,
            "InvalidAttributeValue",
            f"Invalid value for the parameter RedriveAllowPolicy: {value}",
            rule="SQS-DLQ-4",
            fix=f"set redrivePermission to allowAll, denyAll, or byQueue with 1 to {MOST_SOURCES} sourceQueueArns",
        )
    yield str(url), policy
