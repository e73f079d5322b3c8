"""Following each message through the events of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, get_args

from delivery_lab.events import (
    ApiCallRefused,
    AttemptsRepeated,
    BatchInvoked,
    BatchResult,
    ContractLine,
    DeleteIgnored,
    Event,
    EventAccepted,
    EventAnswered,
    EventInvoked,
    InvokeEnded,
    InvokeRefused,
    InvokeStarted,
    LinesRepeated,
    MessageDeleted,
    MessageReceived,
    MessageSent,
    Observation,
    RecordAppended,
    Run,
    TenantNamed,
    read_once,
    reader_of,
)
from delivery_lab.events.instants import moment
from delivery_lab.results import hops
from delivery_lab.results.evidence import FunctionEvidence, ProcessedBy
from delivery_lab.results.facts import RunFacts, facts_of
from delivery_lab.results.fates import Fate, Ledger, meant_by
from delivery_lab.results.leaving import LEAVING, Departures
from delivery_lab.results.new_fates import NewFates, NewMessage
from delivery_lab.results.recognition import Recognitions
from delivery_lab.results.repeats import NOTHING_HELD, Held, LatestBatch, Repeats, WorksCounted
from delivery_lab.results.silent import Judgement, SilentFunctions


def read_events(run: Run) -> Ledger:
    """What became of the messages of a run."""
    return read_once(run, _settled)


def _settled(run: Run) -> Ledger:
    return reader_of(run, LedgerReader, lambda: LedgerReader(run)).settled()


_Accepted = MessageSent | RecordAppended | EventAccepted
_Handled = BatchInvoked | EventInvoked | BatchResult | EventAnswered | ContractLine | LinesRepeated
_Invoked = InvokeStarted | InvokeEnded | InvokeRefused | ApiCallRefused


class LedgerReader:
    """Follows the messages of a run.

    Args:
        run: the run; of its events nothing is looked at where its facts are given.
        facts: what its events tell as a whole, None: as they are in the run.
    """

    reads: ClassVar[tuple[type[Event], ...]] = (
        *hops.READ,
        *get_args(_Handled),
        *get_args(_Invoked),
        *LEAVING,
        *get_args(Observation),
        MessageReceived,
        TenantNamed,
    )

    def __init__(self, run: Run, facts: RunFacts | None = None) -> None:
        self._run = run
        self._settled = False
        self.facts = facts_of(run.events) if facts is None else facts
        self._ledger = Ledger(self.facts.consumers)
        self._consumers = self.facts.consumers
        # Functions that follow the log contract say themselves what they processed; of the others it is inferred.
        self._speaking = self.facts.speaking
        self._held: dict[str, Held] = {}
        self._batch = LatestBatch(self._fate)
        self._new_fates = NewFates(run, self._ledger)
        self._hops = hops.Hops(self.facts, self._new_fates, self._fates)
        self._processed_up_to: dict[tuple[str | None, tuple[str, str]], int] = {}
        self._works = WorksCounted(self._ledger.work)
        self._waited_for: set[str] = set()  # functions
        self._finished: set[str] = set()  # business ids
        self._duplicates: list[Fate] = []
        self._recognitions = Recognitions(self._batch_of)
        self._repeats = Repeats()
        self._silent = SilentFunctions(run, self.facts, self._works.count, self._finished.__contains__)
        self._departures = Departures(self._fates, self._fate, self._deleted_by)
        self._put_aside = run.parking_queues | run.dead_letter_queues
        self._takers: dict[type[Event], Callable[[Any], None]] = {
            **dict.fromkeys(get_args(_Accepted), self._accepted),
            **dict.fromkeys(get_args(_Handled), self._handled),
            **dict.fromkeys(get_args(_Invoked), self._invoked),
            **dict.fromkeys(LEAVING, self._departures.take),
            **dict.fromkeys(get_args(Observation), self._silent.observed),
            MessageReceived: self._received,
            TenantNamed: self._named,
        }

    def read(self, event: Event) -> None:
        """Take one event. What says nothing about a message is left alone."""
        self._batch.see(event)
        if not self._hops.take(event) and type(event) in self._takers:
            self._takers[type(event)](event)

    def read_again(self, repeated: AttemptsRepeated) -> None:
        """Take attempts that were told again: of most it is enough to count them."""
        invoked = repeated.invoked
        fates = self._batch.fates(invoked.messages, invoked.mapping)
        says_nothing_new = invoked.function in self._speaking and not self._recognitions.are_told_by(repeated)
        if not (says_nothing_new and self._repeats.delivered(repeated, fates, self._ledger)):
            for event in repeated.events(self.reads):
                self.read(event)

    def settled(self) -> Ledger:
        """The ledger, with what only the whole run tells. Nothing may be read after it."""
        if self._settled:
            return self._ledger
        self._settled = True
        for line, consumer, times in self._repeats.work():
            self._works.again(line, consumer, self._fate(line.message, consumer), times)
        for fate in self._duplicates:
            # A message that was skipped as a duplicate is in order only if its work was really done by somebody.
            others = self._consumers.others(fate.source, fate.meant_for)
            fate.duplicate_detected = bool(self._works.of(fate.business_id) - others)
            if fate.duplicate_detected:
                fate.is_processed("contract")
        self._ledger.recognised = self._recognitions.counts()
        self._new_fates.let_go()
        self._hops.settle(self._ledger.fates)
        self._silent.settled()
        self._ledger.functions |= self._silent.of_function
        self._ledger.uncounted |= self._silent.uncounted()
        self._ledger.relied_on |= self._silent.relied_on
        if not self._ledger.fates and not self._ledger.functions and self._waited_for:
            self._ledger.functions |= {name: FunctionEvidence("none") for name in sorted(self._waited_for)}
            self._ledger.uncounted.add(None)
        return self._ledger

    # -- finding ------------------------------------------------------------------------------------------

    def _fates(self, message: str | None) -> list[Fate]:
        if message is None:
            return []
        return self._new_fates.find(self._departures.first_id(message)) or self._new_fates.find(message)

    def _fate(self, message: str | None, consumer: str | None) -> Fate | None:
        """The fate of a message for a consumer: that of its only one, whoever is named."""
        fates = self._fates(message)
        if len(fates) == 1:
            return fates[0]
        return next((fate for fate in fates if fate.meant_for == consumer), None)

    def _accepted(self, event: _Accepted) -> None:
        match event:
            case MessageSent():
                if event.queue in self._run.parking_queues:
                    self._parked(event)
                if event.queue in self._put_aside:
                    self._silent.put_aside(event.invoke, event.body)
                self._new(NewMessage(event.message, event.body, event.instant_us, event.group), event.queue)
            case RecordAppended():
                message = NewMessage(event.record, event.body, event.instant_us, event.key)
                fates = self._new(message, event.source, partition=event.partition)
                if event.source_kind != "kafka":
                    self._new_fates.by_sequence[event.sequence] = fates
            case EventAccepted() if not event.follow_up:
                message = NewMessage(event.event, event.payload, event.instant_us, None)
                self._new(message, event.source, event.function)
            case EventAccepted():
                self._departures.tells(event)

    def _new(
        self, message: NewMessage, source: str, function: str | None = None, *, partition: str | None = None
    ) -> list[Fate]:
        if source not in self._run.sources:
            return []
        consumers = self._consumers.meant_for(source) if function is None else (function,)
        fates = self._new_fates.take(message, source, consumers, partition)
        self._new_fates.know(message.id, fates)
        return fates

    def _parked(self, event: MessageSent) -> None:
        """A handler has put a message aside: which of those that it works on, its content tells."""
        held = self._held.get(event.invoke or "", NOTHING_HELD)
        known = {message: self._fate(message, held.consumer) for message in held.messages}
        if (meant := meant_by(event.body, event.attributes, known)) is not None:
            meant.parked = True

    def _named(self, event: TenantNamed) -> None:
        for fate in self._fates(event.message):
            fate.tenant = event.tenant

    # -- handling -----------------------------------------------------------------------------------------

    def _handled(self, event: _Handled) -> None:
        match event:
            case BatchInvoked():
                self._delivered(event, event.invoke, Held(event.function, event.mapping, event.messages))
            case EventInvoked():
                self._delivered(event, event.event, Held(event.function, event.function, (event.event,)))
            case BatchResult():
                failed, named = {*event.failed, *event.named}, bool(event.named)
                self._believe(event, self._silent.judged(event.invoke, failed, event.rule, named=named))
            case EventAnswered():
                failed = set() if event.error is None else {event.event}
                self._believe(event, self._silent.judged(event.event, failed, None, named=False))
            case ContractLine():
                self._said(event)
            case LinesRepeated():
                self._repeats.note(event, self._held.get(event.invoke, NOTHING_HELD).consumer or None)
                for line in event.told_duplicates():
                    self._recognitions.said(line)

    def _delivered(self, event: Event, invoke: str, held: Held) -> None:
        self._recognitions.delivered(invoke)
        self._held[invoke] = held
        at, latest = moment(event.instant_us), None
        fates = self._batch.fates(held.messages, held.consumer)
        for fate in fates:
            if fate is not None:
                latest = fate.is_given(at, held.consumer, like=latest)
                if invoke not in fate.holders:
                    fate.holders = (*fate.holders, invoke)
                if held.function not in fate.given_to:
                    fate.given_to = self._ledger.together(fate.given_to, held.function)
                if held.function in self._speaking:
                    fate.looked = bool(fate.looked)
        counted = [fate for fate in fates if fate is not None]
        if len(counted) == len(fates):
            self._silent.begin(invoke, held.function, held.consumer, counted, held.messages)

    def _received(self, event: MessageReceived) -> None:
        """A handler that receives a message by itself has got it, as from a mapping."""
        if event.by.invoke is not None:
            for fate in self._fates(event.message):
                fate.is_given(moment(event.instant_us), fate.consumer)

    def _batch_of(self, invoke: str) -> tuple[str, int] | None:
        held = self._held.get(invoke)
        return None if held is None else (held.consumer, len(held.messages))

    def _believe(self, event: Event, judgements: Iterable[Judgement | None]) -> None:
        """Take messages of functions that say nothing for processed."""
        now = moment(event.instant_us)
        for judgement in judgements:
            if judgement is not None:
                at_seconds = now if judgement.at_seconds is None else judgement.at_seconds
                self._is_processed(judgement.fate, judgement.consumer, judgement.evidence, at_seconds)

    def _said(self, event: ContractLine) -> None:
        self._recognitions.said(event)
        consumer = self._held.get(event.invoke or "", NOTHING_HELD).consumer or None
        fate = self._fate(event.message, consumer)
        if fate is not None and event.business_id and fate.business_id != event.business_id:
            fate.business_id = event.business_id
        if event.is_of_a_delivery:
            self._ledger.functions.setdefault(event.function, FunctionEvidence("contract"))
            if fate is not None:
                fate.looked = True
        if event.event == "processed":
            self._worked(event, event.function, consumer, fate, event.business_id)
        elif event.event == "duplicate" and fate is not None:
            self._duplicates.append(fate)

    def _worked(
        self, event: Event, function: str, consumer: str | None, fate: Fate | None, business_id: str | None
    ) -> None:
        """Work was done: for a message, or for a caller who waits and has none."""
        if fate is not None:
            consumer = consumer or fate.consumer
            # By now it is the fate's own: one text is kept of each.
            self._works.count(function, consumer, fate.business_id)
            fate.effects = (fate.effects or 0) + 1
            self._is_processed(fate, consumer, "contract", moment(event.instant_us))
        elif business_id:
            self._works.count(function, None, business_id)

    def _is_processed(self, fate: Fate, consumer: str | None, evidence: ProcessedBy, at_seconds: float) -> None:
        fate.is_processed(evidence)
        if evidence in ("contract", "effect"):
            self._finished.add(fate.business_id)
        if fate.processed_at is None:
            fate.processed_at = at_seconds
            fate.processed_by = consumer or fate.consumer
            self._check_order(fate)

    def _check_order(self, fate: Fate) -> None:
        """A message whose work is done for the first time should not come after a later one of its group.

        Work that is repeated, as all of a batch is that is delivered again, counts as duplicated, not as out of order.
        """
        if fate.group is not None:
            line = (fate.meant_for, fate.group)
            latest = self._processed_up_to.get(line, -1)
            fate.out_of_order = fate.position < latest
            self._processed_up_to[line] = max(latest, fate.position)

    def _invoked(self, event: _Invoked) -> None:
        match event:
            case InvokeStarted():
                self._ledger.invocations += 1
                if event.by.kind in ("api", "workload"):
                    self._waited_for.add(event.function)
            case InvokeRefused():
                self._ledger.throttled += event.throttled
            case ApiCallRefused():
                self._recognitions.refused(event)
            case InvokeEnded():
                self._ledger.failed += event.error is not None
                self._ledger.timed_out += event.timed_out
                self._recognitions.ended(event)
                self._believe(event, self._silent.ended(event))
                held = self._held.get(event.invoke, NOTHING_HELD)
                for fate in self._batch.fates(held.messages, held.consumer):
                    if fate is not None:
                        fate.holders = tuple(holder for holder in fate.holders if holder != event.invoke)

    def _deleted_by(self, event: MessageDeleted | DeleteIgnored, fate: Fate) -> None:
        """A function deleted a message itself."""
        at_seconds = moment(event.instant_us)
        self._believe(event, [self._silent.deleted(event.by.name, event.by.invoke, fate, at_seconds, event.queue)])
