"""One Python module as its syntax tree, with what its names mean."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass

_MOST_KEPT = 512
_MOST_FUNCTIONS = 4096
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import bound to a name: a module, or a name of a module."""

    module: str
    attribute: str = ""

    @property
    def dotted(self) -> str:
        """The full name."""
        return f"{self.module}.{self.attribute}" if self.attribute else self.module


@dataclass(frozen=True, slots=True)
class Module:
    """A module.

    Attributes:
        name: dotted name.
        tree: its syntax tree.
        functions: functions at the top level.
        assignments: the value of each name that the top level assigns exactly once.
        imports: what imports anywhere in the file bind.
        imported_modules: dotted names that may be modules, in the order of the file.
    """

    name: str
    tree: ast.Module
    functions: dict[str, FunctionNode]
    assignments: dict[str, ast.expr]
    imports: dict[str, Imported]
    imported_modules: tuple[str, ...]

    def place(self, node: ast.stmt | ast.expr | ast.ExceptHandler) -> str:
        """Where a node stands, for messages."""
        return f"{self.name}, line {node.lineno}"


@functools.lru_cache(maxsize=_MOST_KEPT)
def parse_module(name: str, text: str, *, is_package: bool) -> Module | None:
    """Parse a module; None where it is not valid Python of the version that the lab runs on.

    The stacks of a project share most of their code, so what was parsed is kept; nobody changes it.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    imports, modules = _imports(tree, name if is_package else name.rpartition(".")[0])
    return Module(
        name=name,
        tree=tree,
        functions={node.name: node for node in tree.body if isinstance(node, FunctionNode)},
        assignments=_assigned_once(tree),
        imports=imports,
        imported_modules=tuple(modules),
    )


@functools.lru_cache(maxsize=_MOST_KEPT)
def all_nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    """All nodes of a module, outer ones first."""
    return tuple(ast.walk(tree))


@functools.lru_cache(maxsize=_MOST_FUNCTIONS)
def own_nodes(function: FunctionNode) -> tuple[ast.AST, ...]:
    """All nodes of a function but those of functions and classes inside it, outer ones first.

    Some twenty checks ask for the same function, so what was found is kept; nobody changes a tree.
    """
    found: list[ast.AST] = list(function.body)
    for node in found:  # grows while it is read
        if not isinstance(node, FunctionNode | ast.ClassDef | ast.Lambda):
            found.extend(ast.iter_child_nodes(node))
    return tuple(found)


def bound_values(function: FunctionNode, name: str) -> list[ast.expr | None]:
    """What a function binds to a name, in the order of `own_nodes`; None where it is not a plain assignment."""
    return list(_bindings(function).get(name, ()))


@functools.lru_cache(maxsize=_MOST_FUNCTIONS)
def _bindings(function: FunctionNode) -> dict[str, list[ast.expr | None]]:
    found: dict[str, list[ast.expr | None]] = {}
    for node in own_nodes(function):
        for name, value in assigned(node):
            found.setdefault(name, []).append(value)
    return found


def _assigned_once(tree: ast.Module) -> dict[str, ast.expr]:
    found: dict[str, list[ast.expr | None]] = {}
    for node in all_nodes(tree):
        if isinstance(node, ast.Global):
            for name in node.names:
                found.setdefault(name, []).append(None)
    for statement in _top_level(tree):
        for name, value in assigned(statement):
            found.setdefault(name, []).append(value)
    return {name: values[0] for name, values in found.items() if len(values) == 1 and values[0] is not None}


def _top_level(tree: ast.Module) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop(0)
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While):
            waiting.extend(child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt))
            waiting.extend(inner for handler in getattr(node, "handlers", ()) for inner in handler.body)


def assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    """The names that a statement binds; the value is None where it is not a plain assignment."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _bound(target, value)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield from _bound(target, value)
        case ast.NamedExpr(target=target, value=value):
            yield from _bound(target, value)
        case ast.AugAssign(target=target) | ast.For(target=target) | ast.AsyncFor(target=target):
            yield from _bound(target, None)
        case ast.withitem(optional_vars=ast.expr() as target):
            yield from _bound(target, None)


def _bound(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, ast.expr | None]]:
    if isinstance(target, ast.Name):
        yield target.id, value
        return
    for inner in ast.walk(target):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id, None


def _imports(tree: ast.Module, package: str) -> tuple[dict[str, Imported], list[str]]:
    bound: dict[str, Imported] = {}
    modules: list[str] = []
    for node in all_nodes(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                modules.append(alias.name)
                top = alias.name.partition(".")[0]
                bound[alias.asname or top] = Imported(alias.name if alias.asname else top)
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(node, package)
            modules.append(origin)
            for alias in node.names:
                modules.append(f"{origin}.{alias.name}")
                bound[alias.asname or alias.name] = Imported(origin, alias.name)
    return bound, modules


def _origin(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".") if package else []
    kept = parts[: len(parts) - (node.level - 1)] if node.level > 1 else parts
    return ".".join([*kept, *([node.module] if node.module else [])])
