"""The lines of a workload's `send`: each names one target, what it gets, how often and when."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, StrictFloat, StrictInt, StrictStr, model_validator

from delivery_lab.limits.queues import DELAY
from delivery_lab.simulation.workload_durations import LONGEST_SECONDS
from delivery_lab.simulation.workload_part import WorkloadPart

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_NO_FIELD_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
MOST_SENDS = 10_000_000
_OBJECT_EVENT = re.compile("Object[A-Za-z]+:[A-Za-z]+")
TARGETS = ("http", "queue", "stream", "table", "topic", "sns", "s3", "invoke", "event", "schedule")


_GOES_WITH = (
    ("key", "key goes with queue, sns, s3, stream and topic; an item of a table has its key in the body"),
    ("dedup", "dedup goes with queue and sns"),
    ("attributes", "attributes go with queue and sns"),
    ("subject", "subject goes with sns"),
    ("size", "size goes with s3"),
    ("source", "source goes with event"),
    ("detail_type", "detailType goes with event"),
    ("delay_seconds", "delaySeconds goes with queue"),
)
"""Fields of a line that only the targets have that are named behind `with`."""


class HttpRequest(WorkloadPart):
    """A request to the stack's HTTP API."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    """The request's method."""
    path: str = Field(pattern="^/")
    """Path of the request, with its query if there is one."""
    body: Any = None
    """An object (sent as JSON) or a text (sent as it is), in which `{n}`, `$uniform` and `$choice` are filled in."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Headers of the request."""
    api: str | None = None
    """Name of the API, needed only where the stack has several."""

    @model_validator(mode="after")
    def _headers_can_be_sent(self) -> HttpRequest:
        for name, value in self.headers.items():
            if not _TOKEN.fullmatch(name):
                raise ValueError(
                    f"headers: {name!r} is no name of a header: letters, digits and !#$%&'*+-.^_`|~ (RFC 9110)"
                )
            if _NO_FIELD_VALUE.search(value):
                raise ValueError(
                    f"headers: the value of {name} has a control character, as {value[:40]!r} shows (RFC 9110)"
                )
        return self


class Send(WorkloadPart):
    """One line of `send`: one target, a body, and when."""

    at: float = Field(default=0, ge=0, le=LONGEST_SECONDS)
    """Virtual seconds after the start."""
    every: float = Field(default=0, ge=0, le=LONGEST_SECONDS)
    """Virtual seconds from one repetition to the next; goes with `times`."""
    times: int = Field(default=1, ge=1, le=MOST_SENDS)
    """How often it is sent."""
    http: HttpRequest | None = None
    """A request to the stack's HTTP API."""
    queue: str | None = None
    """A message to the queue of that logical name."""
    stream: str | None = None
    """A record for the Kinesis stream of that logical name; `key` decides the shard."""
    table: str | None = None
    """An item put into the table of that logical name: `body` is the item, its key included."""
    topic: str | None = None
    """A record for the Kafka topic of that name; `key` decides the partition, without it they take turns."""
    sns: str | None = None
    """A message published to the SNS topic of that logical name."""
    subject: str | None = Field(default=None, min_length=1)
    """With `sns`: the subject."""
    s3: str | None = None
    """A change of an object in the bucket of that logical name; `key` names the object, a `body` is its content."""
    size: int | None = Field(default=None, ge=0)
    """With `s3`: the size of the object in bytes; that of the body without it."""
    event: str | None = Field(default=None, min_length=1)
    """An event put on the EventBridge bus of that logical name, or on the `default` one; `body` is its detail.
    With `s3`: what happens to the object; `ObjectCreated:Put` without it."""
    schedule: str | None = Field(default=None, min_length=1)
    """The schedule, or rule with a schedule expression, of that logical name goes off; it has no body."""
    source: str | None = Field(default=None, min_length=1)
    """With `event`: the source of the event."""
    detail_type: str | None = Field(default=None, min_length=1, max_length=128)
    """With `event`: its detail-type."""
    invoke: str | None = None
    """An invoke of the function of that logical name; `worker:live` invokes it by its alias or version `live`."""
    type: Literal["sync", "async"] | None = None
    """How to invoke: `sync` (the default) waits for the answer, `async` hands the event to Lambda's own queue."""
    body: Any = None
    """An object (sent as JSON) or a text (sent as it is), in which `{n}`, `$uniform` and `$choice` are filled in."""
    key: str | None = Field(default=None, min_length=1)
    """Message group (of a standard queue the tenant), partition key of a stream or topic; a template as in the body.
    With `sns` the message group, with `s3` the object's key."""
    dedup: str | None = Field(default=None, min_length=1)
    """Deduplication id of a message for a FIFO queue or topic; a template too."""
    attributes: dict[str, StrictStr | StrictInt | StrictFloat] = Field(default_factory=dict)
    """Message attributes of a message for a queue or an SNS topic: a text becomes a `String`, in which `{n}` is filled
    in, a number a `Number`."""
    delay_seconds: int | None = Field(default=None, ge=DELAY.minimum, le=DELAY.maximum)
    """Seconds for which a message for a standard queue is hidden after it is sent; the queue's own delay without it."""

    @model_validator(mode="after")
    def _one_target(self) -> Send:
        targets = [name for name in TARGETS if getattr(self, name) is not None and (name != "event" or not self.s3)]
        if len(targets) != 1:
            raise ValueError(f"name exactly one target of {', '.join(TARGETS)}, not {' and '.join(targets) or 'none'}")
        if self.http is not None and self.body is not None:
            raise ValueError("the body of an HTTP request stands under http")
        if self.http is None and self.s3 is None and self.schedule is None and self.body is None:
            raise ValueError("a body is missing")
        if self.type is not None and self.invoke is None:
            raise ValueError("type goes with invoke")
        if self.stream is not None and self.key is None:
            raise ValueError("a stream needs a key: it decides the shard")
        if self.s3 is not None and self.key is None:
            raise ValueError("s3 needs a key: it names the object")
        for name, words in _GOES_WITH:
            targets = words.partition(";")[0].replace(",", "").split()
            if getattr(self, name) not in (None, {}) and self.target not in targets:
                raise ValueError(words)
        if self.table is not None and not isinstance(self.body, dict):
            raise ValueError("the body of a table is the item: an object")
        return self

    @model_validator(mode="after")
    def _event_is_whole(self) -> Send:
        if self.s3 is not None and self.event is not None and not _OBJECT_EVENT.fullmatch(self.event):
            raise ValueError(f"with s3 an event is such as ObjectCreated:Put, not {self.event}")
        if self.target == "event" and None in (self.source, self.detail_type):
            raise ValueError("an event needs source and detailType")
        if self.target == "event" and not isinstance(self.body, dict):
            raise ValueError("the body of an event is its detail: an object")
        return self

    @model_validator(mode="after")
    def _ends(self) -> Send:
        if self.every > 0 and "times" not in self.model_fields_set:
            raise ValueError(
                f"every is {self.every:g} and times is missing, so it would be sent once: say how often with times, "
                "such as times: 10"
            )
        last = self.at + (self.times - 1) * self.every
        if last > LONGEST_SECONDS:
            raise ValueError(f"the last of {self.times} is sent after {last:g} s; at most {LONGEST_SECONDS} s are run")
        return self

    @property
    def target(self) -> str:
        """The target's kind: one of `TARGETS`."""
        return next(name for name in TARGETS if getattr(self, name) is not None)
