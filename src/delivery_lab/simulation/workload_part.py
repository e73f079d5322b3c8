"""What all parts of a workload have in common: strict models whose mistakes are told as the lab tells them.

Files say camelCase and `for`; code says snake_case and `for_seconds`. What is wrong is a `WorkloadError` in both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from delivery_lab.errors import WorkloadError
from delivery_lab.json_names import json_name


class WorkloadPart(BaseModel):
    """A part of a workload: immutable and strict.

    Raises:
        WorkloadError: a part that is built in code is malformed.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        alias_generator=json_name,
        validate_by_name=True,
        validate_by_alias=True,
    )

    if not TYPE_CHECKING:  # type checkers make the signature out of the fields

        def __init__(self, **data: Any) -> None:
            try:
                super().__init__(**data)
            except ValidationError as error:
                label = type(self).__name__
                raise WorkloadError("\n".join(explained(problem, label) for problem in error.errors())) from None

        # Pydantic's own mark of an `__init__` that only validates: parts within parts are then validated without it,
        # so that the whole is told where in it something is wrong.
        __init__.__pydantic_base_init__ = True


def explained(problem: Any, where: str, what: str = "a workload") -> str:
    """What pydantic found wrong, in the words of the lab.

    Args:
        problem: one of the errors of a `ValidationError`.
        where: the place, to begin with.
        what: the file that it is about.
    """
    loc: tuple[str | int, ...] = problem["loc"]
    place = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in loc)
    where = f"{where}: {place}" if place else where
    message = problem["msg"].removeprefix("Value error, ").replace("Input should be", "has to be")
    kind = problem["type"]
    if kind == "extra_forbidden":
        return f"{where} is no key of {what}"
    if kind == "missing":
        return f"{where} is missing"
    if kind == "model_type":
        message = "has to be a mapping"
    if kind == "too_short":
        return f"{where} has to have at least one entry"
    value = "" if isinstance(problem["input"], dict) else f", not {problem['input']!r}"
    return f"{where}: {message}{value}"
