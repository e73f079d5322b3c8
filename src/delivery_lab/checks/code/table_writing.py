"""The DynamoDB tables to which a function's code writes items, as far as they can be told."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from delivery_lab.checks.code.calls import calls_of, keyword_of
from delivery_lab.checks.code.constants import evaluate
from delivery_lab.checks.code.module import FunctionNode, Module, bound_values
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import live_nodes, reached

_WRITING = ("put_item", "update_item")
"""Calls of boto3's client and of its Table that make an item or change one."""
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class ItemWritten:
    """A call that writes an item.

    Attributes:
        table: name of the table.
        where: module and line.
    """

    table: str
    where: str


def item_writes(code: Code) -> Iterator[ItemWritten]:
    """The calls that write items to tables which can be told."""
    for module, function in reached(code):
        for name in _WRITING:
            for call in calls_of(live_nodes(code, module, function), name):
                table = _table_of(code, module, function, call)
                if isinstance(table, str):
                    yield ItemWritten(table, module.place(call))


def tells_changes_apart(code: Code) -> bool:
    """Whether the code asks what kind of change a record is of, and so may leave out those that it makes."""
    nodes = (node for module, function in reached(code) for node in live_nodes(code, module, function))
    return any(
        (isinstance(node, ast.Constant) and node.value == "eventName")
        or (isinstance(node, ast.Attribute) and node.attr == "event_name")
        for node in nodes
    )


def _table_of(code: Code, module: Module, function: FunctionNode, call: ast.Call) -> object:
    """Name of the table: `TableName` of a client's call, else that of the Table whose method is called."""
    named, at = keyword_of(call, "TableName"), module
    if named is None and isinstance(call.func, ast.Attribute):
        at, made = _bound(code, module, function, call.func.value)
        if isinstance(made, ast.Call) and isinstance(made.func, ast.Attribute) and made.func.attr == "Table":
            named = made.args[0] if made.args else keyword_of(made, "name")
    if named is None:
        return None
    where, value = _bound(code, at, function, named)
    return evaluate(code, where, value)


def _bound(code: Code, module: Module, function: FunctionNode, value: ast.expr) -> tuple[Module, ast.expr]:
    """What a name stands for, and in which module; any other expression is itself."""
    for _ in range(_DEEPEST):
        if not isinstance(value, ast.Name):
            break
        here = bound_values(function, value.id)
        found = None if here else code.locate(module, value.id)
        if len(here) == 1 and here[0] is not None:
            value = here[0]
        elif found is not None and found[1] in found[0].assignments:
            module, value = found[0], found[0].assignments[found[1]]
        else:
            break
    return module, value
