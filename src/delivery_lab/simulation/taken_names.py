"""Refuses stacks in which two resources have one name."""

from __future__ import annotations

from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.stack.name_clashes import name_clashes
from delivery_lab.stack.stack import Stack


def refuse_taken_names(stack: Stack) -> None:
    """Refuse the second of two resources of one name (API-NAME-1).

    Args:
        stack: the stack.

    Raises:
        DeploymentRefusedError: a resource has the name of one before it.
    """
    for clash in name_clashes(stack):
        message = f"{clash.message} ({clash.first} has that name)"
        raise DeploymentRefusedError(clash.second, clash.code, message, rule="API-NAME-1", fix=clash.fix)
