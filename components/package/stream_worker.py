"""`StreamWorker` of the package."""

import pulumi

from components.alarms import iterator_age_watch
from components.package.args import StreamWorkerArgs
from components.package.arguments import StreamWorkerArguments
from components.package.functions import function_code
from components.package.parts import log_watches, register_outputs, set_alarms
from components.package.reading import read
from components.stream_worker import StreamWorker as Worker


class StreamWorker(pulumi.ComponentResource):
    """A Kinesis stream `<name>`, or the stream of a table `<name>-table`, and the function `<name>-worker`.

    What the mapping `<name>-mapping` discards is told to `<name>-dlq` (a queue) or `<name>-failures` (SNS or S3).
    """

    source_arn: pulumi.Output[str]
    """ARN of the stream that the mapping reads."""
    stream_name: pulumi.Output[str] | None
    """Name of the Kinesis stream; not with source dynamodb."""
    table_name: pulumi.Output[str] | None
    """Name of the table; only with source dynamodb."""
    function_name: pulumi.Output[str]
    """Name of the function."""
    function_arn: pulumi.Output[str]
    """ARN of the function."""
    role_name: pulumi.Output[str]
    """Name of the function's role."""
    mapping_uuid: pulumi.Output[str]
    """UUID of the event source mapping."""
    failure_destination_arn: pulumi.Output[str] | None
    """ARN of what is told of discarded records; not with onFailure none."""

    def __init__(self, name: str, args: StreamWorkerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        arguments = read("StreamWorker", name, StreamWorkerArguments, args)
        super().__init__("delivery-lab:index:StreamWorker", name, arguments.properties(), opts)
        child = pulumi.ResourceOptions(parent=self)
        section = arguments.model.section()
        worker = Worker(name, section, function_code(f"{name}-worker", "stream_worker", arguments, child), child)
        destination = worker.destination
        lag = iterator_age_watch(worker.function, section)
        set_alarms(arguments, log_watches(worker.function, lag, destination), child)
        self.source_arn = worker.source_arn
        self.stream_name = None if worker.stream is None else worker.stream.name
        self.table_name = None if worker.table is None else worker.table.name
        self.function_name, self.function_arn = worker.function.name, worker.function.arn
        self.role_name, self.mapping_uuid = worker.role.name, worker.mapping.uuid
        self.failure_destination_arn = None if destination is None else destination.arn
        register_outputs(self)
