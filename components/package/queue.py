"""`QueueWithDlq` of the package."""

import pulumi

from components.alarms import dead_letter_watch, queue_age_watch
from components.package.args import QueueWithDlqArgs
from components.package.arguments import QueueWithDlqArguments
from components.package.parts import register_outputs, set_alarms
from components.package.reading import read
from components.queue import QueueWithDlq as Queues


class QueueWithDlq(pulumi.ComponentResource):
    """An SQS queue with its dead-letter queue: `<name>-queue` and `<name>-dlq`. Both are FIFO queues, or neither is.

    Both are encrypted with keys that SQS manages and answer over TLS only; the dead-letter queue accepts messages of
    its source and of no other queue.
    """

    queue_url: pulumi.Output[str]
    """URL of the source queue."""
    queue_arn: pulumi.Output[str]
    """ARN of the source queue."""
    queue_name: pulumi.Output[str]
    """Name of the source queue."""
    visibility_timeout_seconds: pulumi.Output[int]
    """Visibility timeout of the source queue, which `BatchWorker` compares with its function's timeout."""
    dlq_url: pulumi.Output[str]
    """URL of the dead-letter queue."""
    dlq_arn: pulumi.Output[str]
    """ARN of the dead-letter queue."""
    dlq_name: pulumi.Output[str]
    """Name of the dead-letter queue."""

    def __init__(self, name: str, args: QueueWithDlqArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        arguments = read("QueueWithDlq", name, QueueWithDlqArguments, args)
        super().__init__("delivery-lab:index:QueueWithDlq", name, arguments.properties(), opts)
        child, model = pulumi.ResourceOptions(parent=self), arguments.model
        queues = Queues(name, model.queue, model.dead_letter_queue, child)
        watches = [queue_age_watch(queues.queue, model.queue), dead_letter_watch(queues.dlq)]
        set_alarms(arguments, watches, child)
        self.queue_url, self.queue_arn, self.queue_name = queues.queue.url, queues.queue.arn, queues.queue.name
        self.dlq_url, self.dlq_arn, self.dlq_name = queues.dlq.url, queues.dlq.arn, queues.dlq.name
        self.visibility_timeout_seconds = pulumi.Output.from_input(model.queue.visibility_timeout_seconds)
        register_outputs(self)
