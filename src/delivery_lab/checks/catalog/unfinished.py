"""Work that a handler does not do, or whose failure it keeps to itself, while its invoke succeeds."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.catalog.handling import fed
from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.code.collected import failures_that_stay
from delivery_lab.checks.code.early import Names, left_early
from delivery_lab.checks.code.first_record import only_one_record
from delivery_lab.checks.code.masked import swallowed_beside_reports
from delivery_lab.checks.code.unjoined import errors_left_behind
from delivery_lab.checks.code.warm import surviving_lists
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.resource_types import SourceKind
from delivery_lab.rules.rule import LAMBDA_GUIDE
from delivery_lab.stack.stack import Stack

_ERRORS = LAMBDA_GUIDE + "services-sqs-errorhandling.html"
_ENVIRONMENT = LAMBDA_GUIDE + "best-practices.html"


def _moves_on(kind: SourceKind) -> str:
    return "deletes the messages" if kind == "sqs" else "goes on behind the records"


class OnlyOneRecord(Check):
    id = "CHK-FIRST-1"
    title = "handler that works on one record of a batch"
    severity = Severity.ERROR
    why = "The records that the handler never looks at count as processed with the first record, and are lost."
    fix = "Go through all records of the event, or set batchSize to 1."
    source = _ERRORS

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, kind, function, code in fed(stack):
            size = mapping.batch_size.known
            if size is None or size <= 1:
                continue
            one = only_one_record(code)
            if one is None:
                continue
            why = (
                f"The handler takes the {one.which} record of its event ({one.what} in {one.where}) and looks at no "
                f"other, but a batch has up to {size}: when the invoke succeeds, the mapping {_moves_on(kind)} of the "
                "whole batch."
            )
            fix = f"go through all records in {function.handler.known}, or set batchSize of {mapping.name} to 1"
            values = {f"{function.name}.handler": one.what, **values_of(mapping.batch_size)}
            edits = (Edit.of(mapping.batch_size, 1),)
            yield Found((function.name, mapping.name), values, why, fix, edits)


class EndsEarly(Check):
    id = "CHK-FIRST-2"
    title = "loop over a batch that ends at one of its records"
    severity = Severity.ERROR
    why = "The records behind it count as processed, although the handler never worked on them, and are lost."
    fix = "Go on with the next record, let the error out, or name all records behind it as failed, too."
    source = _ERRORS

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, kind, function, code in fed(stack):
            size = mapping.batch_size.known
            if size is None or size <= 1:
                continue
            # A stream that is told of one failed record begins again there; a queue deletes what is not named.
            reports = mapping.reports.known is True
            found = [
                each
                for each in left_early(code)
                if each.names is Names.NOTHING or (reports and kind == "sqs") or mapping.reports.known is False
            ]
            if not found:
                continue
            first = found[0]
            answers = "names no record" if first.names is Names.NOTHING else "names the records that have failed so far"
            why = (
                f"The handler leaves the loop over its records at one of up to {size} ({first.how} in {first.where}), "
                f"and {answers}: the mapping {_moves_on(kind)} behind it, on which nothing was worked."
            )
            fix = f"go on with the next record in {function.handler.known}, or let the error out"
            if reports:
                fix += ", or name all records behind it in batchItemFailures, too"
            values = {f"{function.name}.loop": [each.where for each in found], **values_of(mapping.batch_size)}
            yield Found((function.name, mapping.name), values, why, fix)


class FailuresNotReturned(Check):
    id = "CHK-SWALLOW-2"
    title = "failed records that are collected and not reported"
    severity = Severity.ERROR
    why = "An answer without batchItemFailures is a success: the failed records count as processed, and are lost."
    fix = "Return the failed records as batchItemFailures, with ReportBatchItemFailures on."
    source = _ERRORS

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, kind, function, code in fed(stack):
            kept = failures_that_stay(code)
            if not kept:
                continue
            why = (
                f"The handler notes failed records in {kept[0].name} ({kept[0].where}), and its answer has no "
                f"batchItemFailures: the invoke succeeds, so the mapping {_moves_on(kind)} although their work was not "
                "done."
            )
            fix = f"return them from {function.handler.known} as batchItemFailures"
            if mapping.reports.known is False:
                fix += f", and set functionResponseTypes of {mapping.name} to ['ReportBatchItemFailures']"
            values = {f"{function.name}.{each.name}": each.where for each in kept}
            yield Found((function.name, mapping.name), values, why, fix)


class ErrorsLeftBehind(Check):
    id = "CHK-SWALLOW-3"
    title = "errors left in futures, tasks, threads or gather(return_exceptions=True)"
    severity = Severity.WARNING
    why = "An error that nothing asks for fails no invoke: its record counts as processed, and is lost."
    fix = "Ask for the result of each piece of work, and report the records whose work raised."
    source = _ERRORS

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, kind, function, code in fed(stack):
            left = errors_left_behind(code)
            if not left:
                continue
            why = (
                f"{left[0].what[0].upper()}{left[0].what[1:]} ({left[0].where}): the invoke succeeds, so the mapping "
                f"{_moves_on(kind)} although their work may have failed."
            )
            values = {f"{function.name}.concurrency": [each.where for each in left]}
            yield Found((function.name, mapping.name), values, why, left[0].fix)


class SwallowedBesideReports(Check):
    id = "CHK-SWALLOW-4"
    title = "broad except beside one that reports"
    severity = Severity.WARNING
    why = "Errors that the broad except only logs are not reported: their records count as processed, and are lost."
    fix = "Report the record in the broad except too, or let the error out."
    source = _ERRORS

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, kind, function, code in fed(stack):
            masked = swallowed_beside_reports(code)
            if not masked or mapping.reports.known is not True:
                continue
            first = masked[0]
            why = (
                f"The handler reports some failed records ({first.reporting}), but a broad except swallows the other "
                f"errors ({first.where}): for these the mapping {_moves_on(kind)} although the work was not done."
            )
            fix = f"add the record to the failures in the broad except ({first.where}), or let the error out"
            values = {f"{function.name}.except": [each.where for each in masked]}
            yield Found((function.name, mapping.name), values, why, fix)


class SurvivingList(Check):
    id = "CHK-WARM-1"
    title = "list of a module that grows from invoke to invoke"
    severity = Severity.WARNING
    why = "A warm environment keeps it: records of earlier invokes are worked on, or reported as failed, again."
    fix = "Make the list inside the handler."
    source = _ENVIRONMENT

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, _, function, code in fed(stack):
            lists = sorted(surviving_lists(code), key=lambda each: not each.is_answered)
            if not lists:
                continue
            first = lists[0]
            follows = (
                "failed records of earlier invokes are reported again, and a name that is not in the batch makes the "
                "whole batch fail"
                if first.is_answered
                else "what earlier invokes added is still in it"
            )
            why = (
                f"{first.name} is made once for each environment and never emptied ({first.where} adds to it): in a "
                f"warm environment {follows}."
            )
            fix = f"make {first.name} inside {function.handler.known}"
            values = {f"{function.name}.{each.name}": each.where for each in lists}
            severity = Severity.ERROR if first.is_answered and mapping.reports.known else Severity.WARNING
            yield Found((function.name, mapping.name), values, why, fix, severity=severity)
