"""What an expression is worth, as far as the code and the function's environment variables say."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from delivery_lab.checks.code.module import Module
from delivery_lab.checks.code.program import Code
from delivery_lab.program.graph import UNKNOWN

_DEEPEST = 20
_ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
_SECONDS = {"weeks": 604_800, "days": 86_400, "hours": 3600, "minutes": 60, "seconds": 1}
_DEFAULTS: Mapping[str, int] = {"shared.settings.choice": 2}
"""Readers of environment variables in this project's own functions, with the position of what they answer without."""
_FLAGS = {"true": True, "false": False}


def evaluate(code: Code, module: Module, expression: ast.expr, depth: int = 0) -> Any:
    """The value of an expression at the top level of a module, UNKNOWN where it cannot be told.

    A call whose first argument is the name of one of the function's environment variables, such as
    `settings.choice("MODE", ...)` or `env.int("SIZE")`, is taken for a reading of that variable: its text, or true
    and false as such.
    """
    if depth > _DEEPEST:
        return UNKNOWN
    reader = _READERS.get(type(expression))
    return UNKNOWN if reader is None else reader(code, module, expression, depth + 1)


def as_number(value: Any) -> float | None:
    """A number, also one in a text as environment variables have them; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return None


def _name(code: Code, module: Module, node: ast.Name, depth: int) -> Any:
    found = code.locate(module, node.id)
    if found is None:
        return UNKNOWN
    where, name = found
    value = where.assignments.get(name)
    return UNKNOWN if value is None else evaluate(code, where, value, depth)


def _attribute(code: Code, module: Module, node: ast.Attribute, depth: int) -> Any:
    if not isinstance(node.value, ast.Name):
        return UNKNOWN
    imported = module.imports.get(node.value.id)
    target = code.modules.get(imported.dotted) if imported is not None else None
    if target is None:
        return UNKNOWN
    return _name(code, target, ast.Name(node.attr, ast.Load()), depth)


def _arithmetic(code: Code, module: Module, node: ast.BinOp, depth: int) -> Any:
    left, right = evaluate(code, module, node.left, depth), evaluate(code, module, node.right, depth)
    combine = _ARITHMETIC.get(type(node.op))
    if combine is None or not all(isinstance(side, int | float) for side in (left, right)):
        return UNKNOWN
    try:
        return combine(left, right)
    except ArithmeticError:
        return UNKNOWN


def _unary(code: Code, module: Module, node: ast.UnaryOp, depth: int) -> Any:
    value = evaluate(code, module, node.operand, depth)
    if value is UNKNOWN:
        return UNKNOWN
    if isinstance(node.op, ast.Not):
        return not value
    return -value if isinstance(node.op, ast.USub) and isinstance(value, int | float) else UNKNOWN


def _comparison(code: Code, module: Module, node: ast.Compare, depth: int) -> Any:
    if len(node.ops) != 1 or not isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.Is | ast.IsNot):
        return UNKNOWN
    left, right = evaluate(code, module, node.left, depth), evaluate(code, module, node.comparators[0], depth)
    # A flag compared with a text may have been a text: see `evaluate`.
    if UNKNOWN in (left, right) or type(left) is not type(right):
        return UNKNOWN
    return (left == right) is isinstance(node.ops[0], ast.Eq | ast.Is)


def _junction(code: Code, module: Module, node: ast.BoolOp, depth: int) -> Any:
    values = [evaluate(code, module, value, depth) for value in node.values]
    decisive = isinstance(node.op, ast.Or)
    if any(value is not UNKNOWN and bool(value) is decisive for value in values):
        return decisive
    return UNKNOWN if UNKNOWN in values else not decisive


def _call(code: Code, module: Module, node: ast.Call, depth: int) -> Any:
    function = code.origin(module, node.func)
    if function in ("os.environ.get", "os.getenv"):
        return _variable(code, module, node, depth)
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("lower", "strip", "upper") and not node.args:
        value = evaluate(code, module, node.func.value, depth)
        return getattr(value, node.func.attr)() if isinstance(value, str) else UNKNOWN
    if isinstance(node.func, ast.Attribute) and node.func.attr == "total_seconds":
        return _timedelta(code, module, node.func.value, depth)
    if isinstance(node.func, ast.Name) and node.func.id in ("int", "float") and len(node.args) == 1:
        value = as_number(evaluate(code, module, node.args[0], depth))
        return UNKNOWN if value is None else (int(value) if node.func.id == "int" else value)
    return _default(code, module, node, depth) if function in _DEFAULTS else _reading(code, node)


def _default(code: Code, module: Module, node: ast.Call, depth: int) -> Any:
    """What one of the readers of this project's own functions answers, which have a default."""
    name, *_ = node.args
    if isinstance(name, ast.Constant) and name.value in code.environment:
        return _reading(code, node)
    position = _DEFAULTS[code.origin(module, node.func)]
    return evaluate(code, module, node.args[position], depth) if len(node.args) > position else UNKNOWN


def _variable(code: Code, module: Module, node: ast.Call, depth: int) -> Any:
    name = evaluate(code, module, node.args[0], depth) if node.args else UNKNOWN
    if not isinstance(name, str) or name.startswith(("AWS_", "LAMBDA_", "_")):
        return UNKNOWN
    if name in code.environment:
        return code.environment[name]
    return evaluate(code, module, node.args[1], depth) if len(node.args) > 1 else None


def _timedelta(code: Code, module: Module, node: ast.expr, depth: int) -> Any:
    if not isinstance(node, ast.Call) or not code.origin(module, node.func).endswith("timedelta") or node.args:
        return UNKNOWN
    total = 0.0
    for keyword in node.keywords:
        value = as_number(evaluate(code, module, keyword.value, depth))
        if value is None or keyword.arg not in _SECONDS:
            return UNKNOWN
        total += value * _SECONDS[keyword.arg]
    return total


def _reading(code: Code, node: ast.Call) -> Any:
    first = node.args[0] if node.args else None
    if not isinstance(first, ast.Constant) or first.value not in code.environment:
        return UNKNOWN
    value = code.environment[str(first.value)]
    return _FLAGS.get(value, value) if isinstance(value, str) else UNKNOWN


def _item(code: Code, module: Module, node: ast.Subscript, depth: int) -> Any:
    if code.origin(module, node.value) != "os.environ":
        return UNKNOWN
    name = evaluate(code, module, node.slice, depth)
    return code.environment.get(name, UNKNOWN) if isinstance(name, str) else UNKNOWN


def _constant(_code: Code, _module: Module, node: ast.Constant, _depth: int) -> Any:
    return node.value


_READERS: Mapping[type[ast.expr], Callable[[Code, Module, Any, int], Any]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.BinOp: _arithmetic,
    ast.UnaryOp: _unary,
    ast.Compare: _comparison,
    ast.BoolOp: _junction,
    ast.Call: _call,
    ast.Subscript: _item,
}
