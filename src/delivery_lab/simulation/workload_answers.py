"""Lines of `answers`: what calls of handlers to AWS services and HTTP addresses get, and what the program gets."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, model_validator

from delivery_lab.simulation.workload_durations import LONGEST_SECONDS, Duration
from delivery_lab.simulation.workload_part import WorkloadPart

_HTTP = re.compile(r"(?:(?P<method>[A-Z]+|\*) )?(?P<url>(?:https?|\*)://\S+|\*)")
_HOST = re.compile(r"(?:https?|\*)://[^/?]+(?:/\*?)?|\*")
ConnectionWord = Literal["unresolved", "refused", "dropped", "reset", "closed", "silent"]
METHODS = frozenset({"*", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})


class Answer(WorkloadPart):
    """One line of `answers`: a call, and what it gets. Of several that match, the first one that happens counts."""

    service: str | None = None
    """The service as boto3 names it, such as `s3`."""
    operation: str | None = None
    """With `service`: the operation, such as `GetObject`; for an `error` it may be left out: all operations."""
    parameters: dict[str, Any] | None = Field(default=None, min_length=1)
    """With `service`: only calls with these parameters; in texts `*` stands for anything."""
    http: str | None = None
    """Method and address, such as `POST https://pay.example/*`; without a method: any; `*` stands for anything."""
    token: str | None = Field(default=None, pattern=r"^[\w-]+:[\w/.-]*:\w+$")
    """A provider's function that the program calls, such as `aws:ec2/getAmi:getAmi`; `parameters` are its arguments."""
    stack: str | None = Field(default=None, min_length=1)
    """Another stack, as the program's `StackReference` names it; `answer` are its outputs."""
    answer: dict[str, Any] | None = None
    """With `service`: the answer as boto3 returns it. With `token` and `stack`: what the program gets."""
    error: str | None = Field(default=None, min_length=1)
    """With `service`: AWS's error code instead of an answer, such as `ThrottlingException`."""
    connection: ConnectionWord | None = None
    """With `service` and `http`: nobody answers, and what becomes of the connection. The first three are about opening
    it, so `http` is then a host, such as `https://pay.example`."""
    message: str = ""
    """With `error`: its message."""
    status: int | None = Field(default=None, ge=100, le=599)
    """HTTP status; by default 200 for an answer and 400 for an error."""
    headers: dict[str, str] = Field(default_factory=dict)
    """With `http`: headers of the response."""
    body: Any = None
    """With `http`: an object (answered as JSON) or a text (answered as it is)."""
    latency: Duration | None = None
    """Seconds that the call takes on top of the latency of every call (SIM-API-1); a number or a distribution."""
    share: float = Field(default=1.0, gt=0, le=1)
    """The share of the matching calls that get it, drawn from the seed; the others go on to the next lines."""
    at: float = Field(default=0, ge=0, le=LONGEST_SECONDS)
    """Virtual seconds after the start from which on it is answered so."""
    for_seconds: float | None = Field(default=None, gt=0, le=LONGEST_SECONDS)
    """For how many virtual seconds; to the end of the run where it is left out. In a file it is called `for`."""
    ids: list[str] | None = Field(default=None, min_length=1)
    """Only calls in which one of these values stands, or whose event has it as its only `id`."""

    @model_validator(mode="after")
    def _one_kind(self) -> Answer:
        named = [name for name in ("service", "http", "token", "stack") if getattr(self, name) is not None]
        if len(named) != 1:
            raise ValueError(f"name exactly one of service, http, token and stack, not {' and '.join(named) or 'none'}")
        if self.of_program:
            self._check_program(named[0])
        elif self.http is not None:
            for name in ("operation", "parameters", "answer", "error"):
                if getattr(self, name) is not None:
                    raise ValueError(f"{name} goes with service")
            match = _HTTP.fullmatch(self.http)
            if match is None or (match["method"] or "*") not in METHODS:
                raise ValueError(
                    f"http is a method and an address, such as POST https://pay.example/*, not {self.http!r}"
                )
        else:
            self._check_service()
        if self.message and self.error is None:
            raise ValueError("message goes with error")
        if self.connection is not None:
            self._check_connection(self.connection)
        return self

    @property
    def of_program(self) -> bool:
        """Whether it is about what the program asks while it describes its resources, never about a handler's call."""
        return self.token is not None or self.stack is not None

    def _check_connection(self, how: str) -> None:
        for name in ("status", "headers", "body"):
            if name in self.model_fields_set:
                raise ValueError(f"{name} goes with an answer, and with connection: {how} there is none")
        if self.latency is not None and how in ("dropped", "silent"):
            raise ValueError(f"latency does not go with connection: {how}, which lasts until the client's own timeout")
        opening = how in ("unresolved", "refused", "dropped")
        if self.http is not None and opening and (self.method != "*" or _HOST.fullmatch(self.url) is None):
            raise ValueError(
                f"connection: {how} is about a host, before anything is asked of it: http is its address without "
                f"method and path, such as https://pay.example, not {self.http!r}"
            )

    def _check_program(self, name: str) -> None:
        if self.answer is None:
            raise ValueError(f"{name} needs its answer")
        allowed = {name, "answer", *(["parameters"] if name == "token" else [])}
        for other in sorted(self.model_fields_set - allowed):
            raise ValueError(f"{type(self).model_fields[other].alias or other} does not go with {name}")

    def _check_service(self) -> None:
        if self.connection is not None and (self.answer is not None or self.error is not None):
            raise ValueError("with connection there is neither answer nor error")
        if self.connection is not None:
            return
        if self.body is not None or self.headers:
            raise ValueError("headers and body go with http; what a service answers stands under answer")
        if (self.answer is None) == (self.error is None):
            raise ValueError("give exactly one of answer, error and connection, such as answer: {}")
        if self.answer is not None and self.operation is None:
            raise ValueError("an answer needs its operation")
        if self.answer is not None and self.status is not None:
            raise ValueError("status goes with http and with error")

    @property
    def method(self) -> str:
        """Of `http`: the method, `*` for any."""
        match = _HTTP.fullmatch(self.http or "")
        return (match["method"] if match else None) or "*"

    @property
    def url(self) -> str:
        """Of `http`: the address."""
        match = _HTTP.fullmatch(self.http or "")
        return match["url"] if match else ""
