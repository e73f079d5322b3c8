"""What an API may do: invoke functions that let it, and call services with the roles that its integrations have."""

from __future__ import annotations

from typing import Any

from delivery_lab.stack.events import Bus
from delivery_lab.stack.functions import Function, Permission
from delivery_lab.stack.permissions import api_may_invoke, forbids
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.roles import Role
from delivery_lab.stack.stack import Stack


class ApiPermissions:
    """The permissions of one API (HTTP-PERMISSION-1, REST-PERMISSION-1).

    Args:
        stack: the stack.
        api: name of the API, for notes.
        execution_arn: what permissions name it by, None where it is known only after deployment.

    Attributes:
        notes: what it may not do although it would have to.
    """

    def __init__(self, stack: Stack, api: str, execution_arn: str | None) -> None:
        self._stack = stack
        self._api = api
        self._execution_arn = execution_arn
        self.notes: list[str] = []

    def may_invoke(self, function: Function, credentials: Any) -> bool:
        """Whether a function lets the API invoke it; with a role of its own an integration needs no permission."""
        if credentials is not None:
            return True
        if api_may_invoke(self._stack.all(Permission), function, self._execution_arn):
            return True
        self._note(
            f"{self._api} may not invoke {function.label}: no aws.lambda.Permission lets apigateway.amazonaws.com; "
            "requests are answered with 500"
        )
        return False

    def may_send(self, credentials: Any, queue_url: str) -> bool:
        """Whether a role lets an integration send to a queue; what cannot be told is taken as yes."""
        queue = self._stack.queue_of_url(queue_url)
        role = self._forbidding(credentials, "sqs:SendMessage", queue)
        if queue is None or role is None:
            return True
        self._note(
            f"{self._api} may not send to {queue.label}: {role.name} does not allow sqs:SendMessage; SQS answers 403"
        )
        return False

    def may_put(self, credentials: Any, bus: Bus | None) -> bool:
        """Whether a role lets an integration put events on a bus; what cannot be told is taken as yes."""
        role = self._forbidding(credentials, "events:PutEvents", bus)
        if bus is None or role is None:
            return True
        self._note(
            f"{self._api} may not put events on {bus.label}: {role.name} does not allow events:PutEvents; the caller "
            "gets 400"
        )
        return False

    def _forbidding(self, credentials: Any, action: str, resource: StackResource | None) -> Role | None:
        """The role of an integration, where it surely may not do something."""
        role = self._stack.at(credentials) if isinstance(credentials, str) else None
        if not isinstance(role, Role) or resource is None or resource.arn is None:
            return None
        return role if forbids(role, action, resource.arn) else None

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)
