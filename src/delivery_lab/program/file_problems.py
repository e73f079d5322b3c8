"""What is wrong with a file or with a part that is built in code, told by the paths and words of the file.

Pydantic tells of a value that may be one of several kinds once for each kind, under the names of its own types. Here it
is one problem of one key, with all that the value could be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from pydantic import ValidationError

Path = tuple[str | int, ...]

_OF_ANOTHER_KIND = ("_type", "literal_error", "_from_float")
"""Ends of pydantic's names for: it is not of this kind at all."""


def problems_of(error: ValidationError, value: Any, where: Callable[[Path], str], what: str) -> list[str]:
    """Each problem in one line, or more where the words of a value need them.

    Args:
        error: what pydantic found.
        value: what it looked at.
        where: the place of a path, to begin with.
        what: the kind of file, such as "a workload".
    """
    errors = error.errors()
    found = [(*_split(each["loc"], each["type"], value), each) for each in errors if not _counts_too_few(each, errors)]
    lines: dict[str, None] = {}
    for _, together in groupby(found, key=lambda each: each[0]):
        group = list(together)
        branches = {branch for _, branch, _, _ in group}
        chosen = _of_one_kind(group) if len(branches) > 1 else group
        paths = {path for _, _, path, _ in chosen}
        if len(branches) > 1 and len(paths) == 1 and len(chosen) > 1:
            path = paths.pop()
            lines[_several(path, where(path), [problem for *_, problem in chosen])] = None
        else:
            lines |= {_explained(problem, path, where(path), what): None for _, _, path, problem in chosen}
    return list(lines)


def _counts_too_few(problem: Any, problems: Sequence[Any]) -> bool:
    """Whether a list is too short only because pydantic leaves out the entries that are wrong, which are told."""
    length = len(problem["loc"])
    return problem["type"] == "too_short" and any(
        other["loc"][:length] == problem["loc"] and len(other["loc"]) > length for other in problems
    )


def _split(loc: Path, kind: str, value: Any) -> tuple[Path, str, Path]:
    """The path up to the value that may be of several kinds, the name of the kind, and the whole path without it."""
    path: list[str | int] = []
    outer: Path | None = None
    branch = ""
    for number, part in enumerate(loc):
        if _is_in(part, value):
            path.append(part)
            value = value[part]
        elif number == len(loc) - 1 and kind in ("missing", "extra_forbidden"):
            path.append(part)
        elif part != "[key]":
            outer, branch = outer if outer is not None else tuple(path), branch or str(part)
    return (tuple(path) if outer is None else outer), branch, tuple(path)


def _is_in(part: str | int, value: Any) -> bool:
    if isinstance(value, dict):
        return part in value
    return isinstance(value, list | tuple) and isinstance(part, int) and part < len(value)


def _of_one_kind(group: Sequence[tuple[Path, str, Path, Any]]) -> Sequence[tuple[Path, str, Path, Any]]:
    """Of the problems with each kind those with the kind that is meant; all of them where that cannot be told."""
    deeper = [each for each in group if len(each[2]) > len(each[0])]
    meant = deeper or [each for each in group if not each[3]["type"].endswith(_OF_ANOTHER_KIND)]
    return meant or group


def _several(path: Path, where: str, problems: Sequence[Any]) -> str:
    kinds = dict.fromkeys(_message(problem).removeprefix("has to be ") for problem in problems)
    return f"{_place(where, path)}: has to be {' or '.join(kinds)}{_value(problems[0])}"


def _explained(problem: Any, path: Path, where: str, what: str) -> str:
    place = _place(where, path)
    short = {"extra_forbidden": f" is no key of {what}", "missing": " is missing"}
    short["too_short"] = " has to have at least one entry"
    if problem["type"] in short:
        return place + short[problem["type"]]
    return f"{place}: {_message(problem)}{_value(problem)}"


def _place(where: str, path: Path) -> str:
    place = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in path)
    return f"{where}: {place}" if place else where


def _message(problem: Any) -> str:
    if problem["type"] == "model_type":
        return "has to be a mapping"
    return str(problem["msg"]).removeprefix("Value error, ").replace("Input should be", "has to be")


def _value(problem: Any) -> str:
    if isinstance(problem["input"], dict):
        return ", not a mapping" if problem["type"].endswith(_OF_ANOTHER_KIND) else ""
    return f", not {_shortened(repr(problem['input']))}"


def _shortened(text: str, most: int = 200) -> str:
    return text if len(text) <= most else f"{text[:most]}..."
