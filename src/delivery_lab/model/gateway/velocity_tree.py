"""The parts that a mapping template is made of once it is read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that is written out.

    Attributes:
        value: text, number, true, false or null.
    """

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Interpolated:
    """A text in double quotes, in which references are filled in.

    Attributes:
        block: what is between the quotes.
    """

    block: Block


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list that is written out, such as `["a", $b]`.

    Attributes:
        items: its items.
    """

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """One step from a value: a property, an index or a method.

    Attributes:
        name: name of the property or method; "" for an index.
        arguments: arguments of a method, the index alone, or None for a property.
    """

    name: str
    arguments: tuple[Expression, ...] | None


@dataclass(frozen=True, slots=True)
class VariableReference:
    """A variable with what is asked of it, such as `$input.path('$.id')`.

    Attributes:
        name: of the variable.
        steps: what follows.
        source: as it is written.
    """

    name: str
    steps: tuple[Access, ...]
    source: str


@dataclass(frozen=True, slots=True)
class BinaryOperation:
    """Two values and what is done with them; of `!` the left one is missing.

    Attributes:
        operator: such as `==` or `&&`.
        left: the first value, None for `!`.
        right: the other one.
    """

    operator: str
    left: Expression | None
    right: Expression


Expression = Literal | Interpolated | ListOf | VariableReference | BinaryOperation


@dataclass(frozen=True, slots=True)
class Text:
    """Text that stays as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class SetVariable:
    """`#set($name = value)`."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class If:
    """`#if`, `#elseif` and `#else`.

    Attributes:
        branches: conditions and what they stand for; the condition of `#else` is true.
    """

    branches: tuple[tuple[Expression, Block], ...]


@dataclass(frozen=True, slots=True)
class ForEach:
    """`#foreach($name in values)`."""

    name: str
    values: Expression
    block: Block


Node = Text | VariableReference | SetVariable | If | ForEach
Block = tuple[Node, ...]
