"""Functions that invoke others and wait for the answer."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.check import Check, Found
from delivery_lab.checks.code.calls import impatient_invokes, unexamined_invokes
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.finding import Severity
from delivery_lab.checks.topology import Topology

BOTO3_READ_TIMEOUT_SECONDS = 60
_CLIENT_CONFIG = "https://botocore.amazonaws.com/v1/documentation/api/latest/reference/config.html"


class ImpatientInvoke(Check):
    id = "CHK-SYNC-1"
    title = "synchronous invoke of a function that may run for longer than boto3 waits"
    severity = Severity.WARNING
    why = "After 60 s without an answer boto3 invokes again, and the work is done again."
    fix = "Set read_timeout above the function's timeout, and total_max_attempts to 1."
    source = _CLIENT_CONFIG

    def find(self, topology: Topology) -> Iterator[Found]:
        for function in topology.functions:
            code = topology.code_of(function)
            for name, where in impatient_invokes(code) if isinstance(code, Code) else ():
                callee = topology.function_at(name)
                if callee is None or callee.timeout_seconds is None:
                    continue
                if callee.timeout_seconds <= BOTO3_READ_TIMEOUT_SECONDS:
                    continue
                why = (
                    f"boto3 waits {BOTO3_READ_TIMEOUT_SECONDS} s for the answer ({where}) and then invokes again, "
                    f"while {callee.name} may run for {callee.timeout_seconds} s: its work is done up to three times."
                )
                fix = (
                    f"give the client Config(read_timeout={callee.timeout_seconds + 10}, "
                    "retries={'total_max_attempts': 1}), or invoke asynchronously"
                )
                values = {f"{callee.name}.timeout": callee.timeout_seconds}
                yield Found((function.name, callee.name), values, why, fix, source="SYN-RETRY-2")


class UnexaminedInvoke(Check):
    id = "CHK-SYNC-2"
    title = "synchronous invoke whose caller never looks for FunctionError"
    severity = Severity.WARNING
    why = "A function that failed answers with HTTP 200 as well, so its error is taken for the answer."
    fix = "Look at FunctionError before the payload."
    source = "SYN-ERROR-1"

    def find(self, topology: Topology) -> Iterator[Found]:
        for function in topology.functions:
            code = topology.code_of(function)
            places = unexamined_invokes(code) if isinstance(code, Code) else []
            if places:
                why = (
                    f"The function invokes another one ({places[0]}) and never looks at FunctionError: one that failed "
                    "answers with HTTP 200 too, so its failure is taken for the answer."
                )
                fix = f"let {function.name} raise, or try again, if the answer has FunctionError"
                yield Found((function.name,), {f"{function.name}.invoke": places}, why, fix)
