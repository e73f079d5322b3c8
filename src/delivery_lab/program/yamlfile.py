"""YAML files with line numbers, read the way the Pulumi CLI reads them.

PyYAML finds the structure and the lines. What an unquoted scalar is says `delivery_lab.program.go_scalars`; and, as for
the CLI, a key given twice is an error.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import yaml

from delivery_lab.errors import StackFileError
from delivery_lab.program.go_scalars import resolve

_MAX_DEPTH = 100
"""Deeper nesting is an anchor that contains itself, not a configuration."""

_BARE_BRACES = re.compile(r"(?<![\"'\w{}-])[\w-]*\{\w+\}(?:[\w-]|\{\w+\})*(?![\"'])")
"""A text with a placeholder such as `job-{n}` that no quote stands beside."""

YamlPath = tuple[str | int, ...]
"""Keys and list indexes that lead to a value."""


_TAG = "tag:yaml.org,2002:"
_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "bool"),  # which is an int too
    (int, "int"),
    (float, "float"),
    (datetime.date, "timestamp"),
    (str, "str"),
)


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with the scalar rules of the CLI."""

    dates = True

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> Any:
        """The tag of a node that has none in the file."""
        if kind is not yaml.ScalarNode or not implicit[0]:
            return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]  # not in the stubs
        if value == "<<":
            return f"{_TAG}merge"
        scalar = resolve(value, dates=self.dates)
        return _TAG + next((tag for kind, tag in _KINDS if isinstance(scalar, kind)), "null")


class _LoaderOfJson(_Loader):
    """The same loader for what ends up as JSON, which has no dates: they stay the text that they are."""

    dates = False


def _integer(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    value = resolve(loader.construct_scalar(node))
    return value if isinstance(value, int) and not isinstance(value, bool) else _refuse(node, "an integer")


def _float(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float:
    value = resolve(loader.construct_scalar(node))
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else _refuse(node, "a number")


def _date(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> datetime.date:
    value = resolve(loader.construct_scalar(node))
    return value if isinstance(value, datetime.date) else _refuse(node, "a date")


def _text(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


def _refuse(node: yaml.ScalarNode, kind: str) -> NoReturn:
    """What the file calls a number or a date by an explicit tag is none."""
    raise yaml.constructor.ConstructorError(None, None, f"'{node.value}' is not {kind}", node.start_mark)


_Loader.add_constructor(f"{_TAG}int", _integer)
_Loader.add_constructor(f"{_TAG}float", _float)
_Loader.add_constructor(f"{_TAG}timestamp", _date)
# As a key it has been dealt with by then; anywhere else it is a text like any other.
_Loader.add_constructor(f"{_TAG}merge", _text)


@dataclass(frozen=True, slots=True)
class YamlFile:
    """One YAML file whose top is a mapping.

    Attributes:
        label: the file as messages name it (relative to the project where possible).
        value: the mapping, as plain Python values.
        lines: for each path the line of its key, counted from 1.
        texts: for each path to a scalar its text as it stands in the file, without quotes.
    """

    label: str
    value: Mapping[str, Any]
    lines: Mapping[YamlPath, int] = field(default_factory=dict)
    texts: Mapping[YamlPath, str] = field(default_factory=dict)

    def at(self, path: YamlPath) -> Any:
        """The value at a path; None where there is none."""
        found: Any = self.value
        for part in path:
            if isinstance(found, dict):
                found = found.get(part)
            elif isinstance(found, list) and isinstance(part, int):
                found = found[part]
            else:
                return None
        return found

    def where(self, *path: str | int) -> str:
        """`file:line` of a path, of its nearest parent in the file, or just the file."""
        while path:
            line = self.lines.get(path)
            if line is not None:
                return f"{self.label}:{line}"
            path = path[:-1]
        return self.label


def parse_scalar(text: str, *, dates: bool = True) -> Any:
    """Read one YAML value (a scalar or flow collection), as the value part of `--set`.

    Args:
        text: the value.
        dates: whether dates are read as such; else they stay texts.

    Raises:
        ValueError: the text is no YAML value; the message is the parser's own.
    """
    try:
        return yaml.load(text, Loader=_Loader if dates else _LoaderOfJson)  # noqa: S506 - subclasses of the safe loader
    except yaml.YAMLError as error:
        raise ValueError(getattr(error, "problem", None) or "not a YAML value") from error


def read_yaml(path: Path, label: str, *, dates: bool = True) -> YamlFile:
    """Read a YAML file whose top is a mapping (or nothing).

    Args:
        path: the file.
        label: the file as messages name it.
        dates: whether dates are read as such; else they stay texts.

    Raises:
        StackFileError: it cannot be read, is no YAML, has a key twice, or its top is no mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StackFileError(f"{label}: cannot be read: {error}") from error
    loader = _Loader(text) if dates else _LoaderOfJson(text)
    try:
        node = loader.get_single_node()
        lines: dict[YamlPath, int] = {}
        texts: dict[YamlPath, str] = {}
        if node is not None:
            _walk(node, (), lines, texts, label)
        value = {} if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark is not None else ""
        hint = "" if mark is None else _hint(text, mark.line)
        raise StackFileError(f"{label}{line}: not valid YAML: {error.problem or error.context}{hint}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise StackFileError(f"{label}: not valid YAML: {error}") from error
    finally:
        loader.dispose()
    if value is None:
        value = {}
    if not isinstance(value, dict):
        raise StackFileError(f"{label}:1: the file has to be a mapping of keys to values, found {kind_of(value)}")
    return YamlFile(label, value, lines, texts)


def _hint(text: str, line: int) -> str:
    """What is the matter where an unquoted text of a line has braces: YAML takes them for a mapping."""
    lines = text.splitlines()
    bare = _BARE_BRACES.search(lines[line]) if line < len(lines) else None
    if bare is None:
        return ""
    return f'\n  fix: a text with braces stands in quotes within {{ }} and [ ]: "{bare.group()}"'


def _walk(node: yaml.Node, path: YamlPath, lines: dict[YamlPath, int], texts: dict[YamlPath, str], label: str) -> None:
    """Note the line of every key below a node; refuse keys given twice and values that contain themselves."""
    if len(path) > _MAX_DEPTH:
        raise StackFileError(f"{label}:{node.start_mark.line + 1}: more than {_MAX_DEPTH} levels of nesting")
    for key, line, child in _children(node):
        below = (*path, key)
        if below in lines and isinstance(node, yaml.MappingNode):
            raise StackFileError(f"{label}:{line}: the key '{key}' is there twice, first in line {lines[below]}")
        lines[below] = line
        if isinstance(child, yaml.ScalarNode):
            texts[below] = child.value
        _walk(child, below, lines, texts, label)


def _children(node: yaml.Node) -> Iterator[tuple[str | int, int, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            yield (key.value if isinstance(key.value, str) else "?"), key.start_mark.line + 1, child
    elif isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield index, child.start_mark.line + 1, child


def kind_of(value: Any) -> str:
    """What a YAML value is, in words for messages."""
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "a boolean"),
        (int, "a number"),
        (float, "a number"),
        (str, "a text"),
        (list, "a list"),
        (dict, "a mapping"),
    )
    if value is None:
        return "nothing"
    return next((words for kind, words in kinds if isinstance(value, kind)), "a date")
