"""Conditions of DynamoDB as moto reads them: each text is taken apart once, and not again for each write of an item."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.dynamodb.comparisons import ConditionExpressionParser

_MOST = 1_000
_NAME = "parse"
_real = vars(ConditionExpressionParser)[_NAME]
_VALUE = ConditionExpressionParser.Kind.EXPRESSION_ATTRIBUTE_VALUE


@dataclass(frozen=True, slots=True)
class _Tree:
    """A condition that was taken apart: its nodes, and the names and values that moto found in it."""

    node: Any
    names: tuple[str, ...]
    values: tuple[str, ...]


_trees: OrderedDict[tuple[str, tuple[tuple[str, str], ...]], _Tree] = OrderedDict()
"""By text and names: only values differ from call to call, and they are the leaves."""


def _parse_once(parser: Any) -> Any:
    condition, names = parser.condition_expression, parser.expression_attribute_names or {}
    if not condition:
        return _real(parser)
    key = (condition, tuple(names.items()))
    tree = _trees.get(key)
    if tree is None:
        return _parse_and_remember(parser, key)
    parser.expr_attr_names_found.extend(tree.names)
    parser.expr_attr_values_found.extend(tree.values)
    return parser._make_op_condition(_with_values(tree.node, parser.expression_attribute_values))


def _parse_and_remember(parser: Any, key: tuple[str, tuple[tuple[str, str], ...]]) -> Any:
    found: list[Any] = []
    made = parser._make_op_condition

    def noted(node: Any, *more: Any) -> Any:
        found.append(node)
        return made(node, *more)

    parser._make_op_condition = noted  # which makes the whole first, and its parts within
    condition = _real(parser)
    del parser._make_op_condition
    while len(_trees) >= _MOST:
        _trees.popitem(last=False)
    names, values = parser.expr_attr_names_found, parser.expr_attr_values_found
    _trees[key] = _Tree(found[0], tuple(names), tuple(values))
    return condition


def _with_values(node: Any, values: Mapping[str, Any]) -> Any:
    """The nodes with the values of a call; those without any are shared, for nobody changes them."""
    if node.kind == _VALUE:
        return node._replace(value=values[node.text])
    children = [_with_values(child, values) for child in node.children]
    return (
        node
        if all(new is old for new, old in zip(children, node.children, strict=True))
        else node._replace(children=children)
    )


def begin() -> None:
    """Have moto remember conditions, until `end`."""
    setattr(ConditionExpressionParser, _NAME, _parse_once)


def end() -> None:
    """Have moto do what it does by itself."""
    setattr(ConditionExpressionParser, _NAME, _real)
