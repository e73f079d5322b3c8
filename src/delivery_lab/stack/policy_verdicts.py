"""Whether a policy of a resource lets a service of AWS use it on behalf of one of the stack's resources.

What is evaluated: statements with actions, resources, principals and the conditions that such policies have. A
statement with anything else decides nothing, and neither does one that is known only after deployment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from delivery_lab.function_names import LATEST_VERSION
from delivery_lab.stack.functions import Permission
from delivery_lab.stack.reading import has_unknown, listed
from delivery_lab.stack.roles import PolicyDocument


class Allowance(StrEnum):
    """What policies say of a use."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNDECIDED = "undecided"
    """It cannot be told before a deployment, or from what is evaluated here."""


@dataclass(frozen=True, slots=True)
class Use:
    """A service that wants to use a resource.

    Attributes:
        service: service principal, such as `sns.amazonaws.com`.
        action: such as `sqs:SendMessage`.
        resource: ARN of the resource.
        source_arn: ARN of what the service acts for, such as a topic.
        account: account of what the service acts for.
        qualifier: of a function, the version or alias by which it is invoked (LAM-VERSION-2).
    """

    service: str
    action: str
    resource: str
    source_arn: str
    account: str
    qualifier: str = LATEST_VERSION


def verdict(policies: Iterable[PolicyDocument], use: Use) -> Allowance:
    """What the policy of a resource says: a Deny wins, and without an Allow it is denied.

    Args:
        policies: the policies of which AWS keeps one; none where the resource has no policy.
        use: what is asked.

    Returns:
        What all of them say, or that it is undecided where they differ.
    """
    found = {_verdict(policy, use) for policy in policies} or {Allowance.DENIED}
    return found.pop() if len(found) == 1 else Allowance.UNDECIDED


def _verdict(policy: PolicyDocument, use: Use) -> Allowance:
    allowed, undecided = False, not policy.readable
    for statement in policy.statements:
        holds = _holds(statement, use)
        if holds is None:
            undecided = True
        elif holds and statement.get("Effect") == "Deny":
            return Allowance.DENIED
        elif holds and statement.get("Effect") == "Allow":
            allowed = True
    if allowed and not undecided:
        return Allowance.ALLOWED
    return Allowance.UNDECIDED if undecided else Allowance.DENIED


def permission_verdict(permissions: Iterable[Permission], use: Use) -> Allowance:
    """What the permissions of a function say; each is an Allow, and without one it is denied."""
    undecided = False
    for permission in permissions:
        settings = (permission.principal, permission.source_arn, permission.source_account, permission.action)
        if not all(setting.is_known for setting in (*settings, permission.qualifier)):
            undecided = True
            continue
        if permission.qualifier.certain() not in (LATEST_VERSION, use.qualifier):
            continue
        if permission.principal.certain() not in (use.service, "*"):
            continue
        source, account = permission.source_arn.certain(), permission.source_account.certain()
        named = _names(permission.action.certain(), use.action.lower(), str.lower)
        if named and (source is None or _like(source, use.source_arn)) and account in (None, use.account):
            return Allowance.ALLOWED
    return Allowance.UNDECIDED if undecided else Allowance.DENIED


def _holds(statement: Mapping[str, Any], use: Use) -> bool | None:
    """Whether a statement is about a use; None where that cannot be told."""
    if has_unknown(statement) or {"NotAction", "NotPrincipal", "NotResource"} & set(statement):
        return None
    about = (
        _is_principal(statement.get("Principal"), use.service),
        _names(statement.get("Action"), use.action.lower(), str.lower),
        _names(statement.get("Resource", "*"), use.resource, str),
    )
    return _conditions_hold(statement.get("Condition") or {}, use) if all(about) else False


def _is_principal(principal: Any, service: str) -> bool:
    if isinstance(principal, Mapping):
        return service in listed(principal.get("Service")) or any("*" in listed(held) for held in principal.values())
    return bool(principal == "*")


def _names(patterns: Any, value: str, read: Callable[[str], str]) -> bool:
    return any(_like(read(str(pattern)), value) for pattern in listed(patterns))


def _like(pattern: str, value: str) -> bool:
    """Whether a text is of a pattern with `*` and `?`; brackets are ordinary signs."""
    return fnmatchcase(value, pattern.replace("[", "[[]"))


_OPERATOR = re.compile(r"^(?:ForAnyValue:|ForAllValues:)?(Arn|String)(Not)?(Equals|Like)(IgnoreCase)?(?:IfExists)?$")


def _conditions_hold(conditions: Mapping[str, Any], use: Use) -> bool | None:
    """Whether all conditions hold; None where one of them is not evaluated here."""
    facts = {
        "aws:sourcearn": use.source_arn,
        "aws:sourceaccount": use.account,
        "aws:sourceowner": use.account,
        "aws:securetransport": "true",
    }
    undecided = False
    for operator, tests in conditions.items():
        for key, wanted in tests.items() if isinstance(tests, Mapping) else ():
            held = _condition_holds(operator, facts.get(str(key).lower()), [str(each) for each in listed(wanted)])
            if held is False:
                return False
            undecided |= held is None
    return None if undecided else True


def _condition_holds(operator: str, fact: str | None, wanted: list[str]) -> bool | None:
    if fact is None:
        return None
    if operator == "Bool":
        return fact in [each.lower() for each in wanted]
    found = _OPERATOR.match(operator)
    if found is None:
        return None
    kind, negated, comparison, ignore_case = found.groups()
    if ignore_case:
        fact, wanted = fact.lower(), [each.lower() for each in wanted]
    patterns = kind == "Arn" or comparison == "Like"  # ArnEquals and ArnLike do the same
    matches = any(_like(each, fact) if patterns else each == fact for each in wanted)
    return matches is not bool(negated)
