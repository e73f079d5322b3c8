"""The worker that reads objects: a function together with the mapping that feeds it from a queue of S3's messages."""

from __future__ import annotations

import pulumi

from components.bucket import FeedingBucket
from components.function import Code, PythonFunction, PythonFunctionArgs
from components.mapping import SourceQueue, poller_statement, sqs_mapping
from components.settings import ObjectWorkerSettings
from components.work_records import WorkRecords


class ObjectWorker(pulumi.ComponentResource):
    """The function `<name>-worker`, told of objects in batches by the mapping `<name>-mapping`.

    Where a record is kept of work done, there is the table `<name>-table` besides.

    Args:
        name: prefix of the children's names.
        bucket: the bucket whose objects it reads.
        queue: the queue to read.
        code: the layer with the dependencies and the shared code, or other code.
        settings: settings of the function and of the mapping.
        opts: resource options.

    Attributes:
        function: the Lambda function.
        role: its execution role.
        mapping: the event source mapping.
        table: the table of records, None without idempotency.
    """

    def __init__(
        self,
        name: str,
        bucket: FeedingBucket,
        queue: SourceQueue,
        code: Code,
        settings: ObjectWorkerSettings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("delivery-lab:worker:ObjectWorker", name, settings.effective(), opts)
        child = pulumi.ResourceOptions(parent=self)
        environment: dict[str, pulumi.Input[str]] = {
            "ON_RECORD_ERROR": settings.on_record_error,
            "TEST_EVENT": settings.test_event,
            "OBJECT_KEYS": "decoded" if settings.decode_keys else "as-they-come",
        }
        statements = [poller_statement(queue), *bucket.reading_statements()]
        records = WorkRecords.of(name, settings.idempotency, child)
        self.table = None if records is None else records.table
        if records is not None:
            environment |= records.environment()
            statements.append(records.statement())
        args = PythonFunctionArgs("object_worker", settings, code, environment, statements)
        worker = PythonFunction(f"{name}-worker", args, child)
        self.function, self.role = worker.function, worker.role
        self.mapping = sqs_mapping(f"{name}-mapping", worker, queue, settings, parent=self)
        self.register_outputs({"functionName": self.function.name, "mappingUuid": self.mapping.uuid})
