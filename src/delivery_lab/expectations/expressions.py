"""Arithmetic over figures of an outcome, such as `deliveries.duplicates / messages.sent`.

Python's own parser reads the text; of the tree that it makes, only numbers, names of figures, `+ - * /` and
parentheses are taken, and nothing of it is ever run as Python.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from delivery_lab.errors import UsageError

Number = int | float

LONGEST_TEXT = 500
"""Characters of an expectation; what is longer was not written by a person."""


@dataclass(frozen=True, slots=True)
class Key:
    """A name in brackets, which picks one of several: the consumer in `consumers["orders"].messages.lost`."""

    text: str


@dataclass(frozen=True, slots=True)
class FigureName:
    """The name of a figure: names of the outcome's JSON from the outermost inwards, with keys between them."""

    steps: tuple[str | Key, ...]

    def __str__(self) -> str:
        """The name as it is written."""
        parts = (f'["{step.text}"]' if isinstance(step, Key) else f".{step}" for step in self.steps)
        return "".join(parts).removeprefix(".")


Figures = Callable[[FigureName], Number | None]
"""Looks a figure up; None where the run does not know it."""


class NoValueError(Exception):
    """An expression has no value in a run; the message says why."""


@dataclass(frozen=True, slots=True)
class NumberTerm:
    """A number that stands in the text."""

    number: Number

    def value(self, figures: Figures) -> Number:
        """The number."""
        return self.number

    def names(self) -> Iterator[FigureName]:
        """None."""
        return iter(())


@dataclass(frozen=True, slots=True)
class FigureTerm:
    """A figure of the outcome."""

    name: FigureName

    def value(self, figures: Figures) -> Number:
        """What the run says.

        Raises:
            NoValueError: the run does not know it.
        """
        found = figures(self.name)
        if found is None:
            raise NoValueError(f"{self.name} is not known of this run")
        return found

    def names(self) -> Iterator[FigureName]:
        """Its own."""
        yield self.name


@dataclass(frozen=True, slots=True)
class NegatedTerm:
    """An expression with a minus in front of it."""

    inner: Expression

    def value(self, figures: Figures) -> Number:
        """The negative value.

        Raises:
            NoValueError: the expression has no value.
        """
        return -self.inner.value(figures)

    def names(self) -> Iterator[FigureName]:
        """Those of the expression."""
        return self.inner.names()


@dataclass(frozen=True, slots=True)
class BinaryTerm:
    """Two expressions and one of `+ - * /`."""

    left: Expression
    sign: str
    right: Expression

    def value(self, figures: Figures) -> Number:
        """The result.

        Raises:
            NoValueError: one of them has no value, it would be divided by 0, or the result is too large.
        """
        left, right = self.left.value(figures), self.right.value(figures)
        if self.sign == "/" and right == 0:
            raise NoValueError(f"{left:g} cannot be divided by 0")
        try:
            found = _ARITHMETIC[self.sign](left, right)
        except OverflowError:
            found = math.inf
        if not _is_finite(found):
            raise NoValueError("its value is too large")
        return found

    def names(self) -> Iterator[FigureName]:
        """Those of both."""
        yield from self.left.names()
        yield from self.right.names()


_ARITHMETIC: Mapping[str, Callable[[Number, Number], Number]] = MappingProxyType(
    {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
)


def _is_finite(number: Number) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number beyond what a float holds
        return False


Expression = NumberTerm | FigureTerm | NegatedTerm | BinaryTerm

_SIGNS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


def read_expression(node: ast.expr) -> Expression:
    """An expression of the tree that Python's parser made.

    Raises:
        UsageError: it has something else than numbers, figures and `+ - * /`.
    """
    match node:
        case ast.Constant(value=bool() | complex() | str() | bytes() | None):
            raise UsageError(f"'{ast.unparse(node)}' is no number")
        case ast.Constant(value=int() | float() as number):
            if not _is_finite(number):
                raise UsageError("a number is too large")
            return NumberTerm(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return NegatedTerm(read_expression(operand))
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() as sign, right=right):
            return BinaryTerm(read_expression(left), _SIGNS[type(sign)], read_expression(right))
        case ast.Name() | ast.Attribute() | ast.Subscript():
            return FigureTerm(FigureName(tuple(_steps(node))))
        case ast.Compare():
            raise UsageError("a comparison stands within another: write two expectations")
        case ast.BoolOp():
            raise UsageError("'and' and 'or' cannot be used: write each part as an expectation of its own")
        case _:
            raise UsageError(f"'{ast.unparse(node)}' is neither a number, a figure, nor one of + - * / between them")


def _steps(node: ast.expr) -> Iterator[str | Key]:
    match node:
        case ast.Name(id=name):
            yield name
        case ast.Attribute(value=of, attr=name):
            yield from _steps(of)
            yield name
        case ast.Subscript(value=of, slice=ast.Constant(value=str() | int() as key)):
            yield from _steps(of)
            yield Key(str(key))
        case ast.Subscript():
            raise UsageError(f"'{ast.unparse(node)}': in brackets stands a name in quotes")
        case _:
            raise UsageError(f"'{ast.unparse(node)}' is no name of a figure")
