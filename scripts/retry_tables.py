"""How each kind of invoke retries, and what callers make of it, measured: the tables of `docs/retries.md`.

Nothing in the tables is written by hand but the names of their rows and who controls what: each other cell is read from
the events of a run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from delivery_lab.events import (
    BatchInvoked,
    ContractLine,
    EventDeadLettered,
    FunctionCalled,
    InvokeStarted,
    MessageDeadLettered,
    RecordsDiscarded,
    RequestAnswered,
    Run,
    told_apart,
)
from delivery_lab.events.instants import in_seconds
from delivery_lab.results.fates import Fate
from delivery_lab.results.following import read_events
from delivery_lab.results.outcome import Outcome, outcome_of
from delivery_lab.results.requests import is_success
from delivery_lab.simulation.workload import Workload


@dataclass(frozen=True, slots=True)
class Column:
    """One kind of invoke.

    Attributes:
        title: its name.
        controlled_by: who decides about retries.
        stacks: the stacks that its cells are measured on: first retries, then a partial failure, then order; a stack
            may stand for several.
        synchronous: whether callers wait, so that requests are looked at and not messages.
    """

    title: str
    controlled_by: str
    stacks: tuple[str, str, str]
    synchronous: bool = False


COLUMNS = (
    Column("synchronous", "the caller", ("sync-naive", "sync-naive", "sync-naive"), synchronous=True),
    Column("asynchronous", "the function's event invoke config", ("async-default", "async-default", "async-default")),
    Column("stream (Kinesis, DynamoDB)", "the mapping", ("stream-bounded", "stream-partial", "stream-default")),
    Column("SQS", "the queue", ("retry-sqs", "batch-partial", "retry-sqs")),
    Column("SQS FIFO", "the queue", ("fifo-ordered", "fifo-ordered", "fifo-ordered")),
)

NOT_THERE = "not measured yet"


@dataclass(frozen=True, slots=True)
class Measured:
    """A run, and what was counted in it."""

    run: Run
    workload: Workload
    outcome: Outcome
    fates: tuple[Fate, ...]

    @classmethod
    def of(cls, run: Run, workload: Workload) -> Measured:
        """Count a run of a workload."""
        return cls(run, workload, outcome_of(run), tuple(read_events(run).fates))


Cell = Callable[[Measured], str]


def _most_tried(measured: Measured) -> Fate | None:
    return max(measured.fates, key=lambda fate: len(fate.delivered_at), default=None)


def _automatic(measured: Measured) -> str:
    fate = _most_tried(measured)
    again = len(fate.delivered_at) - 1 if fate is not None else 0
    return f"yes: a failing message was delivered {again + 1} times" if again else "no"


def _interval(measured: Measured) -> str:
    fate = _most_tried(measured)
    gaps = [round(later - earlier) for earlier, later in pairwise(fate.delivered_at)] if fate is not None else []
    told = gaps[:1] if len(set(gaps)) == 1 else gaps
    return ", then ".join(f"{gap} s" for gap in told) or "-"


def _maximum(measured: Measured) -> str:
    most = measured.outcome.deliveries.max_per_message
    return f"{most - 1} retries" if most > 1 else "none"


def _order(measured: Measured) -> str:
    """Whether messages were done in the order in which they were sent, in each group where there are groups."""
    overtaken = 0
    latest: dict[tuple[str, str] | None, float] = {}
    for fate in measured.fates:
        if fate.processed_at is None:
            continue
        overtaken += fate.processed_at < latest.get(fate.group, 0.0)
        latest[fate.group] = max(fate.processed_at, latest.get(fate.group, 0.0))
    return f"no: {overtaken} messages were done after a later one" if overtaken else "yes"


def _partial(measured: Measured) -> str:
    """Of batches of which a part failed: whether the others were delivered again with it."""
    batches = [event.messages for event in measured.run.events if isinstance(event, BatchInvoked)]
    if all(len(batch) == 1 for batch in batches):  # of asynchronous events there are none
        return "- (one event each)"
    failed = {fate.message_id for fate in measured.fates if len(fate.delivered_at) > 1}
    spared = sum(len(set(batch) - failed) for batch in batches if failed & set(batch))
    return f"yes: {spared} messages that shared a batch with failed ones came once" if spared else "no"


def _ended(measured: Measured) -> str:
    messages = measured.outcome.messages
    given_up = (MessageDeadLettered, EventDeadLettered, RecordsDiscarded)
    targets = {event.target for event in measured.run.events if isinstance(event, given_up) and event.target}
    if not targets:
        return "none" if not messages.lost else f"none: {messages.lost} lost"
    return f"yes: {messages.dead_lettered} in `{', '.join(sorted(targets))}`"


def _throttle_attempts(measured: Measured) -> str:
    attempts = measured.outcome.requests.attempts.max_per_request
    return f"none by Lambda; boto3 makes {attempts} calls while throttled"


def _unrepeated(measured: Measured) -> str:
    """After a function error nobody calls again, unless the caller does."""
    made = [event for event in measured.run.events if isinstance(event, FunctionCalled)]
    calls = sum(event.status == 200 for event in made)
    invoked = {event.function for event in made}
    starts = sum(isinstance(event, InvokeStarted) and event.function in invoked for event in measured.run.events)
    return f"no: {calls} accepted calls, {starts} invokes" if calls == starts else f"yes: {starts - calls} more invokes"


def _caller_interval(measured: Measured) -> str:
    """Between the attempts of one request, as boto3 leaves them."""
    attempts: dict[str | None, list[int]] = {}
    for event in measured.run.events:
        if isinstance(event, FunctionCalled):
            attempts.setdefault(event.by.invoke, []).append(event.instant_us)
    gaps = [in_seconds(later - earlier) for each in attempts.values() for earlier, later in pairwise(each)]
    return f"the caller's; boto3's here: {min(gaps):.2f} to {max(gaps):.2f} s" if gaps else "the caller's"


def _not_applicable(_: Measured) -> str:
    return "-"


# Of each row: its name, which of a column's stacks it is measured on, and the cell for messages and for requests.
_ROWS: Sequence[tuple[str, int, Cell, Cell]] = (
    ("automatic retry", 0, _automatic, _unrepeated),
    ("interval", 0, _interval, _caller_interval),
    ("maximum", 0, _maximum, _throttle_attempts),
    ("order kept", 2, _order, _not_applicable),
    ("partial failure", 1, _partial, _not_applicable),
    ("DLQ / destination", 0, _ended, _ended),
)


def stacks_of_the_table() -> tuple[str, ...]:
    """All stacks that cells are measured on."""
    return tuple(dict.fromkeys(stack for column in COLUMNS for stack in column.stacks))


def table(measured: Mapping[str, Measured]) -> str:
    """The comparison as a Markdown table.

    Args:
        measured: runs by stack; cells of stacks that are not there say so.
    """
    lines = [
        f"| | {' | '.join(column.title for column in COLUMNS)} |",
        f"| --- {'| --- ' * len(COLUMNS)}|",
        f"| controlled by | {' | '.join(column.controlled_by for column in COLUMNS)} |",
    ]
    for name, which, of_messages, of_requests in _ROWS:
        cells = []
        for column in COLUMNS:
            stack = column.stacks[which]
            found = measured.get(stack)
            cell = of_requests if column.synchronous else of_messages
            cells.append(f"{cell(found)} (`{stack}`)" if found is not None else f"{NOT_THERE} (`{stack}`)")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


# -- callers ----------------------------------------------------------------------------------------------

CALLERS = ("sync-naive", "sync-retry", "sync-breaker")
"""Stacks with the same two functions and the same workload, whose callers differ."""


def _successes(measured: Measured) -> int:
    return sum(count for answer, count in measured.outcome.requests.answers.items() if is_success(answer))


def _failed(measured: Measured) -> str:
    answers = measured.outcome.requests.answers
    failed = {answer: count for answer, count in answers.items() if not is_success(answer)}
    details = ", ".join(f"{count} with {answer}" for answer, count in failed.items())
    return f"{sum(failed.values())} ({details})" if failed else "0"


def _lost_to_throttles(measured: Measured) -> int:
    """Requests that arrived while the function behind was throttled, and were answered with an error."""
    faults = [fault for fault in measured.workload.faults if fault.kind == "throttle"]
    events = measured.run.events
    begun = {e.invoke: in_seconds(e.instant_us) for e in events if isinstance(e, InvokeStarted)}
    failed = (e for e in events if isinstance(e, RequestAnswered) and not is_success(str(e.status)))
    arrived = [begun[event.invoke] for event in failed if event.invoke in begun]
    return sum(any(fault.at <= at < fault.at + (fault.for_seconds or 0) for fault in faults) for at in arrived)


def _recovered(measured: Measured) -> str:
    """When work was first done again after the last failure of the workload was over."""
    faults = measured.workload.faults
    over = max((fault.at + (fault.for_seconds or 0) for fault in faults if fault.kind == "failure"), default=0.0)
    lines = (
        each for each in told_apart(measured.run.events) if isinstance(each, ContractLine) and each.event == "processed"
    )
    done = [in_seconds(line.instant_us) for line in lines]
    return f"{min(at - over for at in done if at >= over):.1f} s"


_CALLER_ROWS: Sequence[tuple[str, Callable[[Measured], object]]] = (
    ("requests", lambda m: m.outcome.requests.total),
    ("answered with success", _successes),
    ("... although the function had failed", lambda m: m.outcome.requests.false_successes),
    ("work done", lambda m: m.outcome.effects.total),
    ("answered with an error", _failed),
    ("... that arrived during the throttle", _lost_to_throttles),
    ("calls to the function, throttled ones included", lambda m: m.outcome.requests.attempts.total),
    ("most calls for one request", lambda m: m.outcome.requests.attempts.max_per_request),
    ("requests that failed at once, without a call", lambda m: m.outcome.requests.attempts.spared),
    ("longest wait for an answer", lambda m: f"{m.outcome.requests.latency_seconds.max or 0:.1f} s"),
    ("work is done again after the failure", _recovered),
)


def callers_table(measured: Mapping[str, Measured]) -> str:
    """What the same workload comes to with each kind of caller, as a Markdown table.

    Args:
        measured: runs by stack; cells of stacks that are not there say so.
    """
    lines = [f"| | {' | '.join(f'`{stack}`' for stack in CALLERS)} |", f"| --- {'| --- ' * len(CALLERS)}|"]
    for name, cell in _CALLER_ROWS:
        cells = [str(cell(measured[stack])) if stack in measured else NOT_THERE for stack in CALLERS]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)
