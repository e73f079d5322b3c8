"""The families without a queue of one's own: events that Lambda keeps itself, and calls that wait for an answer."""

from __future__ import annotations

from dataclasses import replace

import pulumi

from components.alarms import Alarms, Watch, dead_letter_watch, function_watches
from components.async_worker import AsyncWorker
from components.settings import AsyncSettings, SyncSettings
from components.sync_caller import SyncCaller


class AsyncPipeline(pulumi.ComponentResource):
    """Asynchronous invokes: the section `delivery-lab:async`.

    Args:
        name: prefix of the names of all resources.
        settings: the section.
        layer_arn: layer with the dependencies and the shared code.
        opts: resource options.

    Attributes:
        worker: the function with all that belongs to it.
    """

    def __init__(
        self,
        name: str,
        settings: AsyncSettings,
        layer_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("delivery-lab:pipelines:AsyncPipeline", name, settings.effective(), opts)
        child = pulumi.ResourceOptions(parent=self)
        self.worker = AsyncWorker(name, settings, layer_arn, child)
        Alarms(name, settings.alarms, _watches(self.worker), child)
        self.register_outputs(self.exports())

    def exports(self, prefix: str = "") -> dict[str, pulumi.Output[str]]:
        """The stack outputs of this family, by name: the function, and where its events end."""
        worker = self.worker
        outputs = {f"{prefix}WorkerFunction": worker.function.name}
        if worker.success is not None:
            outputs[f"{prefix}SuccessDestinationArn"] = worker.success.arn
        if worker.failure is not None:
            outputs[f"{prefix}FailureDestinationArn"] = worker.failure.arn
        if worker.dlq is not None:
            outputs[f"{prefix}DlqUrl"] = worker.dlq.url
        return outputs


def _watches(worker: AsyncWorker) -> list[Watch]:
    """The function, and the queues in which events end that nobody has worked on."""
    watches = function_watches(worker.function)
    if worker.dlq is not None:
        watches.append(dead_letter_watch(worker.dlq))
    if worker.failure is not None and worker.failure.queue is not None:
        description = "There are records of failed events."
        watches.append(replace(dead_letter_watch(worker.failure.queue), key="failures", description=description))
    return watches


class SyncPipeline(pulumi.ComponentResource):
    """Synchronous invokes: the section `delivery-lab:sync`.

    Args:
        name: prefix of the names of all resources.
        settings: the section.
        layer_arn: layer with the dependencies and the shared code.
        opts: resource options.

    Attributes:
        functions: caller and callee with all that belongs to them.
    """

    def __init__(
        self,
        name: str,
        settings: SyncSettings,
        layer_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("delivery-lab:pipelines:SyncPipeline", name, settings.effective(), opts)
        child = pulumi.ResourceOptions(parent=self)
        self.functions = SyncCaller(name, settings, layer_arn, child)
        Alarms(name, settings.alarms, function_watches(self.functions.callee), child)
        self.register_outputs(self.exports())

    def exports(self, prefix: str = "") -> dict[str, pulumi.Output[str]]:
        """The stack outputs of this family, by name; requests go to `<ApiEndpoint>/call`."""
        return {
            f"{prefix}ApiEndpoint": self.functions.endpoint,
            f"{prefix}CallerFunction": self.functions.caller.name,
            f"{prefix}CalleeFunction": self.functions.callee.name,
        }
