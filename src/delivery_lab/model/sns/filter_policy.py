"""Filter policies of subscriptions: which messages a subscription gets (SNS-FILTER-1).

In the scope MessageAttributes, the default, a policy is about message attributes; in the scope MessageBody it is about
the body, which has to be a JSON object. SNS knows fewer operators than EventBridge (SNS-FILTER-3).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from delivery_lab.limits.topics import FILTER_COMBINATIONS, FILTER_KEYS
from delivery_lab.model.api_errors import sns as errors
from delivery_lab.model.patterns.checking import BadPatternError, check_comparison
from delivery_lab.model.patterns.matching import FlatPattern, flattened, is_absence, is_or, matches, value_matches
from delivery_lab.model.runtime import AwsError

MESSAGE_ATTRIBUTES = "MessageAttributes"
MESSAGE_BODY = "MessageBody"

_NOT_OF_SNS = "AWS's list of the operators of filter policies has no wildcard: patterns of EventBridge have it."
_STRING_OPERATORS = ("prefix", "suffix", "equals-ignore-case", "cidr")
_OPERATORS = (*_STRING_OPERATORS, "anything-but", "numeric", "exists")


@dataclass(frozen=True, slots=True)
class FilterPolicy:
    """A filter policy.

    Attributes:
        scope: `MessageAttributes` or `MessageBody`.
        alternatives: what it asks for, without `$or`.
    """

    scope: str
    alternatives: tuple[FlatPattern, ...]

    def takes(self, message: str, attributes: Mapping[str, Mapping[str, Any]]) -> bool:
        """Whether the subscription gets a message.

        Args:
            message: its body.
            attributes: its message attributes.
        """
        if self.scope == MESSAGE_BODY:
            return self._takes_body(message)
        values = {name: _values_of(attribute) for name, attribute in attributes.items()}
        return any(_holds(alternative, values) for alternative in self.alternatives)

    def _takes_body(self, message: str) -> bool:
        try:
            body = json.loads(message)
        except ValueError:
            return False
        return isinstance(body, dict) and matches(self.alternatives, body)

    def would_take_elsewhere(self, message: str) -> bool:
        """Whether a policy about attributes would take a message if it were about its body (SNS-FILTER-5)."""
        return self.scope == MESSAGE_ATTRIBUTES and self._takes_body(message)


def parse(text: str, scope: str) -> FilterPolicy:
    """Read a filter policy.

    Args:
        text: the policy as JSON.
        scope: `MessageAttributes` or `MessageBody`.

    Raises:
        AwsError: SNS would refuse it (SNS-FILTER-2).
    """
    if scope not in (MESSAGE_ATTRIBUTES, MESSAGE_BODY):
        raise errors.FILTER_SCOPE.error(value=scope)
    try:
        policy = json.loads(text)
    except ValueError as error:
        raise _refused("failed to parse JSON.", f"It is {text[:80]!r}.") from error
    if not isinstance(policy, dict):
        raise _refused("Filter is not an object", f"It is {text[:80]!r}.")
    _check(policy, scope)
    if len(set(_keys(policy))) > FILTER_KEYS.maximum:
        raise _refused(f"Filter policy can not have more than {FILTER_KEYS.maximum} keys")
    alternatives = tuple(flattened(policy))
    if sum(map(_combinations, alternatives)) > FILTER_COMBINATIONS.maximum:
        raise _refused("Filter policy is too complex", f"It has more than {FILTER_COMBINATIONS.maximum} combinations.")
    return FilterPolicy(scope, tuple(map(_of_bodies, alternatives)) if scope == MESSAGE_BODY else alternatives)


def _of_bodies(alternative: FlatPattern) -> FlatPattern:
    """An alternative in whose rules `exists` asks for a value that is neither null nor empty (SNS-FILTER-3)."""
    return {
        path: [{"anything-but": [None, ""]} if rule == {"exists": True} else rule for rule in rules]
        for path, rules in alternative.items()
    }


def _combinations(alternative: FlatPattern) -> int:
    """The combinations of values, for which each array counts as often as it is deep (SNS-FILTER-2)."""
    return prod(len(rules) * (path.count(".") + 1) for path, rules in alternative.items())


def _keys(policy: Mapping[str, Any]) -> list[str]:
    """The names at the top of a policy; those in `$or` count too."""
    names: list[str] = []
    for name, wanted in policy.items():
        if is_or(name, wanted):
            names.extend(key for each in wanted for key in _keys(each))
        else:
            names.append(name)
    return names


def _check(policy: Mapping[str, Any], scope: str) -> None:
    for name, wanted in policy.items():
        if is_or(name, wanted):
            for alternative in wanted:
                _check(alternative, scope)
        elif isinstance(wanted, dict):
            _check(wanted, scope)
            if scope == MESSAGE_ATTRIBUTES:
                raise errors.FILTER_NESTED.error(why=f"{name} holds an object.")
        elif isinstance(wanted, list):
            if not wanted:
                raise _refused("Empty arrays are not allowed", f"That of {name} is.")
            for rule in wanted:
                _check_rule(rule)
        else:
            raise _refused(f'"{name}" must be an object or an array')


def _check_rule(rule: Any) -> None:
    if isinstance(rule, list):
        raise _refused("Match value must be String, number, true, false, or null")
    if not isinstance(rule, dict):
        return
    if len(rule) != 1:
        raise _refused("Only one key allowed in match expression")
    ((operator, operand),) = rule.items()
    if operator not in _OPERATORS:
        raise _refused(f"Unrecognized match type {operator}", _NOT_OF_SNS if operator == "wildcard" else "")
    if operator in _STRING_OPERATORS and not isinstance(operand, str):
        # SNS speaks of a prefix also where the operator is cidr.
        raise _refused(f"{'prefix' if operator == 'cidr' else operator} match pattern must be a string")
    try:
        check_comparison(operator, operand)
    except BadPatternError as error:
        raise _refused(str(error)) from error
    if operator == "exists" and not isinstance(operand, bool):
        raise _refused("exists match pattern must be either true or false.")
    if operator == "anything-but":
        _check_anything_but(operand)


def _check_anything_but(operand: Any) -> None:
    if not isinstance(operand, dict):
        return
    ((operator, inner),) = operand.items() if len(operand) == 1 else (("", None),)
    if operator != "prefix":
        raise _refused(f"Unsupported anything-but pattern: {operator}")
    if not isinstance(inner, str):
        raise _refused("prefix match pattern must be a string")


def _refused(reason: str, why: str = "") -> AwsError:
    return errors.FILTER_POLICY.error(reason=reason, why=why)


def _values_of(attribute: Mapping[str, Any]) -> list[Any] | None:
    """What a policy is compared with, None where an attribute is of a type that is not compared."""
    kind, text = str(attribute.get("DataType")), attribute.get("StringValue")
    if kind.startswith("Binary") or text is None:
        return None
    if kind == "Number":
        return [float(text)]
    if kind != "String.Array":
        return [text]
    try:
        held = json.loads(text)
    except ValueError:
        return [text]
    return held if isinstance(held, list) else [held]


def _holds(alternative: FlatPattern, values: Mapping[str, Sequence[Any] | None]) -> bool:
    """Whether attributes are as one alternative wants them."""
    for name, rules in alternative.items():
        if name not in values:
            # Of a message without any attribute not even `exists` with false holds (SNS-FILTER-3).
            if not values or not any(is_absence(rule) for rule in rules):
                return False
            continue
        held = values[name]
        if held is None:  # it is there, and that is all that SNS looks at
            held = []
            if any(isinstance(rule, Mapping) and rule.get("exists") is True for rule in rules):
                continue
        if not any(_rule_holds(rule, held) for rule in rules):
            return False
    return True


def _rule_holds(rule: Any, held: Sequence[Any]) -> bool:
    """Whether a rule holds for one of the values of an attribute, and `anything-but` for all of them (SNS-FILTER-4)."""
    if isinstance(rule, Mapping) and "anything-but" in rule:
        return bool(held) and all(value_matches(rule, value) for value in held)
    return any(value_matches(rule, value) for value in held)
