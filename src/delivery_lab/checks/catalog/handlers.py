"""Handlers that Lambda calls, and of which not a line runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from delivery_lab.checks.check import Check, Found
from delivery_lab.checks.code.module import FunctionNode, all_nodes, assigned, own_nodes
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reading import code_of
from delivery_lab.checks.finding import Severity
from delivery_lab.stack.stack import Stack


class HandlerThatIsNotRun(Check):
    id = "CHK-HANDLER-1"
    title = "handler that is a coroutine or a generator"
    severity = Severity.ERROR
    why = "Lambda calls the handler and awaits nothing: not a line of it runs, and what it returned is no JSON."
    fix = "Let a plain function be the handler, which calls asyncio.run(main(event, context))."
    source = "LAM-RESPONSE-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for function in stack.functions:
            code = code_of(stack, function)
            if not isinstance(code, Code):
                continue
            kind = _kind(code)
            if not kind:
                continue
            node = code.entry.functions[code.handler]
            why = (
                f"{code.handler} ({code.entry.place(node)}) is a {kind}: Lambda calls it and awaits nothing, so that "
                "not a line of it runs, and each invoke fails with Runtime.MarshalError: what it returned is no JSON."
            )
            fix = f"rename {code.handler}, and let a plain function of that name "
            fix += "return asyncio.run(...) of it" if kind == "coroutine" else "go through it, and return what is JSON"
            yield Found((function.name,), {f"{function.name}.handler": function.handler.known}, why, fix)


def _kind(code: Code) -> str:
    """What a handler of the entry's own is, "" where it is a plain function or something may make it one."""
    node = code.entry.functions.get(code.handler)
    if node is None or node.decorator_list or _is_bound_again(code):
        return ""
    if any(isinstance(each, ast.Yield | ast.YieldFrom) for each in own_nodes(node)):
        return "generator"
    return "coroutine" if isinstance(node, ast.AsyncFunctionDef) else ""


def _is_bound_again(code: Code) -> bool:
    """Whether the module gives its handler's name to something else, too, such as what wraps it."""
    nodes = all_nodes(code.entry.tree)
    if sum(isinstance(each, FunctionNode) and each.name == code.handler for each in nodes) > 1:
        return True
    return any(name == code.handler for each in nodes for name, _ in assigned(each))
