"""The order of message groups on FIFO queues, which the mapping leaves to the function."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.code.loops import loops_that_go_on
from delivery_lab.checks.code.processors import processors_of
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reading import code_of
from delivery_lab.checks.code.responses import Answers, answers_of
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.rules.rule import LAMBDA_GUIDE
from delivery_lab.stack.functions import Function
from delivery_lab.stack.stack import Stack

_GOING_ON = frozenset({"BatchProcessor", "AsyncBatchProcessor"})
_SWITCH = "KEEP_GROUP_ORDER"


def _goes_on(stack: Stack, function: Function) -> str:
    """What certainly goes on after a failure; "" if nothing does, or it cannot be told."""
    code = code_of(stack, function)
    if not isinstance(code, Code):
        return ""
    used = processors_of(code)
    if used:
        return sorted(used)[0] if used <= _GOING_ON else ""
    loops = loops_that_go_on(code) if answers_of(code) is Answers.REPORTS else []
    return f"a loop of its own ({loops[0]})" if loops else ""


class GroupOrderLost(Check):
    id = "CHK-FIFO-1"
    title = "FIFO queue whose handler goes on after a failure"
    severity = Severity.WARNING
    why = "The mapping deletes what is not reported, also behind a failed record of the same group: order is lost."
    fix = "Stop at the first failure and report everything behind it, as SqsFifoPartialProcessor does."
    source = LAMBDA_GUIDE + "services-sqs-errorhandling.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, queue, function in stack.sqs_pairs():
            if (
                queue.fifo.known is not True
                or mapping.reports.known is not True
                or (mapping.batch_size.known or 0) <= 1
            ):
                continue
            name = _goes_on(stack, function)
            if not name:
                continue
            why = (
                f"The function works with {name}, which goes on after a failure and reports the failed record only: "
                "what stood behind it in its group is deleted as processed, before it."
            )
            fix = f"let {function.name} work with SqsFifoPartialProcessor"
            edits: tuple[Edit, ...] = ()
            if function.variables.get(_SWITCH) == "false":
                fix += f" ({_SWITCH} = true)"
                edits = (Edit.of_variable(function.urn, _SWITCH, "true"),)
            values = {**values_of(queue.fifo), f"{function.name}.processor": name}
            yield Found((function.name, queue.name, mapping.name), values, why, fix, edits)
