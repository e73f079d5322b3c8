"""Event filtering: which messages of an SQS queue reach the function (semantics.md B6).

A message passes if it matches at least one pattern. What does not pass is deleted, not left for others
(ESM-FILTER-1).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from delivery_lab.errors import NotModelledError
from delivery_lab.limits.mappings import FILTER_PATTERN, FILTERS
from delivery_lab.model.api_errors import functions as errors
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sqs.message import Delivery

_MISSING = object()

Pattern = Mapping[str, Any]

NOTHING: Pattern = {"$or": []}
"""Matches no record."""


def parse_patterns(texts: Sequence[str]) -> tuple[Pattern, ...]:
    """Read filter patterns from their JSON.

    Raises:
        AwsError: a pattern is none; with Lambda's code for it.
        NotModelledError: a pattern uses an operator that the model does not know.
    """
    patterns = []
    if len(texts) > FILTERS.maximum:
        raise errors.TOO_MANY_FILTERS.error(count=len(texts), limit=FILTERS.maximum)
    for text in texts:
        if len(text) > FILTER_PATTERN.maximum:
            raise _invalid(f"{text[:40]}...", f"it has {len(text)} characters, of at most {FILTER_PATTERN.maximum}")
        try:
            pattern = json.loads(text)
        except ValueError as error:
            raise _invalid(text, "it is no JSON") from error
        if not isinstance(pattern, dict):
            raise _invalid(text, "it is no JSON object")
        _check(pattern, text)
        patterns.append(pattern)
    return tuple(patterns)


def asks_for_others(pattern: Pattern, content: str) -> bool:
    """Whether a pattern asks for other fields of a record than its content (ESM-FILTER-4).

    Args:
        pattern: the pattern.
        content: the field that holds the content, such as `body`.
    """
    alternatives = pattern.get("$or", ())
    return any(key not in (content, "$or") for key in pattern) or any(
        asks_for_others(alternative, content) for alternative in alternatives
    )


def passes(patterns: Sequence[Pattern], delivery: Delivery, attributes: Mapping[str, str]) -> bool:
    """Whether a message passes: true without patterns, or if one of them matches.

    The body is matched as JSON when it is a JSON object, else as text; a pattern for the other format does
    not match (ESM-FILTER-2).

    Args:
        patterns: the mapping's patterns.
        delivery: the message.
        attributes: its system attributes.
    """
    if not patterns:
        return True
    message = delivery.message
    body: Any = message.body
    try:
        parsed = json.loads(message.body)
    except ValueError:
        parsed = None
    if isinstance(parsed, dict):
        body = parsed
    record = {
        "messageId": message.id,
        "body": body,
        "attributes": dict(attributes),
        "messageAttributes": {
            name: {"stringValue": value.get("StringValue"), "dataType": value["DataType"]}
            for name, value in message.attributes.items()
        },
    }
    return any(_fits_format(pattern, body) and _matches(pattern, record) for pattern in patterns)


def passes_record(patterns: Sequence[Pattern], record: Mapping[str, Any]) -> bool:
    """Whether a record of a stream or topic passes: true without patterns, or if one of them matches.

    Args:
        patterns: the mapping's patterns.
        record: what patterns are matched against, see `delivery_lab.model.mapping.partition_records.Format.filterable`.
    """
    return not patterns or any(_matches(pattern, record) for pattern in patterns)


def _fits_format(pattern: Pattern, body: Any) -> bool:
    """Whether a pattern is for a body of this format: rules for text never match a JSON body (ESM-FILTER-2)."""
    return not (isinstance(pattern.get("body"), list) and isinstance(body, dict))


def _matches(pattern: Pattern, value: Any) -> bool:
    if isinstance(value, list):  # one and the same element has to match in all its fields
        return any(_matches(pattern, item) for item in value)
    if not isinstance(value, Mapping):
        return False
    for key, wanted in pattern.items():
        if key == "$or":
            if not any(_matches(alternative, value) for alternative in wanted):
                return False
        elif isinstance(wanted, dict):
            if not _matches(wanted, value.get(key, {})):
                return False
        elif not _matches_any(wanted, value.get(key, _MISSING)):
            return False
    return True


def _matches_any(rules: Sequence[Any], value: Any) -> bool:
    values = value if isinstance(value, list) and value else [value]
    return any(_rule_matches(rule, item) for rule in rules for item in values)


def _rule_matches(rule: Any, value: Any) -> bool:
    if isinstance(rule, dict):
        (operator, operand), *_ = rule.items()
        return _OPERATORS[operator](operand, value)
    return _equal(rule, value)


def _equal(wanted: Any, value: Any) -> bool:
    # In JSON true is not 1, in Python it is.
    return bool(wanted == value) and isinstance(wanted, bool) == isinstance(value, bool)


def _exists(operand: bool, value: Any) -> bool:
    # Only a leaf can exist: an object on the way to leaves does not count as a value.
    return (value is not _MISSING and not isinstance(value, Mapping)) is operand


def _anything_but(operand: Any, value: Any) -> bool:
    if value is _MISSING:
        return False
    if isinstance(operand, dict):
        return not _rule_matches(operand, value)
    forbidden = operand if isinstance(operand, list) else [operand]
    return not any(_equal(item, value) for item in forbidden)


def _numeric(operand: Sequence[Any], value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    comparisons: dict[str, Callable[[float], bool]] = {
        "=": lambda bound: value == bound,
        "<": lambda bound: value < bound,
        "<=": lambda bound: value <= bound,
        ">": lambda bound: value > bound,
        ">=": lambda bound: value >= bound,
    }
    return all(comparisons[sign](bound) for sign, bound in zip(operand[::2], operand[1::2], strict=True))


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "exists": _exists,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "prefix": lambda operand, value: isinstance(value, str) and value.startswith(operand),
    "suffix": lambda operand, value: isinstance(value, str) and value.endswith(operand),
    "equals-ignore-case": lambda operand, value: isinstance(value, str) and value.lower() == operand.lower(),
}


def _check(pattern: Pattern, text: str) -> None:
    for key, wanted in pattern.items():
        if key == "$or":
            if not isinstance(wanted, list) or not all(isinstance(item, dict) for item in wanted):
                raise _invalid(text, "$or takes a list of patterns")
            for alternative in wanted:
                _check(alternative, text)
        elif isinstance(wanted, dict):
            _check(wanted, text)
        elif isinstance(wanted, list) and wanted:
            for rule in wanted:
                if isinstance(rule, dict):
                    _check_operator(rule, text)
        else:
            raise _invalid(text, f'"{key}" must be an object or a list with at least one value')


def _check_operator(rule: Mapping[str, Any], text: str) -> None:
    if len(rule) != 1:
        raise _invalid(text, "a rule has exactly one operator")
    ((operator, operand),) = rule.items()
    if operator not in _OPERATORS:
        known = ", ".join(_OPERATORS)
        raise NotModelledError(
            f'the filter operator "{operator}" in {text} is not modelled\n  nearest: equality, $or, {known}'
        )
    if operator == "exists" and not isinstance(operand, bool):
        raise _invalid(text, "exists takes true or false")
    if operator in ("prefix", "suffix", "equals-ignore-case") and not isinstance(operand, str):
        raise _invalid(text, f"{operator} takes a text")
    if operator == "anything-but" and isinstance(operand, dict):
        _check_operator(operand, text)
    if operator == "numeric":
        _check_numeric(operand, text)


def _check_numeric(operand: Any, text: str) -> None:
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        raise _invalid(text, "numeric takes one or two pairs of sign and number")
    for sign, bound in zip(operand[::2], operand[1::2], strict=True):
        if sign not in ("=", "<", "<=", ">", ">=") or isinstance(bound, bool) or not isinstance(bound, (int, float)):
            raise _invalid(text, f"{sign!r}, {bound!r} is no sign and number")


def _invalid(text: str, reason: str) -> AwsError:
    return errors.FILTER_PATTERN.error(why=f"{reason}: {text}")
