"""Roles that the service which is to use them may not take on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.finding import Severity
from delivery_lab.rules.rule import LAMBDA_GUIDE
from delivery_lab.stack.functions import Function
from delivery_lab.stack.pipes import Pipe
from delivery_lab.stack.reading import has_unknown, listed
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.roles import Role
from delivery_lab.stack.schedules import Schedule
from delivery_lab.stack.settings import Setting
from delivery_lab.stack.stack import Stack


class UntrustedService(Check):
    id = "CHK-ROLE-2"
    title = "role that the service may not take on"
    severity = Severity.ERROR
    why = "A function, schedule or pipe whose role lets other services alone take it on is refused when it is created."
    fix = "Name the service as a principal of sts:AssumeRole in assumeRolePolicy of the role."
    source = LAMBDA_GUIDE + "lambda-intro-execution-role.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for user, setting, service in _users(stack):
            role = stack.at(setting.known)
            if not isinstance(role, Role) or not _shuts_out(role, service):
                continue
            why = f"{role.name} lets other services take it on, and not {service}: AWS refuses {user.name}."
            fix = (
                f"let {service} do sts:AssumeRole in assumeRolePolicy of {role.name}, or give {user.name} another role"
            )
            yield Found((user.name, role.name), values_of(setting), why, fix)


def _users(stack: Stack) -> Iterator[tuple[StackResource, Setting[str | None], str]]:
    """What takes on a role as soon as it is created, and as which service."""
    yield from ((each, each.role_arn, "lambda.amazonaws.com") for each in stack.all(Function))
    yield from ((each, each.role_arn, "scheduler.amazonaws.com") for each in stack.all(Schedule))
    yield from ((each, each.role_arn, "pipes.amazonaws.com") for each in stack.all(Pipe))


def _shuts_out(role: Role, service: str) -> bool:
    """Whether a trust policy surely names other services alone; one without a statement says nothing of anybody."""
    allowing = [each for each in role.trust.statements if each.get("Effect") == "Allow"]
    return bool(role.trust.readable and allowing) and all(_names_others(each, service) for each in allowing)


def _names_others(statement: Mapping[str, Any], service: str) -> bool:
    principal = statement.get("Principal")
    if has_unknown(statement) or not isinstance(principal, Mapping) or set(principal) != {"Service"}:
        return False
    return service not in listed(principal["Service"])
