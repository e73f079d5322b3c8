"""What AWS refuses although each value is one that it knows: names of queues, and sources in another region."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.finding import Severity
from delivery_lab.limits.queues import FIFO_SUFFIX
from delivery_lab.stack.regions import regions_apart
from delivery_lab.stack.stack import Stack


class RefusedQueueName(Check):
    id = "CHK-FIFO-2"
    title = "queue whose name SQS refuses"
    severity = Severity.ERROR
    why = f"The name of a FIFO queue ends in {FIFO_SUFFIX}, and that of no other queue does."
    fix = f"End the name in {FIFO_SUFFIX} where fifoQueue is true, and only there."
    source = "SQS-NAME-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for queue in stack.queues:
            problem = queue.name_problem
            if problem:
                why = f"SQS refuses the name: {problem}."
                fix = f"change the name of {queue.name}, or leave it out: Pulumi makes one that fits"
                yield Found(
                    (queue.name,), {f"{queue.name}.name": queue.physical_name, **values_of(queue.fifo)}, why, fix
                )


class SourceInAnotherRegion(Check):
    id = "CHK-REGION-1"
    title = "mapping whose source is in another region than its function"
    severity = Severity.ERROR
    why = "AWS refuses such a mapping, whoever owns the source."
    fix = "Create the function and its mapping in the region of the source."
    source = "ESM-REGION-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping in stack.mappings:
            regions = regions_apart(stack, mapping)
            if regions is None:
                continue
            source, function = regions
            name = mapping.function.name if mapping.function is not None else ""
            why = f"The source is in {source} and {name} in {function}: AWS refuses the mapping."
            fix = f"create {name} and {mapping.name} in {source}"
            yield Found((mapping.name, name), values_of(mapping.source_arn), why, fix)
