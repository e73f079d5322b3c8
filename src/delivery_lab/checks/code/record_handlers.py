"""Record handlers that Powertools cannot call: it gives the record by the name `record`, and the context by its name.

Source: `BatchProcessor._process_record` and `AsyncBatchProcessor._async_process_record` of Powertools for AWS Lambda
(Python), which call `handler(record=..., lambda_context=...)`, the latter only where the handler has a parameter of
that name and the processor was given a context.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from delivery_lab.checks.code.module import FunctionNode, Module, all_nodes, bound_values, own_nodes
from delivery_lab.checks.code.processors import batch_calls, given_argument, has_model, processor_class
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import reached
from delivery_lab.checks.code.responses import is_of_powertools
from delivery_lab.checks.code.tree import parameters_of

RECORD = "record"
CONTEXT = "lambda_context"
_PROCESSORS = frozenset({"BatchProcessor", "AsyncBatchProcessor", "SqsFifoPartialProcessor"})
"""Classes of Powertools; one that is derived from them may call its handler otherwise."""
_PLACES = {
    "process_partial_response": (1, 2),
    "async_process_partial_response": (1, 2),
    "batch_processor": (0, 1),
}
"""Positions of the record handler and of the processor."""
_CONTEXT_POSITION = 3
_KEEP_ARGUMENTS = frozenset({"capture_method", "idempotent_function"})
"""Decorators of Powertools that hand the arguments on by their names."""


@dataclass(frozen=True, slots=True)
class Uncallable:
    """A record handler that raises a `TypeError` for every record.

    Attributes:
        name: its name, `lambda` for one without.
        given: what Powertools gives it, such as `record=...`.
        lacking: why that is refused, in a few words, such as `has no parameter record`.
        where: module and line of the call that hands it to Powertools.
    """

    name: str
    given: str
    lacking: str
    where: str


def uncallable_handlers(code: Code) -> list[Uncallable]:
    """The record handlers that a program hands to Powertools and that no record can be given to."""
    calls = {
        id(call): (module, call, name) for module in code.modules.values() for call, name in batch_calls(code, module)
    }
    found: list[Uncallable] = []
    for _, function in reached(code):
        for node in ast.walk(function):
            if id(node) in calls:
                found += _in_call(code, function, *calls.pop(id(node)))
    return found


def handlers_of_data_classes(code: Code) -> Iterator[FunctionNode]:
    """The record handlers that get each record as a data class of Powertools, which holds the keys that AWS sends.

    Nobody else calls them: Powertools alone is handed them.
    """
    handed: Counter[str] = Counter()
    found: dict[str, FunctionNode] = {}
    for module in code.modules.values():
        for call, name in batch_calls(code, module):
            handler, processor = (
                given_argument(call, key, position)
                for key, position in zip(("record_handler", "processor"), _PLACES[name], strict=True)
            )
            place = code.function(module, handler.id) if isinstance(handler, ast.Name) else None
            if place is None or not isinstance(handler, ast.Name) or processor is None:
                continue
            handed[handler.id] += 1
            if (
                processor_class(code, module, processor) in _PROCESSORS
                and not has_model(code, module, processor)
                and RECORD in _names(place[1].args)
                and all(is_of_powertools(code, place[0], each, _KEEP_ARGUMENTS) for each in place[1].decorator_list)
            ):
                found[handler.id] = place[1]
    named = Counter(
        node.id for module in code.modules.values() for node in all_nodes(module.tree) if isinstance(node, ast.Name)
    )
    yield from (function for name, function in found.items() if handed[name] == named[name])


def _in_call(code: Code, function: FunctionNode, module: Module, call: ast.Call, name: str) -> Iterator[Uncallable]:
    if any(isinstance(each, ast.Starred) for each in call.args) or any(each.arg is None for each in call.keywords):
        return
    handler, processor = (
        given_argument(call, key, position)
        for key, position in zip(("record_handler", "processor"), _PLACES[name], strict=True)
    )
    if handler is None or processor is None or processor_class(code, module, processor) not in _PROCESSORS:
        return
    has_context = name == "batch_processor" or given_argument(call, "context", _CONTEXT_POSITION) is not None
    meant = _meant(code, module, function, handler)
    if meant is None:
        return
    named, arguments = meant
    lacking = _lacking(arguments, has_context=has_context)
    if lacking:
        takes_context = has_context and CONTEXT in _names(arguments)
        given = f"{RECORD}=..., {CONTEXT}=..." if takes_context else f"{RECORD}=..."
        yield Uncallable(named, given, lacking, module.place(call))


def _meant(code: Code, module: Module, function: FunctionNode, handler: ast.expr) -> tuple[str, ast.arguments] | None:
    """The name and the parameters of the function that an expression means; None where that cannot be told."""
    if isinstance(handler, ast.Lambda):
        return "lambda", handler.args
    if not isinstance(handler, ast.Name) or bound_values(function, handler.id) or handler.id in parameters_of(function):
        return None
    inside = [node for node in own_nodes(function) if isinstance(node, FunctionNode) and node.name == handler.id]
    found = (module, inside[0]) if len(inside) == 1 else None if inside else code.function(module, handler.id)
    if found is None or not all(
        is_of_powertools(code, found[0], each, _KEEP_ARGUMENTS) for each in found[1].decorator_list
    ):
        return None
    return handler.id, found[1].args


def _names(arguments: ast.arguments) -> list[str]:
    return [each.arg for each in (*arguments.args, *arguments.kwonlyargs)]


def _lacking(arguments: ast.arguments, *, has_context: bool) -> str:
    """Why no call by Powertools' names can succeed; "" where one can."""
    if arguments.kwarg is None and RECORD not in _names(arguments):
        return f"has no parameter {RECORD}"
    positional = [*arguments.posonlyargs, *arguments.args]
    required = positional[: len(positional) - len(arguments.defaults)]
    by_name = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    required += [each for each, default in by_name if default is None]
    given = {RECORD, CONTEXT} if has_context else {RECORD}
    by_position = {each.arg for each in arguments.posonlyargs}
    missing = [each.arg for each in required if each.arg not in given or each.arg in by_position]
    return f"needs {' and '.join(missing)} as well" if missing else ""
