"""What happened, as the model writes it down.

The model never prints and never counts results: it appends events to a journal, each with the id of the
rule that made it happen, and `delivery_lab.results` reads them. Two runs are the same run exactly if their
journals are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from delivery_lab.model.clock import Scheduler

Fact = str | int | bool | None | tuple[str, ...]


class Kind(StrEnum):
    """Kinds of events. The comment behind each names its facts."""

    SENT = "sent"  # queue, message, body, group; of streams key, log; of an event follow_up; of a handler invoke
    REPEATED = "repeated"  # queue, message: a send that a FIFO queue took for a repetition of this message
    RECEIVED = "received"  # queue, message, count, by
    RETURNED = "returned"  # queue, message: visible again after a receive; since_us where nobody looked before
    DELETED = "deleted"  # queue, message, by
    KEPT = "kept"  # queue, message: a delete that had no effect
    VISIBILITY = "visibility"  # queue, message, seconds
    DEAD_LETTERED = "dead-lettered"  # queue, message, target
    EXPIRED = "expired"  # queue, message
    FILTERED = "filtered"  # mapping, queue, message
    BATCH = "batch"  # mapping, invoke, messages: a batch was handed to a function
    VERDICT = "verdict"  # mapping, invoke, verdict, messages (those that failed), named (by the response)
    THROTTLED = "throttled"  # function, reason, by
    RETRY = "retry"  # mapping, attempt, messages, at_us: a throttled batch will be tried again
    GAVE_UP = "gave-up"  # mapping, messages: a throttled batch will not be tried again
    INIT = "init"  # function, environment
    INVOKE = "invoke"  # function, invoke, environment, by
    INVOKE_END = "invoke-end"  # function, invoke, error
    HTTP = "http"  # method, path, status, invoke (of the function behind, None where none was made)
    LOG = "log"  # function, invoke, event, id, message, error_type, retryable
    POLLERS = "pollers"  # mapping, limit
    SKIPPED = "skipped"  # queue, message, log: written before the reader began at LATEST
    CHECKPOINT = "checkpoint"  # mapping, log, slot, messages: done with, the reader is past them
    SPLIT = "split"  # mapping, log, slot, messages, at: a failed batch was bisected before message number `at`
    DISCARDED = "discarded"  # mapping, log, slot, messages, condition, target ("" without a destination)
    # a handler invoked another function; started: the invoke that a synchronous call is answered by, None if refused
    CALL = "call"  # function, type, by, invoke (the caller's), status, started
    ANSWERED = "answered"  # function, invoke, status, error: a synchronous invoke of the workload
    EVENT_RESULT = "event-result"  # function, invoke, message, error: an asynchronous invoke has ended
    DROPPED = "dropped"  # queue, message: given up without a destination
    PUBLISHED = "published"  # target, message, body
    MOVED = "moved"  # queue, message, target, new_message, task: redriven from a dead-letter queue
    MOVE_TASK = "move-task"  # queue, task, status, moved, failure
    API_ERROR = "api-error"  # service, operation, code


class Event(NamedTuple):
    """One thing that happened.

    Attributes:
        instant: when, in microseconds of virtual time.
        kind: what.
        rule: id of the rule behind it, "" where the users' own code or workload did it.
        facts: the particulars; `Kind` names them.
    """

    instant: int
    kind: Kind
    rule: str
    facts: Mapping[str, Fact]

    def text(self, fact: str) -> str:
        """A fact that is always text, "" where it is missing."""
        value = self.facts.get(fact)
        return value if isinstance(value, str) else ""

    def texts(self, fact: str) -> tuple[str, ...]:
        """A fact that is a list of texts, empty where it is missing."""
        value = self.facts.get(fact)
        return value if isinstance(value, tuple) else ()


class Journal:
    """The events of one run in order, and the rules that the run leaned on."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.events: list[Event] = []
        self._leaned: dict[str, None] = {}

    def record(self, kind: Kind, rule: str, **facts: Fact) -> None:
        """Append an event of this instant."""
        if rule:
            self._leaned[rule] = None
        self.events.append(Event(self._scheduler.now, kind, rule, facts))

    def lean_on(self, rule: str) -> None:
        """Note that the run depends on a rule that leaves no event of its own."""
        self._leaned[rule] = None

    @property
    def rules(self) -> tuple[str, ...]:
        """Ids of all rules that the run leaned on, sorted."""
        return tuple(sorted(self._leaned))

    def hash(self) -> str:
        """SHA-256 over all events: equal hashes mean equal runs, on every platform and Python version."""
        digest = hashlib.sha256()
        for instant, kind, rule, facts in self.events:
            # The form in which Python prints texts, numbers and tuples is quickly made, and in ASCII it is the same
            # everywhere: which other characters repr() escapes depends on the Unicode tables of the Python version.
            digest.update(f"{instant} {kind.value} {rule} {facts!a}\n".encode())
        return digest.hexdigest()
