"""The figures of an outcome by name, as expectations write them: `messages.lost`, `tenants["a"].messages`.

Names are those of the JSON contract, read off the models, so that a figure that is added there is known here.
"""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any

from delivery_lab.errors import UsageError
from delivery_lab.expectations.expressions import FigureName, Key, NoValueError, Number
from delivery_lab.json_names import json_name
from delivery_lab.results.figures import Figures, Outcome

_NAMES_OF_MEMBERS = {"consumers": "name", "tenants": "tenant", "functions": "name"}
"""Lists whose members are picked by a name in brackets, with the attribute that is their name."""
_NO_FIGURES = frozenset({"schemaVersion", "seed", "intervals", "expectations", "firstHarmSeconds", "perMessageOmitted"})
"""Numbers of an outcome that say nothing of what became of messages."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """What stands at a place of an outcome.

    Attributes:
        number: whether it is a figure.
        fields: what stands below it, by JSON name.
        members: what each member of a list or of a mapping is, where it is one.
    """

    number: bool = False
    fields: tuple[tuple[str, _Shape], ...] = ()
    members: _Shape | None = None

    def field(self, name: str) -> _Shape | None:
        """What stands below it under a name."""
        return dict(self.fields).get(name)


@cache
def _shape_of_model(model: type[Figures]) -> _Shape:
    found: list[tuple[str, _Shape]] = []
    for attribute, field in model.model_fields.items():
        name = json_name(attribute)
        shape = _shape(field.annotation, listed=name in _NAMES_OF_MEMBERS)
        if shape is not None and name not in _NO_FIGURES:
            found.append((name, shape))
    return _Shape(fields=tuple(found))


def _shape(annotation: Any, *, listed: bool = False) -> _Shape | None:
    """What an attribute of that type holds, None where no figure is in it."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (types.UnionType, typing.Union):
        shapes = [_shape(one) for one in arguments if one is not type(None)]
        return shapes[0] if shapes else None
    if annotation in (int, float):
        return _Shape(number=True)
    if origin is dict and arguments[1] is int:
        return _Shape(members=_Shape(number=True))
    if origin is tuple and listed:
        members = _shape(arguments[0])
        return _Shape(members=members) if members and any(_numbers(members)) else None
    if isinstance(annotation, type) and issubclass(annotation, Figures):
        return _shape_of_model(annotation)
    return None


def _numbers(shape: _Shape, prefix: str = "") -> Iterator[str]:
    if shape.number:
        yield prefix.removeprefix(".")
    for name, below in shape.fields:
        yield from _numbers(below, f"{prefix}.{name}")
    if shape.members is not None:
        yield from _numbers(shape.members, f'{prefix}["..."]')


@cache
def figure_names() -> tuple[str, ...]:
    """The names of all figures; `["..."]` stands for the name of a member."""
    return tuple(_numbers(_shape_of_model(Outcome)))


@cache
def plain_names() -> tuple[str, ...]:
    """The names of the figures that every run has one of, but those of its evidence: what many runs are compared by."""
    return tuple(name for name in figure_names() if "[" not in name and not name.startswith("evidence."))


@cache
def _plain_getters() -> tuple[Callable[[Outcome], Number | None], ...]:
    attributes = {json_name(name): name for name in _attributes(Outcome)}
    return tuple(attrgetter(".".join(attributes[part] for part in name.split("."))) for name in plain_names())


def _attributes(model: type[Figures]) -> Iterator[str]:
    """Names of attributes of a model and of all that it is made of."""
    for attribute, field in model.model_fields.items():
        yield attribute
        if isinstance(field.annotation, type) and issubclass(field.annotation, Figures):
            yield from _attributes(field.annotation)


def plain_figures(outcome: Outcome) -> tuple[Number | None, ...]:
    """The figures of an outcome in the order of `plain_names`; None where one is not known."""
    return tuple(getter(outcome) for getter in _plain_getters())


def plain_figure(outcome: Outcome, name: str) -> Number | None:
    """One of the figures of `plain_names`; None where it is not known."""
    return plain_figures(outcome)[plain_names().index(name)]


def check_name(name: FigureName) -> None:
    """Refuse a name that no outcome has.

    Raises:
        UsageError: there is no such figure; the message names the nearest ones.
    """
    shape: _Shape | None = _shape_of_model(Outcome)
    for step in name.steps:
        if shape is None:
            break
        shape = shape.members if isinstance(step, Key) else shape.field(step)
    if shape is None or not shape.number:
        raise UsageError(_no_figure(name, shape))


def _no_figure(name: FigureName, shape: _Shape | None) -> str:
    known = figure_names()
    if shape is not None:
        plain = "".join('["..."]' if isinstance(step, Key) else f".{step}" for step in name.steps).removeprefix(".")
        below = [each for each in known if each.startswith(plain)]
        return f"{name} is not one figure but several: {', '.join(below[:6])}{', ...' if len(below) > 6 else ''}"
    plain = ".".join(step.text if isinstance(step, Key) else step for step in name.steps)
    by_last = {each.rpartition(".")[2]: each for each in reversed(known)}
    near = difflib.get_close_matches(plain, known, n=1, cutoff=0.6)
    last = difflib.get_close_matches(plain.rpartition(".")[2], by_last, n=1, cutoff=0.75)
    near = near or [by_last[each] for each in last]
    meant = f"; did you mean {near[0]}?" if near else ""
    return f"there is no figure {name}{meant} (docs/results.md has them all)"


def figures_of(outcome: Outcome) -> Callable[[FigureName], Number | None]:
    """What looks figures of an outcome up.

    It raises UsageError for a member that the run does not have, and NoValueError for what its place cannot tell.
    """
    content = outcome.model_dump(
        by_alias=True, exclude={"per_message", "per_message_omitted", "expectations", "lag", "intervals"}
    )

    def figure(name: FigureName) -> Number | None:
        if why := outcome.why_unknown(str(name)):
            raise NoValueError(f"{name} is not known: {why}")
        value: Any = content
        above = ""
        for step in name.steps:
            value = _member(value, above, step.text) if isinstance(step, Key) else value[step]
            above = step if isinstance(step, str) else above
        found: Number | None = value
        return found

    return figure


def _member(container: Any, above: str, wanted: str) -> Any:
    if isinstance(container, dict):
        return container.get(wanted, 0)  # an answer that no caller got was given 0 times
    attribute = _NAMES_OF_MEMBERS[above]
    found = [member for member in container if member[attribute] == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f'{above}["{wanted}"] is not clear: {len(found)} of them have that name')
    there = ", ".join(dict.fromkeys(member[attribute] for member in container)) or "none"
    raise UsageError(f'there is no {above}["{wanted}"] in this run (there are: {there})')
