"""The outcome of a run: what became of every message, counted (the JSON contract of `run --json`).

    sent = processed + deadLettered + lost + expired + remaining

always; `outcome_of` asserts it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from delivery_lab._version import MODEL_VERSION
from delivery_lab.errors import ModelError
from delivery_lab.json_names import json_name
from delivery_lab.results.fates import Fate, Ledger, read_events
from delivery_lab.results.logs import blocked_logs, lags, watches
from delivery_lab.results.requests import read_requests
from delivery_lab.rules import RULES, Status
from delivery_lab.rules.alternatives import ALTERNATIVES, assumed_otherwise
from delivery_lab.simulation.run import Run

SCHEMA_VERSION = 1


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=json_name, populate_by_name=True, frozen=True, extra="forbid")


class Reading(_Model):
    """What the run comes to if a rule that it leaned on is read otherwise."""

    rule: str
    value: str
    conclusion: str
    changes: bool
    """Whether the conclusion is another one."""


class ModelInfo(_Model):
    """Which model computed it, and what it leaned on."""

    version: str
    assumptions: tuple[str, ...]
    assumed: dict[str, str] = {}
    """Rules that were read otherwise than the model does (`--assume`), with their readings."""
    readings: tuple[Reading, ...] | None = None
    """The other readings, where they were tried."""


class Messages(_Model):
    """Where the messages ended: every one in exactly one place."""

    sent: int
    processed: int
    dead_lettered: int
    healthy_dead_lettered: int
    processed_dead_lettered: int
    """Those of the dead-lettered whose work had been done by an earlier delivery."""
    lost: int
    expired: int
    remaining: int


class Deliveries(_Model):
    """How often messages were handed to a handler."""

    total: int
    duplicates: int
    overlapping: int
    max_per_message: int


class Effects(_Model):
    """How often work was done."""

    total: int
    duplicated: int


class Invocations(_Model):
    """What happened to the functions."""

    total: int
    failed: int
    throttled: int
    timed_out: int


class Latency(_Model):
    """Seconds that it took (of messages from accepted to first processed); None where there is nothing to measure."""

    p50: float | None
    p95: float | None
    max: float | None


class Ordering(_Model):
    """Messages first processed after a later one of their group; 0 where the source keeps no order."""

    violations: int


class Blocked(_Model):
    """A shard or partition that stood still; see `delivery_lab.results.logs.BlockedLog`."""

    source: str
    log: str
    seconds: float
    records_behind: int


class LagPoint(_Model):
    """How far a reader is behind at one time."""

    at_seconds: float
    records: int
    age_seconds: float


class Lag(_Model):
    """How far the reader of a stream or topic was behind; see `delivery_lab.results.logs.SourceLag`."""

    source: str
    mapping: str
    kind: Literal["kinesis", "dynamodb", "kafka"]
    most_records: int
    oldest_seconds: float
    points: tuple[LagPoint, ...] = Field(repr=False)


class Watched(_Model):
    """What CloudWatch would show; see `delivery_lab.results.logs.Watch`."""

    mapping: str
    metric: Literal["IteratorAge", "OffsetLag"]
    peak: int
    threshold: int
    at_seconds: float | None
    first_loss_seconds: float | None
    text: str


class Attempts(_Model):
    """How often handlers tried to invoke another function synchronously."""

    total: int
    max_per_request: int
    """The most that one invoke of a caller made."""
    spared: int
    """Requests answered with an error without an attempt, by functions that make some for others."""


class Requests(_Model):
    """Synchronous requests of the workload, and what their callers saw."""

    total: int
    answers: dict[str, int]
    """By HTTP status, or `functionError` where a function that was invoked failed (with status 200)."""
    false_successes: int
    """Those answered with 2xx although a function that was called for them had failed."""
    attempts: Attempts
    latency_seconds: Latency
    """From a request's arrival to its answer."""


class MessageOutcome(_Model):
    """What became of one message."""

    id: str
    message_id: str
    delivered_at: tuple[float, ...]
    outcome: Literal["processed", "deadLettered", "lost", "expired", "remaining"]


class Outcome(_Model):
    """One run, counted."""

    schema_version: int = SCHEMA_VERSION
    stack: str
    place: str
    workload: str
    seed: int
    virtual_seconds: float
    trace_hash: str
    model: ModelInfo
    messages: Messages
    deliveries: Deliveries
    effects: Effects
    invocations: Invocations
    latency_seconds: Latency
    ordering: Ordering
    requests: Requests
    blocked: tuple[Blocked, ...] = ()
    lag: tuple[Lag, ...] = ()
    watch: tuple[Watched, ...] = ()
    per_message: tuple[MessageOutcome, ...] = Field(repr=False)

    def as_json(self) -> str:
        """The contract's JSON object."""
        return self.model_dump_json(by_alias=True)


def outcome_of(run: Run) -> Outcome:
    """Count a run.

    Raises:
        ModelError: messages are not conserved, which would be a bug of the lab.
    """
    ledger = read_events(run)
    fates = list(ledger.fates.values())
    messages = _messages(fates)
    places = messages.processed + messages.dead_lettered + messages.lost + messages.expired + messages.remaining
    if messages.sent != places:
        raise ModelError(f"messages are not conserved: {messages.sent} sent, {places} accounted for: {messages}")
    deliveries = [len(fate.delivered_at) for fate in fates]
    return Outcome(
        stack=run.stack,
        place=run.place,
        workload=run.workload.name,
        seed=run.seed,
        virtual_seconds=run.virtual_seconds,
        trace_hash=run.trace_hash,
        model=ModelInfo(
            version=MODEL_VERSION,
            assumptions=assumptions_of(run.rules),
            assumed=assumed_otherwise(run.assumptions),
        ),
        messages=messages,
        deliveries=Deliveries(
            total=sum(deliveries),
            duplicates=sum(count - 1 for count in deliveries if count),
            overlapping=sum(fate.overlapping for fate in fates),
            max_per_message=max(deliveries, default=0),
        ),
        effects=_effects(ledger),
        invocations=Invocations(
            total=ledger.invocations,
            failed=ledger.failed,
            throttled=ledger.throttled,
            timed_out=ledger.timed_out,
        ),
        latency_seconds=_latency(fate.latency_seconds for fate in fates if fate.latency_seconds is not None),
        ordering=Ordering(violations=ledger.order_violations),
        requests=_requests(run),
        blocked=tuple(Blocked(**asdict(found)) for found in blocked_logs(run)) if run.readings else (),
        lag=tuple(Lag.model_validate(asdict(found)) for found in lags(run, fates)),
        watch=tuple(Watched.model_validate({**asdict(found), "text": str(found)}) for found in watches(run, fates)),
        per_message=tuple(
            MessageOutcome(
                id=fate.business_id,
                message_id=fate.message_id,
                delivered_at=tuple(fate.delivered_at),
                outcome=fate.outcome,
            )
            for fate in fates
        ),
    )


def assumptions_of(rules: Sequence[str]) -> tuple[str, ...]:
    """Those of some rules that are assumptions, or that can be read in several ways."""
    return tuple(rule for rule in rules if RULES[rule].status is Status.ASSUMPTION or rule in ALTERNATIVES)


def _messages(fates: Sequence[Fate]) -> Messages:
    ended = [fate.outcome for fate in fates]
    return Messages(
        sent=len(fates),
        processed=ended.count("processed"),
        dead_lettered=ended.count("deadLettered"),
        healthy_dead_lettered=sum(fate.outcome == "deadLettered" and not fate.poison for fate in fates),
        processed_dead_lettered=sum(fate.outcome == "deadLettered" and fate.worked_on for fate in fates),
        lost=ended.count("lost"),
        expired=ended.count("expired"),
        remaining=ended.count("remaining"),
    )


def _requests(run: Run) -> Requests:
    ledger = read_requests(run)
    calls = ledger.calls.values()
    return Requests(
        total=sum(ledger.answers.values()),
        answers=dict(sorted(ledger.answers.items())),
        false_successes=ledger.false_successes,
        attempts=Attempts(total=sum(calls), max_per_request=max(calls, default=0), spared=ledger.spared),
        latency_seconds=_latency(ledger.took_seconds),
    )


def _effects(ledger: Ledger) -> Effects:
    return Effects(total=sum(ledger.effects.values()), duplicated=sum(count - 1 for count in ledger.effects.values()))


def _latency(took_seconds: Iterable[float]) -> Latency:
    ordered = sorted(took_seconds)
    return Latency(p50=_quantile(ordered, 0.5), p95=_quantile(ordered, 0.95), max=_quantile(ordered, 1.0))


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of all values do not exceed (nearest rank)."""
    if not ordered:
        return None
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
