"""Functions that do not follow the log contract: which of their messages count as processed, and what that rests on.

What they did is read off what is seen of it (`attempts`). Where nothing is seen, a message that was handed to an invoke
that succeeded counts as processed, which is an assumption and is named as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from delivery_lab.events import InvokeEnded, Observation, Run
from delivery_lab.results.attempts import Attempt
from delivery_lab.results.evidence import FunctionEvidence, ProcessedBy
from delivery_lab.results.facts import RunFacts
from delivery_lab.results.fates import Fate
from delivery_lab.results.marks import Marks
from delivery_lab.rule_ids import RuleId
from delivery_lab.rules.assumptions import ErrorLeftAlone, UnseenRecord, UnseenWork

_SAID_BY_RESPONSE = frozenset({"ESM-REPORT-2", "ESM-REPORT-8", "STR-REPORT-3", "STR-REPORT-8"})
"""Rules by which a response was read that says which messages failed."""


class Judgement(NamedTuple):
    """A message counts as processed.

    Attributes:
        fate: the message.
        evidence: why.
        consumer: whose delivery did it, None where it was none of a consumer.
        at_seconds: since when, None for now.
    """

    fate: Fate
    evidence: ProcessedBy
    consumer: str | None
    at_seconds: float | None = None


class SilentFunctions:
    """Follows the invokes of functions that do not follow the log contract.

    Args:
        run: the run.
        facts: what holds for all of it.
        work_done: told of each piece of work: function, consumer, business id.
        was_done: whether the work of a business id is over.
    """

    def __init__(
        self,
        run: Run,
        facts: RunFacts,
        work_done: Callable[[str, str, str], None],
        was_done: Callable[[str], bool],
    ) -> None:
        self._speaking = facts.speaking
        self._assumptions = run.assumptions
        self._work_done = work_done
        self._was_done = was_done
        # A function that reads none of its records is one that an event only wakes: what it looks at says nothing.
        self._looking = facts.looking
        self._claiming = facts.claiming
        self._consumers = facts.consumers
        self._graves = run.dead_letter_queues
        self._of_the_dead = {
            mapping: queue for queue in self._graves for mapping in facts.consumers.of_source.get(queue, ())
        }
        self._marks = None if run.effect is None else Marks(run, run.effect)
        self._open: dict[str, Attempt] = {}
        # What is over and not judged, with its invoke: by consumer and the first message of its batch.
        self._unjudged: dict[tuple[str, str], tuple[str, Attempt]] = {}
        self._over: dict[str, Sequence[Fate]] = {}  # what invokes had that are judged
        self._unplaced: set[str] = set()
        self._counted: set[str] = set()
        self._given: dict[str, dict[int, Fate]] = {}
        self.consumers: dict[str, str] = {}  # by name of a consumer: the function
        self.of_function: dict[str, FunctionEvidence] = {}
        self.relied_on: set[RuleId] = set()
        """Assumptions about what is seen that the result rests on."""

    def begin(self, invoke: str, function: str, consumer: str, fates: list[Fate], ids: Sequence[str]) -> None:
        """A function got messages, which have these ids in this delivery."""
        if function in self._speaking:
            return
        self.of_function.setdefault(function, FunctionEvidence("none"))
        self.consumers[consumer] = function
        attempt = self._open.get(invoke)
        if attempt is not None and attempt.running and attempt.ids == ids:
            attempt.running += 1
            attempt.shared = True
            return
        attempt = Attempt(function, consumer, fates, ids, function in self._claiming)
        before = self._unjudged.get((consumer, ids[0])) if ids else None
        if before is not None and before[1].ids == ids:
            # The same batch is handed over again: of what its invoke answered before nothing will be heard.
            self._open.pop(before[0], None)
            attempt.unheard = before[1]
        self._open[invoke] = attempt

    def observed(self, event: Observation) -> None:
        """Something was seen of an invoke."""
        attempt = self._open.get(event.invoke)
        if attempt is not None:
            attempt.saw(event)

    def put_aside(self, invoke: str | None, body: str) -> None:
        """An invoke sent a message to a queue for what could not be worked on."""
        attempt = self._open.get(invoke or "")
        if attempt is not None:
            attempt.put_aside.add(body)

    def ended(self, event: InvokeEnded) -> Iterator[Judgement | None]:
        """An invoke is over: what was done in it counts, whatever its answer.

        Yields:
            What counts as processed by a second delivery that works longer than the one whose answer was judged.
        """
        attempt = self._open.get(event.invoke)
        if attempt is None:
            return
        attempt.running -= 1
        attempt.failed = event.error is not None
        if attempt.shared and attempt.unheard is not None and not attempt.failed:
            attempt.unheard.failed = False  # which of the two did what is seen cannot be told
        self._count(attempt, event)
        if attempt.ids:
            self._unjudged[attempt.consumer, attempt.ids[0]] = event.invoke, attempt
        if attempt.running:
            self._open[event.invoke] = attempt.rest()
        if attempt.unheard is not None and attempt.shared and attempt.unheard.judged:
            function = self.of_function[attempt.function]
            for position, fate in enumerate(attempt.fates):
                yield self._judge(attempt, position, fate, function, "invoke", failed=attempt.failed)

    def _count(self, attempt: Attempt, event: InvokeEnded) -> None:
        """Count what was done in an invoke."""
        attempt.settle()
        self._note_looks(attempt)
        marks = self._marks_of(attempt.function)
        if marks is not None:
            marks.apply(attempt, event.invoke, event.instant_us)
        elif attempt.worked:
            self.relied_on.add("EVD-EFFECT-1")
        for position in sorted(attempt.worked):
            fate = attempt.fates[position]
            fate.effects = (fate.effects or 0) + len(attempt.pieces[position])
            self._counted.add(attempt.function)
            for piece in attempt.pieces[position]:
                self._work_done(attempt.function, attempt.consumer, piece or fate.business_id)
        if attempt.unplaced:
            self._unplaced.add(attempt.function)

    def _marks_of(self, function: str) -> Marks | None:
        """The marks by which the work of a function is known, None where it leaves none."""
        return self._marks if self._marks is not None and function in self._marks.functions else None

    def deleted(self, function: str, invoke: str | None, fate: Fate, at_seconds: float, queue: str) -> Judgement | None:
        """A function deleted a message of a queue itself, by which it says that it is through with it.

        Of a message that its invoke got, that is judged when the invoke is over.
        """
        if function in self._speaking:
            return None
        if queue in self._graves and not self._is_at_home(queue, function, fate):
            self.relied_on.add("EVD-DLQ-1")
            return None
        self.relied_on.add("EVD-DELETE-1")
        attempt = self._open.get(invoke or "")
        if attempt is not None and any(fate is held for held in attempt.fates):
            attempt.deleted[id(fate)] = at_seconds
            return None
        if any(fate is held for held in self._over.get(invoke or "", ())):
            return None
        return Judgement(fate, "effect", None, at_seconds)

    def judged(self, invoke: str, failed: set[str], rule: RuleId | None, *, named: bool) -> Iterator[Judgement | None]:
        """The messages that count as processed after an invoke, one after the other: each may speak for the next.

        Args:
            invoke: its id.
            failed: ids, in this delivery, of the messages that failed or that the response named.
            rule: by which the response was read.
            named: whether the response named messages.
        """
        attempt = current = self._open.get(invoke)
        if attempt is None:
            return
        if attempt.running and attempt.shared and attempt.unheard is not None:
            attempt = attempt.unheard  # the one that is answered; another of this id still runs
        function = self.of_function[attempt.function]
        if not attempt.failed:
            function.errors_swallowed += attempt.errors
        said: ProcessedBy = "response" if named or rule in _SAID_BY_RESPONSE else "invoke"
        for position, fate in enumerate(attempt.fates):
            if self._is_beside_the_work(attempt, fate):
                self.relied_on.add("EVD-DLQ-1")
                continue
            is_failed = attempt.ids[position] in failed
            judgement = self._judge(attempt, position, fate, function, said, failed=is_failed)
            yield judgement if judgement is not None or is_failed else self._done_before(attempt, position, fate)
        if failed and attempt.unheard is not None:
            self._unjudged[attempt.consumer, attempt.ids[0]] = invoke, attempt.unheard
        elif attempt.ids:
            self._unjudged.pop((attempt.consumer, attempt.ids[0]), None)
        attempt.judged = True
        if attempt is current:
            del self._open[invoke]
        self._over[invoke] = attempt.fates

    def _done_before(self, attempt: Attempt, position: int, fate: Fate) -> Judgement | None:
        """What was done before an answer that nobody heard stays done: code that finds it done does nothing."""
        function = self.of_function[attempt.function]
        judged = (
            self._judge(before, position, fate, function, "invoke", failed=before.failed) for before in attempt.before()
        )
        return next((each for each in judged if each is not None), None)

    def _judge(
        self,
        attempt: Attempt,
        position: int,
        fate: Fate,
        function: FunctionEvidence,
        said: ProcessedBy,
        *,
        failed: bool,
    ) -> Judgement | None:
        worked_at = attempt.worked.get(position)
        unread = attempt.function in self._looking and attempt.deleted_unread(position)
        if id(fate) in attempt.deleted and not unread and position not in attempt.erred and not fate.poison:
            deleted_at = attempt.deleted[id(fate)]
            return Judgement(fate, "effect", attempt.consumer, deleted_at if worked_at is None else worked_at)
        if failed:
            # What is done stays done, if only the code went on to other messages before it failed.
            over = attempt.failed and worked_at is not None and position in attempt.moved_on
            return Judgement(fate, "effect", attempt.consumer, worked_at) if over else None
        if fate.poison:
            function.poison_succeeded.add(fate.message_id)
        if worked_at is not None:
            # Where part of the work is seen to have failed, how much of it is done is not known.
            in_part = position in attempt.unmade
            if in_part:
                self.relied_on.add("EVD-INVOKE-1")
            return Judgement(fate, said if in_part else "effect", attempt.consumer, worked_at)
        if position in attempt.refused and self._was_done(fate.business_id):
            self.relied_on.add("EVD-EFFECT-1")
            return Judgement(fate, "effect", attempt.consumer)
        if position in attempt.refused and attempt.claims and not attempt.shared:
            self.relied_on.add("EVD-CLAIM-1")
            return None
        marks = self._marks_of(attempt.function)
        if marks is not None and marks.names(fate):
            # The workload says what work is: without it, only the work of another message of this id will do.
            return Judgement(fate, "effect", attempt.consumer) if self._was_done(fate.business_id) else None
        if self._speaks_against(attempt, position, fate):
            return None
        self.relied_on.add("EVD-RESPONSE-1" if said == "response" else "EVD-INVOKE-1")
        unseen_counts = said == "response" or self._assumptions.unseen_work is UnseenWork.PROCESSED
        return Judgement(fate, said, attempt.consumer) if unseen_counts else None

    def _is_beside_the_work(self, attempt: Attempt, fate: Fate) -> bool:
        """Whether a message came out of a dead-letter queue, to a function that never gets it otherwise (EVD-DLQ-1)."""
        queue = self._of_the_dead.get(attempt.consumer)
        if queue is None or self._is_at_home(queue, attempt.function, fate):
            return False
        marks = self._marks_of(attempt.function)
        return marks is None or not marks.names(fate)

    def _is_at_home(self, queue: str, function: str, fate: Fate) -> bool:
        """Whether a message was sent to a dead-letter queue itself, or its function gets it otherwise, too."""
        return fate.source == queue or self._consumers.does_the_work(fate.source, function)

    def _speaks_against(self, attempt: Attempt, position: int, fate: Fate) -> bool:
        """Whether something that is seen says that a message was not processed, though its invoke succeeded."""
        if fate.poison:
            self.relied_on.add("EVD-POISON-1")
            return True
        if position in attempt.erred:
            self.relied_on.add("EVD-ERROR-1")
            if self._assumptions.swallowed_error is ErrorLeftAlone.FAILED:
                return True
        if attempt.function in self._looking and attempt.looked is not None and position not in attempt.looked:
            self.relied_on.add("EVD-LOOK-1")
            return self._assumptions.unseen_record is UnseenRecord.LOST
        return False

    def _note_looks(self, attempt: Attempt) -> None:
        """Whether each message has been looked at by now, in this invoke or an earlier one."""
        if attempt.looked is None:
            return
        for position, fate in enumerate(attempt.fates):
            fate.looked = fate.looked or position in attempt.looked
            self._given.setdefault(attempt.function, {})[id(fate)] = fate

    def uncounted(self) -> frozenset[str]:
        """Consumers whose effects are not known."""
        return frozenset(name for name, of in self.consumers.items() if self.of_function[of].effects == "none")

    def settled(self) -> None:
        """What only the whole run tells: whose effects are known, and what was never looked at."""
        for name, function in self.of_function.items():
            if name in self._counted and name not in self._unplaced:
                function.effects = "effect"
            given = self._given.get(name, {}).values()
            gone = (fate for fate in given if fate.outcome in ("processed", "lost"))
            function.never_looked_at = {fate.message_id for fate in gone if fate.looked is False}
