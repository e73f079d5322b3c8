"""Lines of `faults` in a workload: what is injected for a while, whatever the stack does."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, PrivateAttr, model_validator

from delivery_lab.simulation.workload_durations import LONGEST_SECONDS
from delivery_lab.simulation.workload_part import WorkloadPart

_OF_QUEUES = ("duplicate", "lostReceive")
_OF_SERVICES = ("throttle", "error", "latency")
_OF_FEEDERS = ("duplicate", "latency")
_LASTING = ("latency", "pause", "lateClock", "recreated")
_IN_WORK = ("crash", "timeout")
_AROUND_INVOKES = ("pause", "lostReceive", "codeReplaced", "lateClock", "recreated")
_LATEST_CLOCK_SECONDS = 300
"""AWS takes a call that was signed at most so many seconds ago:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-signing.html"""


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
            "dynamodbstreams",
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
    feeder: str | None = None
    """It happens to what a topic, bucket, bus, schedule or pipe of that logical name hands on, or a subscription,
    notification or target of that name."""
    kind: Literal[
        "throttle",
        "error",
        "failure",
        "latency",
        "duplicate",
        "coldStart",
        "crash",
        "timeout",
        "pause",
        "lostReceive",
        "codeReplaced",
        "lateClock",
        "recreated",
    ]
    """What happens."""
    share: float = Field(default=1.0, gt=0, le=1)
    """The share of the calls that it happens to, drawn from the seed."""
    ids: list[str] | None = Field(default=None, min_length=1)
    """With `function`, `feeder` or a queue alone: only where the event, a record of it or the message has such an `id`.
    An object has its key."""
    seconds: float | None = Field(default=None, gt=0, le=LONGEST_SECONDS)
    """With `kind: latency`: how many seconds longer it takes. With `pause`: for how many the pollers stop. With
    `lateClock`: by how many the clock is late. With `recreated`: how many until the new mapping polls. With `crash` and
    `timeout`: after how many seconds of work; with `duplicate` of a feeder: how long after the first. Drawn for these
    three where it is left out."""
    _preset: str = PrivateAttr(default="")
    _place: str = PrivateAttr(default="")

    @model_validator(mode="after")
    def _makes_sense(self) -> Fault:
        named = [name for name in (self.function, self.service, self.feeder) if name is not None]
        of_queue = not named and self.queue is not None
        if len(named) != 1 and not of_queue:
            raise ValueError("name exactly one of function, service and feeder, or a queue alone")
        if self.feeder is not None and self.kind not in _OF_FEEDERS:
            raise ValueError(
                f"a feeder has the kinds {_words(_OF_FEEDERS)} only; the others go with function or service"
            )
        if of_queue and self.kind not in _OF_QUEUES:
            raise ValueError(
                f"a queue alone has the kinds {_words(_OF_QUEUES)} only; {self.kind} needs service: sqs beside it"
            )
        if self.service is not None and (self.ids is not None or self.kind not in _OF_SERVICES):
            raise ValueError(
                f"a service has the kinds {_words(_OF_SERVICES)}, and no ids: the others go with function, or with a "
                "queue alone"
            )
        if self.function is not None and self.kind == "lostReceive":
            raise ValueError("the kind lostReceive goes with a queue alone")
        if self.operation is not None and self.service is None:
            raise ValueError("operation goes with service")
        if self.queue is not None and self.service != "sqs" and not of_queue:
            raise ValueError("queue goes with service: sqs, or alone")
        if self.ids is not None and self.kind in _AROUND_INVOKES:
            raise ValueError(f"{self.kind} happens to no message in particular: leave ids out")
        return self._has_its_seconds()

    def _has_its_seconds(self) -> Fault:
        if self.kind in _LASTING and self.seconds is None:
            raise ValueError(f"the kind {self.kind} needs seconds")
        of_feeder = self.feeder is not None
        if self.seconds is not None and not of_feeder and self.kind not in (*_LASTING, *_IN_WORK):
            raise ValueError(
                f"seconds goes with the kinds {_words((*_LASTING, *_IN_WORK))}, and with duplicate of a feeder"
            )
        if self.kind == "lateClock" and self.seconds is not None and self.seconds > _LATEST_CLOCK_SECONDS:
            raise ValueError(
                f"AWS refuses calls that were signed more than {_LATEST_CLOCK_SECONDS} s ago, as by a clock that is "
                f"{self.seconds:g} s late: that is not modelled, so let it be at most {_LATEST_CLOCK_SECONDS}"
            )
        return self

    @property
    def preset(self) -> str:
        """The preset that it comes from, "" where somebody has written it."""
        return self._preset

    @property
    def place(self) -> str:
        """File and line where it stands, "" where it stands in none."""
        return self._place

    def read_at(self, place: str) -> None:
        """It stands there."""
        self._place = place

    def of_preset(self, name: str) -> Fault:
        """The same fault, said to come from a preset."""
        copy = self.model_copy()
        copy._preset = name
        return copy

    @property
    def words(self) -> str:
        """What it is, in a few words."""
        if self.service is None:
            return f"{self.kind} of {self.function or self.feeder or self.queue}"
        return f"{self.kind} of {self.operation or 'calls'} of {self.service}"


def _words(kinds: tuple[str, ...]) -> str:
    return f"{', '.join(kinds[:-1])} and {kinds[-1]}"
