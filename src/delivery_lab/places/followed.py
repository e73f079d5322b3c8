"""From what can be read of a run in somebody's account to a run that results are read from.

Who polls there says nothing. What is known: what was sent, by the ids that SQS gave it; what functions logged; and how
many messages lie in each queue. A message is where the sum of these leaves one place for it; where they leave several,
the figures that hang on it are named as unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from delivery_lab.events import (
    Actor,
    BatchInvoked,
    ContractLine,
    Event,
    InvokeEnded,
    InvokeRefused,
    InvokeStarted,
    LogLine,
    MessageDeadLettered,
    MessageDeleted,
    MessageReceived,
)
from delivery_lab.live.functions import NO_ENVIRONMENT
from delivery_lab.live.queues import RealQueue
from delivery_lab.model.clock import seconds
from delivery_lab.places.followed_events import ENDINGS, FollowedEvents
from delivery_lab.places.logs import FunctionLog, LoggedInvoke
from delivery_lab.simulation.log_contract import contract_line

AMBIGUOUS = "the dead-letter queue got another number of messages than functions left undone: which ones is not seen"
SILENT = "no function said in the log contract what it did: messages that are gone are taken to have been processed"


SHARED = "several sources discard to the same queue, which says of no message where it came from"


class FollowedSource(Protocol):
    """What a mapping reads, as far as it can be followed."""

    @property
    def mapping(self) -> str:
        """Name of the mapping."""

    @property
    def function(self) -> str:
        """Name of the function that gets its messages."""

    def holds(self, message: str) -> bool:
        """Whether a message was sent to it."""

    def handed(self, at: int, invoke: str, counts: Sequence[tuple[str, int]], by: Actor) -> Iterator[Event]:
        """The events of a batch that an invoke got: ids of messages, each with how often it was seen by then."""


@dataclass(frozen=True, slots=True)
class FollowedQueue:
    """A queue that was sent to.

    Attributes:
        queue: the queue, with what was sent to it.
        mapping: name of the mapping that reads it.
        function: name of the function.
        dead_letter_queue: name of its dead-letter queue, None without one.
        remaining: how many messages it held at the end.
        dead_lettered: by how many its dead-letter queue grew.
        shares_dead_letters: whether others discard to that queue, too.
    """

    queue: RealQueue
    mapping: str
    function: str
    dead_letter_queue: str | None
    remaining: int
    dead_lettered: int
    shares_dead_letters: bool = False

    def holds(self, message: str) -> bool:
        """Whether a message was sent to it."""
        return message in self.queue.messages

    def handed(self, at: int, invoke: str, counts: Sequence[tuple[str, int]], by: Actor) -> Iterator[Event]:
        """Receives of messages, and the batch of them."""
        visible_at = at + seconds(self.queue.attributes.visibility_timeout_seconds)
        for message, count in counts:
            yield MessageReceived(at, None, self.queue.name, message, count, by, visible_at)
        messages = tuple(message for message, _ in counts)
        yield BatchInvoked(at, None, self.mapping, self.queue.name, self.function, invoke, messages, None, None)


@dataclass(slots=True)
class Following:
    """Puts together what is known.

    Attributes:
        ended_at: instant at which the run ended.
        others: lines that are not of the log contract.
        unknown: figures that cannot be told, with the reason.
    """

    ended_at: int
    others: list[LogLine] = field(default_factory=list)
    unknown: dict[str, str] = field(default_factory=dict)
    _processed: dict[tuple[str, str], int] = field(default_factory=dict)
    _delivered: Counter[tuple[str, str]] = field(default_factory=Counter)

    def of_function(
        self,
        function: str,
        log: FunctionLog,
        throttled: int,
        sources: Sequence[FollowedSource] = (),
        events: FollowedEvents | None = None,
    ) -> Iterator[Event]:
        """The events of one function.

        Args:
            function: its name.
            log: its log.
            throttled: how often Lambda refused to invoke it.
            sources: what it gets messages of.
            events: the asynchronous events that it was sent.
        """
        sources = [source for source in sources if source.function == function]
        of_invoke: dict[str, dict[str, None]] = {}
        for line in log.lines:
            told = contract_line(line)
            if told is None:
                self.others.append(line)
                continue
            yield told
            if told.invoke and told.message and _source_of(told.message, sources) is not None:
                of_invoke.setdefault(told.invoke, {})[told.message] = None
                self._note(told, told.message)
        for invoke in log.invokes:
            if events is not None and invoke.request_id in events.accepted:
                yield from events.invoked(invoke)
            else:
                messages = list(of_invoke.get(invoke.request_id, ()))
                yield from self._of_invoke(invoke, messages, _source_of(messages[0], sources) if messages else None)
        refused = InvokeRefused(self.ended_at, None, function, "Throttles", 429, Actor("lambda", "unseen"))
        yield from [refused] * throttled

    def _note(self, told: ContractLine, message: str) -> None:
        if told.event in ("processed", "duplicate"):
            by = (told.function, message)
            self._processed[by] = max(told.instant_us, self._processed.get(by, 0))

    def check_errors(self, log: FunctionLog, counted: int, events: FollowedEvents | None) -> None:
        """Name what cannot be told where the log of a function names fewer errors than its metric counts.

        Args:
            log: its log.
            counted: its metric `Errors`.
            events: the asynchronous events that it was sent: how each ended hangs on the errors.
        """
        named = sum(invoke.error is not None for invoke in log.invokes)
        if counted > named:
            # Reasons stand in what `calibrate --write` writes for others: they name nothing of the stack.
            why = f"the metric Errors of a function counts {counted}, and its log names {named}"
            self.cannot_tell(why, "invocations.failed", "invocations.timedOut")
            if events is not None:
                self.cannot_tell(why, *(f"messages.{each}" for each in (*ENDINGS, "remaining")))

    def processed_at(self, function: str, message: str) -> int | None:
        """When a function last said that it has done the work of a message, None where it never did."""
        return self._processed.get((function, message))

    def deliveries(self, function: str, message: str) -> int:
        """How many invokes of a function said something of a message."""
        return self._delivered[function, message]

    def cannot_tell(self, why: str, *figures: str) -> None:
        """Name figures as unknown; the first reason for each stays."""
        for figure in figures:
            self.unknown.setdefault(figure, why)

    def _of_invoke(self, invoke: LoggedInvoke, messages: Sequence[str], read: FollowedSource | None) -> Iterator[Event]:
        by = Actor("mapping", read.mapping) if read is not None else Actor("lambda", "unseen")
        name, at = invoke.request_id, invoke.started
        yield InvokeStarted(at, None, invoke.function, name, NO_ENVIRONMENT, by)
        if read is not None:
            self._delivered.update((invoke.function, message) for message in messages)
            counts = [(message, self.deliveries(invoke.function, message)) for message in messages]
            yield from read.handed(at, name, counts, by)
        yield InvokeEnded(invoke.ended, None, invoke.function, name, NO_ENVIRONMENT, invoke.error)

    def of_queue(self, followed: FollowedQueue) -> Iterator[Event]:
        """How the messages of one queue left it; to be asked when all functions are."""
        queue = followed.queue
        sent = list(queue.messages)
        if followed.shares_dead_letters and followed.dead_lettered:
            self.cannot_tell(SHARED, "messages.deadLettered")
            self._cannot_tell()
        if sent and not any(self.deliveries(followed.function, message) for message in sent):
            yield from self._of_silent(followed, sent)
            return
        undone = [message for message in sent if self.processed_at(followed.function, message) is None]
        # What functions left undone comes first, and of it what they had most often.
        likely = sorted(sent, key=lambda message: self._likely(followed.function, message))
        dead = likely[: followed.dead_lettered]
        left = [message for message in undone if message not in dead]
        if followed.dead_lettered > len(undone) or len(left) != followed.remaining:
            self._cannot_tell()
        kept = set(left[: followed.remaining])
        done = [message for message in sent if message not in dead and message not in kept]
        yield from self._ended(followed, done, dead)

    def _likely(self, function: str, message: str) -> tuple[bool, int]:
        return self.processed_at(function, message) is not None, -self.deliveries(function, message)

    def _of_silent(self, followed: FollowedQueue, sent: list[str]) -> Iterator[Event]:
        """Nothing says which message was in which invoke."""
        self.cannot_tell(SILENT, "deliveries", "effects", "invocations", "latencySeconds", "ordering")
        if followed.dead_lettered or followed.remaining:
            self._cannot_tell()
        dead = sent[: followed.dead_lettered]
        done = sent[followed.dead_lettered : len(sent) - followed.remaining]
        by = Actor("mapping", followed.mapping)
        for message in done:
            name, at = f"unseen-{message}", followed.queue.messages[message].sent_at
            yield InvokeStarted(at, None, followed.function, name, NO_ENVIRONMENT, by)
            source = followed.queue.name
            yield BatchInvoked(at, None, followed.mapping, source, followed.function, name, (message,), None, None)
            yield InvokeEnded(self.ended_at, None, followed.function, name, NO_ENVIRONMENT, None)
        yield from self._ended(followed, done, dead)

    def _ended(self, followed: FollowedQueue, done: list[str], dead: list[str]) -> Iterator[Event]:
        name, by = followed.queue.name, Actor("mapping", followed.mapping)
        for message in done:
            at = self.processed_at(followed.function, message)
            yield MessageDeleted(self.ended_at if at is None else at, None, name, message, by)
        for message in dead:
            assert followed.dead_letter_queue is not None
            yield MessageDeadLettered(self.ended_at, None, name, message, followed.dead_letter_queue)

    def _cannot_tell(self) -> None:
        figures = ("processed", "lost", "healthyDeadLettered", "processedDeadLettered")
        self.cannot_tell(AMBIGUOUS, *(f"messages.{figure}" for figure in figures))


def _source_of(message: str, sources: Sequence[FollowedSource]) -> FollowedSource | None:
    return next((source for source in sources if source.holds(message)), None)
