"""YAML files with line numbers, read the way the Pulumi CLI reads them.

PyYAML finds the structure and the lines (`delivery_lab.program.yaml_loader`). As for the CLI, a key given twice is an
error.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from delivery_lab.errors import StackFileError
from delivery_lab.input_files import read_bytes
from delivery_lab.program.yaml_loader import MAX_DEPTH, MAX_REPEATED, Loader, LoaderOfJson

_BARE_BRACES = re.compile(r"(?<![\"'\w{}-])[\w-]*\{\w+\}(?:[\w-]|\{\w+\})*(?![\"'])")
"""A text with a placeholder such as `job-{n}` that no quote stands beside."""

YamlPath = tuple[str | int, ...]
"""Keys and list indexes that lead to a value."""


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
        return _Document(text, dates=dates).value
    except StackFileError as error:
        raise ValueError(str(error)) from error
    except yaml.reader.ReaderError as error:
        raise ValueError(f"it has the character #x{error.character:02x}, which YAML does not take") from error
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
    text = read_text(path, label)
    try:
        found = _document(text, label, dates=dates)
    except yaml.reader.ReaderError as error:
        number = text.count("\n", 0, error.position) + 1
        raise StackFileError(
            f"{label}:{number}: not valid YAML: the character #x{error.character:02x} is none that YAML takes"
        ) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark is not None else ""
        hint = "" if mark is None else _hint(text, mark.line)
        raise StackFileError(f"{label}{line}: not valid YAML: {error.problem or error.context}{hint}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise StackFileError(f"{label}: not valid YAML: {error}") from error
    value = {} if found.value is None else _copied(found.value)
    if not isinstance(value, dict):
        raise StackFileError(f"{label}:1: the file has to be a mapping of keys to values, found {kind_of(value)}")
    return YamlFile(label, value, found.lines, found.texts)


@functools.lru_cache(maxsize=128)
def _document(text: str, label: str, *, dates: bool) -> _Document:
    """A parsed text. What was parsed is kept: a process of tests reads the same workloads for each run."""
    return _Document(text, label, dates=dates)


def _copied(value: Any) -> Any:
    """A value that whoever reads it may change."""
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def read_text(path: Path, label: str) -> str:
    """The text of a file.

    Raises:
        StackFileError: it cannot be read, or is not UTF-8; names line and column.
    """
    try:
        content = read_bytes(path)
    except OSError as error:
        raise StackFileError(f"{label}: cannot be read: {error.strerror}") from error
    try:
        return content.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8").replace("\r\n", "\n").split("\n")
        byte, column = content[error.start], len(before[-1]) + 1
        raise StackFileError(
            f"{label}:{len(before)}: the byte 0x{byte:02x} in column {column} is not UTF-8\n"
            "  fix: save the file as UTF-8"
        ) from error


class _Document:
    """A parsed text.

    Args:
        text: the text.
        label: what it is, as messages name it; "" for a value without a file.
        dates: whether dates are read as such.

    Raises:
        StackFileError: it has a key twice, contains itself, or repeats too much by aliases.
        yaml.YAMLError: it is no YAML.
        ValueError: it has a value that Python cannot hold.
    """

    def __init__(self, text: str, label: str = "", *, dates: bool) -> None:
        self._label = label
        self._seen: set[int] = set()
        self._repeated = 0
        self.lines: dict[YamlPath, int] = {}
        self.texts: dict[YamlPath, str] = {}
        loader = Loader(text) if dates else LoaderOfJson(text)
        try:
            node = loader.get_single_node()
            if node is not None:
                self._walk(node, ())
            self.value = None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()

    def _walk(self, node: yaml.Node, path: YamlPath) -> None:
        """Note the line of every key below a node; refuse keys given twice and values that contain themselves."""
        if len(path) > MAX_DEPTH:
            raise StackFileError(f"{self._at(node.start_mark.line + 1)}more than {MAX_DEPTH} levels of nesting")
        self._repeated += id(node) in self._seen
        self._seen.add(id(node))
        if self._repeated > MAX_REPEATED:
            raise StackFileError(
                f"{self._at(node.start_mark.line + 1)}its aliases (*name) repeat more than {MAX_REPEATED} values\n"
                "  fix: write out what is meant, or leave the aliases of aliases out"
            )
        for key, line, child in _children(node):
            below = (*path, key)
            if below in self.lines and isinstance(node, yaml.MappingNode):
                first = f", first in line {self.lines[below]}" if self._label else ""
                raise StackFileError(f"{self._at(line)}the key '{key}' is there twice{first}")
            self.lines[below] = line
            if isinstance(child, yaml.ScalarNode):
                self.texts[below] = child.value
            self._walk(child, below)

    def _at(self, line: int) -> str:
        return f"{self._label}:{line}: " if self._label else ""


def _hint(text: str, line: int) -> str:
    """What is the matter where an unquoted text of a line has braces: YAML takes them for a mapping."""
    lines = text.splitlines()
    bare = _BARE_BRACES.search(lines[line]) if line < len(lines) else None
    if bare is None:
        return ""
    return f'\n  fix: a text with braces stands in quotes within {{ }} and [ ]: "{bare.group()}"'


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
