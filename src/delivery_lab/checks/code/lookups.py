"""Records of work done that a handler keeps by itself: a read before the work and a write after it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from delivery_lab.checks.code.callees import callee
from delivery_lab.checks.code.dropping import is_broad, suppresses
from delivery_lab.checks.code.module import FunctionNode, Module
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import live_nodes, reached
from delivery_lab.checks.code.tree import called_name, parents_in

_READS = frozenset({"get_item", "query", "exists"})
_REDIS = ("redis", "valkey")
_WRITES = frozenset({"put_item", "set", "setex"})
_CONDITIONS = frozenset({"ConditionExpression", "Expected", "nx"})
_STORE_ERRORS = ("ClientError", "BotoCoreError", "RedisError")
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Lookup:
    """A read of a table, and the write that it is meant to notice.

    Attributes:
        table: what stands for the table in the code.
        read: module and line of the read.
        write: module and line of the write; of the `except` clause where an error counts as "not there".
    """

    table: str
    read: str
    write: str


@dataclass(frozen=True, slots=True)
class _StoreCall:
    module: Module
    function: FunctionNode
    node: ast.Call

    @property
    def name(self) -> str:
        return called_name(self.node)

    @property
    def table(self) -> str:
        """What stands for the table: `TableName` of a client's call, else what stands before the dot."""
        for keyword in self.node.keywords:
            if keyword.arg == "TableName":
                return ast.unparse(keyword.value)
        return ast.unparse(self.node.func.value) if isinstance(self.node.func, ast.Attribute) else ""

    @property
    def has_condition(self) -> bool:
        """Whether a write has a condition, or it cannot be told."""
        return any(keyword.arg is None or keyword.arg in _CONDITIONS for keyword in self.node.keywords)

    @property
    def where(self) -> str:
        return self.module.place(self.node)


def lookups_before_work(code: Code) -> list[Lookup]:
    """Tables in which the handler looks an item up and which it writes, both without a condition.

    An item is taken for a record of work done where the code only asks whether it is there, or what it says: the
    answer of the read ends in conditions, and nowhere else.
    """
    calls = list(_calls(code))
    said = _said(code)
    written = {call.table: call for call in calls if _writes(call, said) and not call.has_condition}
    guarded = {call.table for call in calls if call.name in _WRITES | {"update_item"} and call.has_condition}
    return [
        Lookup(call.table, call.where, written[call.table].where)
        for call in calls
        if (call.name in _READS or _is_redis_get(code, call))
        and call.table in written
        and call.table not in guarded
        and _is_tested(code, call)
    ]


def errors_taken_for_unseen(code: Code) -> list[Lookup]:
    """Reads of a record whose failure counts as "there is none": the `except` clause around them answers no."""
    found = []
    for call in _calls(code):
        if call.name not in ("get_item", "query") or not _is_tested(code, call):
            continue
        for attempt in (node for node in ast.walk(call.function) if isinstance(node, ast.Try)):
            if not any(node is call.node for statement in attempt.body for node in ast.walk(statement)):
                continue
            clauses = [clause for clause in attempt.handlers if _catches_store(clause) and _says_no(clause)]
            if clauses:
                found.append(Lookup(call.table, call.where, call.module.place(clauses[0])))
        found += [
            Lookup(call.table, call.where, call.module.place(block))
            for block in ast.walk(call.function)
            if isinstance(block, ast.With)
            and any(suppresses(code, call.module, item, *_STORE_ERRORS) for item in block.items)
            and any(node is call.node for statement in block.body for node in ast.walk(statement))
        ]
    return found


def _calls(code: Code) -> Iterator[_StoreCall]:
    for module, function in reached(code):
        for node in live_nodes(code, module, function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield _StoreCall(module, function, node)


def _writes(call: _StoreCall, said: set[str]) -> bool:
    """Whether a call writes a record of work done: an item, or a word that the program compares something with."""
    if call.name != "update_item":
        return call.name in _WRITES
    return any(isinstance(node, ast.Constant) and node.value in said for node in ast.walk(call.node))


def _said(code: Code) -> set[str]:
    """Words with which the program compares what it has read, such as `"DONE"`."""
    return {
        each.value
        for _, function in reached(code)
        for node in ast.walk(function)
        if isinstance(node, ast.Compare)
        for each in (node.left, *node.comparators)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }


def _is_redis_get(code: Code, call: _StoreCall) -> bool:
    if call.name != "get" or not isinstance(call.node.func, ast.Attribute):
        return False
    held = call.node.func.value
    made = call.module.assignments.get(held.id) if isinstance(held, ast.Name) else None
    return isinstance(made, ast.Call) and code.origin(call.module, made.func).partition(".")[0] in _REDIS


def _is_tested(code: Code, call: _StoreCall) -> bool:
    return _ends_in_conditions(code, call.function, call.node, parents_in(call.function), 0)


def _ends_in_conditions(
    code: Code, function: FunctionNode, node: ast.AST, parents: Mapping[ast.AST, ast.AST], depth: int
) -> bool:
    """Whether a value, or whatever is taken out of it, is only asked for in conditions."""
    if depth > _DEEPEST:
        return False
    parent = parents.get(node)
    match parent:
        case ast.Compare() | ast.UnaryOp(op=ast.Not()) | ast.If() | ast.While():
            return True
        case ast.IfExp(test=test):
            return node is test
        case ast.Call(func=called, args=arguments) if node is not called:
            return node in arguments and called_name(parent) in ("bool", "len")
        case ast.BoolOp() | ast.Subscript(slice=ast.Constant()) | ast.Attribute(attr="get"):
            outer = parents.get(parent) if isinstance(parent, ast.Attribute) else parent
            return outer is not None and _ends_in_conditions(code, function, outer, parents, depth + 1)
        case ast.NamedExpr(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            uses: list[ast.AST] = [use for use in ast.walk(function) if _is_read_of(use, name)]
            uses += [parent] if isinstance(parent, ast.NamedExpr) else []
            return bool(uses) and all(_ends_in_conditions(code, function, use, parents, depth + 1) for use in uses)
        case ast.Expr():
            return isinstance(node, ast.Subscript)  # whether it is there decides: else there is a KeyError
        case ast.Return():
            return _callers_only_ask(code, function, depth)
    return False


def _is_read_of(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)


def _callers_only_ask(code: Code, function: FunctionNode, depth: int) -> bool:
    """Whether what a function returns ends in conditions wherever it is called by its name."""
    asked = []
    for module, caller in reached(code):
        parents = parents_in(caller)
        for node in ast.walk(caller):
            if isinstance(node, ast.Call):
                place = callee(code, module, caller, node.func)
                if place is not None and place[1] is function:
                    asked.append(_ends_in_conditions(code, caller, node, parents, depth + 1))
    return bool(asked) and all(asked)


def _catches_store(clause: ast.ExceptHandler) -> bool:
    if is_broad(clause):
        return True
    kinds = clause.type.elts if isinstance(clause.type, ast.Tuple) else [clause.type]
    return any(kind is not None and ast.unparse(kind).endswith(_STORE_ERRORS) for kind in kinds)


def _says_no(clause: ast.ExceptHandler) -> bool:
    """Whether a clause ends in `return False`, `return None` or `pass`, and raises nothing."""
    if any(isinstance(node, ast.Raise) for statement in clause.body for node in ast.walk(statement)):
        return False
    last = clause.body[-1]
    if isinstance(last, ast.Return):
        return last.value is None or (isinstance(last.value, ast.Constant) and not last.value.value)
    if isinstance(last, ast.Assign) and isinstance(last.value, ast.Constant | ast.Dict):
        return not (last.value.value if isinstance(last.value, ast.Constant) else last.value.keys)
    return isinstance(last, ast.Pass)
