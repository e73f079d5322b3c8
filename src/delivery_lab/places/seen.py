"""From what was seen of a run in a real place to a run that results are read from."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from delivery_lab.errors import NotModelledError
from delivery_lab.events import (
    Actor,
    BatchInvoked,
    ContractLine,
    Event,
    EventInvoked,
    FeedConfigured,
    FeedDeadLettered,
    FeederAccepted,
    FeedHandedOn,
    FeedHandedOnAgain,
    InvokeEnded,
    InvokeStarted,
    Journal,
    LogLine,
    MessageDeadLettered,
    MessageDeleted,
    MessageReceived,
    MessageReturned,
    MessageSent,
    PipeHandedOn,
    RequestAnswered,
    Run,
)
from delivery_lab.live.clock import RealClock
from delivery_lab.live.errors import place_error
from delivery_lab.live.functions import NO_ENVIRONMENT, RealFunctions
from delivery_lab.live.queues import RealQueue
from delivery_lab.places.known import KnownStack
from delivery_lab.places.logs import LoggedInvoke, read_log
from delivery_lab.places.senders import with_senders
from delivery_lab.rule_ids import RuleId
from delivery_lab.simulation.log_contract import contract_line
from delivery_lab.simulation.message_sources import destinations_of, polled_of, sources_of

_API = "api"


def seen_run(
    known: KnownStack,
    journal: Journal,
    queues: Mapping[str, RealQueue],
    functions: RealFunctions,
    logs: Any,
    lambdas: Any,
    clock: RealClock,
    *,
    seed: int,
    took_seconds: float,
    notes: tuple[str, ...],
) -> Run:
    """Read logs and queues at the end of a run, and put everything in order.

    Args:
        known: the stack and the workload.
        journal: what pollers and senders wrote down.
        queues: the queues, by name.
        functions: the functions, as they were invoked.
        logs: boto3's client of CloudWatch Logs.
        lambdas: boto3's client of Lambda.
        clock: turns times into instants.
        seed: the run's seed.
        took_seconds: how long it took.
        notes: what a reader should know.

    Raises:
        PlaceError: something cannot be read.
        NotModelledError: a message was put aside, and which one it stands for cannot be told.
    """
    depths = dict(_depths(queues))
    _read_dead_letters(known, journal, queues)
    seen = _Seen(journal, functions)
    for function in known.stack.functions:
        physical = known.physical_name(function)
        group = log_group(lambdas, physical)
        found = read_log(logs, group, function.label, clock)
        seen.take(found.lines, found.invokes)
    for queue in queues.values():
        if depths[queue.name] == 0:
            seen.take_vanished(queue)
    events = tuple(seen.events())
    _refuse_unknown_parking(known, events, queues)
    return run_of(
        known,
        events,
        place="local",
        seed=seed,
        took_seconds=took_seconds,
        rules=journal.rules,
        logs=tuple(seen.others),
        notes=notes,
        depths=depths,
    )


def _refuse_unknown_parking(known: KnownStack, events: Iterable[Event], queues: Mapping[str, RealQueue]) -> None:
    """Refuse a run in which a function put a message aside that nothing tells which one it stands for."""
    parking = known.deployment.parking_queues
    sent = (event for event in events if isinstance(event, MessageSent) and event.queue in parking)
    for event in sent:
        if event.invoke is None and event.message in queues[event.queue].found:
            raise NotModelledError(
                f"{known.stack.name}: a function put {event.message} into {event.queue}, and neither its body nor its "
                "message attributes say which message it stands for\n"
                "  nearest: the message id in an attribute, or --on simulation"
            )


def run_of(
    known: KnownStack,
    events: tuple[Event, ...],
    *,
    place: str,
    seed: int,
    took_seconds: float,
    rules: tuple[RuleId, ...],
    logs: tuple[LogLine, ...],
    notes: tuple[str, ...],
    depths: Mapping[str, int],
) -> Run:
    """A run that results are read from.

    Args:
        known: the stack and the workload.
        events: what happened, in order.
        place: where.
        seed: the run's seed.
        took_seconds: how long it took.
        rules: ids of the rules that pollers relied on.
        logs: lines that are not of the log contract.
        notes: what a reader should know.
        depths: how many messages each queue held at the end.
    """
    account, workload, stack = known.account, known.workload, known.stack
    parking = known.deployment.parking_queues
    redriven = {q.dead_letter_queue.name for q in account.queues.values() if q.dead_letter_queue is not None}
    ends = frozenset(redriven | destinations_of(account))
    return Run(
        stack=stack.name,
        place=place,
        workload=workload.name,
        poison=workload.mark_of_poison,
        effect=None if workload.effect is None else workload.effect.mark(stack, workload.origin),
        seed=seed,
        virtual_seconds=took_seconds,
        events=events,
        rules=rules,
        trace_hash="",
        sources=sources_of(account, stack, workload, ends | parking),
        dead_letter_queues=ends,
        logs=logs,
        notes=(*known.deployment.notes, *notes),
        parking_queues=parking,
        polled=tuple(polled_of(account)),
        assumptions=account.assumptions,
        account_concurrency=workload.account.concurrency,
        functions={function.label: "executed" for function in stack.functions},
        depths=dict(depths),
    )


def _depths(queues: Mapping[str, RealQueue]) -> Iterator[tuple[str, int]]:
    for name, queue in queues.items():
        yield name, sum(queue.counts())


def log_group(client: Any, physical: str) -> str:
    """The log group of a function.

    Args:
        client: boto3's client of Lambda.
        physical: name of the function in AWS.

    Raises:
        PlaceError: it is not there.
    """
    try:
        configuration = client.get_function_configuration(FunctionName=physical)
    except (BotoCoreError, ClientError) as error:
        raise place_error(f"GetFunctionConfiguration of {physical}", error) from error
    return str((configuration.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{physical}")


def _read_dead_letters(known: KnownStack, journal: Journal, queues: Mapping[str, RealQueue]) -> None:
    """Read what lies in the queues at the end: what was moved to a dead-letter queue, and what nobody has read."""
    account = known.account
    sources = {
        queue.dead_letter_queue.name: queues[name]
        for name, queue in account.queues.items()
        if queue.dead_letter_queue is not None
    }
    for name, queue in queues.items():
        source = sources.get(name)
        for found in queue.take_all():
            message_id = found["MessageId"]
            moved = source.messages.get(message_id) if source is not None else None
            if moved is None and source is not None and "DeadLetterQueueSourceArn" in found["Attributes"]:
                moved = source.seen(found)  # it was never received here: its receives are not known
            if moved is None or source is None:
                queue.seen(found)
                continue
            # It was moved by the first receive after its last visibility timeout; nobody saw that receive.
            source.gone.add(message_id)
            journal.append(MessageDeadLettered(moved.visible_at, "SQS-DLQ-1", source.name, message_id, name))


@dataclass(slots=True)
class _Seen:
    """Puts together what pollers, senders, logs and queues say.

    Attributes:
        journal: what pollers and senders wrote down.
        functions: the functions, as they were invoked.
        others: lines that are not of the log contract.
    """

    journal: Journal
    functions: RealFunctions
    others: list[LogLine] = field(default_factory=list)
    _found: list[Event] = field(default_factory=list)

    def take(self, lines: Iterable[LogLine], invokes: Iterable[LoggedInvoke]) -> None:
        """Take the log of a function. Invokes that nobody here made are those of an API."""
        names = self.functions.known_as
        for invoke in invokes:
            if invoke.request_id not in names:
                by = Actor("api", _API)
                start, end = max(0, invoke.started), invoke.ended
                self._found.append(InvokeStarted(start, None, invoke.function, invoke.request_id, NO_ENVIRONMENT, by))
                self._found.append(InvokeEnded(end, None, invoke.function, invoke.request_id, NO_ENVIRONMENT, None))
        for line in lines:
            known_as = names.get(line.request_id or "", line.request_id)
            line = replace(line, request_id=known_as)
            told = contract_line(line)
            if told is None:
                self.others.append(line)
            else:
                # The message of an asynchronous invoke is its event, which functions know by the id of the invoke.
                self._found.append(replace(told, message=names.get(told.message or "", told.message)))

    def take_vanished(self, queue: RealQueue) -> None:
        """Take messages that are in no queue any more, and that no poller deleted: the code that had them did.

        Args:
            queue: a queue that is empty at the end of the run.
        """
        held: dict[str, BatchInvoked] = {}
        ended: dict[str, int] = {}
        for event in self.journal.events:
            if isinstance(event, BatchInvoked):
                held |= dict.fromkeys(event.messages, event)
            elif isinstance(event, InvokeEnded):
                ended[event.invoke] = event.instant_us
        done = {
            (event.invoke, event.message): event.instant_us
            for event in self._found
            if isinstance(event, ContractLine) and event.event == "processed"
        }
        for message in queue.messages.keys() - queue.gone & held.keys():
            batch = held[message]
            at = done.get((batch.invoke, message), ended.get(batch.invoke, batch.instant_us))
            by = Actor("function", batch.function, batch.invoke)
            self._found.append(MessageDeleted(at, None, queue.name, message, by))

    def events(self) -> list[Event]:
        """Everything in the order in which it happened."""
        found = [*map(self._dated, self.journal.events), *self._found]
        kept = [event for event in found if not self._taken_back(event)]
        kept.sort(key=_order)
        return list(numbered(with_senders(kept)))

    def _dated(self, event: Event) -> Event:
        """A batch was handed over when its invoke was asked for, not when it was known to be accepted."""
        if isinstance(event, BatchInvoked):
            return replace(event, instant_us=self.functions.asked_at.get(event.invoke, event.instant_us))
        return event

    def _taken_back(self, event: Event) -> bool:
        if isinstance(event, EventInvoked):
            return (event.event, event.instant_us) in self.functions.refused
        return (
            isinstance(event, (BatchInvoked, InvokeStarted))
            and (event.invoke, event.instant_us) in self.functions.refused
        )


def in_order(events: Iterable[Event]) -> tuple[Event, ...]:
    """Events in the order in which they happened, with numbers of execution environments."""
    return tuple(numbered(sorted(events, key=_order)))


def numbered(events: Iterable[Event]) -> Iterator[Event]:
    """Give each invoke the number of an execution environment: which it had is not seen, but no two at once had one.

    Args:
        events: events in their order.
    """
    free: defaultdict[str, list[int]] = defaultdict(list)
    most: Counter[str] = Counter()
    of_invoke: defaultdict[str, list[int]] = defaultdict(list)  # two deliveries of one event share an id (ASY-ONCE-1)
    for event in events:
        if isinstance(event, InvokeStarted):
            if not free[event.function]:
                most[event.function] += 1
                free[event.function].append(most[event.function])
            environment = free[event.function].pop()
            of_invoke[event.invoke].append(environment)
            yield replace(event, environment=environment)
        elif isinstance(event, InvokeEnded) and of_invoke[event.invoke]:
            environment = of_invoke[event.invoke].pop(0)
            free[event.function].append(environment)
            yield replace(event, environment=environment)
        else:
            yield event


_RANK: Mapping[type, int] = {
    FeedConfigured: -3,
    FeederAccepted: -2,
    # A feed says which message it makes before that is sent.
    FeedHandedOn: -1,
    FeedHandedOnAgain: -1,
    FeedDeadLettered: -1,
    PipeHandedOn: -1,
    MessageSent: 0,
    MessageReturned: 1,
    MessageReceived: 2,
    # An end and the start that follows it may share an instant: they keep the order in which they were written down.
    InvokeStarted: 3,
    InvokeEnded: 3,
    BatchInvoked: 4,
    ContractLine: 5,
    RequestAnswered: 9,
}
_IN_ORDER = 6
"""What is left keeps the order in which it was written down."""


def _order(event: Event) -> tuple[int, int]:
    """By instant; within one, what leads to something comes before it."""
    return event.instant_us, _RANK.get(type(event), _IN_ORDER)
