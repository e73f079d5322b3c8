"""Errors that stay where they happened: in futures, in `gather(return_exceptions=True)`, in threads, in tasks.

An invoke succeeds whatever they hold, as long as the handler does not ask them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from delivery_lab.checks.code.callees import callee
from delivery_lab.checks.code.constants import evaluate
from delivery_lab.checks.code.dropping import is_broad, is_over_records
from delivery_lab.checks.code.module import FunctionNode, Module, assigned, own_nodes
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import reached
from delivery_lab.checks.code.tree import READING, ancestors, called_name, is_name, parents_in

_EXECUTORS = ("ThreadPoolExecutor", "ProcessPoolExecutor")
_HARMLESS = READING | {"wait", "as_completed", "append"}
_TASKS = ("create_task", "ensure_future")


@dataclass(frozen=True, slots=True)
class Unjoined:
    """Work whose errors nothing asks for.

    Attributes:
        what: what holds the errors, in words.
        where: module and line.
        fix: what to do instead, without a full stop.
    """

    what: str
    where: str
    fix: str


def errors_left_behind(code: Code) -> list[Unjoined]:
    """Where the handler starts work and certainly never asks how it ended."""
    places = reached(code)
    asks = any(_asks(node) for _, function in places for node in ast.walk(function))
    found = []
    for module, function in places:
        parents = parents_in(function)
        for call in (node for node in own_nodes(function) if isinstance(node, ast.Call)):
            left = _left_by(code, module, function, call, parents, asks)
            if left is not None:
                found.append(left)
    return found


def _asks(node: ast.AST) -> bool:
    """Whether it asks a future how it ended; `exception` with arguments is that of a logger."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    name = node.func.attr
    return name in ("result", "add_done_callback") or (name == "exception" and not node.args)


def _left_by(
    code: Code, module: Module, function: FunctionNode, call: ast.Call, parents: Mapping[ast.AST, ast.AST], asks: bool
) -> Unjoined | None:
    name, where = called_name(call), module.place(call)
    if name == "gather" and _keeps_exceptions(code, module, call) and _is_unread(function, call, parents):
        return Unjoined(
            "gather(return_exceptions=True) hands errors back as values that nothing looks at",
            where,
            "leave return_exceptions out, or look through the values for exceptions and report their records",
        )
    if name in _TASKS and _is_unread(function, call, parents) and not _has_task_group(function):
        return Unjoined(
            f"a task of {name} that is never awaited keeps its error",
            where,
            "await the tasks, for instance with asyncio.gather",
        )
    if name == "Thread" and _works_on_records_alone(code, module, function, call, parents):
        return Unjoined(
            "an error in a thread is written to the log and ends only the thread",
            where,
            "catch the error in the thread, and report its record once the thread has been joined",
        )
    if name == "wait" and code.origin(module, call.func) == "asyncio.wait":
        if asks or not _is_unread(function, call, parents):
            return None
        return Unjoined(
            "the tasks of asyncio.wait() keep their errors, and result() is not called of any",
            where,
            "call result() of every task that is done, and report the records whose task raises",
        )
    if name in ("submit", "map") and _is_of_executor(code, module, function, call):
        if _catches_itself(code, module, function, call):
            return None
        if name == "map" and not _is_unread(function, call, parents):
            return None
        if name == "submit" and (asks or _is_handed_on(function, call, parents)):
            return None
        return Unjoined(
            f"a future of {name}() keeps its error, and neither result() nor exception() is called",
            where,
            "call result() of every future, and report the records whose call raises",
        )
    return None


def _catches_itself(code: Code, module: Module, function: FunctionNode, call: ast.Call) -> bool:
    """Whether the function that an executor is given catches its errors, so that its future never holds one."""
    work = call.args[0] if call.args else None
    if work is None:
        return False
    inner = next(
        (each for each in own_nodes(function) if isinstance(each, FunctionNode) and is_name(work, each.name)), None
    )
    place = None if inner is not None else callee(code, module, function, work)
    target = inner if place is None else place[1]
    if target is None:
        return False
    return any(
        is_broad(clause) and not _raises(clause) for clause in ast.walk(target) if isinstance(clause, ast.ExceptHandler)
    )


def _raises(clause: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) for statement in clause.body for node in ast.walk(statement))


def _works_on_records_alone(
    code: Code, module: Module, function: FunctionNode, call: ast.Call, parents: Mapping[ast.AST, ast.AST]
) -> bool:
    """Whether a thread is started for each record, with a function of the program that catches nothing."""
    if code.origin(module, call.func) != "threading.Thread":
        return False
    loops = (outer for outer in ancestors(call, parents) if isinstance(outer, ast.For | ast.ListComp))
    if not any(_is_over_records(loop, function) for loop in loops):
        return False
    target = next((keyword.value for keyword in call.keywords if keyword.arg == "target"), None)
    place = None if target is None else callee(code, module, function, target)
    return place is not None and not any(isinstance(node, ast.ExceptHandler) for node in ast.walk(place[1]))


def _is_over_records(loop: ast.AST, function: FunctionNode) -> bool:
    if isinstance(loop, ast.For):
        return is_over_records(loop, function)
    if isinstance(loop, ast.ListComp):
        return any('"Records"' in ast.unparse(each.iter).replace("'", '"') for each in loop.generators)
    return False


def _keeps_exceptions(code: Code, module: Module, call: ast.Call) -> bool:
    return any(
        keyword.arg == "return_exceptions" and evaluate(code, module, keyword.value) is True
        for keyword in call.keywords
    )


def _is_unread(function: FunctionNode, call: ast.Call, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether the value of a call is dropped, or bound to a name that is only logged."""
    parent: ast.AST | None = parents.get(call)
    while isinstance(parent, ast.Await | ast.Call) and (
        isinstance(parent, ast.Await) or called_name(parent) in ("run", "run_until_complete")
    ):
        parent = parents.get(parent)
    if isinstance(parent, ast.Expr):
        return True
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0], ast.Name):
        return _is_only_logged(function, parent.targets[0].id, parents)
    return False


def _is_only_logged(function: FunctionNode, name: str, parents: Mapping[ast.AST, ast.AST]) -> bool:
    uses = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
    ]
    return all(_is_in_log(node, parents) for node in uses)


def _is_in_log(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> bool:
    return any(isinstance(outer, ast.Call) and called_name(outer) in READING for outer in ancestors(node, parents))


def _is_of_executor(code: Code, module: Module, function: FunctionNode, call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, ast.Name):
        return False
    name = call.func.value.id
    bound = (node for node in own_nodes(function) if not isinstance(node, ast.withitem))
    made = [*_contexts(function, name), *(value for node in bound for found, value in assigned(node) if found == name)]
    if not made and name in module.assignments:
        made = [module.assignments[name]]
    return bool(made) and all(
        isinstance(value, ast.Call) and code.origin(module, value.func).endswith(_EXECUTORS) for value in made
    )


def _contexts(function: FunctionNode, name: str) -> Iterator[ast.expr]:
    """What `with ... as name` binds to a name."""
    for node in own_nodes(function):
        if (
            isinstance(node, ast.withitem)
            and isinstance(node.optional_vars, ast.Name)
            and node.optional_vars.id == name
        ):
            yield node.context_expr


def _is_handed_on(function: FunctionNode, call: ast.Call, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether a future gets to code that may ask it: it is returned, or given to a call that is no waiting."""
    parent = parents.get(call)
    if isinstance(parent, ast.Return | ast.Yield):
        return True
    if isinstance(parent, ast.Expr):
        return False
    names = {
        name
        for outer in ancestors(call, parents)
        for name, _ in assigned(outer)
        if isinstance(outer, ast.Assign | ast.AnnAssign)
    }
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute) and parent.func.attr == "append":
        names |= {node.id for node in ast.walk(parent.func.value) if isinstance(node, ast.Name)}
    return not names or any(_may_ask(function, name, parents) for name in names)


def _may_ask(function: FunctionNode, name: str, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether what a name holds gets somewhere that could look at its errors."""
    for node in ast.walk(function):
        if not isinstance(node, ast.Name) or node.id != name or not isinstance(node.ctx, ast.Load):
            continue
        parent = parents.get(node)
        if isinstance(parent, ast.Return):
            return True
        if isinstance(parent, ast.Call) and node is not parent.func and called_name(parent) not in _HARMLESS:
            return True
    return False


def _has_task_group(function: FunctionNode) -> bool:
    """A TaskGroup raises the errors of its tasks by itself."""
    return any(
        isinstance(node, ast.withitem) and "TaskGroup" in ast.unparse(node.context_expr) for node in own_nodes(function)
    )
