"""The arguments of the components as types: what `components/package/args.py` says, made of the settings' models.

Pulumi's analyzer reads the annotations and docstrings of these types for the schema of the package, and mypy those of
a program that uses the components in its own process.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

import pulumi
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from components.package.arguments import ARGUMENTS
from components.settings.base import Late, Section
from components.settings.problems import expectation, without_none
from scripts.component_reasons import COMPUTED, REASONS

HEAD = '''"""Types of the components' arguments, written by `python -m scripts.write_components` from the settings.

Whatever may be an output of a resource is an `Input`; everything else decides which resources there are, and is plain.
"""

# ruff: noqa: E501  # docstrings are those of the settings, and as long as these

from collections.abc import Mapping, Sequence
from enum import IntEnum, StrEnum
from typing import Any, Required, TypedDict

import pulumi
'''


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument as a reader wants to know it.

    Attributes:
        name: the field.
        key: the argument's name in most languages.
        field: what pydantic knows of it.
        owner: the class whose default it is.
    """

    name: str
    key: str
    field: FieldInfo
    owner: type[Section]

    @property
    def kind(self) -> object:
        """The type without None."""
        return without_none(self.field.annotation)

    @property
    def section(self) -> type[Section] | None:
        """The section that it holds, or a list of which it holds."""
        kind = get_args(self.kind)[0] if get_origin(self.kind) is tuple else self.kind
        return kind if isinstance(kind, type) and issubclass(kind, Section) else None

    @property
    def required(self) -> bool:
        """Whether it has to be given."""
        return self.field.is_required()

    @property
    def late(self) -> bool:
        """Whether it may be an output."""
        return any(isinstance(mark, Late) for mark in self.field.metadata)

    @property
    def late_entries(self) -> bool:
        """Whether it is a list whose entries may be outputs."""
        entry = get_args(self.kind)[0] if get_origin(self.kind) is tuple else None
        return get_origin(entry) is Annotated and any(isinstance(mark, Late) for mark in get_args(entry))

    @property
    def meaning(self) -> str:
        """What it is, in AWS's words where AWS has some."""
        text = self.field.description or _sentence((self.section and self.section.__doc__) or "")
        return text[0].upper() + text[1:]

    @property
    def unit(self) -> str:
        """The unit of a number; "" for what has none."""
        units = {"seconds": "seconds", "hours": "hours", "days": "days", "bytes": "bytes", "mb": "MB", "gb": "GiB"}
        return units.get(self.name.rpartition("_")[2], "")

    @property
    def accepted(self) -> str:
        """What it takes, with its bounds."""
        if self.section is not None:
            many = get_origin(self.kind) is tuple
            return f"a list of objects {link(self.section)}" if many else f"an object {link(self.section)}"
        return expectation(self.field)[0]

    @property
    def default(self) -> str:
        """The default, as text; "" for what has to be given."""
        if self.required:
            return ""
        computed = next((COMPUTED[key] for key in self._keys() if key in COMPUTED), None)
        if computed is not None:
            return computed
        value = self.field.default
        if value is PydanticUndefined:
            return "its defaults" if self.section is not None else "none"
        return _shown(value)

    @property
    def reason(self) -> str:
        """Why the default is safe; "" for what has to be given and for sections, whose arguments say it."""
        return next((REASONS[key] for key in self._keys() if key in REASONS), "")

    def _keys(self) -> Iterator[str]:
        for cls in self.owner.__mro__:
            yield f"{cls.__name__}.{self.name}"


def arguments_of(model: type[Section]) -> list[Argument]:
    """The arguments of a section, those that have to be given first."""
    found = [Argument(name, str(field.alias), field, model) for name, field in model.model_fields.items()]
    return sorted(found, key=lambda argument: not argument.required)


def sections() -> list[type[Section]]:
    """All sections below the arguments of the components, each once, in the order in which they are met."""
    found: dict[type[Section], None] = {}

    def visit(model: type[Section]) -> None:
        for argument in arguments_of(model):
            if argument.section is not None and argument.section not in found:
                visit(argument.section)
                found[argument.section] = None

    for model in ARGUMENTS.values():
        visit(model)
    return list(found)


def link(section: type[Section]) -> str:
    """How a text names a section."""
    return f"`{section.__name__}`"


def enum_name(model: type[Section], name: str) -> str:
    """Name of the enum of a field: of the class that has the field first, so that each value list is one type."""
    bases = [cls for cls in model.__mro__ if issubclass(cls, Section) and name in getattr(cls, "model_fields", {})]
    kind = without_none(model.model_fields[name].annotation)
    first = [cls for cls in bases if without_none(cls.model_fields[name].annotation) == kind][-1]
    owner = first.__name__.removesuffix("Settings").removesuffix("Arguments")
    return owner + "".join(word.capitalize() for word in name.split("_"))


def types_text() -> str:
    """The module of types."""
    models: list[type[Section]] = [*sections(), *ARGUMENTS.values()]
    enums = {}
    for model in models:
        for argument in arguments_of(model):
            choices = _choices(argument.kind)
            if choices:
                enums[enum_name(model, argument.name)] = (choices, argument.meaning)
    classes = [_enum(name, *content) for name, content in sorted(enums.items())]
    classes += [_typed_dict(model, model.__name__) for model in sections()]
    classes += [_typed_dict(model, f"{name}Args") for name, model in ARGUMENTS.items()]
    return f"{HEAD}\n\n" + "\n\n".join(classes)


def description(argument: Argument) -> str:
    """An argument in sentences: what it is, its bounds, its default and why that is safe."""
    parts = [f"{argument.meaning.rstrip('.')}."]
    if argument.section is None:
        unit = f" {argument.unit}" if argument.unit and argument.kind is int else ""
        accepted = argument.accepted
        parts.append(f"{accepted[0].upper()}{accepted[1:]}{unit}.")
    if argument.default and argument.section is None:
        parts.append(f"Default: {argument.default}.")
    if argument.reason:
        parts.append(argument.reason)
    return " ".join(parts)


def _typed_dict(model: type[Section], name: str) -> str:
    lines = [f"class {name}(TypedDict, total=False):", f'    """{_sentence(model.__doc__ or "")}"""', ""]
    for argument in arguments_of(model):
        annotation = _annotation(model, argument)
        lines.append(f"    {argument.name}: {f'Required[{annotation}]' if argument.required else annotation}")
        lines.append(f'    r"""{description(argument)}"""')
    return "\n".join(lines) + "\n"


def _annotation(model: type[Section], argument: Argument) -> str:
    plain = _plain(argument.kind, enum_name(model, argument.name))
    return f"pulumi.Input[{plain}]" if argument.late else plain


def _plain(kind: object, enum: str) -> str:
    if get_origin(kind) is Annotated:
        inner, *marks = get_args(kind)
        text = _plain(inner, enum)
        return f"pulumi.Input[{text}]" if any(isinstance(mark, Late) for mark in marks) else text
    if _choices(kind) and get_origin(kind) is Literal:
        return enum
    if get_origin(kind) is tuple:
        return f"Sequence[{_plain(get_args(kind)[0], enum)}]"
    if get_origin(kind) is dict:
        return f"Mapping[str, {_plain(get_args(kind)[1], enum)}]"
    if kind is pulumi.Archive:
        return "pulumi.Archive"
    if isinstance(kind, type) and (issubclass(kind, Section) or kind in (str, int, float, bool)):
        return kind.__name__
    return "Any"


def _choices(kind: object) -> tuple[str | int, ...]:
    """The values of an enum, or of the entries of a list of such."""
    if get_origin(kind) is tuple:
        kind = get_args(kind)[0]
    return get_args(kind) if get_origin(kind) is Literal else ()


def _enum(name: str, choices: tuple[str | int, ...], meaning: str) -> str:
    kind = "IntEnum" if isinstance(choices[0], int) else "StrEnum"
    members = "".join(f"    {_member(choice)} = {json.dumps(choice)}\n" for choice in choices)
    return f'class {name}({kind}):\n    """{meaning.rstrip(".")}."""\n\n{members}'


def _member(choice: str | int) -> str:
    """A name that each language can take."""
    if isinstance(choice, int):
        return f"VALUE_{choice}"
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", choice)
    return re.sub(r"\W", "_", words).upper()


def _sentence(docstring: str) -> str:
    """A docstring in one line."""
    return " ".join(docstring.split())


def _shown(value: Any) -> str:
    if value is None:
        return "left out"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)
