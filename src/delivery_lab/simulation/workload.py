"""Workloads: what is sent to a variant, and when (a YAML file; `docs/workloads.md` describes it for users)."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from delivery_lab.errors import StackFileError, UsageError, WorkloadError
from delivery_lab.program.yamlfile import YamlFile, parse_scalar, read_yaml
from delivery_lab.simulation.templates import as_text, render

MOST_SENDS = 10_000_000
LONGEST_SECONDS = 10 * 365 * 86_400
"""Nothing that the lab models takes longer: ten times the longest retention of a stream."""
TARGETS = ("http", "queue", "stream", "table", "topic", "invoke")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class HttpRequest(_Model):
    """A request to the stack's HTTP API."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    path: str = Field(pattern="^/")
    body: Any = None
    headers: dict[str, str] = Field(default_factory=dict)
    api: str | None = None
    """Name of the API, needed only where the stack has several."""


class Send(_Model):
    """One line of `send`: a target, a body, and when.

    `at` is in virtual seconds after the start; `times` repeats it `every` so many seconds.
    """

    at: float = Field(default=0, ge=0, le=LONGEST_SECONDS)
    every: float = Field(default=0, ge=0, le=LONGEST_SECONDS)
    times: int = Field(default=1, ge=1, le=MOST_SENDS)
    http: HttpRequest | None = None
    queue: str | None = None
    stream: str | None = None
    table: str | None = None
    topic: str | None = None
    invoke: str | None = None
    type: Literal["sync", "async"] | None = None
    """How to invoke: `sync` (the default) waits for the answer, `async` hands the event to Lambda's own queue."""
    body: Any = None
    key: str | None = Field(default=None, min_length=1)
    """Message group of a FIFO queue, partition key of a stream or topic; a template as texts of the body are."""
    dedup: str | None = Field(default=None, min_length=1)
    """Deduplication id of a message for a FIFO queue; a template too."""

    @model_validator(mode="after")
    def _one_target(self) -> Send:
        targets = [name for name in TARGETS if getattr(self, name) is not None]
        if len(targets) != 1:
            raise ValueError(f"name exactly one target of {', '.join(TARGETS)}, not {' and '.join(targets) or 'none'}")
        if self.http is not None and self.body is not None:
            raise ValueError("the body of an HTTP request stands under http")
        if self.http is None and self.body is None:
            raise ValueError("a body is missing")
        if self.type is not None and self.invoke is None:
            raise ValueError("type goes with invoke")
        if self.stream is not None and self.key is None:
            raise ValueError("a stream needs a key: it decides the shard")
        if self.key is not None and self.queue is None and self.stream is None and self.topic is None:
            raise ValueError("key goes with queue, stream and topic; an item of a table has its key in the body")
        if self.dedup is not None and self.queue is None:
            raise ValueError("dedup goes with queue")
        if self.table is not None and not isinstance(self.body, dict):
            raise ValueError("the body of a table is the item: an object")
        last = self.at + (self.times - 1) * self.every
        if last > LONGEST_SECONDS:
            raise ValueError(f"the last of {self.times} is sent after {last:g} s; at most {LONGEST_SECONDS} s are run")
        return self

    @property
    def target(self) -> str:
        """The target's kind: one of `TARGETS`."""
        return next(name for name in TARGETS if getattr(self, name) is not None)


class TopicSettings(_Model):
    """A Kafka topic as it is before the run: nothing in a stack says how many partitions one has."""

    partitions: int = Field(default=1, ge=1, le=1_000)
    retentionHours: float = Field(default=168, gt=0, le=LONGEST_SECONDS / 3_600)  # noqa: N815 - a key of the file


class Fault(_Model):
    """One line of `faults`: something that goes wrong for a while, whatever the stack does.

    `at` is in virtual seconds after the start, `for` says for how long (to the end of the run where it is left out).
    """

    at: float = Field(default=0, ge=0, le=LONGEST_SECONDS)
    for_seconds: float | None = Field(default=None, alias="for", gt=0, le=LONGEST_SECONDS)
    function: str | None = None
    service: Literal["dynamodb", "events", "lambda", "s3", "sns", "sqs"] | None = None
    operation: str | None = None
    queue: str | None = None
    kind: Literal["throttle", "error", "failure", "latency", "duplicate"]
    share: float = Field(default=1.0, gt=0, le=1)
    ids: list[str] | None = Field(default=None, min_length=1)
    seconds: float | None = Field(default=None, gt=0, le=LONGEST_SECONDS)

    @model_validator(mode="after")
    def _makes_sense(self) -> Fault:
        if (self.function is None) == (self.service is None):
            raise ValueError("name exactly one of function and service")
        if self.function is None and (self.ids is not None or self.kind in ("failure", "duplicate")):
            raise ValueError("ids and the kinds failure and duplicate go with function")
        if self.operation is not None and self.service is None:
            raise ValueError("operation goes with service")
        if self.queue is not None and self.service != "sqs":
            raise ValueError("queue goes with service: sqs")
        if (self.kind == "latency") != (self.seconds is not None):
            raise ValueError("seconds goes with the kind latency, which needs it")
        return self


class _File(_Model):
    stacks: list[str] = Field(default_factory=list)
    description: str = ""
    topics: dict[str, TopicSettings] = Field(default_factory=dict)
    send: list[Send] = Field(min_length=1)
    faults: list[Fault] = Field(default_factory=list)
    until: Literal["drained"] | float | None = Field(default=None)
    poison: str | None = None

    @model_validator(mode="after")
    def _until_positive(self) -> _File:
        if isinstance(self.until, (int, float)) and not 0 < self.until <= LONGEST_SECONDS:
            raise ValueError(
                f"until is a positive number of virtual seconds, at most {LONGEST_SECONDS}, or drained, "
                f"not {self.until:g}"
            )
        return self


@dataclass(frozen=True, slots=True)
class Arrival:
    """One thing to send.

    Attributes:
        at_seconds: when, in virtual seconds.
        target: one of `TARGETS`; `invoke` waits for the answer, `event` does not.
        name: the queue, stream, table, topic or function; for http the API's name or "".
        body: the body as text.
        request: the HTTP request, for http.
        key: message group of a queue, partition key of a stream or topic; "" without one.
        dedup: deduplication id, "" without one.
    """

    at_seconds: float
    target: str
    name: str
    body: str
    request: HttpRequest | None = None
    key: str = ""
    dedup: str = ""


@dataclass(frozen=True, slots=True)
class Workload:
    """A workload that was read.

    Attributes:
        name: name of the file without its ending.
        path: the file.
        stacks: patterns of the stacks whose default it is.
        sends: its lines.
        until_seconds: virtual seconds after which the run ends, or None: when nothing can move any more.
        poison: body field that marks a message no handler can process, or None.
        topics: Kafka topics as they are before the run, by name.
        faults: what goes wrong, and when.
    """

    name: str
    path: Path
    stacks: tuple[str, ...]
    sends: tuple[Send, ...]
    until_seconds: float | None
    poison: str | None
    topics: Mapping[str, TopicSettings] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    def arrivals(self, chance: random.Random) -> Iterator[Arrival]:
        """Everything that is sent, line by line.

        Args:
            chance: draws the values of `$uniform` and `$choice`.

        Raises:
            WorkloadError: a template does not render.
        """
        for line, send in enumerate(self.sends, start=1):
            where = f"{self.path}: send {line}"
            template = send.http.body if send.http else send.body
            for n in range(1, send.times + 1):
                yield Arrival(
                    at_seconds=send.at + (n - 1) * send.every,
                    target=_target(send),
                    name=(send.http.api or "" if send.http else getattr(send, send.target)),
                    body=as_text(render(template, n, chance, where), where),
                    request=send.http,
                    key=render(send.key or "", n, chance, where),
                    dedup=render(send.dedup or "", n, chance, where),
                )

    def with_body(self, changes: Sequence[str]) -> Workload:
        """The same workload with fields of its bodies set.

        Args:
            changes: texts of the form `field=value`; the value is read as YAML.

        Raises:
            UsageError: a text has another form, or a body is no object.
        """
        fields: dict[str, Any] = {}
        for change in changes:
            name, sign, value = change.partition("=")
            if not sign or not name.strip():
                raise UsageError(f"--body {change}: write it as field=value, such as --body count=25")
            try:
                fields[name.strip()] = parse_scalar(value, dates=False)
            except ValueError as error:
                raise UsageError(f"--body {change}: the value '{value}' cannot be read as YAML: {error}") from error
        if not fields:
            return self
        sends = tuple(_with_fields(send, fields, f"{self.path}: send {i}") for i, send in enumerate(self.sends, 1))
        return replace(self, sends=sends)


def _target(send: Send) -> str:
    return "event" if send.invoke and send.type == "async" else send.target


def _with_fields(send: Send, fields: Mapping[str, Any], where: str) -> Send:
    body = send.http.body if send.http else send.body
    if body is None:
        body = {}
    if not isinstance(body, dict):
        raise UsageError(f"--body {next(iter(fields))}: the body of {where} is no object, so it has no fields")
    changed = {**body, **fields}
    if send.http:
        return send.model_copy(update={"http": send.http.model_copy(update={"body": changed})})
    return send.model_copy(update={"body": changed})


# -- reading ----------------------------------------------------------------------------------------------


def read_workload(path: Path) -> Workload:
    """Read a workload file.

    Raises:
        WorkloadError: it is missing or malformed; the message names file, place, value and what is expected.
    """
    if not path.exists():
        raise WorkloadError(f"there is no workload file {path}")
    try:
        content = read_yaml(path, str(path), dates=False)
    except StackFileError as error:
        raise WorkloadError(str(error)) from error
    try:
        file = _File.model_validate(content.value)
    except ValidationError as error:
        raise WorkloadError("\n".join(_explain(content, problem) for problem in error.errors())) from error
    until = file.until if isinstance(file.until, (int, float)) else None
    return Workload(
        path.stem,
        path,
        tuple(file.stacks),
        tuple(file.send),
        until,
        file.poison,
        topics=file.topics,
        faults=tuple(file.faults),
    )


def _explain(content: YamlFile, problem: Any) -> str:
    loc: tuple[str | int, ...] = problem["loc"]
    place = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in loc)
    where = f"{content.where(*loc)}: {place}" if place else content.label
    message = problem["msg"].removeprefix("Value error, ").replace("Input should be", "has to be")
    kind = problem["type"]
    if kind == "extra_forbidden":
        return f"{where} is no key of a workload"
    if kind == "missing":
        return f"{where} is missing"
    if kind == "model_type":
        message = "has to be a mapping"
    if kind == "too_short":
        return f"{where} has to have at least one entry"
    value = "" if isinstance(problem["input"], dict) else f", not {problem['input']!r}"
    return f"{where}: {message}{value}"


def default_workload(folder: Path, stack: str) -> Workload:
    """The workload of a folder that names a stack.

    Raises:
        WorkloadError: none does, or more than one.
    """
    workloads = [read_workload(path) for path in sorted(folder.glob("*.yaml"))]
    found = [w for w in workloads if any(fnmatchcase(stack, pattern) for pattern in w.stacks)]
    # A stack named outright is meant before one that a pattern covers.
    found = [w for w in found if stack in w.stacks] or found
    if len(found) == 1:
        return found[0]
    if not found:
        known = ", ".join(f"{w.path.name} ({', '.join(w.stacks)})" for w in workloads) or "none"
        example = 'a file such as\n    send: [{queue: NAME, every: 0.1, times: 100, body: {id: "job-{n}"}}]'
        fix = f"or add {stack} to the `stacks` of one" if workloads else example
        raise WorkloadError(
            f"no workload in {folder} is for the stack {stack} (there are: {known})\n"
            f"  fix: give one with --workload FILE, {fix}"
        )
    names = ", ".join(w.path.name for w in found)
    raise WorkloadError(f"several workloads are for the stack {stack}: {names}\n  fix: choose with --workload FILE")
