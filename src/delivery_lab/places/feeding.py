"""Topics of SNS, buckets, event buses and pipes in a real place: the model's, in real time, before real queues.

The emulator's would filter, retry and dead-letter in their own way, and nothing of it could be seen from outside. What
is real are the queues that get the messages, and the objects that functions read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from delivery_lab.errors import NotModelledError
from delivery_lab.events import (
    FeedDeadLettered,
    FeedDiscarded,
    FeedHandedOn,
    FeedRepeated,
    FeedRetryScheduled,
    Journal,
    TargetKind,
)
from delivery_lab.live.clock import RealTimeScheduler
from delivery_lab.live.errors import place_error
from delivery_lab.live.queues import RealQueue
from delivery_lab.model.account import Account
from delivery_lab.model.clock import seconds
from delivery_lab.model.faults import Faults
from delivery_lab.model.feeds.targets import Announce, FeedTarget, Parcel, QueueTarget
from delivery_lab.model.mapping.invoker import Invoker
from delivery_lab.model.pipes.stage import TargetStage
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.places.feeders import change_object
from delivery_lab.places.known import FED, KnownStack, modelled, stages_of
from delivery_lab.simulation.deployment import Deployment
from delivery_lab.simulation.gateways import function_urls
from delivery_lab.simulation.send_lines import Arrival
from delivery_lab.simulation.sending import Sender

_TOLD = (FeedDeadLettered, FeedDiscarded, FeedHandedOn, FeedRepeated)
"""What ends the tries of a feed."""


@dataclass(slots=True)
class RealQueueTarget:
    """A queue that is somewhere else.

    Attributes:
        known: the queue as the model knows it: who may send to it, and what it takes.
        queue: the queue.
        scheduler: the run's clock.
    """

    known: QueueTarget
    queue: RealQueue
    scheduler: RealTimeScheduler
    kind: TargetKind = "queue"

    @property
    def name(self) -> str:
        """Name of the queue."""
        return self.queue.name

    def accept(self, parcel: Parcel, announce: Announce, repeated: Callable[[], None]) -> None:
        """See `FeedTarget.accept`.

        Raises:
            AwsError: the queue does not take it.
            PlaceError: it does not answer.
        """
        message = self.queue.put(self.known.admitted(parcel))
        if message in self.queue.messages:
            repeated()
            return
        announce(message)
        now, attributes = self.scheduler.now, parcel.attributes
        self.queue.sent(message, parcel.body, now, group=parcel.group, attributes=attributes)


@dataclass(slots=True)
class RealFeeds:
    """What hands messages on, and what the workload gives to it.

    Attributes:
        account: the account of the model that it is part of; nothing else moves there.
        queues: the queues of the stack, by name.
        s3: boto3's client of S3, None where there are no buckets.
        scheduler: the run's clock.
        journal: where events are written.
        stages: what pipes hand their batches to, by the name of the pipe; who polls for them is made elsewhere.
        pending: what the workload has not given yet.
    """

    account: Account
    queues: Mapping[str, RealQueue]
    s3: Any
    scheduler: RealTimeScheduler
    journal: Journal
    stages: Mapping[str, Invoker] = field(default_factory=dict)
    pending: int = 0
    _retried: set[tuple[str, str]] = field(default_factory=set)
    _put: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.journal.listen(FeedRetryScheduled, lambda told: self._retried.add((told.feed, told.message)))
        for kind in _TOLD:
            self.journal.listen(kind, lambda told: self._retried.discard((told.feed, told.message)))

    @property
    def is_idle(self) -> bool:
        """Whether everything was given, and nothing is to be tried again."""
        return not self.pending and not self._retried

    def start(self) -> None:
        """Note how feeds are configured; S3 tries the queues that its buckets tell (S3-TEST-1)."""
        for feed in self.account.feeds:
            feed.note_configuration()
        for bucket in self.account.buckets.values():
            bucket.try_destinations()

    def schedule(self, sender: Sender, arrivals: list[Arrival]) -> None:
        """Have the workload given when it is due; objects are in their buckets by then."""
        names = {bucket.name: name for name, bucket in self.account.buckets.items()}
        for arrival in arrivals:
            at = seconds(arrival.at_seconds)
            self.pending += 1
            if arrival.target == "s3":
                self.scheduler.at(at, self._change, names[arrival.name], arrival)
            sender.schedule([arrival])
            self.scheduler.at(at, self._given)

    def _given(self) -> None:
        self.pending -= 1

    def _change(self, bucket: str, arrival: Arrival) -> None:
        self._put.setdefault(bucket, set()).add(arrival.key)
        try:
            change_object(self.s3, bucket, arrival)
        except (BotoCoreError, ClientError) as error:
            raise place_error(f"changing {arrival.key} of {bucket}", error) from error
        self.scheduler.catch_up()

    def check(self) -> None:
        """Refuse a run in which functions gave something to feeds themselves: the emulator's handed it on.

        Raises:
            NotModelledError: they did.
            PlaceError: a bucket cannot be listed.
        """
        fed = {feed.target.name for feed in self.account.feeds}
        fed |= {stage.target.name for stage in stages_of(self.account).values() if isinstance(stage, TargetStage)}
        for name in sorted(fed & self.queues.keys()):
            if self.queues[name].found:
                raise NotModelledError(
                    f"{name} got {len(self.queues[name].found)} messages that a function sent or published: beside "
                    "what the lab's topics, buckets and buses hand on, the emulator's did\n  nearest: --on simulation"
                )
        for bucket in self.account.buckets:
            if others := self._keys(bucket) - self._put.get(bucket, set()):
                raise NotModelledError(
                    f"{bucket} has {min(others)}, which a function put there: of it nobody was told\n"
                    "  nearest: --on simulation"
                )

    def _keys(self, bucket: str) -> set[str]:
        try:
            pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
            return {found["Key"] for page in pages for found in page.get("Contents", [])}
        except (BotoCoreError, ClientError) as error:
            raise place_error(f"ListObjectsV2 of {bucket}", error) from error


def feeds_of(
    known: KnownStack,
    queues: Mapping[str, RealQueue],
    faults: Faults,
    client: Callable[[str], Any],
    seed: int,
    scheduler: RealTimeScheduler,
    journal: Journal,
) -> RealFeeds:
    """The topics, buckets and buses of a stack in real time, with what the workload gives to them.

    Args:
        known: the stack and the workload.
        queues: its queues, by name.
        faults: the faults of the run.
        client: gives boto3's client of a service.
        seed: draws what they leave to chance.
        scheduler: the run's clock.
        journal: where events are written.

    Raises:
        LabError: the simulation would refuse the stack.
    """

    def real(target: QueueTarget) -> FeedTarget:
        return RealQueueTarget(target, queues[target.name], scheduler)

    account, deployment = fed_account(known, real, seed, scheduler, journal)
    account.faults = account.functions.faults = faults
    s3 = client("s3") if account.buckets else None
    stages = {
        name: replace(stage, target=_with(real, stage.target))
        for name, stage in stages_of(account).items()
        if isinstance(stage, TargetStage)
    }
    feeds = RealFeeds(account, queues, s3, scheduler, journal, stages)
    sender = Sender(
        account,
        deployment.sources,
        known.tables,
        refused_apis=deployment.refused_apis,
        function_urls=function_urls(known.stack),
        stack=known.stack.name,
        origin=known.workload.origin,
        scheduler=scheduler,
        journal=journal,
    )
    feeds.schedule(sender, [arrival for arrival in known.arrivals if arrival.target in FED])
    return feeds


def fed_account(
    known: KnownStack,
    queue_of: Callable[[QueueTarget], FeedTarget],
    seed: int,
    scheduler: RealTimeScheduler,
    journal: Journal,
) -> tuple[Account, Deployment]:
    """An account of the model whose feeds hand on in real time, to queues that are somewhere else.

    Args:
        known: the stack and the workload.
        queue_of: what stands for a queue; topics, buses and what is refused stay what they are.
        seed: draws what feeds leave to chance.
        scheduler: the run's clock.
        journal: where the feeds write events.

    Raises:
        LabError: the simulation would refuse the stack.
    """
    account, deployment = modelled(
        known.stack,
        known.deployment.project_dir,
        known.workload,
        known.account.assumptions,
        scheduler=scheduler,
        streams=RandomStreams(seed),
        journal=journal,
    )
    for feed in account.feeds:
        feed.target = _with(queue_of, feed.target)
        if feed.dead_letters is not None:
            feed.dead_letters = _with(queue_of, feed.dead_letters)
    return account, deployment


def _with(queue_of: Callable[[QueueTarget], FeedTarget], target: FeedTarget) -> FeedTarget:
    return queue_of(target) if isinstance(target, QueueTarget) else target
