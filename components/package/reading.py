"""Arguments of a component as they arrive, from a program in this process or from the engine, checked.

What decides which resources there are has to be known while the program runs. Fields that are marked with `Late` may be
outputs: they are checked as soon as they are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin

import pulumi
from pulumi.errors import InputPropertiesError
from pulumi.output import Unknown
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from components.settings.base import Late, Section
from components.settings.problems import Problem, expectation, problems_of, without_none

Model = TypeVar("Model", bound=Section)
Path = tuple[str, ...]

_AS_SECTIONS = ConfigDict(strict=True, arbitrary_types_allowed=True)


class ArgumentsError(InputPropertiesError):
    """Arguments of a component cannot be used. As the engine gets it from the plugin, it shows each with its name.

    Args:
        component: name of the component's class.
        name: the component's logical name.
        problems: everything that is wrong; the first word of each path is the component's name.
    """

    def __init__(self, component: str, name: str, problems: Sequence[Problem]) -> None:
        count = "1 argument" if len(problems) == 1 else f"{len(problems)} arguments"
        heading = f"{count} of {component} '{name}' cannot be used"
        super().__init__(heading, [{"property_path": each.place, "reason": each.reason} for each in problems])
        self.problems = tuple(problems)
        self.args = ("\n".join((heading, *(f"  {problem}" for problem in problems))),)


@dataclass(frozen=True, slots=True)
class Arguments(Generic[Model]):
    """Arguments that are right, as far as they are known.

    Attributes:
        component: name of the component's class.
        name: the component's logical name.
        model: the arguments; where one is known later, what stands in for it.
        late: those outputs, by the names of the fields and the positions and keys on the way to them.
    """

    component: str
    name: str
    model: Model
    late: Mapping[Path, pulumi.Output[Any]] = field(default_factory=dict)

    def value(self, *path: str) -> Any:
        """One argument, or its output."""
        found: Any = self.model
        for part in path:
            found = found[int(part)] if isinstance(found, Sequence) else getattr(found, part)
        return self.late.get(path, found)

    def values(self, *path: str) -> list[Any]:
        """A list of arguments, of which each may be an output."""
        return [self.late.get((*path, str(index)), entry) for index, entry in enumerate(self.value(*path))]

    def texts(self, *path: str) -> Any:
        """Texts by their keys, of which each may be an output, or all together one."""
        found = self.value(*path)
        if isinstance(found, pulumi.Output):
            return found
        return {key: self.late.get((*path, key), text) for key, text in found.items()}

    def properties(self) -> dict[str, Any]:
        """What the component is registered with: every argument by its key, defaults filled in, without the code."""
        told: dict[str, Any] = self.model.model_dump(by_alias=True, exclude_none=True, mode="json", exclude={"code"})
        for path, output in self.late.items():
            if path != ("code",):
                _put(told, type(self.model), path, output)
        return told


def _put(told: Any, kind: object, path: Path, output: pulumi.Output[Any]) -> None:
    """Put an output where its stand-in is, below keys instead of names of fields."""
    for part in path[:-1]:
        told, kind = _below(told, kind, part)
    last = _key(kind, path[-1])
    told[int(last) if isinstance(told, list) else last] = output


def _below(told: Any, kind: object, part: str) -> tuple[Any, object]:
    """What stands at a field, a position or a key, and what it ought to be."""
    inner: object = None
    if isinstance(kind, type) and issubclass(kind, Section):
        inner = without_none(kind.model_fields[part].annotation)
    elif get_origin(kind) is tuple:
        inner = get_args(kind)[0]
    key = _key(kind, part)
    return told[int(key) if isinstance(told, list) else key], inner


def _key(kind: object, part: str) -> str:
    if isinstance(kind, type) and issubclass(kind, Section):
        return str(kind.model_fields[part].alias)
    return part


def read(component: str, name: str, model: type[Model], given: Mapping[str, Any]) -> Arguments[Model]:
    """Check the arguments of a component.

    Args:
        component: name of the component's class.
        name: the component's logical name.
        model: what it takes.
        given: its arguments by key; `batchSize` and `batch_size` are the same.

    Raises:
        ArgumentsError: some cannot be used; it names all.
    """
    reader = _Reader(component, name)
    plain = reader.plain(given, model, None, ())
    problems = list(reader.problems)
    if not problems:
        try:
            return Arguments(component, name, model.model_validate(plain), reader.late)
        except ValidationError as error:
            problems = list(problems_of(error, model, name))
    raise ArgumentsError(component, name, problems)


@dataclass(slots=True)
class _Reader:
    """Takes outputs out of arguments and leaves what stands in for them.

    Attributes:
        component, name: for messages.
        late: the outputs found, by fields.
        problems: outputs where none can be.
    """

    component: str
    name: str
    late: dict[Path, pulumi.Output[Any]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def plain(self, value: Any, kind: object, info: FieldInfo | None, path: Path, shown: Path = ()) -> Any:
        """A value without outputs, spelled as a stack file spells it.

        Args:
            value: the value.
            kind: what it ought to be.
            info: the field, where it is one.
            path: names of fields, positions and keys on the way to it.
            shown: the same as the user writes them.
        """
        marks = info.metadata if info is not None else ()
        if get_origin(kind) is Annotated:
            kind, *marks = get_args(kind)
        if isinstance(value, (pulumi.Output, Unknown)):
            return self._later(value, kind, marks, path, shown)
        kind = without_none(kind)
        if isinstance(value, Mapping):
            return self._object(value, kind, path, shown)
        if isinstance(value, (list, tuple)):
            entry = get_args(kind)[0] if get_origin(kind) is tuple else None
            return [
                self.plain(inner, entry, None, (*path, str(index)), (*shown, str(index)))
                for index, inner in enumerate(value)
            ]
        if isinstance(value, Enum):
            return value.value
        # Numbers arrive as the floats that they are on the wire.
        return int(value) if isinstance(value, float) and value.is_integer() else value

    def _object(self, value: Mapping[str, Any], kind: object, path: Path, shown: Path) -> dict[str, Any]:
        if isinstance(kind, type) and issubclass(kind, Section):
            fields = {info.alias or name: (name, info) for name, info in kind.model_fields.items()}
            aliases = {name: alias for alias, (name, _) in fields.items()}
            result = {}
            for key, inner in value.items():
                alias = aliases.get(key, key)
                name, info = fields.get(alias, (key, None))
                if inner is not None:
                    entry = info.annotation if info is not None else None
                    result[alias] = self.plain(inner, entry, info, (*path, name), (*shown, alias))
            return result
        entry = get_args(kind)[1] if get_origin(kind) is dict else None
        return {key: self.plain(inner, entry, None, (*path, key), (*shown, key)) for key, inner in value.items()}

    def _later(self, value: Any, kind: object, marks: Sequence[Any], path: Path, shown: Path) -> Any:
        mark = next((mark for mark in marks if isinstance(mark, Late)), None)
        if mark is None:
            because = "is secret or known only after the deployment, and decides which resources there are, and how"
            problem = Problem((self.name, *shown), None, because, "give a plain value")
            self.problems.append(problem)
            return None
        output = pulumi.Output.from_input(value)
        others = [other for other in marks if other is not mark]
        self.late[path] = output.apply(lambda known: self._checked(known, kind, others, shown))
        return mark.stand_in

    def _checked(self, known: Any, kind: object, marks: Sequence[Any], shown: Path) -> Any:
        """A late value that is known now.

        Raises:
            ArgumentsError: it is not what the field takes.
        """
        if isinstance(known, float) and known.is_integer():
            known = int(known)
        annotation: Any = Annotated[kind, *marks] if marks else kind
        try:
            TypeAdapter(annotation, config=_AS_SECTIONS).validate_python(known)
        except ValidationError as error:
            expected, fix = expectation(FieldInfo.from_annotation(annotation))
            problem = Problem((self.name, *shown), known, f"must be {expected}", fix)
            raise ArgumentsError(self.component, self.name, [problem]) from error
        return known
