"""The registry: all rules by id."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType

from delivery_lab.errors import UnknownRuleError
from delivery_lab.rules import (
    billing,
    cloudwatch,
    dynamodb,
    eventbridge,
    evidence,
    functions,
    http,
    invokes,
    kafka,
    lab_itself,
    mapping,
    pipes,
    s3,
    schedules,
    sns,
    sqs,
    sqs_fifo,
    streams,
    table_streams,
)
from delivery_lab.rules.rule import Rule, Status

__all__ = ["RULES", "Rule", "Status", "find"]


def _collect() -> Mapping[str, Rule]:
    rules: dict[str, Rule] = {}
    groups = (
        sqs,
        sqs_fifo,
        functions,
        mapping,
        streams,
        table_streams,
        kafka,
        invokes,
        dynamodb,
        http,
        sns,
        s3,
        billing,
        cloudwatch,
        eventbridge,
        schedules,
        pipes,
        evidence,
        lab_itself,
    )
    for group in (module.RULES for module in groups):
        for rule in group:
            assert rule.id not in rules, rule.id
            rules[rule.id] = rule
    return MappingProxyType(rules)


RULES = _collect()


def find(rule_id: str) -> Rule:
    """The rule of that id, in any case.

    Raises:
        UnknownRuleError: there is none; the message suggests the nearest.
    """
    found = RULES.get(rule_id.upper())
    if found is not None:
        return found
    wanted = rule_id.upper()
    near = difflib.get_close_matches(wanted, RULES, n=3, cutoff=0.6)
    near = near or [known for known in RULES if known.startswith(wanted.split("-")[0] + "-")][:5]
    hint = f"did you mean {', '.join(near)}?" if near else f"ids begin with {', '.join(_families())}"
    raise UnknownRuleError(f"no rule has the id {rule_id}: {hint}")


def _families() -> list[str]:
    return sorted({rule_id.split("-")[0] for rule_id in RULES})
