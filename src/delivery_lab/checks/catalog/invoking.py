"""Functions that invoke others and wait for the answer."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.advice import ADVISED_READ_TIMEOUT_MARGIN_SECONDS
from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.code.calls import impatient_invokes, unexamined_invokes
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reading import code_of
from delivery_lab.checks.finding import Severity
from delivery_lab.limits.functions import BOTO3_READ_TIMEOUT_SECONDS
from delivery_lab.stack.stack import Stack

_CLIENT_CONFIG = "https://botocore.amazonaws.com/v1/documentation/api/latest/reference/config.html"


class ImpatientInvoke(Check):
    id = "CHK-SYNC-1"
    title = "synchronous invoke of a function that may run for longer than boto3 waits"
    severity = Severity.WARNING
    why = f"After {BOTO3_READ_TIMEOUT_SECONDS} s without an answer boto3 invokes again: duplicate effects."
    fix = "Set read_timeout above the function's timeout, and total_max_attempts to 1."
    source = _CLIENT_CONFIG

    def find(self, stack: Stack) -> Iterator[Found]:
        for function in stack.functions:
            code = code_of(stack, function)
            for name, where in impatient_invokes(code) if isinstance(code, Code) else ():
                callee = stack.function_at(name)
                timeout = callee.timeout_seconds.known if callee is not None else None
                if callee is None or timeout is None or timeout <= BOTO3_READ_TIMEOUT_SECONDS:
                    continue
                why = (
                    f"boto3 waits {BOTO3_READ_TIMEOUT_SECONDS} s for the answer ({where}) and then invokes again, "
                    f"while {callee.name} may run for {timeout} s: its work is done up to three times."
                )
                fix = (
                    f"give the client Config(read_timeout={timeout + ADVISED_READ_TIMEOUT_MARGIN_SECONDS}, "
                    "retries={'total_max_attempts': 1}), or invoke asynchronously"
                )
                values = values_of(callee.timeout_seconds)
                yield Found((function.name, callee.name), values, why, fix, source="SYN-RETRY-2")


class UnexaminedInvoke(Check):
    id = "CHK-SYNC-2"
    title = "synchronous invoke whose caller never looks for FunctionError"
    severity = Severity.WARNING
    why = "A function that failed answers with HTTP 200 as well, so its error is taken for the answer."
    fix = "Look at FunctionError before the payload."
    source = "SYN-ERROR-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for function in stack.functions:
            code = code_of(stack, function)
            places = unexamined_invokes(code) if isinstance(code, Code) else []
            if places:
                why = (
                    f"The function invokes another one ({places[0]}) and never looks at FunctionError: one that failed "
                    "answers with HTTP 200 too, so its failure is taken for the answer."
                )
                fix = f"let {function.name} raise, or try again, if the answer has FunctionError"
                yield Found((function.name,), {f"{function.name}.invoke": places}, why, fix)
