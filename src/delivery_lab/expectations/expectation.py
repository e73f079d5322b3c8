"""An expectation: two expressions and a comparison, such as `latencySeconds.p95 <= 30`."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from delivery_lab.errors import UsageError
from delivery_lab.expectations.expressions import (
    LONGEST_TEXT,
    Expression,
    FigureName,
    Figures,
    NoValueError,
    Number,
    read_expression,
)

COMPARISONS: Mapping[str, Callable[[Number, Number], bool]] = MappingProxyType(
    {
        "==": operator.eq,
        "!=": operator.ne,
        "<=": operator.le,
        ">=": operator.ge,
        "<": operator.lt,
        ">": operator.gt,
    }
)
_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.LtE: "<=",
    ast.GtE: ">=",
    ast.Lt: "<",
    ast.Gt: ">",
}
_EXAMPLE = "write it as messages.lost == 0 or latencySeconds.p95 <= 30"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an expectation holds for one outcome.

    Attributes:
        holds: whether it does; one whose value is not known does not.
        actual: value of the side that names figures (the left one where both do); None where it is not known.
        reason: why it is not known; "" where it is.
    """

    holds: bool
    actual: Number | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What has to hold, as it was written and as it was read."""

    text: str
    left: Expression
    comparison: str
    right: Expression

    def names(self) -> Iterator[FigureName]:
        """The figures that it names."""
        yield from self.left.names()
        yield from self.right.names()

    def judge(self, figures: Figures) -> Verdict:
        """Whether it holds.

        Args:
            figures: looks a figure up.
        """
        shown = self.left if any(self.left.names()) else self.right
        try:
            actual = shown.value(figures)
            left, right = self.left.value(figures), self.right.value(figures)
        except NoValueError as error:
            return Verdict(holds=False, actual=None, reason=str(error))
        return Verdict(COMPARISONS[self.comparison](left, right), actual)


def read_expectation(text: str) -> Expectation:
    """Read an expectation.

    Raises:
        UsageError: it is none; the message has the text, what is wrong with it, and an example.
    """
    try:
        return parse_expectation(text)
    except UsageError as error:
        shown = text.strip() if len(text) <= LONGEST_TEXT else f"{text.strip()[:60]}..."
        raise UsageError(f"expectation '{shown}': {error}") from None


def parse_expectation(text: str) -> Expectation:
    """Read an expectation, for who says which one it is.

    Raises:
        UsageError: it is none; the message says what is wrong with it.
    """
    written = text.strip()
    if not written:
        raise UsageError(f"it is empty: {_EXAMPLE}")
    if len(written) > LONGEST_TEXT:
        raise UsageError(f"it has {len(written)} characters, at most {LONGEST_TEXT}")
    try:
        tree = ast.parse(written, mode="eval").body
        return _of_tree(written, tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UsageError(_malformed(written, error)) from None


def _of_tree(text: str, tree: ast.expr) -> Expectation:
    if isinstance(tree, ast.BoolOp):
        read_expression(tree)
    if not isinstance(tree, ast.Compare):
        raise UsageError(f"it compares nothing: {_EXAMPLE}")
    if len(tree.ops) > 1:
        raise UsageError("it compares more than two values: write two expectations")
    sign = _SIGNS.get(type(tree.ops[0]))
    if sign is None:
        raise UsageError(f"values are compared with {', '.join(COMPARISONS)}")
    found = Expectation(text, read_expression(tree.left), sign, read_expression(tree.comparators[0]))
    if not any(found.names()):
        raise UsageError(f"it names no figure, so it says nothing of a run: {_EXAMPLE}")
    return found


def _malformed(text: str, error: Exception) -> str:
    without = text
    for sign in ("==", "!=", "<=", ">="):
        without = without.replace(sign, "")
    if "=" in without:
        return "a single '=' compares nothing: write '=='"
    place = getattr(error, "offset", None)
    where = f" at character {place}" if place else ""
    return f"it cannot be read{where}: {_EXAMPLE}"
