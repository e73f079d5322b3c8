"""Resources of one name: AWS creates the first of them, and what becomes of the second it says for each type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from delivery_lab import resource_types
from delivery_lab.program.graph import Resource
from delivery_lab.stack.apis import Api, Route
from delivery_lab.stack.functions import Permission
from delivery_lab.stack.stack import Stack

_REFUSALS: Mapping[str, tuple[str, str]] = {
    resource_types.QUEUE: ("QueueAlreadyExists", "A queue already exists with the same name: {name}"),
    resource_types.FUNCTION: ("ResourceConflictException", "Function already exist: {name}"),
    resource_types.ALIAS: ("ResourceConflictException", "Alias already exists: {name}"),
    resource_types.STREAM: ("ResourceInUseException", "Stream {name} already exists."),
    resource_types.TABLE: ("ResourceInUseException", "Table already exists: {name}"),
    resource_types.EVENT_BUS: ("ResourceAlreadyExistsException", "Event bus {name} already exists."),
}
"""By type: how AWS refuses a second one of a name."""


@dataclass(frozen=True, slots=True)
class NameClash:
    """Two resources of a program that cannot both have their name.

    Attributes:
        first: logical name of the one that comes first in the program.
        second: that of the other.
        what: the input that makes them clash, with the value.
        code: AWS's error code.
        message: what AWS says of the second one.
        fix: what to do, without a full stop.
    """

    first: str
    second: str
    what: Mapping[str, str]
    code: str
    message: str
    fix: str


def name_clashes(stack: Stack) -> Iterator[NameClash]:
    """Resources that AWS refuses since another one of the stack has their name, in the same region (API-NAME-1).

    Two queues of one name and the same settings are one queue for SQS: that is found, too.
    """
    there: dict[tuple[str, str], Resource] = {}
    for resource in stack.graph.resources.values():
        refusal, arn = _REFUSALS.get(resource.type), resource.outputs.get("arn")
        if refusal is None or resource.external or not isinstance(arn, str):
            continue
        first = there.setdefault((resource.type, arn), resource)
        if first is not resource:
            code, message = refusal
            name = arn.rpartition("/" if "/" in arn else ":")[2]
            what = {f"{each.name}.name": name for each in (first, resource)}
            fix = f"give {resource.name} a name of its own, or leave name out: Pulumi makes one"
            yield NameClash(first.name, resource.name, what, code, message.format(name=name), fix)
    yield from _statements(stack)
    yield from _routes(stack)


def _statements(stack: Stack) -> Iterator[NameClash]:
    """Permissions of one statement id in the policy of one function, version or alias."""
    there: dict[tuple[str, str, str], Permission] = {}
    for permission in stack.all(Permission):
        statement = stack.graph.resources[permission.urn].inputs.get("statementId")
        if permission.function is None or not permission.qualifier.is_known or not isinstance(statement, str):
            continue
        place = (permission.function.urn, permission.qualifier.certain(), statement)
        first = there.setdefault(place, permission)
        if first is not permission:
            what = {f"{each.name}.statementId": statement for each in (first, permission)}
            message = f"The statement id ({statement}) provided already exists."
            fix = f"give {permission.name} a statementId of its own, or leave it out"
            yield NameClash(first.name, permission.name, what, "ResourceConflictException", message, fix)


def _routes(stack: Stack) -> Iterator[NameClash]:
    """Routes of one key in one HTTP API."""
    for api in stack.all(Api):
        there: dict[str, Route] = {}
        for route in api.routes:
            key = route.route_key.known
            first = route if key is None or route.urn == api.urn else there.setdefault(key, route)
            if first is not route:
                what = {f"{each.name}.routeKey": str(key) for each in (first, route)}
                message = f"Route with key {key} already exists for this API"
                fix = f"keep one of {first.name} and {route.name}, or give one another routeKey"
                yield NameClash(first.name, route.name, what, "ConflictException", message, fix)
