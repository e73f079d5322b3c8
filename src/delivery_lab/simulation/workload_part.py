"""What all parts of a workload have in common: strict models whose mistakes are told as the lab tells them.

Files say camelCase and `for`; code says snake_case and `for_seconds`. What is wrong is a `WorkloadError` in both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from delivery_lab.errors import WorkloadError
from delivery_lab.json_names import json_name
from delivery_lab.program.file_problems import problems_of


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
                raise WorkloadError("\n".join(problems_of(error, data, lambda _: label, "a workload"))) from None

        # Pydantic's own mark of an `__init__` that only validates: parts within parts are then validated without it,
        # so that the whole is told where in it something is wrong.
        __init__.__pydantic_base_init__ = True
