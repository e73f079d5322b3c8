"""What topics, buckets and buses hand on in somebody's account: known by the business id that functions log.

Nobody says there which message of a queue a publish became. The log contract does: a line has the business id, and the
id that SQS gave the message. What no function has had was let pass by, dead-lettered, waits, or is gone; of these the
filter is the model's, and the others are told by how much queues grew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from delivery_lab.events import (
    Event,
    FeedDeadLettered,
    FeederAccepted,
    FeedFiltered,
    FeedHandedOn,
    FeedHandedOnAgain,
    FilterMissed,
    Journal,
    TargetKind,
)
from delivery_lab.live.clock import RealTimeScheduler
from delivery_lab.live.queues import RealQueue
from delivery_lab.model.eventbridge.bus import EventBus, Putter
from delivery_lab.model.feeds.feed import Feed
from delivery_lab.model.feeds.targets import Announce, FeedTarget, Parcel, QueueTarget
from delivery_lab.model.s3.bucket import NotifyingBucket
from delivery_lab.model.sns.topic import Publisher
from delivery_lab.places.feeders import FEEDERS, feeder_of
from delivery_lab.places.feeding import fed_account
from delivery_lab.places.followed import SHARED, Following
from delivery_lab.places.known import KnownStack
from delivery_lab.places.logs import FunctionLog, delivered_ids
from delivery_lab.results.fates import business_id_of
from delivery_lab.simulation.publishing import change_object, event_entry, publish_parameters, put_event
from delivery_lab.simulation.send_lines import Arrival

UNNAMED = (
    "no function said in the log contract what it did with what a topic, bucket or bus handed on: what arrived is "
    "not seen"
)
BEYOND = (
    "messages for a topic, bucket or bus reached no function and lie in no queue: whether they are gone or are tried "
    "again is not seen"
)
OTHER_NUMBER = (
    "the dead-letter queue of a subscription or rule got another number of messages than those that reached no function"
)
_WHY = "no function has had it, and the dead-letter queue of the feed grew"
_ENDINGS = ("processed", "lost", "deadLettered", "healthyDeadLettered", "processedDeadLettered", "remaining")


@dataclass(frozen=True, slots=True)
class UnseenQueueTarget:
    """A queue in which nobody sees a message arrive: what it is meant to get is noted.

    Attributes:
        known: the queue as the model knows it.
        meant: what it is meant to get.
    """

    known: QueueTarget
    meant: list[Parcel] = field(default_factory=list)
    kind: TargetKind = "queue"

    @property
    def name(self) -> str:
        """Name of the queue."""
        return self.known.name

    def accept(self, parcel: Parcel, announce: Announce, repeated: Callable[[], None]) -> None:
        """See `FeedTarget.accept`; which id it gets is not known yet."""
        self.meant.append(parcel)


@dataclass(slots=True)
class _Meant:
    """One message, as one feed is meant to hand it on or to let it pass by.

    Attributes:
        feed: the feed.
        accepted: that its topic, bucket or bus took it.
        body: what the queue gets.
        passed: what the model says where the filter takes it out.
        arrived: id of the message in the queue, "" where none is known.
    """

    feed: Feed
    accepted: FeederAccepted
    body: str
    passed: tuple[Event, ...] = ()
    arrived: str = ""

    @property
    def business_id(self) -> str:
        """What functions call it."""
        return self.accepted.name or business_id_of(self.accepted.body) or ""

    @property
    def way(self) -> tuple[str, str, str]:
        """Feeder, feed and message, as events name them."""
        return self.accepted.feeder, self.feed.name, self.accepted.message

    def handed_on(self, new_message: str) -> FeedHandedOn:
        """That the queue has it."""
        return FeedHandedOn(self.accepted.instant_us, None, *self.way, self.feed.target.name, new_message)


class FollowedFeeds:
    """Follows what the workload gives to topics, buckets and buses.

    Args:
        known: the stack and the workload.
        seed: draws what ids are made of.
        scheduler: the run's clock.
    """

    def __init__(self, known: KnownStack, seed: int, scheduler: RealTimeScheduler) -> None:
        self._told = Journal()
        self._account, _ = fed_account(known, UnseenQueueTarget, seed, scheduler, self._told)
        self._readers = {mapping.queue.name: mapping.config.function for mapping in known.account.mappings.values()}
        addressed = {feeder_of(known.account, arrival).name for arrival in known.arrivals if arrival.target in FEEDERS}
        self.feeds = [feed for feed in self._account.feeds if feed.feeder in addressed]
        self._meant: list[_Meant] = []

    def configured(self) -> Iterator[Event]:
        """What the feeds are."""
        began = len(self._told.events)
        for feed in self.feeds:
            feed.note_configuration()
        yield from self._told.events[began:]

    def accepted(self, arrival: Arrival, answer: Mapping[str, Any], at: int) -> Iterator[Event]:
        """Take what a service answered; returns what that says by itself.

        Args:
            arrival: what was sent.
            answer: the answer.
            at: when it was sent.
        """
        began = len(self._told.events)
        self._give(arrival, answer)
        passed: dict[str, list[Event]] = {}
        accepted: FeederAccepted | None = None
        for event in self._told.events[began:]:
            told = replace(event, instant_us=at)
            if isinstance(told, FeedFiltered):
                passed.setdefault(told.feed, []).append(told)
            elif isinstance(told, FilterMissed):
                passed.setdefault(told.place, []).append(told)
            else:
                accepted = told if isinstance(told, FeederAccepted) else accepted
                yield told
        if accepted is not None:
            self._meant.extend(self._meant_by(accepted, passed))

    def _meant_by(self, accepted: FeederAccepted, passed: Mapping[str, list[Event]]) -> Iterator[_Meant]:
        for feed in self.feeds:
            if feed.feeder != accepted.feeder:
                continue
            taken = list(_parcels(feed.target)) + list(_parcels(feed.dead_letters))
            if feed.name in passed:
                yield _Meant(feed, accepted, accepted.body, tuple(passed[feed.name]))
            elif taken:
                yield _Meant(feed, accepted, taken[0].body)

    def _give(self, arrival: Arrival, answer: Mapping[str, Any]) -> None:
        """Let the model of the topic, bucket or bus have what the real one has: it says which feeds are about it."""
        feeder = feeder_of(self._account, arrival)
        if isinstance(feeder, NotifyingBucket):
            change_object(self._account, feeder, arrival)
        elif isinstance(feeder, EventBus):
            put_event(self._account.buses, feeder, event_entry(feeder, arrival), Putter(message=answer["EventId"]))
        else:
            feeder.publish(publish_parameters(arrival), Publisher(message_id=answer["MessageId"]))

    # -- reading ------------------------------------------------------------------------------------------

    def open(self, logs: Mapping[str, FunctionLog]) -> int:
        """How many messages that no filter takes out have reached no function by what the logs say."""
        return sum(
            len(meant) - min(len(meant), len(seen))
            for feed in self.feeds
            for meant, seen in self._matched(feed, logs, {})
        )

    def recognise(self, logs: Mapping[str, FunctionLog], queues: Mapping[str, RealQueue]) -> Iterator[Event]:
        """Find the messages of the queues that functions had, and write down that the queues got them.

        Args:
            logs: the logs of all functions, by name.
            queues: the queues, by name; what was sent to them by the workload itself is known there.
        """
        for feed in self.feeds:
            queue = queues[feed.target.name]
            for meant, seen in self._matched(feed, logs, queue.messages, filtered=True):
                for each, message in zip(meant, seen, strict=False):
                    each.arrived = message
                    yield each.handed_on(message)
                    queue.sent(message, each.body, each.accepted.instant_us, group=each.accepted.group)
                last = meant[-1]
                for message in seen[len(meant) :]:  # when it was handed on again is not seen
                    yield FeedHandedOnAgain(last.accepted.instant_us, None, *last.way, queue.name, message)
                    queue.sent(message, last.body, last.accepted.instant_us, group=last.accepted.group)

    def _matched(
        self, feed: Feed, logs: Mapping[str, FunctionLog], known: Container[str], *, filtered: bool = False
    ) -> Iterator[tuple[list[_Meant], list[str]]]:
        """What a feed is meant to hand on under each business id, and the ids of what functions had of it."""
        delivered = delivered_ids(logs[self._readers[feed.target.name]])
        meant: dict[str, list[_Meant]] = {}
        for each in self._meant:
            if each.feed is feed and (filtered or not each.passed):
                meant.setdefault(each.business_id, []).append(each)
        for business_id, alike in meant.items():
            # A filter takes out what the model says: where functions had fewer, the others.
            alike.sort(key=lambda each: bool(each.passed))
            yield alike, [message for message in delivered.get(business_id, ()) if message not in known]

    def place(
        self,
        queues: Mapping[str, RealQueue],
        depths: Mapping[str, tuple[int, int]],
        takers: Counter[str],
        following: Following,
    ) -> Iterator[Event]:
        """Where the messages are that no function had; to be asked when those are recognised that one had.

        Args:
            queues: the queues, by name.
            depths: how many messages each holds at the end, and by how many it grew.
            takers: how many sources discard to each queue, by its name.
            following: takes what is not known.
        """
        for feed in self.feeds:
            here = [each for each in self._meant if each.feed is feed]
            unseen = [each for each in here if not each.arrived]
            for each in unseen:
                yield from each.passed
            unseen = [each for each in unseen if not each.passed]
            dead, unseen = self._dead(feed, unseen, depths, takers, following)
            yield from dead
            queue = queues[feed.target.name]
            for each in unseen:
                message = "-".join(("unseen", feed.name, each.accepted.message))
                yield each.handed_on(message)
                queue.sent(message, each.body, each.accepted.instant_us, group=each.accepted.group)
            if len(unseen) <= self._holds(queue.name, depths):
                continue
            if len(unseen) == len(here):
                following.cannot_tell(UNNAMED, *(f"messages.{ending}" for ending in (*_ENDINGS, "filtered")))
            else:
                following.cannot_tell(BEYOND, *(f"messages.{ending}" for ending in ("lost", "remaining")))

    def _dead(
        self,
        feed: Feed,
        unseen: list[_Meant],
        depths: Mapping[str, tuple[int, int]],
        takers: Counter[str],
        following: Following,
    ) -> tuple[list[Event], list[_Meant]]:
        """What is told as taken by the dead-letter queue of a feed, and what else no function had."""
        if feed.dead_letters is None:
            return [], unseen
        name = feed.dead_letters.name
        grew = depths[name][1]
        if grew and takers[name] > 1:
            following.cannot_tell(SHARED, *(f"messages.{ending}" for ending in _ENDINGS))
            return [], unseen
        if grew and grew != len(unseen):
            following.cannot_tell(OTHER_NUMBER, *(f"messages.{ending}" for ending in _ENDINGS))
        dead: list[Event] = [
            FeedDeadLettered(following.ended_at, None, *each.way, "unseen", _WHY, name, f"dead-{each.accepted.message}")
            for each in unseen[:grew]
        ]
        return dead, unseen[grew:]

    def _holds(self, queue: str, depths: Mapping[str, tuple[int, int]]) -> int:
        """How many messages a queue and its dead-letter queue may hold of those that no function had."""
        dead = self._account.queues[queue].dead_letter_queue
        return depths[queue][0] + (0 if dead is None else depths[dead.name][1])


def _parcels(target: FeedTarget | None) -> Iterator[Parcel]:
    """Takes what a target was meant to get."""
    if isinstance(target, UnseenQueueTarget):
        while target.meant:
            yield target.meant.pop(0)
