"""Workers: a function together with the mapping that feeds it from a queue."""

from __future__ import annotations

from typing import Literal

import pulumi

from components.function import Code, PythonFunction, PythonFunctionArgs
from components.iam import Statement
from components.mapping import SourceQueue, poller_statement, sqs_mapping
from components.parking import ParkingQueue
from components.settings import BatchWorkerSettings
from components.work_records import WorkRecords


class BatchWorker(pulumi.ComponentResource):
    """The function `<name>-worker`, fed in batches by the mapping `<name>-mapping`.

    Where messages are parked that no retry can help, there is the queue `<name>-parking` besides; where a record is
    kept of work done, the table `<name>-table`.

    Args:
        name: prefix of the children's names.
        queue: the queue to read.
        code: the layer with the dependencies and the shared code, or other code.
        settings: settings of the function and of the mapping.
        opts: resource options.
        fifo: whether the queue is a FIFO queue, whose groups the function then keeps in order.
        body: what the function takes the body of a message for: the job, or SNS's envelope around it.

    Attributes:
        function: the Lambda function.
        role: its execution role.
        mapping: the event source mapping.
        parking: the parking queue, or None.
        table: the table of records, None without idempotency.
    """

    def __init__(
        self,
        name: str,
        queue: SourceQueue,
        code: Code,
        settings: BatchWorkerSettings,
        opts: pulumi.ResourceOptions | None = None,
        *,
        fifo: bool = False,
        body: Literal["message", "envelope"] = "message",
    ) -> None:
        super().__init__("delivery-lab:worker:BatchWorker", name, settings.effective(), opts)
        child = pulumi.ResourceOptions(parent=self)
        self.parking = ParkingQueue(f"{name}-parking", child) if settings.retry.non_retryable == "park" else None
        records = WorkRecords.of(name, settings.idempotency, child)
        self.table = None if records is None else records.table
        environment, statements = _environment(settings, fifo=fifo), [poller_statement(queue)]
        if body == "envelope":
            environment["BODY"] = body
        if self.parking is not None:
            environment["PARKING_QUEUE_URL"] = self.parking.queue.url
            statements.append(self.parking.statement())
        if records is not None:
            environment |= records.environment()
            statements.append(records.statement())
        if settings.retry.backoff or settings.on_record_error == "delete-and-raise":
            environment["QUEUE_URL"] = queue.url  # which the role may delete from in any case, as the poller does
        if settings.retry.backoff:
            statements.append(Statement("DelayReturn", ("sqs:ChangeMessageVisibility",), queue.arn))
        args = PythonFunctionArgs("batch_worker", settings, code, environment, statements)
        worker = PythonFunction(f"{name}-worker", args, child)
        self.function, self.role = worker.function, worker.role
        self.mapping = sqs_mapping(f"{name}-mapping", worker, queue, settings, parent=self)
        self.register_outputs({"functionName": self.function.name, "mappingUuid": self.mapping.uuid})


def _environment(settings: BatchWorkerSettings, *, fifo: bool) -> dict[str, pulumi.Input[str]]:
    variables: dict[str, pulumi.Input[str]] = {"ON_RECORD_ERROR": settings.on_record_error}
    if fifo:
        variables["KEEP_GROUP_ORDER"] = "false" if settings.keep_group_order is False else "true"
    # What the function does when it is told nothing is not told, so that nothing is deployed anew for its sake.
    if settings.retry.non_retryable != "fail":
        variables["NON_RETRYABLE"] = settings.retry.non_retryable
    if settings.retry.backoff:
        variables["RETURN_DELAY"] = "backoff"
    return variables
