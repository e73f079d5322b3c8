"""Which of Powertools' batch processors a function works with, and on what."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from delivery_lab.checks.code.constants import evaluate
from delivery_lab.checks.code.module import FunctionNode, Module, all_nodes
from delivery_lab.checks.code.program import Code
from delivery_lab.program.graph import UNKNOWN

_BATCH = "aws_lambda_powertools.utilities.batch"
_FIFO = "SqsFifoPartialProcessor"
_POSITIONS = {"process_partial_response": 2, "async_process_partial_response": 2, "batch_processor": 1}
_HANDLER_POSITIONS = {"process_partial_response": 1, "async_process_partial_response": 1, "batch_processor": 0}


def processors_of(code: Code) -> set[str]:
    """Names of the classes of the processors that are handed to Powertools; "" for one that cannot be told."""
    return {name for module in code.modules.values() for name in _in_module(code, module)}


def record_handlers_of(code: Code) -> Iterator[tuple[Module, FunctionNode]]:
    """The functions of the program that Powertools calls with each record."""
    for module in code.modules.values():
        for call, name in batch_calls(code, module):
            handler = given_argument(call, "record_handler", _HANDLER_POSITIONS[name])
            found = code.function(module, handler.id) if isinstance(handler, ast.Name) else None
            if found is not None:
                yield found


def uses_powertools_batch(code: Code) -> bool:
    """Whether Powertools goes through the records of a batch for the function."""
    return any(True for module in code.modules.values() for _ in batch_calls(code, module))


def has_model(code: Code, module: Module, expression: ast.expr) -> bool:
    """Whether a processor of Powertools makes models of its records, or it cannot be told."""
    if isinstance(expression, ast.Name):
        found = code.locate(module, expression.id)
        value = found[0].assignments.get(found[1]) if found is not None else None
        return found is None or value is None or has_model(code, found[0], value)
    if not isinstance(expression, ast.Call):
        return True
    plain = 0 if processor_class(code, module, expression) == _FIFO else 1  # a FIFO processor takes no kind of event
    return len(expression.args) > plain or any(each.arg in (None, "model") for each in expression.keywords)


def _in_module(code: Code, module: Module) -> Iterator[str]:
    for call, name in batch_calls(code, module):
        processor = given_argument(call, "processor", _POSITIONS[name])
        yield "" if processor is None else processor_class(code, module, processor)


def batch_calls(code: Code, module: Module) -> Iterator[tuple[ast.Call, str]]:
    """The calls of a module that hand a batch to Powertools, with the name of what is called."""
    for call in (node for node in all_nodes(module.tree) if isinstance(node, ast.Call)):
        origin = code.origin(module, call.func)
        name = origin.rpartition(".")[2]
        if origin.startswith(_BATCH) and name in _POSITIONS:
            yield call, name


def given_argument(call: ast.Call, name: str, position: int) -> ast.expr | None:
    """What a call gives a parameter, by its name or its position; None where it gives it nothing."""
    given = [keyword.value for keyword in call.keywords if keyword.arg == name]
    given += call.args[position : position + 1]
    return given[0] if given else None


def processor_class(code: Code, module: Module, expression: ast.expr) -> str:
    """The name of the class of a processor of Powertools; "" for anything else, and for what cannot be told."""
    if isinstance(expression, ast.Name):
        found = code.locate(module, expression.id)
        value = found[0].assignments.get(found[1]) if found is not None else None
        return "" if found is None or value is None else processor_class(code, found[0], value)
    if isinstance(expression, ast.IfExp):
        test = evaluate(code, module, expression.test)
        if test is UNKNOWN:
            return ""
        return processor_class(code, module, expression.body if test else expression.orelse)
    if isinstance(expression, ast.Call):
        origin = code.origin(module, expression.func)
        return origin.rpartition(".")[2] if origin.startswith(_BATCH) else ""
    return ""
