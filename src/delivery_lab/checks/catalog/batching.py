"""Batch size, batching window, and who says which records of a batch failed."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.code.calls import own_deletes
from delivery_lab.checks.code.program import Code, UnreadableCode
from delivery_lab.checks.code.reading import code_of
from delivery_lab.checks.code.responses import Answers, answers_of
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.checks.kafka_modes import one_poller
from delivery_lab.limits.across import allows_fifo_batch, needs_window
from delivery_lab.limits.mappings import FIFO_BATCH_SIZE, REPORT, SQS_BATCH_SIZE_WITHOUT_WINDOW
from delivery_lab.rules.rule import LAMBDA_API, LAMBDA_GUIDE
from delivery_lab.stack.functions import Function
from delivery_lab.stack.mappings import KafkaMapping, SqsMapping, UnknownMapping
from delivery_lab.stack.stack import Stack

_REPORT = [REPORT]


def answers(stack: Stack, function: Function) -> tuple[Answers, str]:
    """What a function's answers say, and why it cannot be told where it cannot."""
    code = code_of(stack, function)
    if isinstance(code, UnreadableCode):
        return Answers.UNKNOWN, code.reason
    found = answers_of(code)
    reason = "what its handler returns cannot be followed" if found is Answers.UNKNOWN else ""
    return found, reason


class LargeBatchWithoutWindow(Check):
    id = "CHK-BATCH-1"
    title = f"batch above {SQS_BATCH_SIZE_WITHOUT_WINDOW} without a batching window"
    severity = Severity.ERROR
    why = "AWS refuses such a mapping of a standard queue."
    fix = f"Set maximumBatchingWindowInSeconds to 1 or more, or batchSize to {SQS_BATCH_SIZE_WITHOUT_WINDOW}."
    source = "ESM-BATCH-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping in stack.all(SqsMapping):
            size, window = mapping.batch_size.known, mapping.window_seconds.known
            if size is None or window is None or not needs_window(size) or window > 0:
                continue
            if mapping.fifo is not False:
                continue
            why = (
                "AWS refuses the mapping: Maximum batch window in seconds must be greater than 0 if maximum batch size "
                f"is greater than {SQS_BATCH_SIZE_WITHOUT_WINDOW}."
            )
            fix = (
                f"set maximumBatchingWindowInSeconds of {mapping.name} to 1 or more, or batchSize to "
                f"{SQS_BATCH_SIZE_WITHOUT_WINDOW}"
            )
            edits = (Edit.of(mapping.window_seconds, 1),)
            yield Found((mapping.name,), values_of(mapping.batch_size, mapping.window_seconds), why, fix, edits)


class WindowOnFifo(Check):
    id = "CHK-BATCH-2"
    title = "batching window on a FIFO queue"
    severity = Severity.ERROR
    why = "AWS refuses a batching window for FIFO queues."
    fix = "Remove maximumBatchingWindowInSeconds."
    source = LAMBDA_GUIDE + "services-sqs-parameters.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping in stack.all(SqsMapping):
            if mapping.fifo and mapping.window_seconds.known:
                why = "AWS refuses a batching window for a FIFO queue."
                fix = f"remove maximumBatchingWindowInSeconds of {mapping.name}"
                edits = (Edit.of(mapping.window_seconds, None),)
                yield Found((mapping.name,), values_of(mapping.batch_size, mapping.window_seconds), why, fix, edits)


class LargeBatchOnFifo(Check):
    id = "CHK-BATCH-3"
    title = f"batch above {FIFO_BATCH_SIZE} on a FIFO queue"
    severity = Severity.ERROR
    why = f"AWS refuses more than {FIFO_BATCH_SIZE} records in a batch of a FIFO queue."
    fix = f"Set batchSize to {FIFO_BATCH_SIZE} or less."
    source = LAMBDA_API + "API_CreateEventSourceMapping.html"
    same_as = ("CFN-E3705",)

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping in stack.all(SqsMapping):
            size = mapping.batch_size.known
            if mapping.fifo and size is not None and not allows_fifo_batch(size):
                why = f"AWS refuses a batch of {size} for a FIFO queue."
                fix = f"set batchSize of {mapping.name} to {FIFO_BATCH_SIZE}"
                edits = (Edit.of(mapping.batch_size, FIFO_BATCH_SIZE),)
                yield Found((mapping.name,), values_of(mapping.batch_size, mapping.window_seconds), why, fix, edits)


class AllOrNothing(Check):
    id = "CHK-REPORT-1"
    title = "ReportBatchItemFailures off with a batch above 1"
    severity = Severity.WARNING
    why = "When one record fails, its whole batch is delivered again, and healthy records are dead-lettered with it."
    fix = "Switch ReportBatchItemFailures on and return the failed records, or set batchSize to 1."
    source = "ESM-ERROR-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping in stack.all(SqsMapping):
            if mapping.reports.known is not False or (mapping.batch_size.known or 0) <= 1:
                continue
            if mapping.function is not None and answers(stack, mapping.function)[0] is Answers.REPORTS:
                continue  # worse, and CHK-REPORT-3 says it
            why = f"When one record fails, {_what_is_delivered_again(stack, mapping)}."
            fix = (
                f"set functionResponseTypes of {mapping.name} to {_REPORT} and return the failed records as "
                "batchItemFailures, or set batchSize to 1"
            )
            values: dict[str, object] = {
                f"{mapping.name}.functionResponseTypes": [],
                **values_of(mapping.batch_size),
            }
            edits = (Edit.of(mapping.batch_size, 1),)
            names = (mapping.name,) if mapping.function is None else (mapping.name, mapping.function.name)
            yield Found(names, values, why, fix, edits)


def _what_is_delivered_again(stack: Stack, mapping: SqsMapping) -> str:
    """What becomes of a batch of which one record fails; a handler may have deleted messages itself."""
    code = None if mapping.function is None else code_of(stack, mapping.function)
    size = mapping.batch_size.known
    if isinstance(code, Code) and own_deletes(code):
        return (
            f"what the handler has not deleted yet of its batch of up to {size} is delivered again: healthy records "
            "wait for it, and can be dead-lettered with it"
        )
    return (
        f"its whole batch of up to {size} is delivered again: healthy records are processed again, and dead-lettered "
        "with it"
    )


class FailuresNeverReported(Check):
    id = "CHK-REPORT-2"
    title = "ReportBatchItemFailures on, but the handler never returns failures (or it cannot be told)"
    severity = Severity.WARNING
    why = "Records whose errors are caught count as processed; after an exception the whole batch is delivered again."
    fix = "Return the failed records as batchItemFailures."
    source = LAMBDA_GUIDE + "services-sqs-errorhandling.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping in stack.mappings:
            function = mapping.function
            if function is None or mapping.reports.known is not True or (mapping.batch_size.known or 0) <= 1:
                continue
            answer, reason = answers(stack, function)
            values = {f"{mapping.name}.functionResponseTypes": _REPORT, **values_of(function.handler)}
            names = (function.name, mapping.name)
            if answer is Answers.NEVER:
                why = (
                    "The mapping waits for batchItemFailures, but the handler never returns any: a record whose error "
                    "is caught counts as processed, and after an exception the whole batch is delivered again."
                )
                fix = (
                    f"return {{'batchItemFailures': [{{'itemIdentifier': ...}}]}} from {function.handler.known} "
                    "for what failed"
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

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping in stack.mappings:
            function = mapping.function
            if function is None or mapping.reports.known is not False or isinstance(mapping, UnknownMapping):
                continue
            if answers(stack, function)[0] is not Answers.REPORTS:
                continue
            lost = "deletes them like the others" if isinstance(mapping, SqsMapping) else "goes on behind them"
            why = (
                f"The handler returns the records that failed, but the mapping ignores the list and {lost}: they are "
                "lost."
            )
            fix = f"set functionResponseTypes of {mapping.name} to {_REPORT}"
            values = {f"{mapping.name}.functionResponseTypes": [], **values_of(function.handler)}
            edits = [Edit.of(mapping.reports, _REPORT)]
            if isinstance(mapping, KafkaMapping) and mapping.provisioned.known is False:
                fix += ", which needs provisionedPollerConfig"
                edits.append(one_poller(mapping))
            yield Found((mapping.name, function.name), values, why, fix, tuple(edits))
