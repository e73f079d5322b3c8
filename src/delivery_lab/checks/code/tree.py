"""Small questions about syntax trees that several readers ask."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import TypeGuard

from delivery_lab.checks.code.module import FunctionNode

READING = frozenset(
    {
        "copy", "debug", "deepcopy", "dumps", "error", "exception", "format", "info", "isinstance", "len", "log",
        "critical", "pformat", "pprint", "print", "repr", "str", "type", "warn", "warning", "append_keys",
        "set_attribute", "put_annotation", "put_metadata", "add_metric",
    }
)  # fmt: skip
"""Names of calls that look at what they are given and do no work with it: logging, copying, measuring."""

ADDING = frozenset({"append", "extend", "insert", "add"})
EMPTYING = frozenset({"clear", "discard", "pop", "popleft", "remove"})
"""Methods by which a list or a set grows and shrinks."""


def parents_in(function: FunctionNode) -> Mapping[ast.AST, ast.AST]:
    """What each node of a function stands in; functions and classes inside it included."""
    return {child: node for node in ast.walk(function) for child in ast.iter_child_nodes(node)}


def called_name(call: ast.Call) -> str:
    """The name of what is called, without what stands before the dot; "" if it has none."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def decorating(decorator: ast.expr) -> ast.expr:
    """What decorates: the decorator itself, or what is called for it."""
    return decorator.func if isinstance(decorator, ast.Call) else decorator


def is_name(node: ast.AST, name: str) -> TypeGuard[ast.Name]:
    """Whether a node is that name, and nothing more."""
    return isinstance(node, ast.Name) and node.id == name


def is_new(value: ast.expr, *kinds: str) -> bool:
    """Whether an expression makes an empty list: `[]`, or a call without arguments of one of some kinds."""
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id in kinds and not value.args
    return isinstance(value, ast.List) and not value.elts


def parameters_of(function: FunctionNode) -> list[str]:
    """The names of a function's positional parameters, in order; without the `self` or `cls` of a method."""
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def arguments_for(call: ast.Call, function: FunctionNode) -> Iterator[tuple[str, ast.expr]]:
    """The parameters of a function with the expressions that a call gives them, as far as they are plain."""
    names = parameters_of(function)
    for name, value in zip(names, call.args, strict=False):
        if isinstance(value, ast.Starred):
            return
        yield name, value
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield keyword.arg, keyword.value


def ancestors(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> Iterator[ast.AST]:
    """What a node stands in, from the inside out."""
    while node in parents:
        node = parents[node]
        yield node
