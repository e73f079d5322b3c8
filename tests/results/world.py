"""Runs made by hand, event by event."""

from __future__ import annotations

from pathlib import Path

from delivery_lab.model.clock import seconds
from delivery_lab.model.journal import Event, Fact, Kind
from delivery_lab.simulation.run import Run
from delivery_lab.simulation.workload import Send, Workload


def event(at_seconds: float, kind: Kind, rule: str = "", **facts: Fact) -> Event:
    """One event."""
    return Event(seconds(at_seconds), kind, rule, facts)


def sent(message: str, at: float = 0, body: str | None = None, queue: str = "jobs") -> Event:
    """A message is accepted."""
    text = f'{{"id": "{message}"}}' if body is None else body
    return event(at, Kind.SENT, queue=queue, message=message, body=text)


def delivered(invoke: str, *messages: str, at: float = 0, function: str = "worker") -> list[Event]:
    """A batch is handed to a function."""
    return [
        event(at, Kind.INVOKE, "LAM-ENV-1", function=function, invoke=invoke, environment=1, by="mapping"),
        event(at, Kind.BATCH, "ESM-BATCH-1", mapping="mapping", invoke=invoke, messages=messages),
    ]


def ended(
    invoke: str,
    *failed: str,
    at: float = 1,
    error: str | None = None,
    named: tuple[str, ...] = (),
    function: str = "worker",
) -> list[Event]:
    """The invoke ends, and the mapping judges."""
    return [
        event(at, Kind.INVOKE_END, "", function=function, invoke=invoke, error=error),
        event(at, Kind.VERDICT, "", mapping="mapping", invoke=invoke, verdict="", messages=failed, named=named),
    ]


def deleted(*messages: str, at: float = 1) -> list[Event]:
    """Messages leave the queue by a delete."""
    return [event(at, Kind.DELETED, queue="jobs", message=message, by="mapping") for message in messages]


def log(what: str, message: str, at: float = 1, business_id: str | None = None, function: str = "worker") -> Event:
    """A line of the log contract."""
    return event(
        at,
        Kind.LOG,
        function=function,
        invoke="i",
        event=what,
        id=business_id or message,
        message=message,
        error_type=None,
        retryable=None,
    )


def run_of(*events: Event | list[Event], poison: str | None = None, rules: tuple[str, ...] = ()) -> Run:
    """A run of these events; lists among them are unfolded."""
    flat = [item for entry in events for item in (entry if isinstance(entry, list) else [entry])]
    return Run(
        stack="stack",
        place="simulation",
        workload=Workload(send=[Send(queue="jobs", body={})], poison=poison).read_from(Path("load.yaml")),
        seed=1,
        virtual_seconds=10,
        events=tuple(flat),
        rules=rules,
        trace_hash="hash",
        sources=frozenset({"jobs"}),
        dead_letter_queues=frozenset({"dead"}),
        logs=(),
        notes=(),
    )
