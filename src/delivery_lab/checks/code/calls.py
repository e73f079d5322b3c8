"""Calls of AWS in a function's code that its configuration has to fit to."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from delivery_lab.checks.code.constants import evaluate
from delivery_lab.checks.code.module import FunctionNode, Module, all_nodes, bound_values
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import last_key, live_nodes, reached

_HANDLES = frozenset({"receiptHandle", "receipt_handle"})


def own_deletes(code: Code) -> list[str]:
    """Where the code deletes the messages that it was handed: module and line."""
    return [
        module.place(call)
        for module, function in reached(code)
        for name in ("delete_message", "delete_message_batch", "delete")
        for call in calls_of(live_nodes(code, module, function), name)
        if any(_is_own_handle(function, value) for value in _handles_given(call))
    ]


def _handles_given(call: ast.Call) -> Iterator[ast.expr]:
    """The receipt handles of a call that deletes: of a client, of a batch, or of a `Message` of the resource API."""
    match call.func:
        case ast.Attribute(attr="delete", value=ast.Call(func=ast.Attribute(attr="Message")) as message):
            yield from (*message.args[1:2], *(keyword.value for keyword in message.keywords))
        case ast.Attribute(attr="delete_message"):
            handle = keyword_of(call, "ReceiptHandle")
            yield from [] if handle is None else [handle]
        case ast.Attribute(attr="delete_message_batch"):
            for node in ast.walk(call):
                if isinstance(node, ast.Dict):
                    yield from (
                        value
                        for key, value in zip(node.keys, node.values, strict=True)
                        if isinstance(key, ast.Constant) and key.value == "ReceiptHandle"
                    )


def _is_own_handle(function: FunctionNode, value: ast.expr) -> bool:
    """Whether a receipt handle is one that an event brought; those of a receive are spelt with a capital letter."""
    if isinstance(value, ast.Name):
        values = bound_values(function, value.id)
        return len(values) == 1 and values[0] is not None and last_key(values[0]) in _HANDLES
    return last_key(value) in _HANDLES


def impatient_invokes(code: Code) -> list[tuple[Any, str]]:
    """Synchronous invokes by a boto3 client that waits as long as boto3 does by default.

    Returns:
        The function's name as far as it can be told (else UNKNOWN), and where.
    """
    clients = [client for module in code.modules.values() for client in _lambda_clients(code, module)]
    if not clients or not all(clients):
        return []
    return [(evaluate(code, module, name), module.place(call)) for module, call, name in _synchronous(code)]


def unexamined_invokes(code: Code) -> list[str]:
    """Synchronous invokes of a program that nowhere speaks of FunctionError: module and line."""
    if not code.complete or any(_speaks_of(module, "FunctionError") for module in code.modules.values()):
        return []
    return [module.place(call) for module, call, _ in _synchronous(code)]


def _synchronous(code: Code) -> Iterator[tuple[Module, ast.Call, ast.expr]]:
    for module, function in reached(code):
        for call in calls_of(live_nodes(code, module, function), "invoke"):
            name = keyword_of(call, "FunctionName")
            if name is not None and _is_synchronous(code, module, call):
                yield module, call, name


def _speaks_of(module: Module, word: str) -> bool:
    return any(isinstance(node, ast.Constant) and node.value == word for node in all_nodes(module.tree))


def calls_of(nodes: Iterable[ast.AST], name: str) -> Iterator[ast.Call]:
    """The calls of methods of that name among some nodes."""
    for call in (node for node in nodes if isinstance(node, ast.Call)):
        if isinstance(call.func, ast.Attribute) and call.func.attr == name:
            yield call


def keyword_of(call: ast.Call, name: str) -> ast.expr | None:
    """What a call gives by a name, None where it does not."""
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _is_synchronous(code: Code, module: Module, call: ast.Call) -> bool:
    if any(keyword.arg is None for keyword in call.keywords):
        return False
    kind = keyword_of(call, "InvocationType")
    return kind is None or evaluate(code, module, kind) == "RequestResponse"


def _lambda_clients(code: Code, module: Module) -> Iterator[bool]:
    """For each client of Lambda that a module makes, whether it certainly has boto3's own read timeout."""
    for call in calls_of(all_nodes(module.tree), "client"):
        service = evaluate(code, module, call.args[0]) if call.args else None
        if service != "lambda":
            continue
        config = keyword_of(call, "config")
        plain = len(call.args) == 1 and all(keyword.arg is not None for keyword in call.keywords)
        yield (
            plain
            and code.origin(module, call.func) == "boto3.client"
            and (config is None or _keeps_read_timeout(code, module, config))
        )


def _keeps_read_timeout(code: Code, module: Module, config: ast.expr) -> bool:
    if isinstance(config, ast.Name):
        found = code.locate(module, config.id)
        value = found[0].assignments.get(found[1]) if found is not None else None
        return found is not None and value is not None and _keeps_read_timeout(code, found[0], value)
    return (
        isinstance(config, ast.Call)
        and code.origin(module, config.func).endswith("Config")
        and not config.args
        and not {"read_timeout", None} & {keyword.arg for keyword in config.keywords}
    )
