"""`IdempotentWorker` of the package."""

import pulumi

from components.alarms import dead_letter_watch, function_watches, queue_age_watch
from components.idempotent_worker import IdempotentWorker as Worker
from components.package.args import IdempotentWorkerArgs
from components.package.arguments import IdempotentWorkerArguments
from components.package.functions import function_code
from components.package.parts import register_outputs, set_alarms
from components.package.reading import read


class IdempotentWorker(pulumi.ComponentResource):
    """A queue for work that takes long: `<name>-queue`, `<name>-dlq`, the function `<name>-worker` and its mapping.

    The function keeps a record of work done in the table `<name>-table`, so that a message that is delivered again is
    not worked on again. Code of one's own finds QUEUE_URL, TABLE_NAME, HEARTBEAT_ENABLED, HEARTBEAT_EVERY_SECONDS,
    HEARTBEAT_EXTEND_TO_SECONDS, IDEMPOTENCY_MODE and IDEMPOTENCY_EXPIRES_AFTER_SECONDS in its environment, and its role
    may do what these ask for.
    """

    queue_url: pulumi.Output[str]
    """URL of the source queue."""
    queue_arn: pulumi.Output[str]
    """ARN of the source queue."""
    dlq_url: pulumi.Output[str]
    """URL of the dead-letter queue."""
    dlq_arn: pulumi.Output[str]
    """ARN of the dead-letter queue."""
    function_name: pulumi.Output[str]
    """Name of the function."""
    function_arn: pulumi.Output[str]
    """ARN of the function."""
    role_name: pulumi.Output[str]
    """Name of the function's role."""
    mapping_uuid: pulumi.Output[str]
    """UUID of the event source mapping."""
    table_name: pulumi.Output[str] | None
    """Name of the table of records; not with idempotency.mode none."""

    def __init__(self, name: str, args: IdempotentWorkerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        arguments = read("IdempotentWorker", name, IdempotentWorkerArguments, args)
        super().__init__("delivery-lab:index:IdempotentWorker", name, arguments.properties(), opts)
        child, model = pulumi.ResourceOptions(parent=self), arguments.model
        code = function_code(f"{name}-worker", "idempotent_worker", arguments, child)
        worker = Worker(name, model.section(), code, child)
        queue, dlq = worker.queues.queue, worker.queues.dlq
        watches = [*function_watches(worker.function), queue_age_watch(queue, model.queue), dead_letter_watch(dlq)]
        set_alarms(arguments, watches, child)
        self.queue_url, self.queue_arn, self.dlq_url, self.dlq_arn = queue.url, queue.arn, dlq.url, dlq.arn
        self.function_name, self.function_arn = worker.function.name, worker.function.arn
        self.role_name, self.mapping_uuid = worker.role.name, worker.mapping.uuid
        self.table_name = None if worker.table is None else worker.table.name
        register_outputs(self)
