"""A function for asynchronous invokes: retries, event age, and where its events end."""

from __future__ import annotations

import pulumi
from pulumi_aws import lambda_, sqs

from components.function import PythonFunction, PythonFunctionArgs
from components.iam import Statement
from components.invoke_destination import DestinationArgs, InvokeDestination
from components.parking import ParkingQueue
from components.settings import AsyncSettings, Destination
from components.work_records import WorkRecords


class AsyncWorker(pulumi.ComponentResource):
    """The function `<name>-worker` and its event invoke configuration `<name>-invoke-config`.

    As far as the settings ask for them there are the destinations `<name>-success` and `<name>-failure`, the
    dead-letter queue `<name>-dlq` and the table of records `<name>-table` besides.

    Args:
        name: prefix of the children's names.
        settings: settings of the function, its events and their destinations.
        layer_arn: layer with the dependencies and the shared code.
        opts: resource options.

    Attributes:
        function: the Lambda function.
        invoke_config: its event invoke configuration.
        success: where records of successes go, or None.
        failure: where records of failures go, or None.
        dlq: the dead-letter queue, or None.
        table: the table of records, None without idempotency.
    """

    def __init__(
        self,
        name: str,
        settings: AsyncSettings,
        layer_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("delivery-lab:worker:AsyncWorker", name, settings.effective(), opts)
        self._child = pulumi.ResourceOptions(parent=self)
        destinations = settings.destinations
        retention_seconds = destinations.retention_seconds
        self.success = self._destination(f"{name}-success", destinations.on_success, layer_arn, retention_seconds)
        self.failure = self._destination(f"{name}-failure", destinations.on_failure, layer_arn, retention_seconds)
        self.dlq: sqs.Queue | None = None
        if destinations.dead_letter_queue:
            self.dlq = ParkingQueue(f"{name}-dlq", self._child, retention_seconds=retention_seconds).queue
        self._records = WorkRecords.of(name, settings.worker.idempotency, self._child)
        self.table = None if self._records is None else self._records.table
        worker = self._function(name, settings, layer_arn)
        self.function = worker.function
        self.invoke_config = self._invoke_config(name, settings, worker)
        self.register_outputs({"functionName": self.function.name})

    def _destination(
        self, name: str, kind: Destination, layer_arn: pulumi.Input[str], retention_seconds: int
    ) -> InvokeDestination | None:
        if kind == "none":
            return None
        return InvokeDestination(name, DestinationArgs(kind, layer_arn, retention_seconds), self._child)

    def _function(self, name: str, settings: AsyncSettings, layer_arn: pulumi.Input[str]) -> PythonFunction:
        statements = []
        if self.success is not None:
            statements.append(self.success.statement("ReportSuccess"))
        if self.failure is not None:
            statements.append(self.failure.statement("ReportFailure"))
        if self.dlq is not None:
            statements.append(Statement("DeadLetter", ("sqs:SendMessage",), self.dlq.arn))
        environment: dict[str, pulumi.Input[str]] = {"IDEMPOTENCY_MODE": settings.worker.idempotency.mode}
        if self._records is not None:
            statements.append(self._records.statement())
            environment |= self._records.environment()
        args = PythonFunctionArgs(
            source="async_worker",
            settings=settings.worker,
            code=layer_arn,
            environment=environment,
            statements=statements,
            dead_letter_arn=None if self.dlq is None else self.dlq.arn,
        )
        return PythonFunction(f"{name}-worker", args, self._child)

    def _invoke_config(
        self, name: str, settings: AsyncSettings, worker: PythonFunction
    ) -> lambda_.FunctionEventInvokeConfig:
        """The configuration depends on the policy, because AWS tries the permissions out when it is put."""
        destinations: lambda_.FunctionEventInvokeConfigDestinationConfigArgsDict = {}
        if self.success is not None:
            destinations["on_success"] = {"destination": self.success.arn}
        if self.failure is not None:
            destinations["on_failure"] = {"destination": self.failure.arn}
        return lambda_.FunctionEventInvokeConfig(
            f"{name}-invoke-config",
            function_name=worker.function.name,
            maximum_retry_attempts=settings.worker.maximum_retry_attempts,
            maximum_event_age_in_seconds=settings.worker.maximum_event_age_seconds,
            destination_config=destinations or None,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[worker.policy]),
        )
