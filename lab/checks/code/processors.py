"""Which of Powertools' batch processors a function works with."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lab.checks.code.constants import evaluate
from lab.checks.code.module import Module
from lab.checks.code.program import Code
from lab.program.graph import UNKNOWN

_BATCH = "aws_lambda_powertools.utilities.batch"
_POSITIONS = {"process_partial_response": 2, "async_process_partial_response": 2, "batch_processor": 1}


def processors_of(code: Code) -> set[str]:
    """Names of the classes of the processors that are handed to Powertools; "" for one that cannot be told."""
    return {name for module in code.modules.values() for name in _in_module(code, module)}


def _in_module(code: Code, module: Module) -> Iterator[str]:
    for call in (node for node in ast.walk(module.tree) if isinstance(node, ast.Call)):
        origin = code.origin(module, call.func)
        name = origin.rpartition(".")[2]
        if not origin.startswith(_BATCH) or name not in _POSITIONS:
            continue
        given = [keyword.value for keyword in call.keywords if keyword.arg == "processor"]
        given += call.args[_POSITIONS[name] : _POSITIONS[name] + 1]
        yield _class_of(code, module, given[0]) if given else ""


def _class_of(code: Code, module: Module, expression: ast.expr) -> str:
    if isinstance(expression, ast.Name):
        found = code.locate(module, expression.id)
        value = found[0].assignments.get(found[1]) if found is not None else None
        return "" if found is None or value is None else _class_of(code, found[0], value)
    if isinstance(expression, ast.IfExp):
        test = evaluate(code, module, expression.test)
        if test is UNKNOWN:
            return ""
        return _class_of(code, module, expression.body if test else expression.orelse)
    if isinstance(expression, ast.Call):
        origin = code.origin(module, expression.func)
        return origin.rpartition(".")[2] if origin.startswith(_BATCH) else ""
    return ""
