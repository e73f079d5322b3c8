"""The story of a run: what happened when, in lines that a person can read, each with the rule behind it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from delivery_lab.model.clock import in_seconds
from delivery_lab.model.functions import SERVICE_ERROR, TIMED_OUT
from delivery_lab.model.journal import Event, Kind
from delivery_lab.simulation.run import Run

FIRST_LINES = 24
LAST_LINES = 8
_NAMES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One line: when, what, and the rule's id ("" where no rule decided)."""

    seconds: float
    text: str
    rule: str

    def __str__(self) -> str:
        rule = f"  [{self.rule}]" if self.rule else ""
        return f"{self.seconds:12.3f} s  {self.text}{rule}"


def timeline(run: Run) -> list[Line]:
    """All lines of a run."""
    return list(_Teller(run).lines())


def shortened(lines: Sequence[Line]) -> list[str]:
    """The lines as text; the middle of a long story is summarised."""
    if len(lines) <= FIRST_LINES + LAST_LINES + 1:
        return [str(line) for line in lines]
    left_out = lines[FIRST_LINES:-LAST_LINES]
    gap = f"{'...':>12}    {len(left_out)} more, up to {left_out[-1].seconds:.3f} s"
    return [*(str(line) for line in lines[:FIRST_LINES]), gap, *(str(line) for line in lines[-LAST_LINES:])]


class _Teller:
    def __init__(self, run: Run) -> None:
        self._run = run
        self._names: dict[str, str] = {}
        self._invokes: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._holders: dict[str, list[str]] = {}
        self._batches: dict[str, tuple[str, ...]] = {}
        self._worked: set[tuple[str, str]] = set()
        self._tell: dict[Kind, Callable[[Event], str | None]] = {
            Kind.HTTP: lambda e: f"{e.facts['method']} {e.facts['path']} is answered with {e.facts['status']}",
            Kind.INVOKE: self._invoke,
            Kind.BATCH: self._batch,
            Kind.INVOKE_END: self._invoke_end,
            Kind.VERDICT: self._verdict,
            Kind.THROTTLED: self._throttled,
            Kind.RETRY: self._retry,
            Kind.GAVE_UP: lambda e: f"{e.facts['mapping']} gives up on {self._list(e.texts('messages'))}",
            Kind.LOG: self._log,
            Kind.API_ERROR: lambda e: f"{e.facts['service']} {e.facts['operation']} is refused: {e.facts['code']}",
            Kind.SPLIT: self._split,
            Kind.DISCARDED: self._discarded,
            Kind.ANSWERED: lambda e: f"the caller of {e.facts['function']} is answered with {_seen(e)}",
            Kind.MOVE_TASK: self._move_task,
            Kind.REPEATED: lambda e: f"sent to {e.facts['queue']} again and dropped: {self._name(e)}",
            Kind.POLLERS: lambda e: (
                f"{e.facts['mapping']} works on up to {e.facts['limit']} batches at once from now on"
            ),
            Kind.KEPT: lambda e: f"{self._name(e)} stays: it was deleted with an old receipt handle",
        }
        # Events of many messages at one instant become one line.
        self._grouped: dict[Kind, Callable[[Event, str], str]] = {
            Kind.SENT: lambda e, names: f"sent to {e.facts['queue']}: {names}",
            Kind.DEAD_LETTERED: lambda e, names: f"moved from {e.facts['queue']} to {e.facts['target']}: {names}",
            Kind.EXPIRED: lambda e, names: f"expired in {e.facts['queue']}: {names}",
            Kind.DROPPED: lambda e, names: f"given up and gone from {e.facts['queue']}: {names}",
            Kind.MOVED: lambda e, names: f"moved from {e.facts['queue']} back to {e.facts['target']}: {names}",
            Kind.PUBLISHED: lambda e, names: f"published to {e.facts['target']}: {names}",
            Kind.FILTERED: _filtered,
            Kind.SKIPPED: lambda e, names: f"passed over in {e.facts['queue']}, written before reading began: {names}",
            Kind.RETURNED: lambda e, names: f"visible again in {e.facts['queue']}{_since(e)}: {names}",
        }

    def lines(self) -> Iterator[Line]:
        group: list[Event] = []
        for event in self._run.events:
            if group and not _belongs(group[0], event):
                yield self._close(group)
                group = []
            if event.kind is Kind.SENT or event.kind is Kind.PUBLISHED:
                self._learn_name(event)
            elif event.kind is Kind.MOVED:
                self._names[event.text("new_message")] = self._name(event)
            if event.kind in self._grouped:
                group.append(event)
            elif (tell := self._tell.get(event.kind)) is not None and (text := tell(event)) is not None:
                yield Line(in_seconds(event.instant), text, event.rule)
        if group:
            yield self._close(group)

    def _close(self, group: list[Event]) -> Line:
        first = group[0]
        names = self._list([event.text("message") for event in group])
        return Line(in_seconds(first.instant), self._grouped[first.kind](first, names), first.rule)

    def _learn_name(self, event: Event) -> None:
        message, body = event.text("message"), event.text("body")
        try:
            parsed = json.loads(body)
        except ValueError:
            parsed = None
        name = parsed.get("id") if isinstance(parsed, dict) else None
        self._names[message] = str(name) if name is not None else f"message {len(self._names) + 1}"

    def _name(self, event: Event) -> str:
        return self._names.get(event.text("message"), event.text("message"))

    def _list(self, messages: Sequence[str]) -> str:
        names = [self._names.get(message, message) for message in messages]
        if len(names) > _NAMES_SHOWN:
            return f"{' '.join(names[: _NAMES_SHOWN - 2])} ... {names[-1]} ({len(names)} in all)"
        return " ".join(names)

    def _invoke(self, event: Event) -> None:
        function = event.text("function")
        self._counts[function] = self._counts.get(function, 0) + 1
        self._invokes[event.text("invoke")] = f"{function} #{self._counts[function]}"

    def _batch(self, event: Event) -> str:
        invoke = self._invokes[event.text("invoke")]
        messages = event.texts("messages")
        self._batches[event.text("invoke")] = messages
        held = sorted({holder for message in messages for holder in self._holders.get(message, ())})
        for message in messages:
            self._holders.setdefault(message, []).append(invoke)
        overlap = f", while {' and '.join(held)} still {'works' if len(held) == 1 else 'work'} on it" if held else ""
        return f"{invoke} gets {self._list(messages)}{overlap}"

    def _invoke_end(self, event: Event) -> str | None:
        invoke = event.text("invoke")
        for message in self._batches.get(invoke, ()):
            self._holders[message].remove(self._invokes[invoke])
        error = event.facts.get("error")
        if error is None:
            return None
        how = "runs into its timeout" if error == TIMED_OUT else f"fails with {error}"
        return f"{self._invokes[invoke]} {how}"

    def _verdict(self, event: Event) -> str:
        invoke = event.text("invoke")
        failed = event.texts("messages")
        done = len(self._batches[invoke]) - len(failed)
        log = event.text("log")
        parts = [f"{done} {'done with' if log else 'deleted'}"] if done else []
        if failed:
            parts.append(f"{f'still at the head of {log}' if log else 'kept in the queue'}: {self._list(failed)}")
        return f"{self._invokes[invoke]} ends: {', '.join(parts)} ({event.facts['verdict']})"

    def _throttled(self, event: Event) -> str:
        if event.facts["reason"] == SERVICE_ERROR:
            return f"{event.facts['function']} is not invoked ({SERVICE_ERROR}, status 500)"
        return f"{event.facts['function']} is throttled ({event.facts['reason']})"

    def _move_task(self, event: Event) -> str:
        if event.facts["status"] == "RUNNING":
            return f"redrive of {event.facts['queue']} begins"
        moved = event.facts["moved"]
        why = f": {event.text('failure')}" if event.text("failure") else ""
        return f"redrive of {event.facts['queue']} ends: {moved} moved ({str(event.facts['status']).lower()}{why})"

    def _retry(self, event: Event) -> str:
        instant = event.facts["at_us"]
        assert isinstance(instant, int)
        messages = self._list(event.texts("messages"))
        return f"{event.facts['mapping']} will try {messages} again at {in_seconds(instant):.3f} s"

    def _split(self, event: Event) -> str | None:
        at, messages = event.facts["at"], event.texts("messages")
        if not isinstance(at, int) or not at:
            return None  # the checkpoint made the cut: the verdict has told it
        return f"{event.facts['mapping']} cuts: {self._list(messages[:at])} | {self._list(messages[at:])}"

    def _discarded(self, event: Event) -> str:
        names = self._list(event.texts("messages"))
        target = event.text("target")
        where = f"reports it to {target}" if target else "tells nobody"
        return f"{event.facts['mapping']} gives up {names} ({event.facts['condition']}) and {where}"

    def _log(self, event: Event) -> str | None:
        what = event.text("event")
        who = self._invokes.get(event.text("invoke"), event.text("function"))
        subject = event.text("id") or self._name(event)
        if what == "failed":
            return f"{who} fails {subject}: {event.facts.get('error_type')}"
        if what == "processed":
            self._worked.add((event.text("invoke"), subject))
        if what == "duplicate":
            if (event.text("invoke"), subject) in self._worked:
                return f"{who} learns that {subject} was done by another delivery, too"
            return f"{who} skips {subject}: done before"
        if what in ("heartbeat", "heartbeat_failed"):
            return f"{who} {'extends the visibility of' if what == 'heartbeat' else 'cannot extend'} {subject}"
        return None


def _seen(event: Event) -> str:
    error = event.facts.get("error")
    return f"{event.facts['status']} {error}" if error else str(event.facts["status"])


def _since(event: Event) -> str:
    """Since when, where the queue was not looked at when it happened."""
    instant = event.facts.get("since_us")
    return f" since {in_seconds(instant):.3f} s" if isinstance(instant, int) else ""


def _filtered(event: Event, names: str) -> str:
    """A queue's message is deleted; a log keeps its records, and the mapping moves past them."""
    how = "passed over" if "log" in event.facts else "deleted"
    return f"filtered out and {how} by {event.facts['mapping']}: {names}"


def _belongs(first: Event, event: Event) -> bool:
    return (
        event.kind is first.kind
        and event.instant == first.instant
        and event.facts.get("queue") == first.facts.get("queue")
        and event.facts.get("target") == first.facts.get("target")
        and event.facts.get("since_us") == first.facts.get("since_us")
    )
