"""Values of the classes by which a handler reads its messages: pydantic, dataclasses, TypedDict, msgspec."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_OF_MODELS = frozenset({"BaseModel", "TypedDict", "NamedTuple", "Struct", "BaseSettings", "RootModel"})
_DECORATORS = frozenset({"dataclass", "define", "s", "attrs", "frozen"})
_WRAPPERS = frozenset({"Optional", "Annotated", "Final", "Required", "ReadOnly", "Json"})
_LISTS = frozenset({"list", "List", "Sequence", "Iterable", "set", "Set", "frozenset", "tuple", "Tuple", "conlist"})
_VALUES: Final[Mapping[str, Any]] = {
    "int": 1,
    "float": 1.5,
    "bool": True,
    "Decimal": "1.50",
    "datetime": "2026-01-01T00:00:00Z",
    "AwareDatetime": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "12:00:00",
    "UUID": "00000000-0000-4000-8000-000000000001",
    "UUID4": "00000000-0000-4000-8000-000000000001",
    "EmailStr": "someone@example.org",
    "HttpUrl": "https://example.org/{n}",
    "AnyUrl": "https://example.org/{n}",
    "AnyHttpUrl": "https://example.org/{n}",
    "PositiveInt": 1,
    "PositiveFloat": 1.5,
    "NonNegativeInt": 1,
    "StrictInt": 1,
    "StrictBool": True,
    "dict": {},
    "Dict": {},
    "Mapping": {},
}
_OF_EVENTS = ("Records", "records", "body", "Message", "data", "Sns", "kinesis")


@dataclass(frozen=True, slots=True)
class Models:
    """The classes of a function's code.

    Attributes:
        classes: each by name.
    """

    classes: Mapping[str, ast.ClassDef]

    def named(self, node: ast.expr | None) -> str | None:
        """The model that an expression names, None if it names none."""
        name = last_name(node)
        return name if name is not None and name in self.classes and self._is_model(name) else None

    def sample(self, name: str, seen: frozenset[str] = frozenset()) -> Any:
        """A value that a model takes: its required members, or all where none is required."""
        found = list(self._members(name))
        wanted = [each for each in found if each[2] is None] or found
        return {alias: self._value(annotation, alias, default, seen | {name}) for alias, annotation, default in wanted}

    def body_of(self, name: str) -> Any:
        """A value of what a model takes as a message: of a model of whole events, what its records hold."""
        for alias, annotation, _ in self._members(name):
            if alias in _OF_EVENTS:
                inner = _json_inner(annotation) or annotation
                named = (self.named(part) for part in ast.walk(inner) if isinstance(part, ast.Name | ast.Constant))
                model = next((each for each in named if each not in (None, name)), None)
                if model is not None:
                    return self.body_of(model)
        return self.sample(name)

    def _is_model(self, name: str, seen: frozenset[str] = frozenset()) -> bool:
        node = self.classes[name]
        if any(last_name(each) in _DECORATORS for each in node.decorator_list):
            return True
        bases = [last_name(base) or "" for base in node.bases]
        return any(
            base in _OF_MODELS
            or base.endswith(("RecordModel", "SqsModel", "SnsModel", "EventModel", "Model"))
            or (base in self.classes and base not in seen and self._is_model(base, seen | {name}))
            for base in bases
        )

    def _members(self, name: str) -> Iterator[tuple[str, ast.expr, ast.expr | None]]:
        """Alias, annotation and default of each member; the default is None where it is required."""
        node = self.classes.get(name)
        if node is None:
            return
        for base in node.bases:
            yield from self._members(last_name(base) or "") if last_name(base) != name else ()
        optional = any(key.arg == "total" and _constant(key.value) is False for key in node.keywords)
        for line in node.body:
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                inner = last_name(line.annotation.value) if isinstance(line.annotation, ast.Subscript) else ""
                if inner == "ClassVar" or line.target.id in ("model_config", "Config"):
                    continue
                alias, default = _described(line.value, line.target.id)
                if inner == "NotRequired" or (optional and inner != "Required" and default is None):
                    default = ast.Constant(value=None)
                yield alias, line.annotation, default

    def _value(self, annotation: ast.expr, name: str, default: ast.expr | None, seen: frozenset[str]) -> Any:
        given = _constant(default)
        if given is not None:
            return given
        match annotation:
            case ast.Constant(value=str(text)):
                return self._value(_parsed(text), name, None, seen)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                none = isinstance(left, ast.Constant) and left.value is None
                return self._value(right if none else left, name, None, seen)
            case ast.Subscript(value=outer, slice=inner):
                return self._of_generic(last_name(outer) or "", inner, name, seen)
            case ast.Call(func=made):
                return self._value(made, name, None, seen)
        kind = last_name(annotation) or ""
        if kind in self.classes and kind not in seen:
            return self._of_class(kind, name, seen)
        if kind in _LISTS:
            return []
        return _VALUES.get(kind, f"{name}-{{n}}")

    def _of_class(self, kind: str, name: str, seen: frozenset[str]) -> Any:
        if self._is_model(kind):
            return self.sample(kind, seen)
        members = [
            line.value.value
            for line in self.classes[kind].body
            if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant)
        ]
        return members[0] if members else f"{name}-{{n}}"

    def _of_generic(self, outer: str, inner: ast.expr, name: str, seen: frozenset[str]) -> Any:
        first = inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner
        if outer == "Literal":
            return _constant(first)
        if outer in _LISTS:
            return [self._value(first, name.removesuffix("s") or name, None, seen)]
        if outer in _WRAPPERS or outer == "NotRequired":
            return self._value(first, name, None, seen)
        if outer == "Union":
            options = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            known = [each for each in options if not (isinstance(each, ast.Constant) and each.value is None)]
            return self._value(known[0], name, None, seen) if known else None
        return _VALUES.get(outer, f"{name}-{{n}}")


def last_name(node: ast.expr | None) -> str | None:
    """The last part of a name: `Order` of `shop.models.Order`, of `Order[int]` and of `"Order"`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
            return name
        case ast.Subscript(value=value):
            return last_name(value)
        case ast.Call(func=made):
            return last_name(made)
    return None


def _json_inner(annotation: ast.expr) -> ast.expr | None:
    """`Order` of `Json[Order]`, at any depth."""
    for node in ast.walk(annotation):
        if isinstance(node, ast.Subscript) and last_name(node.value) == "Json":
            return node.slice
    return None


def _described(value: ast.expr | None, name: str) -> tuple[str, ast.expr | None]:
    """Alias and default of a member that `Field(...)` or `field(...)` may describe."""
    if not isinstance(value, ast.Call) or last_name(value.func) not in ("Field", "field"):
        return name, value
    named = {key.arg: key.value for key in value.keywords}
    alias = _constant(named.get("alias") or named.get("validation_alias") or named.get("name"))
    first = value.args[0] if value.args else named.get("default") or named.get("default_factory")
    required = first is None or (isinstance(first, ast.Constant) and first.value is ...)
    return alias if isinstance(alias, str) else name, None if required else first


def _constant(node: ast.expr | None) -> Any:
    """A plain value, None where there is none."""
    return node.value if isinstance(node, ast.Constant) and node.value is not ... else None


def _parsed(text: str) -> ast.expr:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return ast.Name(id="str")
