"""Filling in mapping templates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, assert_never

from delivery_lab.errors import NotModelledError
from delivery_lab.limits.gateway import LOOP_ITERATIONS
from delivery_lab.model.gateway.velocity_methods import METHODS, Tool, call_tool
from delivery_lab.model.gateway.velocity_parser import parse
from delivery_lab.model.gateway.velocity_tree import (
    Access,
    BinaryOperation,
    Block,
    Expression,
    ForEach,
    If,
    Interpolated,
    ListOf,
    Literal,
    Node,
    SetVariable,
    Text,
    VariableReference,
)

_parsed = cache(parse)


def render(template: str, variables: Mapping[str, Any]) -> str:
    """Fill in a template.

    Args:
        template: the template.
        variables: values of references by name, tools such as `$input` among them.

    Raises:
        NotModelledError: the template uses what is not modelled.
    """
    return _Renderer(variables).block(_parsed(template))


class _Renderer:
    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._variables = dict(variables)

    def block(self, block: Block) -> str:
        return "".join(map(self._node, block))

    def _node(self, node: Node) -> str:
        match node:
            case Text():
                return node.text
            case VariableReference():
                return _written(self._reference(node), node.source)
            case SetVariable():
                self._variables[node.name] = self._value(node.value)
                return ""
            case If():
                chosen = (block for condition, block in node.branches if _holds(self._value(condition)))
                return self.block(next(chosen, ()))
            case ForEach():
                return self._for_each(node)
            case _:
                assert_never(node)

    def _for_each(self, node: ForEach) -> str:
        values = self._value(node.values)
        items = list(values.values() if isinstance(values, dict) else values) if _is_many(values) else []
        if len(items) > LOOP_ITERATIONS:
            raise NotModelledError(f"a #foreach over {len(items)} items; API Gateway takes {LOOP_ITERATIONS}")
        written = []
        for number, item in enumerate(items):
            last = number == len(items) - 1
            here = {"index": number, "count": number + 1, "hasNext": not last, "first": number == 0, "last": last}
            self._variables |= {node.name: item, "foreach": here, "velocityCount": number + 1}
            written.append(self.block(node.block))
        return "".join(written)

    def _value(self, expression: Expression) -> Any:
        match expression:
            case Literal():
                return expression.value
            case Interpolated():
                return self.block(expression.block)
            case ListOf():
                return [self._value(item) for item in expression.items]
            case VariableReference():
                return self._reference(expression)
            case BinaryOperation():
                return self._operation(expression)
            case _:
                assert_never(expression)

    def _operation(self, operation: BinaryOperation) -> Any:
        if operation.left is None:
            return not _holds(self._value(operation.right))
        left = self._value(operation.left)
        if operation.operator in ("&&", "||"):
            decided = _holds(left) == (operation.operator == "||")
            return _holds(left) if decided else _holds(self._value(operation.right))
        right = self._value(operation.right)
        try:
            return _OPERATORS[operation.operator](left, right)
        except (TypeError, ZeroDivisionError):
            raise NotModelledError(
                f"a mapping template computes {left!r} {operation.operator} {right!r}, which is not modelled"
            ) from None

    def _reference(self, reference: VariableReference) -> Any:
        if reference.name not in self._variables:
            # In parts of a template that are not reached nothing is asked, so this is one that was never set.
            raise NotModelledError(
                f"a mapping template uses {reference.source}, and nothing sets ${reference.name}; what API Gateway "
                "writes then is not modelled\n  nearest: $input, $util, $context, $stageVariables, or #set before it"
            )
        value = self._variables[reference.name]
        for step in reference.steps:
            value = self._step(value, step, reference.source)
        return value

    def _step(self, value: Any, step: Access, source: str) -> Any:
        arguments = None if step.arguments is None else [self._value(each) for each in step.arguments]
        if isinstance(value, Tool):
            return call_tool(value, step.name or str(arguments[0] if arguments else ""), arguments, source)
        if value is None:
            return None  # a reference to null stays null, whatever is asked of it
        if arguments is None or not step.name:
            key = step.name if arguments is None else arguments[0]
            if isinstance(value, dict):
                return value.get(key)
            if isinstance(value, list) and isinstance(key, int):
                return value[key] if -len(value) <= key < len(value) else None
            raise NotModelledError(
                f"a mapping template uses {source}, where .{key} of a text or number is not modelled"
            )
        method = METHODS.get((type(value), step.name))
        if method is None:
            known = ", ".join(sorted({name for kind, name in METHODS if kind is type(value)})) or "none"
            raise NotModelledError(
                f"a mapping template uses {source}, where the method {step.name} is not modelled\n  nearest: {known}"
            )
        return method(value, *arguments)


def _is_many(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str)


def _holds(value: Any) -> bool:
    """Velocity's truth: everything but false and null; API Gateway's version takes empty texts for true, too."""
    return value is not None and value is not False


def _written(value: Any, source: str) -> str:
    """A value as text. API Gateway writes nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise NotModelledError(
        f"a mapping template writes {source}, an object or a list; how API Gateway writes it is not modelled\n"
        "  nearest: $input.json"
    )


def _same(left: Any, right: Any) -> bool:
    """Equality; values of two kinds are compared as text, as Velocity does."""
    if left is None or right is None:
        return left is right
    return bool(left == right) if type(left) is type(right) else _written(left, "") == _written(right, "")


_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": _same,
    "!=": lambda left, right: not _same(left, right),
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
    "+": lambda left, right: (
        left + right if not isinstance(left, str) and not isinstance(right, str) else f"{left}{right}"
    ),
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: int(left / right) if isinstance(left, int) and isinstance(right, int) else left / right,
    "%": lambda left, right: left % right,
}
