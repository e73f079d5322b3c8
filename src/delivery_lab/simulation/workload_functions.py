"""What a workload says about functions of the stack, by their logical names."""

from __future__ import annotations

import json
from typing import Any

from pydantic import Field, model_validator

from delivery_lab.model.described import DESCRIBED_FAILURE, Description, Failing
from delivery_lab.simulation.workload_durations import Duration, distribution_of
from delivery_lab.simulation.workload_part import WorkloadPart

PARTIAL = "partial"


class Fails(WorkloadPart):
    """Which messages fail: those that any of `share`, `ids` and `field` names."""

    share: float | None = Field(default=None, gt=0, le=1)
    """The share of the deliveries that fail, drawn for each message from the seed."""
    ids: list[str] | None = Field(default=None, min_length=1)
    """Messages whose body has one of these values as `id`."""
    field: str | None = Field(default=None, min_length=1)
    """Messages whose body has this field, and it is true."""
    first: int | None = Field(default=None, ge=1)
    """Only the first so many deliveries of such a message fail; all where it is left out."""
    error: str = Field(default=DESCRIBED_FAILURE, min_length=1)
    """The error type that the function ends with."""

    @model_validator(mode="after")
    def _names_some(self) -> Fails:
        if self.share is None and self.ids is None and self.field is None:
            raise ValueError("name at least one of share, ids and field")
        return self


class FunctionSettings(WorkloadPart):
    """What only a deployment would tell of a function, what is to be different in a run, or all that it does.

    With a `duration` the function is described: its code is not run.
    """

    environment: dict[str, str] = Field(default_factory=dict)
    """Environment variables, in place of what the program gives them."""
    image: str | None = Field(default=None, min_length=1)
    """Of a container image: the folder with the files that it has in /var/task, from the project's folder on."""
    code: str | None = Field(default=None, min_length=1)
    """A folder with Python code that is run in place of the function's own; it starts at the project."""
    handler: str | None = Field(default=None, pattern=r"^[\w./-]+\.\w+$")
    """With `code`: its handler, such as `app.handler`. With `image`: where imageConfig and Dockerfile say none."""
    duration: Duration | None = None
    """Seconds that an invoke takes; a number or a distribution. With it the function is described instead of run."""
    for_each: Duration = 0
    """Seconds that each message of its event takes on top; a number or a distribution."""
    fails: Fails | None = None
    """Which messages fail. One fails the whole invoke, and the messages behind it in the batch are not worked on."""
    response: Any = None
    """What it returns. `partial`: it works on all messages and names the failed ones in batchItemFailures."""
    log: str | dict[str, Any] | None = None
    """A line, or an object logged as JSON, for each message that it has worked on; `{id}` and other fields of the body,
    `{message_id}` and `{receive_count}` are filled in."""

    @model_validator(mode="after")
    def _described_or_not(self) -> FunctionSettings:
        given = sorted(self.model_fields_set - {"environment", "duration", "image", "code", "handler"})
        if self.duration is not None and self.image is not None:
            raise ValueError("a function with a duration is not run, so it has no use for image")
        if self.code is not None and self.image is not None:
            raise ValueError("code is run in place of an image, so name one of code and image")
        if self.duration is None and given:
            raise ValueError(f"{given[0]} describes a function, which needs its duration too")
        if self.duration is not None and self.environment:
            raise ValueError("a function with a duration is not run, so it has no use for environment")
        if self.image is None and (self.code is None) != (self.handler is None):
            raise ValueError("code and handler go together, such as code: ./worker and handler: app.handler")
        if self.code is not None and self.duration is not None:
            raise ValueError("a function with a duration is not run, so it has no use for code")
        return self

    @property
    def description(self) -> Description | None:
        """What the model follows instead of the code, None where the code is run."""
        fails = self.fails
        if self.duration is None:
            return None
        return Description(
            duration=distribution_of(self.duration),
            for_each=distribution_of(self.for_each),
            failing=Failing()
            if fails is None
            else Failing(fails.share or 0.0, frozenset(fails.ids or ()), fails.field, fails.first, fails.error),
            partial=self.response == PARTIAL,
            response=json.dumps(None if self.response == PARTIAL else self.response),
            log=self.log if self.log is None or isinstance(self.log, str) else json.dumps(self.log),
        )
