"""Pipes, and a run of them."""

from __future__ import annotations

from typing import Any

from delivery_lab import resource_types
from delivery_lab.program.graph import Resource
from delivery_lab.simulation.pipes import connect_pipes
from delivery_lab.simulation.polled_sources import PolledSources
from delivery_lab.stack.stack import Stack
from tests.simulation.event_world import DeployedRules
from tests.stack.world import arn_of, resource

ROLE = "arn:aws:iam::123456789012:role/elsewhere"
ARN = "arn:aws:pipes:us-east-1:123456789012:pipe/pipe"


def a_pipe(source: Resource | str, target: Resource | str, **inputs: Any) -> Resource:
    """A pipe between two resources; `sqs` and `kinesis` are parameters of its source, `to` those of its target."""
    ends = [each if isinstance(each, str) else arn_of(each) for each in (source, target)]
    blocks = {"sqs": "sqsQueueParameters", "kinesis": "kinesisStreamParameters", "filters": "filterCriteria"}
    parameters = {block: inputs.pop(name) for name, block in blocks.items() if name in inputs}
    given = {"source": ends[0], "target": ends[1], "roleArn": ROLE, "sourceParameters": parameters}
    given |= {"targetParameters": inputs.pop("to", {}), **inputs}
    return resource(resource_types.PIPE, "pipe", given, outputs={"arn": ARN, "name": "pipe"})


class DeployedPipes(DeployedRules):
    """A run of the pipes of some resources."""

    def connect(self, stack: Stack) -> None:
        """Connect buses, and pipes."""
        super().connect(stack)
        connect_pipes(stack, self.account, PolledSources(self.account, {}), self.notes)
        for poller in (*self.account.mappings.values(), *self.account.record_mappings.values()):
            poller.start()

    def bodies(self, queue: str) -> list[str]:
        """What is in a queue."""
        return [message.body for message in self.account.queues[queue].messages]
