"""Names that stand for one of some constant texts, such as the `field` of `for field in ("id", "amount")`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping


def constant_names(nodes: Iterable[ast.AST]) -> Mapping[str, tuple[str, ...]]:
    """The texts that targets of loops go over, by the target's name; none where two loops of the name differ.

    Args:
        nodes: all nodes of the code.
    """
    nodes = list(nodes)
    lists = _agreed(
        (target.id, _texts(node.value))
        for node in nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    )
    return _agreed(
        (node.target.id, lists.get(node.iter.id, ()) if isinstance(node.iter, ast.Name) else _texts(node.iter))
        for node in nodes
        if isinstance(node, ast.For | ast.comprehension) and isinstance(node.target, ast.Name)
    )


def _agreed(pairs: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    """The texts of each name, where whatever gives it texts gives it the same ones."""
    found: dict[str, tuple[str, ...]] = {}
    for name, texts in pairs:
        found[name] = texts if found.get(name, texts) == texts else ()
    return found


def _texts(node: ast.expr) -> tuple[str, ...]:
    if not isinstance(node, ast.List | ast.Tuple | ast.Set):
        return ()
    held = [each.value for each in node.elts if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return tuple(held) if len(held) == len(node.elts) else ()
