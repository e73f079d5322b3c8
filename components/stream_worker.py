"""A worker for a stream: a Kinesis stream or a table with its stream, the function, and the mapping between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi_aws import dynamodb, kinesis, lambda_

from components.destination import FailureDestination
from components.function import Code, PythonFunction, PythonFunctionArgs
from components.iam import Statement
from components.mapping import filter_criteria
from components.settings import StreamSettings, StreamWorkerSettings

TABLE_KEY = "id"

_KINESIS_ACTIONS = (
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
)
_TABLE_STREAM_ACTIONS = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")


class StreamWorker(pulumi.ComponentResource):
    """The stream `<name>` or the table `<name>-table`, the function `<name>-worker` and the mapping `<name>-mapping`.

    What the mapping discards goes to `<name>-dlq` (a queue) or `<name>-failures` (SNS or S3), as the settings say.

    Args:
        name: prefix of the children's names, and name of the Kinesis stream.
        settings: settings of source, worker and destination.
        code: the layer with the dependencies and the shared code, or other code.
        opts: resource options.

    Attributes:
        stream: the Kinesis stream, None for a table.
        table: the table, None for Kinesis.
        source_arn: ARN of what the mapping reads.
        destination: where failures go, None for nowhere.
        function: the Lambda function.
        role: its execution role.
        mapping: the event source mapping.
    """

    def __init__(
        self,
        name: str,
        settings: StreamSettings,
        code: Code,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {"source": settings.source, **settings.worker.effective()}
        super().__init__("delivery-lab:worker:StreamWorker", name, props, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.stream: kinesis.Stream | None = None
        self.table: dynamodb.Table | None = None
        if settings.source == "kinesis":
            self.stream = _stream(name, settings, child)
            self.source_arn = self.stream.arn
            reading = [Statement("ReadStream", _KINESIS_ACTIONS, self.source_arn)]
        else:
            self.table = _table(name, settings, child)
            self.source_arn = self.table.stream_arn
            # ListStreams knows no resources.
            reading = [
                Statement("ReadStream", _TABLE_STREAM_ACTIONS, self.source_arn),
                Statement("ListStreams", ("dynamodb:ListStreams",), "*"),
            ]
        kind = settings.worker.on_failure
        self.destination = None if kind == "none" else FailureDestination(name, kind, settings.dead_letter_queue, child)
        worker = self._function(name, settings.worker, reading, code)
        self.function, self.role = worker.function, worker.role
        self.mapping = self._mapping(name, settings.worker, worker)
        self.register_outputs({"functionName": self.function.name, "mappingUuid": self.mapping.uuid})

    def _function(
        self, name: str, settings: StreamWorkerSettings, reading: Sequence[Statement], code: Code
    ) -> PythonFunction:
        args = PythonFunctionArgs(
            source="stream_worker",
            settings=settings,
            code=code,
            environment={"ON_RECORD_ERROR": settings.on_record_error},
            statements=[*reading, *(self.destination.statements if self.destination else ())],
        )
        return PythonFunction(f"{name}-worker", args, pulumi.ResourceOptions(parent=self))

    def _mapping(
        self, name: str, settings: StreamWorkerSettings, function: PythonFunction
    ) -> lambda_.EventSourceMapping:
        destination = self.destination
        return lambda_.EventSourceMapping(
            f"{name}-mapping",
            event_source_arn=self.source_arn,
            function_name=function.function.arn,
            batch_size=settings.batch_size,
            maximum_batching_window_in_seconds=settings.maximum_batching_window_seconds,
            starting_position=settings.starting_position,
            starting_position_timestamp=settings.starting_position_timestamp,
            parallelization_factor=settings.parallelization_factor,
            maximum_retry_attempts=settings.maximum_retry_attempts,
            maximum_record_age_in_seconds=settings.maximum_record_age_seconds,
            bisect_batch_on_function_error=settings.bisect_batch_on_function_error,
            function_response_types=["ReportBatchItemFailures"] if settings.report_batch_item_failures else [],
            tumbling_window_in_seconds=settings.tumbling_window_seconds or None,
            destination_config=None if destination is None else {"on_failure": {"destination_arn": destination.arn}},
            filter_criteria=filter_criteria(settings),
            enabled=settings.enabled,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[function.policy], delete_before_replace=True),
        )


def _stream(name: str, settings: StreamSettings, opts: pulumi.ResourceOptions) -> kinesis.Stream:
    return kinesis.Stream(
        name,
        stream_mode_details={"stream_mode": "PROVISIONED"},
        shard_count=settings.kinesis.shards,
        retention_period=settings.kinesis.retention_hours,
        encryption_type="KMS",
        kms_key_id="alias/aws/kinesis",
        opts=opts,
    )


def _table(name: str, settings: StreamSettings, opts: pulumi.ResourceOptions) -> dynamodb.Table:
    attributes: list[Any] = [{"name": TABLE_KEY, "type": "S"}]
    return dynamodb.Table(
        f"{name}-table",
        hash_key=TABLE_KEY,
        attributes=attributes,
        billing_mode="PAY_PER_REQUEST",
        stream_enabled=True,
        stream_view_type=settings.table.stream_view_type,
        point_in_time_recovery={"enabled": True},
        server_side_encryption={"enabled": True},
        opts=opts,
    )
