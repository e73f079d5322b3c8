"""What a handler does with errors and with the messages themselves, read from its code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from delivery_lab.checks.check import Check, Found
from delivery_lab.checks.code.calls import own_deletes
from delivery_lab.checks.code.dropping import dropped_by
from delivery_lab.checks.code.identifiers import wrong_identifiers
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reading import code_of
from delivery_lab.checks.code.shapes import other_shapes
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.resource_types import SourceKind
from delivery_lab.rules.rule import LAMBDA_GUIDE
from delivery_lab.stack.functions import Function
from delivery_lab.stack.mappings import EventSourceMapping
from delivery_lab.stack.stack import Stack

_ERRORS = LAMBDA_GUIDE + "services-sqs-errorhandling.html"
_SWITCH = "NON_RETRYABLE"
_RIGHT: Mapping[SourceKind, tuple[str, str]] = {
    "sqs": ("messageId", "ESM-REPORT-7"),
    "kinesis": ("kinesis.sequenceNumber", "STR-REPORT-5"),
    "dynamodb": ("dynamodb.SequenceNumber", "STR-REPORT-5"),
    "kafka": ("{'partition': '<topic>-<number>', 'offset': <number>}", "KAF-REPORT-1"),
}
"""What a mapping knows a record by, and where that is said."""


def fed(stack: Stack) -> Iterator[tuple[EventSourceMapping, SourceKind, Function, Code]]:
    """Each mapping of a known kind of source, with a function whose code can be read."""
    for mapping in stack.mappings:
        if mapping.kind is not None and mapping.function is not None:
            code = code_of(stack, mapping.function)
            if isinstance(code, Code):
                yield mapping, mapping.kind, mapping.function, code


class SwallowedError(Check):
    id = "CHK-SWALLOW-1"
    title = "handler that catches an error and goes on as if the work were done"
    severity = Severity.WARNING
    why = "The message counts as processed: it is deleted, is in no dead-letter queue, and is lost."
    fix = "Let the error out, report the record, or send the message to a parking queue first."
    source = _ERRORS

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, kind, function, code in fed(stack):
            moves_on = "deletes the message" if kind == "sqs" else "goes on behind the record"
            values: dict[str, object] = {}
            edits: tuple[Edit, ...] = ()
            if function.variables.get(_SWITCH) == "swallow":
                what = "errors that no retry can help"
                fix = f"set {_SWITCH} of {function.name} to park or fail"
                values[f"{function.name}.{_SWITCH}"] = "swallow"
                edits = (Edit.of_variable(function.urn, _SWITCH, "fail"),)
            elif dropped := dropped_by(code):
                first = dropped[0]
                what = (
                    f"every error of {'its batch' if first.whole_batch else 'a record'} ({first.where}), only logs it"
                )
                report = " or report the record in batchItemFailures" if mapping.reports.known else ""
                fix = (
                    f"let the error out of {function.handler.known}{report}, or send the message to a parking queue "
                    "first"
                )
                values[f"{function.name}.except"] = [each.where for each in dropped]
            else:
                continue
            why = (
                f"The handler catches {what} and goes on, so its mapping {moves_on} although the work was not done, "
                "and no dead-letter queue gets it."
            )
            yield Found((function.name, mapping.name), values, why, fix, edits)


class WrongIdentifier(Check):
    id = "CHK-REPORT-4"
    title = "failed records named by something that the mapping does not know them by"
    severity = Severity.ERROR
    why = "An itemIdentifier that is no record of the batch makes the whole batch fail."
    fix = "Use messageId, the sequence number, or partition and offset."
    source = "ESM-REPORT-7"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, kind, function, code in fed(stack):
            kinds = {each.kind for each in stack.mappings_of(function)}
            if mapping.reports.known is not True or len(kinds) != 1:
                continue  # a function of several sources may well name records in several ways
            wrong = wrong_identifiers(code, kind)
            if not wrong:
                continue
            right, source = _RIGHT[kind]
            why = (
                f"The handler names failed records by {wrong[0].key} ({wrong[0].where}), by which its mapping knows "
                "none: the whole batch counts as failed, healthy records included."
            )
            fix = f"use {right} as the itemIdentifier"
            values = {f"{function.name}.itemIdentifier": wrong[0].key}
            severity = Severity.WARNING if kind == "kafka" else Severity.ERROR
            yield Found((function.name, mapping.name), values, why, fix, source=source, severity=severity)


class AnotherShape(Check):
    id = "CHK-REPORT-5"
    title = "ReportBatchItemFailures on, and the handler returns something else than batchItemFailures"
    severity = Severity.WARNING
    why = (
        "AWS does not say whether such an answer is a success; batches have been reported as retried and dead-lettered."
    )
    fix = "Return {'batchItemFailures': []} where nothing failed, or nothing at all."
    source = "ESM-REPORT-4"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, kind, function, code in fed(stack):
            if mapping.reports.known is not True:
                continue
            shapes = other_shapes(code)
            if not shapes:
                continue
            first = shapes[0]
            why = (
                f"The handler returns {first.text} ({first.where}), which is not batchItemFailures: AWS does not say "
                "whether that is a success. The model takes it for one; two reports saw such batches retried."
            )
            fix = "return {'batchItemFailures': []} where nothing failed, or nothing at all"
            values = {f"{function.name}.returns": [f"{shape.text} ({shape.where})" for shape in shapes]}
            source = "ESM-REPORT-4" if kind == "sqs" else "STR-REPORT-7"
            yield Found((function.name, mapping.name), values, why, fix, source=source)


class DeletesItself(Check):
    id = "CHK-DELETE-1"
    title = "function of a mapping that deletes its messages itself"
    severity = Severity.NOTE
    why = "The mapping deletes what succeeded; on a FIFO queue a delete after the visibility timeout fails."
    fix = "Remove the call, and return what failed as batchItemFailures."
    source = _ERRORS

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, kind, function, code in fed(stack):
            places = own_deletes(code) if kind == "sqs" else []
            if not places:
                continue
            why = (
                f"The function deletes messages itself ({places[0]}), which its mapping does for all that succeeded; "
                "on a FIFO queue the call fails once the visibility timeout is over."
            )
            fix = f"remove the call, and let {function.name} return the failed records as batchItemFailures"
            values = {f"{function.name}.delete_message": places}
            yield Found((function.name, mapping.name), values, why, fix)
