"""A worker for long work: queue, table of records, function and mapping, with a heartbeat if wanted."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_aws import dynamodb, lambda_, sqs

from components.function import Code, PythonFunction, PythonFunctionArgs
from components.iam import Statement
from components.mapping import poller_statement, sqs_mapping
from components.queue import QueueWithDlq
from components.records_table import records_table
from components.settings import IdempotentWorkerSettings, VisibilitySettings
from components.short_visibility import (
    LoweredVisibility,
    RaisedVisibility,
    ShortVisibility,
    aws_region,
    mapping_revision,
)
from components.work_records import CLAIMING_ACTIONS, TABLE_KEY

_TABLE_ACTIONS: dict[str, Sequence[str]] = {
    "check-then-put": ("dynamodb:GetItem", "dynamodb:PutItem"),
    "unconditional": ("dynamodb:GetItem", "dynamodb:PutItem"),
    "conditional": CLAIMING_ACTIONS,
    "powertools": CLAIMING_ACTIONS,
}
"""What the function does with the table, by idempotency mode."""


class IdempotentWorker(pulumi.ComponentResource):
    """`<name>-queue`, `<name>-dlq`, `<name>-table`, the function `<name>-worker` and the mapping `<name>-mapping`.

    With a visibility timeout below the function's timeout (which the settings have to allow) there are
    `<name>-queue-raised` and `<name>-queue-lowered` besides. Without idempotency there is no table.

    Args:
        name: prefix of the children's names.
        settings: settings of queue, dead-letter queue and worker.
        code: the layer with the dependencies and the shared code, or other code.
        opts: resource options.

    Attributes:
        queues: the queue and its dead-letter queue.
        table: the table of records, None without idempotency.
        function: the Lambda function.
        role: its execution role.
        mapping: the event source mapping.

    Raises:
        pulumi.RunError: the visibility timeout has to be lowered, and the aws provider's configuration does not
            say where, or how, in a way that can be followed.
    """

    def __init__(
        self,
        name: str,
        settings: VisibilitySettings,
        code: Code,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {**settings.worker.effective(), "allowShortVisibility": settings.allow_short_visibility}
        super().__init__("delivery-lab:worker:IdempotentWorker", name, props, opts)
        child = pulumi.ResourceOptions(parent=self)
        accepted_seconds = settings.worker.timeout_seconds if settings.is_short else None
        self.queues = QueueWithDlq(
            name,
            settings.queue,
            settings.dead_letter_queue,
            child,
            initial_visibility_timeout_seconds=accepted_seconds,
        )
        self.table = (
            records_table(f"{name}-table", TABLE_KEY, child) if settings.worker.idempotency.mode != "none" else None
        )
        worker = self._function(name, settings.worker, code)
        self.function, self.role = worker.function, worker.role
        self.mapping = self._mapping(name, settings, worker)
        outputs = {"functionName": self.function.name, "mappingUuid": self.mapping.uuid}
        self.register_outputs(outputs if self.table is None else {**outputs, "tableName": self.table.name})

    def _function(self, name: str, settings: IdempotentWorkerSettings, code: Code) -> PythonFunction:
        queue = self.queues.queue
        statements = [poller_statement(queue)]
        if settings.heartbeat.enabled:
            statements.append(Statement("ExtendVisibility", ("sqs:ChangeMessageVisibility",), queue.arn))
        if self.table is not None:
            actions = _TABLE_ACTIONS[settings.idempotency.mode]
            statements.append(Statement("KeepRecords", actions, self.table.arn))
        args = PythonFunctionArgs(
            source="idempotent_worker",
            settings=settings,
            code=code,
            environment=_environment(settings, queue, self.table),
            statements=statements,
        )
        return PythonFunction(f"{name}-worker", args, pulumi.ResourceOptions(parent=self))

    def _mapping(self, name: str, settings: VisibilitySettings, worker: PythonFunction) -> lambda_.EventSourceMapping:
        queue = self.queues.queue
        if not settings.is_short:
            return sqs_mapping(f"{name}-mapping", worker, queue, settings.worker, parent=self)
        target = ShortVisibility(
            queue_url=queue.url,
            short_seconds=settings.queue.visibility_timeout_seconds,
            accepted_seconds=settings.worker.timeout_seconds,
            mapping_revision=mapping_revision(settings.worker),
            function_arn=worker.function.arn,
            region=aws_region(),
        )
        raised = RaisedVisibility(f"{name}-queue-raised", target, pulumi.ResourceOptions(parent=self))
        mapping = sqs_mapping(f"{name}-mapping", worker, queue, settings.worker, parent=self, depends_on=[raised])
        LoweredVisibility(f"{name}-queue-lowered", target, pulumi.ResourceOptions(parent=self, depends_on=[mapping]))
        return mapping


def _environment(
    settings: IdempotentWorkerSettings, queue: sqs.Queue, table: dynamodb.Table | None
) -> dict[str, pulumi.Input[str]]:
    heartbeat, idempotency = settings.heartbeat, settings.idempotency
    variables: dict[str, pulumi.Input[str]] = {
        "QUEUE_URL": queue.url,
        "HEARTBEAT_ENABLED": _flag(heartbeat.enabled),
        "HEARTBEAT_EVERY_SECONDS": str(heartbeat.every_seconds),
        "HEARTBEAT_EXTEND_TO_SECONDS": str(heartbeat.extend_to_seconds),
        "HEARTBEAT_FAILING": _flag(heartbeat.failing),
        "IDEMPOTENCY_MODE": idempotency.mode,
        "IDEMPOTENCY_EXPIRES_AFTER_SECONDS": str(idempotency.expires_after_seconds),
    }
    return variables if table is None else {**variables, "TABLE_NAME": table.name}


def _flag(value: bool) -> str:
    return "true" if value else "false"
