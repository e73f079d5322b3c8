"""Batch size, batching window, and who says which records of a batch failed."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.check import Check, Found
from delivery_lab.checks.code.program import UnreadableCode
from delivery_lab.checks.code.responses import Answers, answers_of
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.checks.topology import Function, SourceMapping, Topology
from delivery_lab.rules.rule import LAMBDA_API, LAMBDA_GUIDE

LARGEST_BATCH_WITHOUT_WINDOW = 10
LARGEST_FIFO_BATCH = 10
_REPORT = ["ReportBatchItemFailures"]


def answers(topology: Topology, function: Function) -> tuple[Answers, str]:
    """What a function's answers say, and why it cannot be told where it cannot."""
    code = topology.code_of(function)
    if isinstance(code, UnreadableCode):
        return Answers.UNKNOWN, code.reason
    found = answers_of(code)
    reason = "what its handler returns cannot be followed" if found is Answers.UNKNOWN else ""
    return found, reason


class LargeBatchWithoutWindow(Check):
    id = "CHK-BATCH-1"
    title = "batch above 10 without a batching window"
    severity = Severity.ERROR
    why = "AWS refuses such a mapping of a standard queue."
    fix = "Set maximumBatchingWindowInSeconds to 1 or more, or batchSize to 10."
    source = "ESM-BATCH-1"

    def find(self, topology: Topology) -> Iterator[Found]:
        for mapping in topology.mappings:
            size, window = mapping.batch_size, mapping.window_seconds
            if mapping.kind != "sqs" or (mapping.queue is not None and mapping.queue.fifo is not False):
                continue
            if str(mapping.resource.inputs.get("eventSourceArn")).endswith(".fifo"):
                continue
            if size is None or window is None or size <= LARGEST_BATCH_WITHOUT_WINDOW or window > 0:
                continue
            why = (
                "AWS refuses the mapping: Maximum batch window in seconds must be greater than 0 if maximum batch size "
                "is greater than 10."
            )
            fix = f"set maximumBatchingWindowInSeconds of {mapping.name} to 1 or more, or batchSize to 10"
            edits = (Edit(mapping.resource.urn, ("maximumBatchingWindowInSeconds",), 1),)
            yield Found((mapping.name,), _sizes(mapping), why, fix, edits)


def _fifo(mapping: SourceMapping) -> bool:
    if mapping.queue is not None:
        return mapping.queue.fifo is True
    return mapping.kind == "sqs" and str(mapping.resource.inputs.get("eventSourceArn")).endswith(".fifo")


def _sizes(mapping: SourceMapping) -> dict[str, object]:
    return {
        f"{mapping.name}.batchSize": mapping.batch_size,
        f"{mapping.name}.maximumBatchingWindowInSeconds": mapping.window_seconds,
    }


class WindowOnFifo(Check):
    id = "CHK-BATCH-2"
    title = "batching window on a FIFO queue"
    severity = Severity.ERROR
    why = "AWS refuses a batching window for FIFO queues."
    fix = "Remove maximumBatchingWindowInSeconds."
    source = LAMBDA_GUIDE + "services-sqs-parameters.html"

    def find(self, topology: Topology) -> Iterator[Found]:
        for mapping in topology.mappings:
            if _fifo(mapping) and mapping.window_seconds:
                why = "AWS refuses a batching window for a FIFO queue."
                fix = f"remove maximumBatchingWindowInSeconds of {mapping.name}"
                edits = (Edit(mapping.resource.urn, ("maximumBatchingWindowInSeconds",), None),)
                yield Found((mapping.name,), _sizes(mapping), why, fix, edits)


class LargeBatchOnFifo(Check):
    id = "CHK-BATCH-3"
    title = "batch above 10 on a FIFO queue"
    severity = Severity.ERROR
    why = "AWS refuses more than 10 records in a batch of a FIFO queue."
    fix = "Set batchSize to 10 or less."
    source = LAMBDA_API + "API_CreateEventSourceMapping.html"
    same_as = ("CFN-E3705",)

    def find(self, topology: Topology) -> Iterator[Found]:
        for mapping in topology.mappings:
            if _fifo(mapping) and mapping.batch_size is not None and mapping.batch_size > LARGEST_FIFO_BATCH:
                why = f"AWS refuses a batch of {mapping.batch_size} for a FIFO queue."
                fix = f"set batchSize of {mapping.name} to {LARGEST_FIFO_BATCH}"
                edits = (Edit(mapping.resource.urn, ("batchSize",), LARGEST_FIFO_BATCH),)
                yield Found((mapping.name,), _sizes(mapping), why, fix, edits)


class AllOrNothing(Check):
    id = "CHK-REPORT-1"
    title = "ReportBatchItemFailures off with a batch above 1"
    severity = Severity.WARNING
    why = "One record that fails brings its whole batch back, and dead-letters healthy ones with it."
    fix = "Switch ReportBatchItemFailures on and return the failed records, or set batchSize to 1."
    source = "ESM-ERROR-1"

    def find(self, topology: Topology) -> Iterator[Found]:
        for mapping in topology.mappings:
            if mapping.kind != "sqs" or mapping.reports is not False or (mapping.batch_size or 0) <= 1:
                continue
            if mapping.function is not None and answers(topology, mapping.function)[0] is Answers.REPORTS:
                continue  # worse, and CHK-REPORT-3 says it
            why = (
                f"One record that fails brings its whole batch of up to {mapping.batch_size} back: the healthy ones "
                "are worked on again, and dead-lettered with it."
            )
            fix = (
                f"set functionResponseTypes of {mapping.name} to {_REPORT} and return the failed records as "
                "batchItemFailures, or set batchSize to 1"
            )
            values: dict[str, object] = {
                f"{mapping.name}.functionResponseTypes": [],
                f"{mapping.name}.batchSize": mapping.batch_size,
            }
            edits = (Edit(mapping.resource.urn, ("batchSize",), 1),)
            names = (mapping.name,) if mapping.function is None else (mapping.name, mapping.function.name)
            yield Found(names, values, why, fix, edits)


class FailuresNeverReported(Check):
    id = "CHK-REPORT-2"
    title = "ReportBatchItemFailures on, but the handler never returns failures (or it cannot be told)"
    severity = Severity.WARNING
    why = "Records whose errors are caught count as processed; an exception still brings the whole batch back."
    fix = "Return the failed records as batchItemFailures."
    source = LAMBDA_GUIDE + "services-sqs-errorhandling.html"

    def find(self, topology: Topology) -> Iterator[Found]:
        for mapping in topology.mappings:
            function = mapping.function
            if function is None or mapping.reports is not True or (mapping.batch_size or 0) <= 1:
                continue
            answer, reason = answers(topology, function)
            values = {f"{mapping.name}.functionResponseTypes": _REPORT, f"{function.name}.handler": function.handler}
            names = (function.name, mapping.name)
            if answer is Answers.NEVER:
                why = (
                    "The mapping waits for batchItemFailures, but the handler never returns any: a record whose error "
                    "is caught counts as processed, and an exception still brings the whole batch back."
                )
                fix = (
                    f"return {{'batchItemFailures': [{{'itemIdentifier': ...}}]}} from {function.handler} for what "
                    "failed"
                )
                yield Found(names, values, why, fix)
            elif answer is Answers.UNKNOWN:
                why = (
                    f"Cannot tell whether {function.name} returns batchItemFailures, which the mapping waits for: "
                    f"{reason}."
                )
                fix = f"make sure that {function.name} returns the failed records as batchItemFailures"
                yield Found(names, values, why, fix, severity=Severity.NOTE)


class ReportIgnored(Check):
    id = "CHK-REPORT-3"
    title = "handler returns failures, but ReportBatchItemFailures is off"
    severity = Severity.ERROR
    why = "The list is ignored, and the failed records are deleted with the others."
    fix = "Set functionResponseTypes to ['ReportBatchItemFailures']."
    source = "ESM-REPORT-1"

    def find(self, topology: Topology) -> Iterator[Found]:
        for mapping in topology.mappings:
            function = mapping.function
            if function is None or mapping.reports is not False or not mapping.kind:
                continue
            if answers(topology, function)[0] is not Answers.REPORTS:
                continue
            lost = "deletes them like the others" if mapping.kind == "sqs" else "goes on behind them"
            why = (
                f"The handler returns the records that failed, but the mapping ignores the list and {lost}: they are "
                "lost."
            )
            fix = f"set functionResponseTypes of {mapping.name} to {_REPORT}"
            values = {f"{mapping.name}.functionResponseTypes": [], f"{function.name}.handler": function.handler}
            edits = [Edit(mapping.resource.urn, ("functionResponseTypes",), _REPORT)]
            if mapping.kind == "kafka" and mapping.provisioned is False:
                fix += ", which needs provisionedPollerConfig"
                edits.append(Edit(mapping.resource.urn, ("provisionedPollerConfig", "minimumPollers"), 1))
            yield Found((mapping.name, function.name), values, why, fix, tuple(edits))
