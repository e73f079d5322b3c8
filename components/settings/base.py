"""What all settings have in common: camelCase keys, strict types, unknown keys refused, rules across fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Section(BaseModel):
    """Base of all settings models: immutable, and as strict as a typed configuration can be."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, alias_generator=to_camel, defer_build=True)

    def effective(self) -> dict[str, Any]:
        """The settings as a stack file would spell them, with every default filled in and what is unset left out."""
        return self.model_dump(by_alias=True, exclude_none=True, mode="json")


@dataclass(frozen=True, slots=True)
class Late:
    """Marks a field whose value another resource may decide, so that it can be unknown while the program runs.

    A stack file holds plain values. Arguments of a component (`components/package`) may be outputs of resources; rules
    across fields are then checked with a value that stands in, and the field's own once it is known.

    Attributes:
        stand_in: a value that the field accepts.
    """

    stand_in: object


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule across fields that does not hold.

    Attributes:
        path: camelCase keys from the model that states the rule down to the field to change.
        value: the value found there.
        message: what must hold, with both values.
        fix: what to change.
    """

    path: tuple[str, ...]
    value: object
    message: str
    fix: str


class RuleError(ValueError):
    """Carries violations out of a pydantic validator (which wraps a ValueError together with its location)."""

    def __init__(self, *violations: Violation) -> None:
        super().__init__("; ".join(violation.message for violation in violations))
        self.violations = violations


def require(*violations: Violation | None) -> None:
    """Raise what does not hold, all of it at once.

    Raises:
        RuleError: at least one argument is a violation.
    """
    found = tuple(violation for violation in violations if violation is not None)
    if found:
        raise RuleError(*found)
