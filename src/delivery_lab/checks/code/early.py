"""Loops over the records of a batch that end at one of them, while the answer lets the records behind it pass.

What is said: the handler itself leaves its only loop over the records by a `return`, or by a `break` in an `except`
clause, and what it answers then names none of the records behind. Where anything looks at the batch afterwards, or the
answer is made of more than a list of what has failed so far, nothing is said.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from delivery_lab.checks.code.dropping import is_over_records
from delivery_lab.checks.code.module import FunctionNode, Module, bound_values, own_nodes
from delivery_lab.checks.code.processors import uses_powertools_batch
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import entry_of
from delivery_lab.checks.code.responses import KEY, keeps_the_answer
from delivery_lab.checks.code.tree import ancestors, parameters_of, parents_in


class Names(Enum):
    """What the answer of a loop that ends early names."""

    NOTHING = "nothing"
    FAILED_SO_FAR = "failed so far"


@dataclass(frozen=True, slots=True)
class LeftEarly:
    """A place at which a loop over the records ends before the last one.

    Attributes:
        how: `return` or `break`.
        names: what the answer names.
        where: module and line.
    """

    how: str
    names: Names
    where: str


def left_early(code: Code) -> list[LeftEarly]:
    """Where a handler leaves the loop over its records, as far as it can be told for certain."""
    entry = entry_of(code)
    if entry is None or uses_powertools_batch(code):
        return []
    module, function = entry
    if not all(keeps_the_answer(code, module, node) for node in function.decorator_list):
        return []
    loops = [node for node in own_nodes(function) if isinstance(node, ast.For) and is_over_records(node, function)]
    if len(loops) != 1 or loops[0] not in _plain_statements(function):
        return []
    return list(_left(module, function, loops[0]))


def _plain_statements(function: FunctionNode) -> list[ast.stmt]:
    """The statements of a function, and those of its `with` and `if` blocks: what happens once in an invoke."""
    found, inner = [], list(function.body)
    while inner:
        statement = inner.pop(0)
        found.append(statement)
        if isinstance(statement, ast.With | ast.If):
            inner += statement.body
    return found


def _left(module: Module, function: FunctionNode, loop: ast.For) -> Iterator[LeftEarly]:
    parents = parents_in(function)
    for node in own_nodes(function):
        if not isinstance(node, ast.Return | ast.Break) or not _is_conditional(node, loop, parents):
            continue
        value = node.value if isinstance(node, ast.Return) else _answer_behind(function, loop)
        names = _named(function, loop, value)
        if names is not None:
            yield LeftEarly("return" if isinstance(node, ast.Return) else "break", names, module.place(node))


def _is_conditional(node: ast.stmt, loop: ast.For, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether a statement leaves this loop on some records: in an `except` clause; a `return` under an `if` too."""
    leaves = isinstance(node, ast.Return)
    conditional = False
    for outer in ancestors(node, parents):
        if outer is loop:
            return conditional
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return False
        if isinstance(outer, ast.For | ast.While) and not leaves:
            return False
        conditional = conditional or isinstance(outer, ast.ExceptHandler) or (leaves and isinstance(outer, ast.If))
    return False


_OTHER = ast.Constant(value=True)
"""Stands for an answer of which nothing is known."""


def _answer_behind(function: FunctionNode, loop: ast.For) -> ast.expr | None:
    """What a function answers behind a loop, where nothing behind it looks at the batch."""
    event = parameters_of(function)[:1]
    records = {ast.unparse(loop.iter), *event}
    if loop not in function.body:
        return _OTHER
    behind = function.body[function.body.index(loop) + 1 :]
    texts = {ast.unparse(node) for statement in behind for node in ast.walk(statement) if isinstance(node, ast.expr)}
    if loop.orelse or not records.isdisjoint(texts):
        return _OTHER
    returns = [node for statement in behind for node in ast.walk(statement) if isinstance(node, ast.Return)]
    raises = any(isinstance(node, ast.Raise) for statement in behind for node in ast.walk(statement))
    if raises or len(returns) > 1:
        return _OTHER
    return returns[0].value if returns else None


def _named(function: FunctionNode, loop: ast.For, value: ast.expr | None) -> Names | None:
    """What an answer names of a batch, None where that cannot be told."""
    if value is None or (isinstance(value, ast.Constant) and not isinstance(value.value, bool)):
        return Names.NOTHING
    if not isinstance(value, ast.Dict):
        return None
    keys = [key.value if isinstance(key, ast.Constant) else None for key in value.keys]
    if None in keys:
        return None
    if KEY not in keys:
        return Names.NOTHING
    failures = value.values[keys.index(KEY)]
    if isinstance(failures, ast.List):
        one = len(failures.elts) == 1 and isinstance(failures.elts[0], ast.Dict)
        return Names.FAILED_SO_FAR if one else None
    return Names.FAILED_SO_FAR if isinstance(failures, ast.Name) and _only_appended(function, loop, failures) else None


def _only_appended(function: FunctionNode, loop: ast.For, failures: ast.Name) -> bool:
    """Whether a list begins empty, and each pass of the loop appends to it one by one."""
    values = bound_values(function, failures.id)
    inside = {id(node) for node in ast.walk(loop)}
    changes = [
        node
        for node in own_nodes(function)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == failures.id
    ]
    begins_empty = len(values) == 1 and isinstance(values[0], ast.List) and not values[0].elts
    loops = [node for node in ast.walk(loop) if isinstance(node, ast.For | ast.While) and node is not loop]
    nested = {id(inner) for each in loops for inner in ast.walk(each)}
    return begins_empty and all(
        node.attr == "append" and id(node) in inside and id(node) not in nested for node in changes
    )
