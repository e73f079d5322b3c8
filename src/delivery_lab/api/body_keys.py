"""Which keys a handler reads from the JSON body of a message, as far as its code says it plainly."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def keys_of(source: str) -> tuple[str, ...]:
    """The keys that code reads from what it has parsed as JSON, in the order of their first use.

    Args:
        source: a Python file.

    Returns:
        None of them where the file cannot be read.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ()
    parsed = {name for node in ast.walk(tree) for name in _assigned(node)}
    found = [key for node in ast.walk(tree) for key in _read(node, parsed)]
    return tuple(dict.fromkeys(key for _, key in sorted(found)))


def _assigned(node: ast.AST) -> Iterator[str]:
    """Names that get the value of `json.loads(...)`."""
    if isinstance(node, ast.Assign) and _is_parsed(node.value):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _is_parsed(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func) in ("json.loads", "loads", "orjson.loads")


def _read(node: ast.AST, parsed: set[str]) -> Iterator[tuple[int, str]]:
    match node:
        case ast.Subscript(value=held, slice=ast.Constant(value=str(key)), ctx=ast.Load()):
            pass
        case ast.Call(func=ast.Attribute(value=held, attr="get"), args=[ast.Constant(value=str(key)), *_]):
            pass
        case _:
            return
    if _is_parsed(held) or (isinstance(held, ast.Name) and held.id in parsed):
        yield node.lineno, key
