"""From what can be read of a run in somebody's account to a run that results are read from.

Who polls there says nothing. What is known: what was sent, by the ids that SQS gave it; what functions logged; and how
many messages lie in each queue. A message is where the sum of these leaves one place for it; where they leave several,
the figures that hang on it are named as unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

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
from delivery_lab.places.logs import FunctionLog, LoggedInvoke
from delivery_lab.simulation.log_contract import contract_line

AMBIGUOUS = "the dead-letter queue got another number of messages than functions left undone: which ones is not seen"
SILENT = "no function said in the log contract what it did: messages that are gone are taken to have been processed"


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
    """

    queue: RealQueue
    mapping: str
    function: str
    dead_letter_queue: str | None
    remaining: int
    dead_lettered: int


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
    _processed: dict[str, int] = field(default_factory=dict)
    _delivered: Counter[str] = field(default_factory=Counter)

    def of_function(
        self, function: str, log: FunctionLog, throttled: int, read: FollowedQueue | None
    ) -> Iterator[Event]:
        """The events of one function.

        Args:
            function: its name.
            log: its log.
            throttled: how often Lambda refused to invoke it.
            read: the queue that it gets messages of, None where it gets none.
        """
        of_invoke: dict[str, dict[str, None]] = {}
        for line in log.lines:
            told = contract_line(line)
            if told is None:
                self.others.append(line)
                continue
            yield told
            if told.invoke and told.message and read is not None and told.message in read.queue.messages:
                of_invoke.setdefault(told.invoke, {})[told.message] = None
                self._note(told, told.message)
        for invoke in log.invokes:
            yield from self._of_invoke(invoke, tuple(of_invoke.get(invoke.request_id, ())), read)
        refused = InvokeRefused(self.ended_at, None, function, "Throttles", 429, Actor("lambda", "unseen"))
        yield from [refused] * throttled

    def _note(self, told: ContractLine, message: str) -> None:
        if told.event in ("processed", "duplicate"):
            self._processed[message] = max(told.instant_us, self._processed.get(message, 0))

    def _of_invoke(
        self, invoke: LoggedInvoke, messages: tuple[str, ...], read: FollowedQueue | None
    ) -> Iterator[Event]:
        by = Actor("mapping", read.mapping) if read is not None and messages else Actor("lambda", "unseen")
        name, at = invoke.request_id, invoke.started
        if read is not None:
            timeout = read.queue.attributes.visibility_timeout_seconds
            for message in messages:
                self._delivered[message] += 1
                count = self._delivered[message]
                yield MessageReceived(at, None, read.queue.name, message, count, by, at + seconds(timeout))
        yield InvokeStarted(at, None, invoke.function, name, NO_ENVIRONMENT, by)
        if read is not None and messages:
            yield BatchInvoked(at, None, read.mapping, read.queue.name, invoke.function, name, messages, None, None)
        yield InvokeEnded(invoke.ended, None, invoke.function, name, NO_ENVIRONMENT, invoke.error)

    def of_queue(self, followed: FollowedQueue) -> Iterator[Event]:
        """How the messages of one queue left it; to be asked when all functions are."""
        queue = followed.queue
        sent = list(queue.messages)
        if sent and not any(self._delivered[message] for message in sent):
            yield from self._of_silent(followed, sent)
            return
        undone = [message for message in sent if message not in self._processed]
        # What functions left undone comes first, and of it what they had most often.
        likely = sorted(sent, key=lambda message: (message in self._processed, -self._delivered[message]))
        dead = likely[: followed.dead_lettered]
        left = [message for message in undone if message not in dead]
        if followed.dead_lettered > len(undone) or len(left) != followed.remaining:
            self._cannot_tell()
        kept = set(left[: followed.remaining])
        done = [message for message in sent if message not in dead and message not in kept]
        yield from self._ended(followed, done, dead)

    def _of_silent(self, followed: FollowedQueue, sent: list[str]) -> Iterator[Event]:
        """Nothing says which message was in which invoke."""
        for figure in ("deliveries", "effects", "invocations", "latencySeconds", "ordering"):
            self.unknown.setdefault(figure, SILENT)
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
            yield MessageDeleted(self._processed.get(message, self.ended_at), None, name, message, by)
        for message in dead:
            assert followed.dead_letter_queue is not None
            yield MessageDeadLettered(self.ended_at, None, name, message, followed.dead_letter_queue)

    def _cannot_tell(self) -> None:
        for figure in ("processed", "lost", "healthyDeadLettered", "processedDeadLettered"):
            self.unknown.setdefault(f"messages.{figure}", AMBIGUOUS)
