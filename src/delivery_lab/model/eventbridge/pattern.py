"""Event patterns of rules: which events a rule is about (EB-PATTERN-1).

What AWS refuses of a pattern, and in which words, is seen in LocalStack's recordings (EB-PATTERN-2).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from delivery_lab.limits.eventbridge import ENVELOPE
from delivery_lab.model.api_errors import eventbridge as errors
from delivery_lab.model.patterns.checking import BadPatternError, check_comparison, is_number
from delivery_lab.model.patterns.matching import FlatPattern, flattened, is_or, matches
from delivery_lab.model.patterns.wildcards import problem_of
from delivery_lab.model.runtime import AwsError

_OPERATORS = frozenset(
    ("anything-but", "cidr", "equals-ignore-case", "exists", "numeric", "prefix", "suffix", "wildcard")
)
_NO_VALUE = "Value of anything-but must be an array or single string/number value."
_SINGLE = {"wildcard": "wildcard", "equals-ignore-case": "equals-ignore-case", "cidr": "prefix"}
"""Operators whose operand is one text, and what AWS calls them where it is none."""


@dataclass(frozen=True, slots=True)
class EventPattern:
    """The pattern of a rule.

    Attributes:
        alternatives: what it asks for, without `$or`.
    """

    alternatives: tuple[FlatPattern, ...]

    def takes(self, event: Mapping[str, Any]) -> bool:
        """Whether a rule is about an event.

        Args:
            event: the event, with its envelope.
        """
        return matches(self.alternatives, event)

    def would_take_in_detail(self, event: Mapping[str, Any]) -> bool:
        """Whether it would take an event if it looked under `detail` for what no envelope has (EB-PATTERN-3)."""
        moved = tuple({_in_detail(path): rules for path, rules in each.items()} for each in self.alternatives)
        return moved != self.alternatives and matches(moved, event)


def _in_detail(path: str) -> str:
    return path if path.partition(".")[0] in ENVELOPE else f"detail.{path}"


def parse(text: str) -> EventPattern:
    """Read an event pattern.

    Args:
        text: the pattern as JSON.

    Raises:
        AwsError: EventBridge would refuse it (EB-PATTERN-2).
    """
    try:
        pattern = json.loads(text)
    except ValueError as error:
        raise _refused("Unrecognized token", f"It is no JSON: {text[:80]!r}.") from error
    if not isinstance(pattern, dict):
        raise _refused("Filter is not an object", f"It is {text[:80]!r}.")
    try:
        _check(pattern)
    except BadPatternError as error:
        raise _refused(str(error)) from error
    return EventPattern(tuple(flattened(pattern)))


def _check(pattern: Mapping[str, Any]) -> None:
    if not pattern:
        raise BadPatternError("Empty objects are not allowed")
    for name, wanted in pattern.items():
        if is_or(name, wanted):
            for alternative in wanted:
                _check(alternative)
        elif isinstance(wanted, dict):
            _check(wanted)
        elif isinstance(wanted, list):
            if not wanted:
                raise BadPatternError("Empty arrays are not allowed")
            for rule in wanted:
                _check_rule(rule)
        else:
            raise BadPatternError(f'"{name}" must be an object or an array')


def _check_rule(rule: Any) -> None:
    if isinstance(rule, list):
        raise BadPatternError("Match value must be String, number, true, false, or null")
    if not isinstance(rule, dict):
        return
    if len(rule) != 1:
        raise BadPatternError("Only one key allowed in match expression")
    ((operator, operand),) = rule.items()
    if operator not in _OPERATORS:
        raise BadPatternError(f"Unrecognized match type {operator}")
    _check_operand(operator, operand)


def _check_operand(operator: str, operand: Any) -> None:
    if operator in _SINGLE and not isinstance(operand, str):
        raise BadPatternError(f"{_SINGLE[operator]} match pattern must be a string")
    if operator in ("prefix", "suffix") and not _is_edge(operand):
        raise BadPatternError(f"{operator} match pattern must be a string")
    if operator == "exists" and not isinstance(operand, bool):
        raise BadPatternError("exists match pattern must be either true or false.")
    if operator == "numeric" and not isinstance(operand, list):
        raise BadPatternError("Value of numeric must be an array.")
    if operator == "wildcard":
        _check_wildcard(operand)
    if operator == "anything-but":
        _check_anything_but(operand)
    check_comparison(operator, operand)


def _is_edge(operand: Any) -> bool:
    """Whether an operand is a beginning or an end: a text, or one in any case."""
    if isinstance(operand, dict):
        return list(operand) == ["equals-ignore-case"] and isinstance(operand["equals-ignore-case"], str)
    return isinstance(operand, str)


def _check_wildcard(text: str) -> None:
    problem = problem_of(text)
    if problem.startswith("Consecutive"):
        raise BadPatternError(f"{problem} at pos {text.index('**') + 1}")
    if problem:
        raise BadPatternError(problem)


def _check_anything_but(operand: Any) -> None:
    if isinstance(operand, dict):
        _check_nested(operand)
    elif isinstance(operand, list):
        if not all(isinstance(item, str) or is_number(item) for item in operand):
            raise BadPatternError("Inside anything but list, start|null|boolean is not supported.")
    elif not isinstance(operand, str) and not is_number(operand):
        raise BadPatternError(_NO_VALUE)


def _check_nested(operand: Mapping[str, Any]) -> None:
    """Refuse what may not stand in `anything-but`: a beginning, an end, a wildcard or a text in any case may."""
    ((operator, inner),) = operand.items() if len(operand) == 1 else (("", None),)
    if operator not in ("prefix", "suffix", "wildcard", "equals-ignore-case"):
        raise BadPatternError(f"Unsupported anything-but pattern: {operator}")
    texts: list[Any] = inner if isinstance(inner, list) else [inner]
    if isinstance(inner, dict):
        raise BadPatternError(_NO_VALUE)
    if not all(isinstance(text, str) for text in texts):
        raise BadPatternError(_NOT_TEXTS[operator])
    if operator in ("prefix", "suffix") and not all(texts):
        raise BadPatternError("Null prefix/suffix not allowed")
    if operator == "wildcard":
        for text in texts:
            _check_wildcard(text)


_NOT_TEXTS = {
    "prefix": "prefix/suffix match pattern must be a string",
    "suffix": "prefix/suffix match pattern must be a string",
    "wildcard": "wildcard match pattern must be a string",
    "equals-ignore-case": "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
}


def _refused(reason: str, why: str = "") -> AwsError:
    return errors.PATTERN.error(reason=reason, why=why)
