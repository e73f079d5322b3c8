"""Lines of `faults` in a workload: what is injected for a while, whatever the stack does."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from delivery_lab.simulation.workload_durations import LONGEST_SECONDS
from delivery_lab.simulation.workload_part import WorkloadPart


class Fault(WorkloadPart):
    """One line of `faults`: a failure that is injected for a while, whatever the stack does."""

    at: float = Field(default=0, ge=0, le=LONGEST_SECONDS)
    """Virtual seconds after the start."""
    for_seconds: float | None = Field(default=None, gt=0, le=LONGEST_SECONDS)
    """For how many virtual seconds; to the end of the run where it is left out. In a file it is called `for`."""
    function: str | None = None
    """It happens to invokes of the function of that logical name."""
    service: (
        Literal[
            "cloudwatch",
            "dynamodb",
            "events",
            "kinesis",
            "lambda",
            "s3",
            "secretsmanager",
            "ses",
            "sesv2",
            "sns",
            "sqs",
            "ssm",
            "stepfunctions",
        ]
        | None
    ) = None
    """It happens to calls that handlers make to this service."""
    operation: str | None = None
    """With `service`: only to this operation, such as `SendMessage`."""
    queue: str | None = None
    """With `service: sqs`: only to calls for the queue of that logical name. Alone: what happens to its messages."""
    kind: Literal["throttle", "error", "failure", "latency", "duplicate"]
    """What happens."""
    share: float = Field(default=1.0, gt=0, le=1)
    """The share of the calls that it happens to, drawn from the seed."""
    ids: list[str] | None = Field(default=None, min_length=1)
    """With `function` or a queue alone: only where the event, a record of it, or the message has such an `id`."""
    seconds: float | None = Field(default=None, gt=0, le=LONGEST_SECONDS)
    """With `kind: latency`: how many seconds longer it takes."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Fault:
        of_queue = self.function is None and self.service is None and self.queue is not None
        if (self.function is None) == (self.service is None) and not of_queue:
            raise ValueError("name exactly one of function and service, or a queue alone")
        if of_queue and self.kind != "duplicate":
            raise ValueError(f"a queue alone has the kind duplicate only; {self.kind} needs service: sqs beside it")
        if self.service is not None and (self.ids is not None or self.kind in ("failure", "duplicate")):
            raise ValueError("ids and the kinds failure and duplicate go with function, or with a queue alone")
        if self.operation is not None and self.service is None:
            raise ValueError("operation goes with service")
        if self.queue is not None and self.service != "sqs" and not of_queue:
            raise ValueError("queue goes with service: sqs, or alone")
        if (self.kind == "latency") != (self.seconds is not None):
            raise ValueError("seconds goes with the kind latency, which needs it")
        return self

    @property
    def words(self) -> str:
        """What it is, in a few words."""
        if self.service is None:
            return f"{self.kind} of {self.function or self.queue}"
        return f"{self.kind} of {self.operation or 'calls'} of {self.service}"
