"""What is wrong with settings, said so that it can be put right: file, key, value, bound and fix.

Pydantic finds the problems; this module turns its error records into sentences. The bounds come from the
models themselves, so a message cannot disagree with the check.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Literal, Union, get_args, get_origin

import annotated_types
import pulumi
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from components.settings.base import RuleError, Section

_LONGEST_VALUE_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Problem:
    """One setting that cannot be used.

    Attributes:
        path: the full config key first, then the keys below it:
            `("delivery-lab:batch", "worker", "batchSize")`; positions in lists are decimal numbers.
        value: what the stack says there; None where a key is missing.
        message: what must hold there.
        fix: what to change.
    """

    path: tuple[str, ...]
    value: object
    message: str
    fix: str

    @property
    def key(self) -> str:
        """The setting as one word, such as `delivery-lab:batch.worker.batchSize`."""
        return self.path[0] + "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in self.path[1:])

    @property
    def place(self) -> str:
        """The setting without the key that it stands below, such as `worker.batchSize`."""
        return self.key[len(self.path[0]) :].removeprefix(".")

    @property
    def reason(self) -> str:
        """What is wrong, and the fix, in one line."""
        shown = "" if self.value is None else f"{_shown(self.value)}: "
        return f"{shown}{self.message}; fix: {self.fix}"

    def __str__(self) -> str:
        shown = "" if self.value is None else f" = {_shown(self.value)}"
        return f"{self.key}{shown}: {self.message}\n    fix: {self.fix}"


class SettingsError(pulumi.RunError):
    """The stack's settings cannot be used. A RunError, so that the Pulumi CLI prints the message and no traceback.

    Args:
        stack_file: the file the settings come from, such as `stacks/Pulumi.batch-partial.yaml`.
        problems: everything that is wrong with it.
    """

    def __init__(self, stack_file: str, problems: Sequence[Problem]) -> None:
        count = "1 setting" if len(problems) == 1 else f"{len(problems)} settings"
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"{stack_file}: {count} cannot be used\n{lines}")
        self.stack_file = stack_file
        self.problems = tuple(problems)


def problems_of(error: ValidationError, model: type[Section], key: str) -> Iterator[Problem]:
    """Translate what pydantic found.

    Args:
        error: what validating a section raised.
        model: the section's model.
        key: the section's full config key, such as `delivery-lab:batch`.
    """
    found = error.errors(include_url=False)
    for details in found:
        if details["type"] == "too_short" and any(details["loc"] == other["loc"][:-1] for other in found):
            continue  # pydantic counts only the entries that are right, and those that are not are told already
        location = tuple(str(part) for part in details["loc"])
        cause = details.get("ctx", {}).get("error")
        if isinstance(cause, RuleError):
            for violation in cause.violations:
                path = (key, *location, *violation.path)
                yield Problem(path, violation.value, violation.message, violation.fix)
        else:
            yield _problem(details, model, key, location)


def nearest(word: str, known: Sequence[str]) -> str | None:
    """The known word that is most like another, if one is like it at all; case does not count."""
    by_lower_case = {candidate.lower(): candidate for candidate in known}
    found = difflib.get_close_matches(word.lower(), by_lower_case, n=1, cutoff=0.6)
    return by_lower_case[found[0]] if found else None


def unknown_key_fix(word: str, known: Sequence[str]) -> str:
    """How to put an unknown key right."""
    candidate = nearest(word, known)
    hint = f"did you mean {candidate}? " if candidate else "remove it; "
    return f"{hint}known keys here: {', '.join(sorted(known))}"


def _problem(details: ErrorDetails, model: type[Section], key: str, location: tuple[str, ...]) -> Problem:
    path = (key, *location)
    value = None if details["type"] == "missing" else details["input"]  # pydantic names the object that lacks it
    parent = _model_at(model, location[:-1])
    if details["type"] == "extra_forbidden" and parent is not None:
        return Problem(path, value, "unknown key", unknown_key_fix(location[-1], list(_fields(parent))))
    target = _model_at(model, location)
    if target is not None:
        return Problem(path, value, "must be an object", f"give it keys of: {', '.join(sorted(_fields(target)))}")
    field = _fields(parent).get(location[-1]) if parent is not None and location else None
    texts = _field_of_texts(model, location)
    if texts is not None:
        choices = _choices(without_none(texts.annotation))
        expected = f"one {choices.removeprefix('texts ')}" if choices else "a text"
        return Problem(path, value, f"must be {expected} ({texts.description})", "write such a text")
    if field is None:
        return Problem(path, value, "must be an object", "write keys and values here, or remove the entry")
    expected, fix = expectation(field)
    source = f" ({field.description})" if field.description else ""
    return Problem(path, value, f"must be {expected}{source}", _bound_fix(details) or fix)


def _bound_fix(details: ErrorDetails) -> str | None:
    """How to get inside a bound that a number oversteps; None where it is not a number that is wrong."""
    bounds = details.get("ctx", {})
    match details["type"]:
        case "greater_than_equal":
            return f"set it to {bounds['ge']} or more"
        case "greater_than":
            return f"set it above {bounds['gt']:g}"
        case "less_than_equal":
            return f"set it to {bounds['le']} or less"
        case _:
            return None


def _fields(model: type[Section]) -> Mapping[str, FieldInfo]:
    """The fields of a model by the keys that users write."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


def _model_at(model: type[Section], location: tuple[str, ...]) -> type[Section] | None:
    """The model that stands at a place below a section, or None where a plain value stands."""
    at: object = model
    for part in location:
        if isinstance(at, type) and issubclass(at, Section):
            field = _fields(at).get(part)
            at = without_none(field.annotation) if field is not None else None
        elif get_origin(at) is tuple and part.isdecimal():
            at = get_args(at)[0]
        else:
            return None
    return at if isinstance(at, type) and issubclass(at, Section) else None


def expectation(field: FieldInfo) -> tuple[str, str]:
    """What a field accepts, and how to get there."""
    kind = without_none(field.annotation)
    if get_origin(kind) is Literal:
        choices = ", ".join(str(choice) for choice in get_args(kind))
        return f"one of {choices}", "use one of them"
    if kind is bool:
        return "true or false", "write true or false, without quotes"
    if kind in (int, float):
        noun = "a whole number" if kind is int else "a number"
        return f"{noun} {_range_of(field)}".rstrip(), f"use such {noun}, without quotes"
    if get_origin(kind) is tuple:
        limit = _length_of(field)
        noun = "objects" if _holds_objects(kind) else _choices(kind) or "texts"
        return f"a list of {noun}{limit}", f"write a YAML list of such {noun}"
    if get_origin(kind) is dict:
        return "an object whose values are texts", "write keys and texts"
    if kind is pulumi.Archive:
        return "an archive", "give a FileArchive or an AssetArchive"
    if kind is str:
        pattern = next((meta.pattern for meta in field.metadata if getattr(meta, "pattern", None)), None)
        return f"a text matching {pattern}" if pattern else "a text", "write such a text, in quotes"
    return f"a {getattr(kind, '__name__', kind)}", "use a value of that type"


def _choices(kind: object) -> str:
    """The values that the entries of a list or map may have; "" where any text will do."""
    entry = get_args(kind)[-1 if get_origin(kind) is dict else 0]
    choices = get_args(entry) if get_origin(entry) is Literal else ()
    return f"texts out of {', '.join(map(str, choices))}" if choices else ""


def _length_of(field: FieldInfo) -> str:
    """How many entries a list may have, in words."""
    words = []
    for meta in field.metadata:
        if isinstance(meta, annotated_types.MinLen):
            words.append(f"{meta.min_length} entries at least")
        elif isinstance(meta, annotated_types.MaxLen):
            words.append(f"{meta.max_length} {'at most' if words else 'entries at most'}")
    return f" with {' and '.join(words)}" if words else ""


def _range_of(field: FieldInfo) -> str:
    words = []
    for meta in field.metadata:
        if isinstance(meta, annotated_types.Ge):
            words.append(f"from {meta.ge}")
        elif isinstance(meta, annotated_types.Gt):
            words.append(f"above {meta.gt:g}")
        elif isinstance(meta, annotated_types.Le):
            words.append(f"to {meta.le}")
    return " ".join(words)


def without_none(annotation: object) -> object:
    """`int` for `int | None`, anything else as it is."""
    if get_origin(annotation) in (Union, UnionType):
        inner = [part for part in get_args(annotation) if part is not type(None)]
        if len(inner) == 1:
            return inner[0]
    return annotation


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= _LONGEST_VALUE_SHOWN else f"{text[:_LONGEST_VALUE_SHOWN]}..."


def _field_of_texts(model: type[Section], location: tuple[str, ...]) -> FieldInfo | None:
    """The field whose list or map of texts has an entry at a place; None where there is no such field."""
    parent = _model_at(model, location[:-2]) if len(location) > 1 else None
    field = _fields(parent).get(location[-2]) if parent is not None else None
    if field is None or _holds_objects(field.annotation):
        return None
    return field if location[-1].isdecimal() or get_origin(without_none(field.annotation)) is dict else None


def _holds_objects(kind: object) -> bool:
    """Whether the entries of a list type are objects, and not texts."""
    return any(
        get_origin(entry) is dict or (isinstance(entry, type) and issubclass(entry, Section))
        for entry in get_args(kind)
    )
