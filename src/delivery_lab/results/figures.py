"""The figures of an outcome: the names of the JSON contract, each with what it means (docs/results.md)."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_serializer

from delivery_lab.json_names import json_name
from delivery_lab.results.alarm_figures import AlarmFigures
from delivery_lab.results.cost_figures import Cost
from delivery_lab.results.evidence import EffectsBy, ProcessedBy
from delivery_lab.results.fates import Ending
from delivery_lab.results.json_text import json_of
from delivery_lab.results.message_sums import MessageEnd, MessageSums, summed

SCHEMA_VERSION = 1


class Figures(BaseModel):
    """A part of an outcome: attributes in snake_case, JSON names in camelCase."""

    model_config = ConfigDict(alias_generator=json_name, populate_by_name=True, frozen=True, extra="forbid")


class AlternativeConclusion(Figures):
    """What the run comes to if a rule that it relies on is read in another way."""

    rule: str
    value: str
    conclusion: str
    changes: bool
    """Whether the conclusion is another one."""


class ModelInfo(Figures):
    """Which model computed it, and what it relies on."""

    version: str
    assumptions: tuple[str, ...]
    assumed: dict[str, str] = {}
    """Rules that were read otherwise than the model does (`--assume`), with their values."""
    readings: tuple[AlternativeConclusion, ...] | None = None
    """The alternative assumptions, where they were tried."""


class Interval(Figures):
    """Between which values a figure lies over the plausible range of an assumption."""

    low: int | float
    high: int | float
    assumption: str
    """Id of the rule; of several, each moved by itself, with commas."""


class Messages(Figures):
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
    filtered: int
    """Those that a filter let pass by, on purpose."""


class Deliveries(Figures):
    """How often messages were handed to a handler."""

    total: int
    duplicates: int
    overlapping: int
    max_per_message: int
    recognised: int
    """Those whose code found the work done already, or whose conditional write was refused."""


class Effects(Figures):
    """How often work was done; None where that is not known."""

    total: int | None
    duplicated: int | None


class Contradictions(Figures):
    """What speaks against an answer that said that all is well."""

    poison_succeeded: int = 0
    """Poison messages whose invoke succeeded and whose response did not name them."""
    errors_swallowed: int = 0
    """Errors with a traceback in the log of invokes that succeeded, or in futures whose result was not asked for."""
    never_looked_at: int = 0
    """Messages that were deleted, or passed, and whose content no handler read."""


class Evidence(Figures):
    """What the figures rest on: the least sure of what was used."""

    processed: ProcessedBy | None
    """Why messages count as processed; None where none does."""
    effects: EffectsBy | None
    """How effects were counted; None where no function had anything to do."""
    looked: int | None
    """Messages that a handler looked at; None where it cannot be told of one that was delivered."""
    contradictions: Contradictions


class NamedEvidence(Evidence):
    """The same for one function."""

    name: str


class WholeEvidence(Evidence):
    """The same for a run, and for each of its functions that worked on messages or for callers."""

    functions: tuple[NamedEvidence, ...] = ()


class MessageEvidence(Figures):
    """What is known of one message."""

    processed: ProcessedBy | None
    """The surest reason for which it counts as processed; None where it does not."""
    effects: int | None
    """How often work was done for it, None where that is not known."""
    looked: bool | None
    """Whether a handler looked at it, None where it cannot be told or none got it."""


class Invocations(Figures):
    """What happened to the functions."""

    total: int
    failed: int
    throttled: int
    timed_out: int


class Latency(Figures):
    """Seconds that it took (of messages from accepted to first processed); None where there is nothing to measure."""

    p50: float | None
    p95: float | None
    max: float | None


class Ordering(Figures):
    """Messages first processed after a later one of their group; 0 where the source keeps no order."""

    violations: int


class Blocked(Figures):
    """A shard or partition that was blocked for a mapping."""

    source: str
    """Name of the stream, table or topic."""
    log: str
    """Name of the shard or partition."""
    mapping: str
    seconds: float
    """For how long in all at least one of its batches failed or was throttled, and waited to be tried again."""
    records_behind: int
    """The most records that waited behind such a batch."""


class LagPoint(Figures):
    """How far a mapping is behind at one time."""

    at_seconds: float
    records: int
    """Records that are appended and not checkpointed."""
    age_seconds: float
    """Age of the oldest of them."""


class Lag(Figures):
    """How far a mapping of a stream or topic was behind over time."""

    source: str
    mapping: str
    kind: Literal["kinesis", "dynamodb", "kafka"]
    most_records: int
    oldest_seconds: float
    points: tuple[LagPoint, ...] = Field(repr=False)
    """Over time, thinned: of what lies between two points, the worst is kept."""


class Watched(Figures):
    """What somebody who looks at CloudWatch sees."""

    mapping: str
    metric: Literal["IteratorAge", "OffsetLag"]
    """`IteratorAge` in milliseconds, `OffsetLag` in records."""
    peak: int
    threshold: int
    """What an alarm should watch for."""
    at_seconds: float | None
    """When the metric passed it; None: it stayed below."""
    first_loss_seconds: float | None
    """When the first record expired or was discarded with a report, None if none was."""
    text: str


class Attempts(Figures):
    """How often handlers tried to invoke another function synchronously."""

    total: int
    max_per_request: int
    """The most that one invoke of a caller made."""
    spared: int
    """Requests answered with an error without an attempt, by functions that make some for others."""


class Requests(Figures):
    """Synchronous requests of the workload, and what their callers saw."""

    total: int
    answers: dict[str, int]
    """By HTTP status, or `functionError` where a function that was invoked failed (with status 200)."""
    false_successes: int
    """Those answered with 2xx although a function that was called for them had failed."""
    attempts: Attempts
    latency_seconds: Latency
    """From a request's arrival to its answer."""


class ConsumerFigures(Figures):
    """The figures of one consumer: a mapping, the function of asynchronous events, or a queue that no mapping got."""

    name: str
    source: str
    """Name of the queue, stream, table or topic, or of the function's internal queue."""
    messages: Messages
    deliveries: Deliveries
    effects: Effects
    latency_seconds: Latency
    ordering: Ordering


class TenantFigures(Figures):
    """The messages of one tenant of a standard queue: those that name its message group."""

    queue: str
    tenant: str
    messages: int
    """How many it sent."""
    dwell_seconds: Latency
    """From accepted to first delivered to a handler, of those that were."""


class MessageOutcome(Figures):
    """What became of one message for one consumer."""

    id: str
    message_id: str
    consumer: str
    delivered_at: tuple[float, ...]
    outcome: Ending
    evidence: MessageEvidence


class FunctionRuns(Figures):
    """How a function of the stack was run.

    Attributes:
        name: its logical name.
        runs: `executed` where its code was run, `described` where the workload says what it does.
    """

    name: str
    runs: str


class ExpectationFigures(Figures):
    """An expectation, and whether it holds."""

    text: str
    """As it was written."""
    actual: int | float | None
    """Value of the side that names figures; None where it is not known."""
    holds: bool
    reason: str = ""
    """Why the value is not known; it does not hold then."""
    fails_with: tuple[str, ...] = ()
    """Ends of plausible ranges of assumptions (`RULE=VALUE`) with which it does not hold, though it does with the
    values that the model assumes."""

    @property
    def told(self) -> str:
        """The actual value, and what else decides, in words."""
        if self.actual is None:
            return self.reason
        value = f"{self.actual:.6g}" if isinstance(self.actual, float) else str(self.actual)
        return f"{value}, but not with {', '.join(self.fails_with)}" if self.fails_with else value


class Starved(Figures):
    """A function that was refused while another one held most of the concurrency that the account shares."""

    function: str
    holder: str
    """The function that held it."""
    refused: int
    """How many invokes were refused."""
    most_held: int
    """How many concurrent executions the other one held then, at most."""
    from_seconds: float
    """When the first one was refused."""
    to_seconds: float
    """When the last one was."""


class Outcome(Figures):
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
    consumers: tuple[ConsumerFigures, ...]
    effects: Effects
    invocations: Invocations
    latency_seconds: Latency
    ordering: Ordering
    requests: Requests
    evidence: WholeEvidence
    blocked: tuple[Blocked, ...] = ()
    lag: tuple[Lag, ...] = ()
    watch: tuple[Watched, ...] = ()
    functions: tuple[FunctionRuns, ...] = ()
    intervals: dict[str, Interval] = {}
    """The figures that depend on an assumption with a plausible range, by dotted JSON name (`messages.lost`)."""
    tenants: tuple[TenantFigures, ...] = ()
    expectations: tuple[ExpectationFigures, ...] = ()
    first_harm_seconds: float | None = None
    """When the first message was lost, expired, dead-lettered although healthy, or worked on twice."""
    alarms: tuple[AlarmFigures, ...] = ()
    """The alarms of the stack, and which of them go off."""
    cost: Cost | None = None
    """What the run costs; None where it was not computed."""
    unknown: dict[str, str] = Field(default={}, exclude_if=lambda unknown: not unknown)
    """What the place of the run cannot tell, with the reason; nothing of a simulation."""
    starved: tuple[Starved, ...] = Field(default=(), exclude_if=lambda starved: not starved)
    """Functions that others left no concurrency of the account; absent in JSON where there are none."""
    per_message: tuple[MessageOutcome, ...] = Field(repr=False)
    """Each message; empty, and null in JSON, where there are too many to list."""
    per_message_omitted: int = 0
    """How many messages are not listed; `Simulation.each_message` has them."""
    counted_sums: MessageSums | None = Field(default=None, exclude=True, repr=False)
    """What was counted of messages that are not listed; no figure of the contract."""

    @field_serializer("per_message")
    def _listed_or_null(self, listed: tuple[MessageOutcome, ...]) -> tuple[MessageOutcome, ...] | None:
        return None if self.per_message_omitted else listed

    def why_unknown(self, name: str) -> str:
        """Why the place of the run cannot tell a figure, "" where it can.

        Args:
            name: its dotted JSON name. One of a member (`consumers["a"].messages.lost`) is as unknown as that of all.
        """
        within = name.rpartition("].")[2]
        return self.unknown.get(within) or self.unknown.get(within.partition(".")[0], "")

    @property
    def sums(self) -> MessageSums:
        """What sentences say of all messages, listed or not."""
        if self.counted_sums is not None:
            return self.counted_sums
        ends = ((each, each.evidence) for each in self.per_message)
        return summed(MessageEnd(m.outcome, seen.processed, len(m.delivered_at), seen.effects) for m, seen in ends)

    def as_json(self) -> str:
        """The contract's JSON object."""
        return json_of(self)
