"""What every resource of a stack has."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypedDict

from delivery_lab.stack.settings import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class StackResource:
    """A resource that the stack creates.

    Attributes:
        urn: its URN.
        type: its type token.
        name: its logical name.
        label: the name that tells it from every other one of its type: the logical name, with the parent's where two
            share it.
        id: its physical id, "" where it is known only after deployment.
        arn: its ARN, None where it has none or it is known only after deployment.
    """

    urn: str
    type: str
    name: str
    label: str
    id: str = ""
    arn: str | None = None

    def sections(self) -> tuple[str, ...]:
        """Where its settings stand in the stack file, such as `delivery-lab:batch.queue`; empty where they do not."""
        held = (getattr(self, field.name) for field in fields(self))
        keys = (setting.origin.key for setting in held if isinstance(setting, Setting))
        return tuple(dict.fromkeys(key.rpartition(".")[0] for key in keys if key))


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherResource(StackResource):
    """A resource of a type that the stack does not look into."""


class Identity(TypedDict):
    """The fields of `StackResource`, for those who make one."""

    urn: str
    type: str
    name: str
    label: str
    id: str
    arn: str | None
