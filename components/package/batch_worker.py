"""`BatchWorker` of the package."""

from dataclasses import dataclass

import pulumi

from components.alarms import function_watches
from components.package.args import BatchWorkerArgs
from components.package.arguments import (
    FIFO_SUFFIX,
    BatchWorkerArguments,
    visibility_of_a_queue_violation,
)
from components.package.functions import function_code
from components.package.parts import register_outputs, set_alarms
from components.package.reading import Arguments, ArgumentsError, read
from components.settings.base import Violation
from components.settings.problems import Problem
from components.worker import BatchWorker as Worker


class BatchWorker(pulumi.ComponentResource):
    """The function `<name>-worker`, fed in batches from a queue that is there already, by the mapping `<name>-mapping`.

    Where messages are parked that no retry can help, there is the queue `<name>-parking` besides; where a record is
    kept of work done, the table `<name>-table`.
    """

    function_name: pulumi.Output[str]
    """Name of the function."""
    function_arn: pulumi.Output[str]
    """ARN of the function."""
    role_name: pulumi.Output[str]
    """Name of the function's role."""
    mapping_uuid: pulumi.Output[str]
    """UUID of the event source mapping."""
    parking_queue_url: pulumi.Output[str] | None
    """URL of the parking queue; only with retry.nonRetryable park."""
    table_name: pulumi.Output[str] | None
    """Name of the table of records; only with idempotency.mode powertools."""

    def __init__(self, name: str, args: BatchWorkerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        arguments = read("BatchWorker", name, BatchWorkerArguments, args)
        super().__init__("delivery-lab:index:BatchWorker", name, arguments.properties(), opts)
        child, model = pulumi.ResourceOptions(parent=self), arguments.model
        code = function_code(f"{name}-worker", "batch_worker", arguments, child)
        worker = Worker(name, _queue(arguments), code, model.worker, child, fifo=model.fifo)
        set_alarms(arguments, function_watches(worker.function), child)
        self.function_name, self.function_arn = worker.function.name, worker.function.arn
        self.role_name, self.mapping_uuid = worker.role.name, worker.mapping.uuid
        self.parking_queue_url = None if worker.parking is None else worker.parking.queue.url
        self.table_name = None if worker.table is None else worker.table.name
        register_outputs(self)


@dataclass(frozen=True, slots=True)
class _Queue:
    """The queue to read, as other parts of the program know it."""

    arn: pulumi.Output[str]
    url: pulumi.Output[str]


def _queue(arguments: Arguments[BatchWorkerArguments]) -> _Queue:
    """The queue, whose ARN is there once it is known that AWS takes the mapping.

    Each part is checked as soon as it is known: in a preview a visibility timeout can be known before its queue is.
    """
    model = arguments.model

    def timeout_checked(seconds: float | None) -> None:
        _refuse(arguments, visibility_of_a_queue_violation(model, None if seconds is None else int(seconds)))

    def type_checked(arn: str) -> str:
        _refuse(arguments, _fifo_violation(arn, fifo=model.fifo))
        return arn

    timeout = pulumi.Output.from_input(arguments.value("queue_visibility_timeout_seconds")).apply(timeout_checked)
    arn = pulumi.Output.from_input(arguments.value("queue_arn")).apply(type_checked)
    url = pulumi.Output.from_input(arguments.value("queue_url"))
    return _Queue(pulumi.Output.all(arn, timeout).apply(lambda both: str(both[0])), url)


def _refuse(arguments: Arguments[BatchWorkerArguments], found: Violation | None) -> None:
    """Tell of a rule that does not hold.

    Raises:
        ArgumentsError: AWS refuses a mapping between this queue and the function.
    """
    if found is not None:
        problem = Problem((arguments.name, *found.path), found.value, found.message, found.fix)
        raise ArgumentsError(arguments.component, arguments.name, [problem])


def _fifo_violation(arn: str, *, fifo: bool) -> Violation | None:
    if arn.endswith(FIFO_SUFFIX) == fifo:
        return None
    kind = "a standard queue" if fifo else "a FIFO queue"
    return Violation(("fifo",), fifo, f"{arn} is {kind}", f"set fifo to {str(not fifo).lower()}")
