"""A run of a stack that is deployed: the workload is sent, and everything else is read until nothing moves any more.

Reads: GetCallerIdentity, GetQueueAttributes, GetFunctionConfiguration, ListEventSourceMappings, FilterLogEvents,
GetMetricStatistics. Sends: SendMessageBatch, PutRecord, Invoke with `Event`, Publish, PutEvents, and PutObject or
DeleteObject, PutItem, and requests to APIs, to what the workload names. Nothing is received, and nothing else is
changed or deleted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from delivery_lab.errors import UsageError, WorkloadError
from delivery_lab.events import (
    Event,
    EventAccepted,
    FeederAccepted,
    Journal,
    MessageSent,
    RecordAppended,
    RequestAnswered,
    Run,
)
from delivery_lab.live.aws import Aws
from delivery_lab.live.clock import RealClock, RealTimeScheduler
from delivery_lab.live.errors import PlaceError
from delivery_lab.live.queues import RealQueue
from delivery_lab.model.clock import in_seconds, seconds
from delivery_lab.model.configuration import note_configuration
from delivery_lab.places.account_reader import AccountReader
from delivery_lab.places.feeders import FEEDERS, feeder_of
from delivery_lab.places.followable import readers_of
from delivery_lab.places.followed import FollowedQueue, Following
from delivery_lab.places.followed_feeds import FollowedFeeds
from delivery_lab.places.followed_requests import note_queued
from delivery_lab.places.known import KnownStack
from delivery_lab.places.logs import FunctionLog
from delivery_lab.places.seen import in_order, run_of
from delivery_lab.places.sending import RealSender, services_of
from delivery_lab.places.sent import Sent


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a run waits for what AWS says late.

    Attributes:
        look_seconds: time between two looks at queues, and at logs.
        settled_seconds: for so long queues have to be empty. Their counts are right a minute after the last send.
        late_seconds: for so long log lines are waited for that are missing.
        quiet_seconds: for so long nothing may be invoked before a stream is given up of which records were not done:
            three times the longest wait between two tries that is assumed (STR-RETRY-2).

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
    """

    look_seconds: float = 5.0
    settled_seconds: float = 60.0
    late_seconds: float = 120.0
    quiet_seconds: float = 180.0


@dataclass(frozen=True, slots=True)
class DeployedRun:
    """A run, and what it cannot tell.

    Attributes:
        run: what was seen.
        unknown: figures that are not known, with the reason.
    """

    run: Run
    unknown: dict[str, str]


class Follower:
    """Sends to a deployed stack and follows what becomes of it.

    Args:
        aws: the account and region.
        known: the stack and the workload.
        seed: the run's seed.
        patience: how long to wait.
        wait: waits for some seconds.
        apis: the address of each API, by name.
        clock: the clock of the place; by default this machine's, as far ahead as the answer of AWS says.

    Raises:
        PlaceError: something of the stack is not there, or cannot be read.
        UsageError: the credentials are none, or of another account; or messages are there already.
    """

    def __init__(
        self,
        aws: Aws,
        known: KnownStack,
        seed: int,
        patience: Patience,
        wait: Callable[[float], None] = time.sleep,
        clock: RealClock | None = None,
        apis: Mapping[str, str] | None = None,
    ) -> None:
        self._apis = apis or {}
        self._aws, self._known, self._seed = aws, known, seed
        self._patience, self._wait = patience, wait
        ahead_seconds = aws.check_identity() if clock is None else 0.0
        self._clock = RealClock() if clock is None else clock
        if clock is None:
            self._clock.epoch_ahead(ahead_seconds)
        self._journal = Journal()
        self._notes = [f"the clock of AWS is {ahead_seconds:.0f} s ahead of this machine's"] if ahead_seconds else []
        feeds = None
        if any(arrival.target in FEEDERS for arrival in known.arrivals):
            feeds = FollowedFeeds(known, seed, RealTimeScheduler(self._clock))
        self._sent = Sent(known, self._clock, self._journal, patience.quiet_seconds, feeds)
        self._use(RealTimeScheduler(self._clock))
        self._reader = AccountReader(aws, known, self._clock)
        self._before = self._depths()
        self._check_polled()

    def _use(self, scheduler: RealTimeScheduler) -> None:
        self._scheduler = scheduler
        self._queues = {
            name: RealQueue.of(queue, self._aws.client("sqs"), scheduler, self._journal)
            for name, queue in self._known.account.queues.items()
        }

    def _depths(self) -> dict[str, int]:
        return {name: sum(queue.counts()) for name, queue in self._queues.items()}

    def _check_polled(self) -> None:
        for mapping in self._known.account.mappings.values():
            name, held = mapping.queue.name, self._before[mapping.queue.name]
            if held:
                raise UsageError(
                    f"{name} holds {held} messages already: what becomes of them could not be told from "
                    "what becomes of the workload's\n  fix: wait until it is empty"
                )
            self._reader.check_polled(mapping.config.name, name, mapping.queue.arn)
        for reader in readers_of(self._known):
            # One that is still being enabled may begin behind what is sent.
            self._reader.check_polled(reader.config.name, reader.source.name, reader.source.arn, ("Enabled",))

    # -- running ------------------------------------------------------------------------------------------

    def run(self, longest_seconds: float) -> DeployedRun:
        """Send, follow, and read.

        Args:
            longest_seconds: a run that is not drained by then ends.
        """
        self._clock.begin()
        self._use(RealTimeScheduler(self._clock))  # time began for the first one with the checks
        self._note_configuration()
        sender = self._sender()
        sender.schedule(self._known.arrivals)
        try:
            drained = self._scheduler.run_until(self._settled(sender), seconds(longest_seconds))
        except (PlaceError, WorkloadError) as error:
            raise type(error)(f"{error}\n  {self._sent_so_far()} by then, and stay there") from error
        finally:
            sender.close()
        if not drained:
            self._notes.append(f"not drained after {longest_seconds:g} s: the run was ended")
        ended_at = self._clock.now()
        after, logs = self._depths(), self._read_logs()
        following = Following(ended_at)
        grown = {name: max(0, after[name] - self._before[name]) for name in after}
        self._sent.number(logs)
        if any(arrival.target == "http" for arrival in self._known.arrivals):
            answers = (event for event in self._journal.events if isinstance(event, RequestAnswered))
            answered = sum(event.status < 300 for event in answers)
            note_queued(self._known, logs, self._queues, answered, following)
        fed = list(self._fed(following, after, grown, logs))
        events = [*self._journal.events, *fed, *self._events(following, after, grown, logs)]
        return DeployedRun(self._run(in_order(events), following, after, ended_at), following.unknown)

    def _sent_so_far(self) -> str:
        kinds = (MessageSent, RecordAppended, EventAccepted, FeederAccepted, RequestAnswered)
        sent = sum(isinstance(event, kinds) for event in self._journal.events)
        sent += self._sent.tables.count + self._sent.tables.unchanged
        return f"{sent} of {len(self._known.arrivals)} were sent"

    def _sender(self) -> RealSender:
        known = self._known
        streams = {name: stream.physical_name for name, stream in known.account.streams_by_name.items()}
        sender = RealSender(
            self._queues,
            self._apis,
            streams,
            known.tables,
            {name: self._aws.client(name) for name in ("sqs", "lambda", *services_of(known.arrivals))},
            self._scheduler,
            self._journal,
        )
        sender.functions = {function.label: known.physical_name(function) for function in known.stack.functions}
        feeders = (
            (arrival, feeder_of(known.account, arrival)) for arrival in known.arrivals if arrival.target in FEEDERS
        )
        sender.feeders = {(arrival.target, arrival.name): feeder for arrival, feeder in feeders}
        sender.accepted = self._sent.accepted
        return sender

    def _note_configuration(self) -> None:
        account = self._known.account
        note_configuration(
            self._journal,
            account.queues.values(),
            account.functions,
            (*account.mappings.values(), *readers_of(self._known)),
            0,
        )
        for event in self._sent.configured():
            self._journal.append(event)

    def _settled(self, sender: RealSender) -> Callable[[], bool]:
        """Whether everything is sent and has ended, and the queues that are read were empty for long enough."""
        looked: list[float] = [0.0]
        empty_since: list[float | None] = [None]
        read = [self._queues[mapping.queue.name] for mapping in self._known.account.mappings.values()]

        def over() -> bool:
            now = time.monotonic()
            if now - looked[0] < self._patience.look_seconds:
                return False
            looked[0] = now
            if sender.pending or any(sum(queue.counts()) for queue in read) or not self._sent.have_ended(self._reader):
                empty_since[0] = None
                return False
            since = empty_since[0] = now if empty_since[0] is None else empty_since[0]
            return now - since >= self._patience.settled_seconds

        return over

    # -- reading ------------------------------------------------------------------------------------------

    def _read_logs(self) -> dict[str, FunctionLog]:
        """Read all logs, again while invokes have not ended in them or lines still come, but not for ever."""
        waited, before = 0.0, -1
        while True:
            logs = self._reader.logs()
            lines = sum(len(log.lines) + len(log.invokes) for log in logs.values())
            whole = not any(log.unfinished for log in logs.values())
            if whole and lines == before:
                return logs
            if waited >= self._patience.late_seconds:
                self._notes.append(f"log lines were missing or still came after {waited:g} s: figures may be low")
                return logs
            before = lines
            self._wait(self._patience.look_seconds)
            waited += self._patience.look_seconds

    def _fed(
        self, following: Following, after: dict[str, int], grown: dict[str, int], logs: dict[str, FunctionLog]
    ) -> Iterator[Event]:
        feeds = self._sent.feeds
        if feeds is not None:
            yield from feeds.recognise(logs, self._queues)
            depths = {name: (after[name], grown[name]) for name in after}
            yield from feeds.place(self._queues, depths, self._sent.takers, following)

    def _events(
        self, following: Following, after: dict[str, int], grown: dict[str, int], logs: dict[str, FunctionLog]
    ) -> Iterator[Event]:
        queues = list(self._followed(after, grown))
        streams = self._sent.streams(grown)
        for function in self._known.stack.functions:
            label = function.label
            throttles, events = self._reader.throttles(function), self._sent.events.get(label)
            yield from following.of_function(label, logs[label], throttles, [*queues, *streams], events)
            following.check_errors(logs[label], self._reader.errors(function), events)
        for queue in queues:
            yield from following.of_queue(queue)
        for stream in streams:
            yield from stream.ended(following, following.ended_at)
        own = self._sent.own(grown)
        for function in self._known.stack.functions:
            if (sent := self._sent.events.get(function.label)) is not None:
                dropped = self._reader.dropped(function)
                yield from sent.ended(logs[function.label].invokes, following.ended_at, own, dropped, following)
        self._notes.extend(self._sent.notes(self._reader))

    def _followed(self, after: dict[str, int], grown: dict[str, int]) -> Iterator[FollowedQueue]:
        takers = self._sent.takers
        for mapping in self._known.account.mappings.values():
            queue, config = self._known.account.queues[mapping.queue.name], mapping.config
            dead = None if queue.dead_letter_queue is None else queue.dead_letter_queue.name
            grew, shared = (0, False) if dead is None else (grown[dead], takers[dead] > 1)
            real, left = self._queues[queue.name], after[queue.name]
            yield FollowedQueue(real, config.name, config.function, dead, left, grew, shared)

    def _run(self, events: tuple[Event, ...], following: Following, after: dict[str, int], ended_at: int) -> Run:
        run = run_of(
            self._known,
            events,
            place="aws",
            seed=self._seed,
            took_seconds=in_seconds(ended_at),
            rules=self._journal.rules,
            logs=tuple(following.others),
            notes=tuple(self._notes),
            depths=after,
        )
        return replace(run, polled=tuple(map(self._sent.as_seen, run.polled)))
