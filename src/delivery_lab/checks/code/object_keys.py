"""Whether a handler uses the keys of S3's events as they come, which is URL-encoded."""

from __future__ import annotations

import ast

from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import last_key, live_nodes, reached
from delivery_lab.checks.code.tree import called_name

_CALLS = frozenset(
    {
        "copy_object", "delete_object", "download_file", "download_fileobj", "get_object", "get_object_tagging",
        "head_object", "put_object_tagging", "Object",
    }
)  # fmt: skip
"""Calls of boto3 that look for an object by its key."""
_DECODING = frozenset({"unquote", "unquote_plus", "unquote_to_bytes", "parse_qs", "object_key", "urlDecodedKey"})
"""What decodes a key, or is one that is decoded."""


def encoded_keys(code: Code) -> list[str]:
    """Where a handler reads the key of an event's object, if it calls S3 and decodes nothing anywhere.

    Args:
        code: the program.
    """
    found: list[str] = []
    calls = False
    for module, function in reached(code):
        for node in live_nodes(code, module, function):
            match node:
                case ast.Name(id=name) | ast.Attribute(attr=name) if name in _DECODING:
                    return []
                case ast.Constant(value="urlDecodedKey"):
                    return []
                case ast.Call() if called_name(node) in _CALLS:
                    calls = True
            if isinstance(node, ast.expr) and last_key(node) == "key" and _of_object(node):
                found.append(module.place(node))
    return found if calls else []


def _of_object(node: ast.expr) -> bool:
    """Whether a key is read off the object of a record: `record["s3"]["object"]["key"]`."""
    match node:
        case ast.Subscript(value=held) | ast.Attribute(value=held):
            return last_key(held) in ("object", "get_object")
        case ast.Call(func=ast.Attribute(value=held)):
            return last_key(held) in ("object", "get_object")
    return False
