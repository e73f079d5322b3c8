"""The functions of a program that its handler gets to, as far as their names say."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from delivery_lab.checks.code.callees import Place, callee, initialiser
from delivery_lab.checks.code.constants import evaluate
from delivery_lab.checks.code.module import FunctionNode, Module
from delivery_lab.checks.code.program import Code
from delivery_lab.program.graph import UNKNOWN


def entry_of(code: Code) -> Place | None:
    """The handler; None where it is no function that can be read."""
    found = code.function(code.entry, code.handler)
    if found is None:
        alias = code.entry.assignments.get(code.handler)
        if isinstance(alias, ast.Name | ast.Attribute):
            found = callee(code, code.entry, None, alias)
        elif isinstance(alias, ast.Call):  # an object that is called
            found = callee(code, code.entry, None, ast.Name(code.handler, ast.Load()))
    return found


def reached(code: Code) -> list[Place]:
    """The handler and every function that it names, directly or not; what is never named is not in use."""
    if not code.reached:  # a program without a handler is asked again, which costs nothing
        code.reached.extend(_reached(code))
    return code.reached


def _reached(code: Code) -> list[Place]:
    first = entry_of(code)
    found = [] if first is None else [first]
    seen = {id(function) for _, function in found}
    for module, function in found:  # grows while it is read
        for place in _named(code, module, function):
            key = id(place[1])
            if key not in seen:
                seen.add(key)
                found.append(place)
    return found


def live_nodes(code: Code, module: Module, node: ast.AST) -> tuple[ast.AST, ...]:
    """A node and all that is in it, but for branches that the function's environment variables switch off."""
    known = code.live.get(node)
    if known is None:
        known = code.live[node] = tuple(_live_nodes(code, module, node))
    return known


def _live_nodes(code: Code, module: Module, node: ast.AST) -> Iterator[ast.AST]:
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        children: Iterable[ast.AST] = ast.iter_child_nodes(each)
        if isinstance(each, ast.If):
            value = evaluate(code, module, each.test)
            if value is not UNKNOWN:
                children = (each.test, *(each.body if value else each.orelse))
        waiting.extend(reversed([*children]))


def _named(code: Code, module: Module, function: FunctionNode) -> Iterator[Place]:
    for node in live_nodes(code, module, function):
        if isinstance(node, ast.Name | ast.Attribute):
            for place in (callee(code, module, function, node), initialiser(code, module, node)):
                if place is not None:
                    yield place


def last_key(expression: ast.expr) -> str:
    """What an expression such as `record["messageId"]`, `record.get("messageId")` or `record.message_id` takes; ""."""
    match expression:
        case ast.Subscript(slice=ast.Constant(value=str() as key)):
            return key
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str() as key), *_]):
            return key
        case ast.Attribute(attr=name):
            return name
    return ""
