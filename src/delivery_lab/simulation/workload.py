"""Workloads: what is sent to a variant, and when; read from a YAML file (`docs/workloads.md`) or built in code."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PrivateAttr, model_validator

from delivery_lab.errors import UsageError
from delivery_lab.events import Poison
from delivery_lab.limits.functions import ACCOUNT_CONCURRENCY
from delivery_lab.simulation.effect_marks import WorkMark
from delivery_lab.simulation.send_lines import Arrival, SendLine
from delivery_lab.simulation.workload_answers import Answer
from delivery_lab.simulation.workload_durations import LONGEST_SECONDS
from delivery_lab.simulation.workload_expectations import ExpectationText
from delivery_lab.simulation.workload_external import External
from delivery_lab.simulation.workload_faults import Fault
from delivery_lab.simulation.workload_functions import FunctionSettings
from delivery_lab.simulation.workload_part import WorkloadPart
from delivery_lab.simulation.workload_sends import Send


class TopicSettings(WorkloadPart):
    """A Kafka topic as it is before the run: nothing in a stack says how many partitions one has."""

    partitions: int = Field(default=1, ge=1, le=1_000)
    """How many there are."""
    retention_hours: float = Field(default=168, gt=0, le=LONGEST_SECONDS / 3_600)
    """Hours after which a record expires."""


class PoisonText(WorkloadPart):
    """A mark of poison for bodies that are no JSON objects."""

    text: str = Field(min_length=1)
    """A body that contains this text is one that no handler can process."""


class AccountSettings(WorkloadPart):
    """The AWS account that the stack is deployed to, with nothing else in it."""

    concurrency: int = Field(default=ACCOUNT_CONCURRENCY, ge=1, le=1_000_000)
    """Its quota of concurrent executions in the region; new accounts may have 10."""


class Workload(WorkloadPart):
    """What is sent to a variant, and when, and the faults meanwhile.

    Example:
        `Workload(send=[Send(queue="jobs", every=0.1, times=100, body={"id": "job-{n}"})])`

    Raises:
        WorkloadError: it is malformed; the message names the field, the value and what is expected.
    """

    stacks: list[str] = Field(default_factory=list)
    """Patterns of the stacks whose default it is."""
    description: str = ""
    """What it is about."""
    account: AccountSettings = Field(default_factory=AccountSettings)
    """The account that the stack is deployed to."""
    topics: dict[str, TopicSettings] = Field(default_factory=dict)
    """Kafka topics as they are before the run, by name."""
    functions: dict[str, FunctionSettings] = Field(default_factory=dict)
    """What only a deployment would tell of functions, by their logical names."""
    external: dict[str, External] = Field(default_factory=dict)
    """Queues, streams, topics and tables that other stacks create, by their ARNs."""
    send: list[Send] = Field(default_factory=list)
    """What is sent; nothing in a run that ends at a time, in which schedules go off."""
    faults: list[Fault] = Field(default_factory=list)
    """The faults, and when they happen."""
    fault_preset: Literal["standard", "harsh"] | None = None
    """Faults besides: `standard` for what AWS documents for what the stack has, `harsh` for more than that."""
    answers: list[Answer] = Field(default_factory=list)
    """What calls of handlers to AWS services and HTTP addresses get."""
    until: Literal["drained"] | float | None = None
    """Virtual seconds after which the run ends; None or `drained`: when nothing can move any more."""
    poison: str | PoisonText | None = None
    """What marks a message no handler can process: a field of its JSON body, or `{text: ...}` for any body."""
    effect: WorkMark | None = None
    """How a piece of work is known, of handlers that do not follow the log contract."""
    expect: list[ExpectationText] = Field(default_factory=list)
    """What has to hold when the run has ended, such as `messages.lost == 0` (docs/expectations.md)."""
    _name: str = PrivateAttr(default="code")
    _path: Path | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _something_happens(self) -> Workload:
        if not self.send and not isinstance(self.until, (int, float)):
            raise ValueError(
                "send has to have at least one entry, unless until is a number of seconds in which schedules go off"
            )
        return self

    @model_validator(mode="after")
    def _until_positive(self) -> Workload:
        if isinstance(self.until, (int, float)) and not 0 < self.until <= LONGEST_SECONDS:
            raise ValueError(
                f"until is a positive number of virtual seconds, at most {LONGEST_SECONDS}, or drained, "
                f"not {self.until:g}"
            )
        return self

    @property
    def name(self) -> str:
        """Name of the file without its ending; `code` for a workload that was built in code."""
        return self._name

    @property
    def path(self) -> Path | None:
        """The file that it was read from, None where it was built in code."""
        return self._path

    @property
    def origin(self) -> str:
        """Where it comes from, for messages."""
        return str(self._path) if self._path is not None else "the workload built in code"

    @property
    def mark_of_poison(self) -> Poison:
        """How a message that no handler can process is known."""
        return Poison(text=self.poison.text) if isinstance(self.poison, PoisonText) else Poison(self.poison)

    @property
    def until_seconds(self) -> float | None:
        """Virtual seconds after which the run ends, or None: when nothing can move any more."""
        return self.until if isinstance(self.until, (int, float)) else None

    def read_from(self, path: Path) -> Workload:
        """The same workload, said to come from a file."""
        copy = self.model_copy()
        # In a locale without the file's characters Python has its bytes instead, which no text may hold.
        copy._name = path.stem.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        copy._path = path
        return copy

    def write(self, path: Path) -> None:
        """Write it to a file that `--workload` takes: as JSON, a YAML in which no text is taken for a number."""
        content = self.model_dump(by_alias=True, exclude_unset=True, mode="json")
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    def lines(self) -> list[SendLine]:
        """The lines of `send`.

        Raises:
            WorkloadError: a template does not render.
        """
        return [SendLine(send, f"{self.origin}: send {line}") for line, send in enumerate(self.send, start=1)]

    def arrivals(self, chance: random.Random) -> Iterator[Arrival]:
        """Everything that is sent, line by line.

        Args:
            chance: draws the values of `$uniform` and `$choice`.

        Raises:
            WorkloadError: a template does not render.
        """
        for line in self.lines():
            yield from line.arrivals(chance)

    def with_body(self, fields: Mapping[str, Any]) -> Workload:
        """The same workload with fields of all its bodies set.

        Args:
            fields: the values by field.

        Raises:
            UsageError: a body is no object.
        """
        if not fields:
            return self
        sends = [_with_fields(send, fields, f"{self.origin}: send {i}") for i, send in enumerate(self.send, 1)]
        return self.model_copy(update={"send": sends})


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
