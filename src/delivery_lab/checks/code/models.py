"""Which fields a class of a program needs: a model of pydantic, or a dataclass, that is made of parsed JSON."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from delivery_lab.checks.code.module import FunctionNode, Module
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.tree import decorating, is_name

_MODELS = frozenset({"pydantic.BaseModel", "aws_lambda_powertools.utilities.parser.BaseModel"})
_DATACLASS = "dataclasses.dataclass"


def required_fields(code: Code, module: Module, named: ast.expr) -> tuple[str, ...]:
    """The fields without which no object of a class can be made.

    Args:
        code: the program.
        module: where the class is named.
        named: its name, such as `Order` or `models.Order`.

    Returns:
        None of them where it is no such class of the program, or its fields may be called otherwise in JSON.
    """
    where, _, name = code.origin(module, named).rpartition(".")
    target = code.modules.get(where)
    if target is None:
        return ()
    found = next((each for each in target.tree.body if isinstance(each, ast.ClassDef) and each.name == name), None)
    if found is None or not _is_model(code, target, found) or _renames(found):
        return ()
    return tuple(_without_default(found))


def _is_model(code: Code, module: Module, node: ast.ClassDef) -> bool:
    decorators = [decorating(each) for each in node.decorator_list]
    if any(code.origin(module, each) == _DATACLASS for each in decorators):
        return True
    return len(node.bases) == 1 and code.origin(module, node.bases[0]) in _MODELS


def _renames(node: ast.ClassDef) -> bool:
    """Whether fields may have other names in JSON, or a validator may make them of something else."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.keyword) and inner.arg is not None and "alias" in inner.arg:
            return True
        if isinstance(inner, FunctionNode) and inner.decorator_list:
            return True
        if isinstance(inner, ast.Assign) and any(is_name(target, "model_config") for target in inner.targets):
            return True
    return False


def _without_default(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), value=None, annotation=kind):
                if "ClassVar" not in ast.dump(kind):
                    yield name
