"""Which queue takes the dead letters of another: what allows it (SQS-DLQ-4), what is written twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.limits.queues import BY_QUEUE, DENY_ALL, REDRIVE_PERMISSION, SOURCE_QUEUES
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.program.graph import UNKNOWN, Unknown
from delivery_lab.resource_types import QUEUE
from delivery_lab.stack.overwriting import rival_redrives
from delivery_lab.stack.queues import AllowPolicy, RedrivePolicyResource
from delivery_lab.stack.stack import Stack


def check_redrive_permissions(stack: Stack, queues: Iterable[SqsQueue]) -> None:
    """Refuse a dead-letter queue that does not allow its source, and one that may be another.

    Raises:
        DeploymentRefusedError: it does not, or its policy is none.
        NotModelledError: it does not, and the source may have named it before that was said; or resources write
            different redrive policies of one queue.
    """
    written = {each.urn: each.policy.text.known for each in stack.all(RedrivePolicyResource)}
    for place in rival_redrives(stack):
        if len({written[urn] for urn in place.urns}) > 1:
            raise NotModelledError(place.refusal)
    policies = {url: (policy, content) for url, policy, content in _policies(stack)}
    for source in queues:
        target = source.dead_letter_queue
        if target is None or target.url not in policies:
            continue
        policy, content = policies[target.url]
        permission = content.get("redrivePermission", REDRIVE_PERMISSION.default)
        if permission == DENY_ALL or (
            permission == BY_QUEUE and source.arn not in (content.get("sourceQueueArns") or ())
        ):
            why = "allows no queue" if permission == DENY_ALL else "allows other queues only"
            fix = f"list the ARN of {source.name} among the sourceQueueArns of {target.name}, with byQueue"
            if not _is_set_before(stack, policy, source.name):
                raise NotModelledError(
                    f"{policy.origin.resource}, the RedriveAllowPolicy of {target.name}, {why}, and may be set when "
                    f"{source.name} has named {target.name} already: AWS refuses a RedrivePolicy that is set "
                    f"afterwards, and no page speaks of one that is there (SQS-DLQ-4)\n  fix: {fix}"
                )
            raise DeploymentRefusedError(
                source.name,
                "InvalidParameterValue",
                f"Value for parameter RedrivePolicy is invalid. Reason: the RedriveAllowPolicy of {target.name} {why}",
                rule="SQS-DLQ-4",
                fix=fix,
            )


def _is_set_before(stack: Stack, policy: AllowPolicy, source: str) -> bool:
    """Whether an allow policy is sure to be there when a source names the queue that it is of.

    A queue has its own policy from its creation on; else a deployment keeps to no order but that of dependencies.
    """
    resources = stack.graph.resources
    if resources[policy.origin.urn].type == QUEUE:
        return True
    naming = next((queue.redrive for queue in stack.queues if queue.label == source), None)
    waiting, seen = [] if naming is None else [naming.origin.urn], set[str]()
    while waiting:
        urn = waiting.pop()
        if urn == policy.origin.urn:
            return True
        if urn in seen or urn not in resources:
            continue
        seen.add(urn)
        waiting += resources[urn].dependencies
        waiting += [each for of_input in resources[urn].property_dependencies.values() for each in of_input]
    return False


def _policies(stack: Stack) -> Iterator[tuple[str, AllowPolicy, Mapping[str, Any]]]:
    """The redrive allow policies of a stack with their content, by the URL of the dead-letter queue."""
    for policy in stack.allow_policies:
        url = policy.queue_url.known
        if url is not None and policy.written is not UNKNOWN:
            yield url, policy, _content(policy)


def _content(policy: AllowPolicy) -> Mapping[str, Any]:
    content = policy.content
    if content is None or not _is_taken(content):
        raise DeploymentRefusedError(
            policy.origin.resource,
            "InvalidAttributeValue",
            f"Invalid value for the parameter RedriveAllowPolicy: {policy.written}",
            rule="SQS-DLQ-4",
            fix=f"set redrivePermission to allowAll, denyAll, or byQueue with 1 to {SOURCE_QUEUES.maximum} "
            "sourceQueueArns",
        )
    return content


def _is_taken(content: Mapping[str, Any]) -> bool:
    """Whether SQS takes a policy: it lists up to 10 sources where it allows by queue, and only there."""
    permission = content.get("redrivePermission", REDRIVE_PERMISSION.default)
    sources = content.get("sourceQueueArns")
    if not REDRIVE_PERMISSION.allows(permission):
        return False
    if sources is None or sources == []:
        return True
    listed = isinstance(sources, list) and all(isinstance(source, (str, Unknown)) for source in sources)
    return listed and permission == BY_QUEUE and len(sources) <= SOURCE_QUEUES.maximum
