"""Every field of a JSON Schema, with documents in which that field alone has another value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

Path = tuple[str | int, ...]
POOL: tuple[Any, ...] = (
    None, True, -1, 0, 0.5, 10**18, "", "nonsense", "5", [], ["nonsense"], [5], {}, {"nonsense": 1},
)  # fmt: skip
"""Values of every kind. A schema takes some of them and refuses the others."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a schema.

    Attributes:
        path: where it is in the documents.
        schema: its own schema.
        document: makes the smallest document that has the field, of the field's value.
    """

    path: Path
    schema: Mapping[str, Any]
    document: Callable[[Any], Any]

    @property
    def name(self) -> str:
        """The path as one word; parts of lists count from 1."""
        return ".".join(str(part + 1) if isinstance(part, int) else part for part in self.path)


class Walk:
    """Walks over a schema.

    Args:
        schema: the schema, with what it refers to in `$defs`.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._definitions = schema.get("$defs", {})

    def fields(self) -> Iterator[Field]:
        """All fields; those of a definition once, where it is met first."""
        yield from self._inside((), self._schema, lambda value: value, set())

    def wrong_values(self, field: Field) -> list[Any]:
        """Values that the field's schema refuses: of other kinds, and just outside of its bounds."""
        return [value for value in (*POOL, *self._beside(field.schema)) if not self.takes(field, value)]

    def right_values(self, field: Field) -> list[Any]:
        """Values that the field's schema takes."""
        return [value for value in (*POOL, self.sample(field.schema)) if self.takes(field, value)]

    def takes(self, field: Field, value: Any) -> bool:
        """Whether the schema takes a value for the field."""
        return bool(Draft202012Validator({**field.schema, "$defs": self._definitions}).is_valid(value))

    def sample(self, schema: Mapping[str, Any]) -> Any:
        """A value that a schema takes."""
        schema = self._resolved(schema)
        if "default" in schema and schema["default"] is not None:
            return schema["default"]
        for word in ("const", "enum"):
            if word in schema:
                return schema[word] if word == "const" else schema[word][0]
        if "anyOf" in schema or ("oneOf" in schema and "type" not in schema):
            return self.sample(next(iter(schema.get("anyOf") or schema["oneOf"])))
        return self._of_type(schema)

    def _of_type(self, schema: Mapping[str, Any]) -> Any:
        kind = schema.get("type", "string")
        if kind == "object":
            return self._smallest(schema)
        if kind == "array":
            parts = schema.get("prefixItems") or [schema.get("items", {})] * schema.get("minItems", 0)
            return [self.sample(part) for part in parts]
        if kind in ("integer", "number"):
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        if kind == "string":
            return _text_for(schema)
        return {"boolean": False, "null": None}[kind]

    def _smallest(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """The object with as few keys as a schema takes."""
        one: Mapping[str, Any] = next(iter(schema.get("oneOf", ())), {})
        names = [*schema.get("required", ()), *one.get("required", ())]
        return {name: self._other_than_null(schema["properties"][name]) for name in names}

    def _other_than_null(self, schema: Mapping[str, Any]) -> Any:
        return self.sample({key: value for key, value in schema.items() if key != "default"})

    def _beside(self, schema: Mapping[str, Any]) -> Iterator[Any]:
        for part in self._alternatives(schema):
            for bound, step in (("minimum", -1), ("maximum", 1), ("exclusiveMinimum", 0), ("exclusiveMaximum", 0)):
                if bound in part:
                    yield part[bound] + step

    def _alternatives(self, schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        schema = self._resolved(schema)
        return [self._resolved(part) for part in schema.get("anyOf", [schema])]

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            schema = self._definitions[schema["$ref"].rpartition("/")[2]]
        return schema

    def _inside(
        self, path: Path, schema: Mapping[str, Any], wrap: Callable[[Any], Any], seen: set[int]
    ) -> Iterator[Field]:
        for part in self._alternatives(schema):
            if id(part) in seen:
                continue
            seen.add(id(part))
            whole = self._smallest(part)
            for name, below in part.get("properties", {}).items():
                yield from self._field((*path, name), below, _put(wrap, whole, name), seen)
            more = part.get("additionalProperties")
            if isinstance(more, Mapping):
                yield from self._field((*path, "name"), more, _put(wrap, {}, "name"), seen)
            if isinstance(part.get("items"), Mapping):
                yield from self._field((*path, 0), part["items"], lambda value: wrap([value]), seen)

    def _field(
        self, path: Path, schema: Mapping[str, Any], wrap: Callable[[Any], Any], seen: set[int]
    ) -> Iterator[Field]:
        yield Field(path, schema, wrap)
        yield from self._inside(path, schema, wrap, seen)


def _put(wrap: Callable[[Any], Any], whole: dict[str, Any], name: str) -> Callable[[Any], Any]:
    return lambda value: wrap({**whole, name: value})


def _text_for(schema: Mapping[str, Any]) -> str:
    """A text of a schema; one with a pattern has to be among its examples here."""
    least: int = schema.get("minLength", 1)
    pattern = schema.get("pattern")
    if pattern is None:
        return "x" * max(1, least)
    validator = Draft202012Validator({"pattern": pattern})
    return str(next(text for text in _EXAMPLES if validator.is_valid(text)))


_EXAMPLES = (
    "/a", "POST /a", "app.handler", "aws:a/b:c", "a", "broker:9094", "kafka.m7g.large", "vpc-0a", "subnet-0a", "sg-0a",
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:a", "arn:aws:sns:us-east-1:123456789012:a",
)  # fmt: skip
