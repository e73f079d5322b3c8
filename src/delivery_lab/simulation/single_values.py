"""Refuses a resource for one value that the API which creates it takes of nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.limits.values import values_of
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.stack import Stack

_CODES = {"sns": "InvalidParameter", "s3": "InvalidArgument"}
_CODES.update(dict.fromkeys(("apigateway", "apigatewayv2"), "BadRequestException"))
"""What services call it that have no ValidationException."""


def refuse_single_values(stack: Stack, resource: StackResource) -> None:
    """Refuse a value of a resource for its length, its pattern, its range, or as none of a list (API-VALUE-1).

    What is left out, empty (the AWS provider leaves it out then), or known only after deployment is let through.

    Args:
        stack: its stack.
        resource: the resource.

    Raises:
        DeploymentRefusedError: naming the input, its value and what it has to be.
    """
    found = stack.graph.resources[resource.urn]
    for path, taken in values_of(found.type).items():
        for value in _at(found.inputs, path):
            if not (wanted := taken.refused(value)):
                continue
            name = ".".join(part for part in path if part != "{}")
            shown = "a secret" if path[0] in found.secret_inputs else repr(value)
            sections = resource.sections()
            where = f" ({', '.join(sections)} in the stack file)" if sections else ""
            raise DeploymentRefusedError(
                found.name,
                _CODES.get(taken.service, "ValidationException"),
                f"Value {shown} at '{name}' failed to satisfy constraint: {wanted}",
                rule="API-VALUE-1",
                fix=f"change {name} of {found.name}{where}; {taken.member} says what it may be",
            )


def _at(value: Any, path: tuple[str, ...]) -> Iterator[str | float]:
    """The known texts and numbers at a path, through lists, and those that a list or mapping there holds."""
    if isinstance(value, list | tuple):
        for each in value:
            yield from _at(each, path)
    elif path == ("{}",):
        yield from (value if isinstance(value, Mapping) else ())
    elif path:
        if isinstance(value, Mapping) and path[0] in value:
            yield from _at(value[path[0]], path[1:])
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _at(each, ())
    elif isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
        yield value
