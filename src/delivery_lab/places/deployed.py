"""A run of a stack that is deployed: the workload is sent, and everything else is read until nothing moves any more.

Reads: GetCallerIdentity, GetQueueAttributes, GetFunctionConfiguration, ListEventSourceMappings, FilterLogEvents,
GetMetricStatistics. Sends: SendMessageBatch to the queues of the workload. Nothing is received, deleted or changed.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from delivery_lab.errors import NotModelledError, UsageError
from delivery_lab.events import Event, Journal, Run
from delivery_lab.live.aws import Aws
from delivery_lab.live.clock import RealClock, RealTimeScheduler
from delivery_lab.live.errors import PlaceError, place_error
from delivery_lab.live.queues import RealQueue
from delivery_lab.model.clock import in_seconds, seconds
from delivery_lab.model.configuration import note_configuration
from delivery_lab.places.followed import FollowedQueue, Following
from delivery_lab.places.known import KnownStack
from delivery_lab.places.logs import FunctionLog, read_log
from delivery_lab.places.seen import in_order, log_group, run_of
from delivery_lab.places.sending import RealSender
from delivery_lab.stack.functions import Function

_MARGIN_SECONDS = 5.0
_METRIC_PERIOD_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a run waits for what AWS says late.

    Attributes:
        look_seconds: time between two looks at queues, and at logs.
        settled_seconds: for so long queues have to be empty. Their counts are right a minute after the last send.
        late_seconds: for so long log lines are waited for that are missing.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
    """

    look_seconds: float = 5.0
    settled_seconds: float = 60.0
    late_seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class DeployedRun:
    """A run, and what it cannot tell.

    Attributes:
        run: what was seen.
        unknown: figures that are not known, with the reason.
    """

    run: Run
    unknown: dict[str, str]


def check_followable(known: KnownStack) -> None:
    """Refuse what cannot be followed in somebody's account.

    Raises:
        NotModelledError: the workload sends to something else than queues that a mapping of the stack reads, or has
            faults.
    """
    if known.faults:
        raise NotModelledError(
            f"{known.workload.origin}: --on aws injects no faults: functions are invoked by AWS\n"
            "  nearest: --on simulation, or a workload without"
        )
    read = {mapping.queue.name for mapping in known.account.mappings.values()}
    for arrival in known.arrivals:
        if arrival.target != "queue" or arrival.name not in read:
            what = arrival.name or "an API"
            raise NotModelledError(
                f"{known.workload.origin}: --on aws sends to queues that a mapping of the stack reads, and {what} is "
                f"none (read: {', '.join(sorted(read)) or 'none'})\n  nearest: --on simulation, or --on local"
            )


def planned(known: KnownStack) -> Iterator[str]:
    """The calls of a run, in words: what is asked, and of what."""
    yield "sts:GetCallerIdentity"
    for queue in known.account.queues.values():
        yield f"sqs:GetQueueAttributes {queue.url} (until nothing moves)"
    for function in known.stack.functions:
        name = known.physical_name(function)
        yield f"lambda:GetFunctionConfiguration {name}"
        yield f"logs:FilterLogEvents of {name}"
        yield f"cloudwatch:GetMetricStatistics Throttles of {name}"
    for mapping in known.account.mappings.values():
        yield f"lambda:ListEventSourceMappings {mapping.queue.arn}"
    sent = Counter(arrival.name for arrival in known.arrivals)
    for name, count in sent.items():
        yield f"SENDS sqs:SendMessageBatch {known.account.queues[name].url}: {count} messages"


class Follower:
    """Sends to a deployed stack and follows what becomes of it.

    Args:
        aws: the account and region.
        known: the stack and the workload.
        seed: the run's seed.
        patience: how long to wait.
        wait: waits for some seconds.
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
    ) -> None:
        self._aws, self._known, self._seed = aws, known, seed
        self._patience, self._wait = patience, wait
        ahead_seconds = aws.check_identity() if clock is None else 0.0
        self._clock = RealClock() if clock is None else clock
        if clock is None:
            self._clock.epoch_ahead(ahead_seconds)
        self._journal = Journal()
        self._notes = [f"the clock of AWS is {ahead_seconds:.0f} s ahead of this machine's"] if ahead_seconds else []
        self._use(RealTimeScheduler(self._clock))
        self._groups = {
            function.label: log_group(aws.client("lambda"), known.physical_name(function))
            for function in known.stack.functions
        }
        self._before = self._depths()
        self._check_mappings()

    def _use(self, scheduler: RealTimeScheduler) -> None:
        self._scheduler = scheduler
        self._queues = {
            name: RealQueue.of(queue, self._aws.client("sqs"), scheduler, self._journal)
            for name, queue in self._known.account.queues.items()
        }

    def _depths(self) -> dict[str, int]:
        return {name: sum(queue.counts()) for name, queue in self._queues.items()}

    def _check_mappings(self) -> None:
        for mapping in self._known.account.mappings.values():
            name, held = mapping.config.name, self._before[mapping.queue.name]
            if held:
                raise UsageError(
                    f"{mapping.queue.name} holds {held} messages already: what becomes of them could not be told from "
                    "what becomes of the workload's\n  fix: wait until it is empty"
                )
            states = [one["State"] for one in self._mappings_of(mapping.queue.name, mapping.queue.arn)]
            if not any(state in ("Enabled", "Enabling", "Updating") for state in states):
                raise PlaceError(
                    f"{name} does not poll {mapping.queue.name} (its state: {', '.join(states) or 'it is gone'})\n"
                    "  fix: enable it, or deploy the stack"
                )

    def _mappings_of(self, name: str, arn: str) -> Iterator[dict[str, Any]]:
        """All mappings of a source, whatever page they are on."""
        page: dict[str, str] = {}
        while True:
            try:
                answer = self._aws.client("lambda").list_event_source_mappings(EventSourceArn=arn, **page)
            except (BotoCoreError, ClientError) as error:
                raise place_error(f"ListEventSourceMappings of {name}", error) from error
            yield from answer["EventSourceMappings"]
            if not answer.get("NextMarker"):
                return
            page = {"Marker": answer["NextMarker"]}

    # -- running ------------------------------------------------------------------------------------------

    def run(self, longest_seconds: float) -> DeployedRun:
        """Send, follow, and read.

        Args:
            longest_seconds: a run that is not drained by then ends.
        """
        self._clock.begin()
        self._use(RealTimeScheduler(self._clock))  # time began for the first one with the checks
        self._note_configuration()
        sender = RealSender(self._queues, {}, {}, {}, {"sqs": self._aws.client("sqs")}, self._scheduler, self._journal)
        sender.schedule(self._known.arrivals)
        try:
            drained = self._scheduler.run_until(self._settled(sender), seconds(longest_seconds))
        finally:
            sender.close()
        if not drained:
            self._notes.append(f"not drained after {longest_seconds:g} s: the run was ended")
        ended_at = self._clock.now()
        after, logs = self._depths(), self._read_logs()
        following = Following(ended_at)
        events = [*self._journal.events, *self._events(following, after, logs)]
        return DeployedRun(self._run(in_order(events), following, after, ended_at), following.unknown)

    def _note_configuration(self) -> None:
        account = self._known.account
        note_configuration(self._journal, account.queues.values(), account.functions, account.mappings.values(), 0)

    def _settled(self, sender: RealSender) -> Callable[[], bool]:
        """Whether everything is sent, and the queues that are read were empty for long enough."""
        looked: list[float] = [0.0]
        empty_since: list[float | None] = [None]
        read = [self._queues[mapping.queue.name] for mapping in self._known.account.mappings.values()]

        def over() -> bool:
            now = time.monotonic()
            if now - looked[0] < self._patience.look_seconds:
                return False
            looked[0] = now
            if sender.pending or any(sum(queue.counts()) for queue in read):
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
            logs = {function.label: self._read_log(function) for function in self._known.stack.functions}
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

    def _read_log(self, function: Function) -> FunctionLog:
        since_ms = int((self._clock.epoch - _MARGIN_SECONDS) * 1000)
        return read_log(self._aws.client("logs"), self._groups[function.label], function.label, self._clock, since_ms)

    def _throttles(self, function: Function) -> int:
        """How often Lambda refused to invoke a function, by its metric: of whole minutes, so of others' invokes too."""
        epoch = self._clock.epoch
        try:
            answer: dict[str, Any] = self._aws.client("cloudwatch").get_metric_statistics(
                Namespace="AWS/Lambda",
                MetricName="Throttles",
                Dimensions=[{"Name": "FunctionName", "Value": self._known.physical_name(function)}],
                StartTime=datetime.fromtimestamp(epoch - _METRIC_PERIOD_SECONDS, UTC),
                EndTime=datetime.fromtimestamp(epoch + in_seconds(self._clock.now()) + _METRIC_PERIOD_SECONDS, UTC),
                Period=_METRIC_PERIOD_SECONDS,
                Statistics=["Sum"],
            )
        except (BotoCoreError, ClientError) as error:
            raise place_error(f"GetMetricStatistics of {function.label}", error) from error
        return int(sum(point["Sum"] for point in answer["Datapoints"]))

    def _events(self, following: Following, after: dict[str, int], logs: dict[str, FunctionLog]) -> Iterator[Event]:
        followed = list(self._followed(after))
        read = {one.function: one for one in followed}
        for function in self._known.stack.functions:
            log = logs[function.label]
            yield from following.of_function(function.label, log, self._throttles(function), read.get(function.label))
        for one in followed:
            yield from following.of_queue(one)

    def _followed(self, after: dict[str, int]) -> Iterator[FollowedQueue]:
        for mapping in self._known.account.mappings.values():
            queue = self._known.account.queues[mapping.queue.name]
            dead = None if queue.dead_letter_queue is None else queue.dead_letter_queue.name
            grown = 0 if dead is None else max(0, after[dead] - self._before[dead])
            config = mapping.config
            yield FollowedQueue(self._queues[queue.name], config.name, config.function, dead, after[queue.name], grown)

    def _run(self, events: tuple[Event, ...], following: Following, after: dict[str, int], ended_at: int) -> Run:
        return run_of(
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
