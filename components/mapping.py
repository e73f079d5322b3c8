"""Event source mappings: what the workers that read a source have in common."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Protocol

import pulumi
from pulumi_aws import lambda_

from components.function import PythonFunction
from components.iam import Statement
from components.settings import MappingSettings, SqsWorkerSettings


class SourceQueue(Protocol):
    """A queue that is read: one that the same program creates, or one that is there already."""

    @property
    def arn(self) -> pulumi.Output[str]:
        """ARN of the queue."""
        ...

    @property
    def url(self) -> pulumi.Output[str]:
        """URL of the queue."""
        ...


def poller_statement(queue: SourceQueue) -> Statement:
    """What the mapping's poller does with the function's role (semantics.md B1). It never changes visibility."""
    return Statement("PollQueue", ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"), queue.arn)


def sqs_mapping(
    name: str,
    function: PythonFunction,
    queue: SourceQueue,
    settings: SqsWorkerSettings,
    parent: pulumi.Resource,
    depends_on: Sequence[pulumi.Resource] = (),
) -> lambda_.EventSourceMapping:
    """Create the mapping between a queue and a function.

    It depends on the role's policy, because AWS tries the permissions out when a mapping is created. A
    replacement deletes the old mapping first, because AWS allows one mapping per queue and function (B1).
    """
    response_types = ["ReportBatchItemFailures"] if settings.report_batch_item_failures else []
    concurrency = settings.maximum_concurrency
    pollers = settings.provisioned_pollers
    return lambda_.EventSourceMapping(
        name,
        event_source_arn=queue.arn,
        function_name=function.function.arn,
        batch_size=settings.batch_size,
        maximum_batching_window_in_seconds=settings.maximum_batching_window_seconds,
        function_response_types=response_types,
        scaling_config=None if concurrency is None else {"maximum_concurrency": concurrency},
        provisioned_poller_config=None
        if pollers is None
        else {"minimum_pollers": pollers.minimum, "maximum_pollers": pollers.maximum},
        filter_criteria=filter_criteria(settings),
        enabled=settings.enabled,
        opts=pulumi.ResourceOptions(
            parent=parent, depends_on=[function.policy, *depends_on], delete_before_replace=True
        ),
    )


def filter_criteria(settings: MappingSettings) -> lambda_.EventSourceMappingFilterCriteriaArgsDict | None:
    """The filters as compact JSON, since their length is limited; None where every message is wanted."""
    if not settings.filters:
        return None
    return {"filters": [{"pattern": json.dumps(pattern, separators=(",", ":"))} for pattern in settings.filters]}
