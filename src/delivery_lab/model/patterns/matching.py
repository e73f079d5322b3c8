"""Whether a document matches a pattern.

A pattern names paths and, for each, a list of what its value may be: one of the list is enough, and every path has to
match. `$or` holds patterns of which one has to match.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from delivery_lab.model.patterns.leaves import Leaf, fits, leaves_of
from delivery_lab.model.patterns.wildcards import wildcard_matches

Pattern = Mapping[str, Any]
FlatPattern = Mapping[str, Sequence[Any]]
"""What each path may be."""

OR = "$or"


def flattened(pattern: Pattern) -> list[FlatPattern]:
    """A pattern as its alternatives, each with whole paths: one of them has to match."""
    return [dict(alternative) for alternative in _alternatives(pattern, "")]


def matches(pattern: Sequence[FlatPattern], document: Mapping[str, Any]) -> bool:
    """Whether a document matches a pattern.

    Args:
        pattern: as `flattened` gives it.
        document: the document.
    """
    leaves = leaves_of(document)
    return any(_holds(list(alternative.items()), leaves, {}) for alternative in pattern)


def is_or(name: str, wanted: Any) -> bool:
    """Whether an entry of a pattern holds patterns of which one has to match; with less than two it is a plain name."""
    return name == OR and isinstance(wanted, list) and len(wanted) > 1 and all(isinstance(w, Mapping) for w in wanted)


def _alternatives(pattern: Pattern, above: str) -> Iterator[list[tuple[str, Sequence[Any]]]]:
    """The pattern as lists of paths and rules; `$or` makes several lists."""
    parts: list[list[list[tuple[str, Sequence[Any]]]]] = []
    for name, wanted in pattern.items():
        path = f"{above}.{name}" if above else name
        if is_or(name, wanted):
            parts.append([flat for each in wanted for flat in _alternatives(each, above)])
        elif isinstance(wanted, Mapping):
            parts.append(list(_alternatives(wanted, path)))
        else:
            parts.append([[(path, wanted)]])
    for choice in product(*parts):
        yield [pair for flat in choice for pair in flat]


def _holds(
    wanted: Sequence[tuple[str, Sequence[Any]]], leaves: Mapping[str, list[Leaf]], chosen: Mapping[int, int]
) -> bool:
    """Whether every path matches, in elements of arrays that go together with those chosen so far."""
    if not wanted:
        return True
    (path, rules), *rest = wanted
    found = leaves.get(path, [])
    if not found:
        return any(is_absence(rule) for rule in rules) and _holds(rest, leaves, chosen)
    return any(
        _holds(rest, leaves, {**chosen, **dict(leaf.elements)})
        for leaf in found
        if fits(chosen, leaf.elements) and any(value_matches(rule, leaf.value) for rule in rules)
    )


def is_absence(rule: Any) -> bool:
    """Whether a rule asks for a path that is not there."""
    return isinstance(rule, Mapping) and rule.get("exists") is False


def value_matches(rule: Any, value: Any) -> bool:
    """Whether a value that is there is what a rule asks for."""
    if isinstance(rule, Mapping):
        ((operator, operand),) = rule.items()
        return OPERATORS[operator](operand, value)
    return equal(rule, value)


def equal(wanted: Any, value: Any) -> bool:
    """Whether two JSON values are the same; true is not 1, which it is in Python."""
    return isinstance(wanted, bool) == isinstance(value, bool) and bool(wanted == value)


def _any_of(operand: Any, one: Callable[[str], bool]) -> bool:
    """Whether one of the texts of an operand matches: it is a text or a list of texts."""
    return any(map(one, operand if isinstance(operand, list) else [operand]))


def _edge(operand: Any, value: Any, at: Callable[[str, str], bool]) -> bool:
    """A beginning or an end, with or without its case."""
    if not isinstance(value, str):
        return False
    if isinstance(operand, Mapping):
        folded = value.casefold()
        return _any_of(operand["equals-ignore-case"], lambda text: at(folded, text.casefold()))
    return _any_of(operand, lambda text: at(value, text))


def _prefix(operand: Any, value: Any) -> bool:
    return _edge(operand, value, str.startswith)


def _suffix(operand: Any, value: Any) -> bool:
    return _edge(operand, value, str.endswith)


def _ignoring_case(operand: Any, value: Any) -> bool:
    return isinstance(value, str) and _any_of(operand, lambda text: text.casefold() == value.casefold())


def _wildcard(operand: Any, value: Any) -> bool:
    return isinstance(value, str) and _any_of(operand, lambda text: wildcard_matches(text, value))


def _anything_but(operand: Any, value: Any) -> bool:
    if isinstance(operand, Mapping):
        ((operator, inner),) = operand.items()
        return not OPERATORS[operator](inner, value)
    forbidden = operand if isinstance(operand, list) else [operand]
    return not any(equal(item, value) for item in forbidden)


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}


def _numeric(operand: Sequence[Any], value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    pairs = zip(operand[::2], operand[1::2], strict=True)
    return all(_COMPARISONS[sign](value, bound) for sign, bound in pairs)


def _cidr(operand: str, value: Any) -> bool:
    try:
        return isinstance(value, str) and ipaddress.ip_address(value) in ipaddress.ip_network(operand, strict=False)
    except ValueError:
        return False


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "exists": lambda operand, _: bool(operand),
    "anything-but": _anything_but,
    "numeric": _numeric,
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _ignoring_case,
    "wildcard": _wildcard,
    "cidr": _cidr,
}
"""What each operator says of a value that is there."""
