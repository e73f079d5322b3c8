"""Following messages from topics, buckets, buses and schedules to the consumers behind them.

A message that is published once is counted once for each consumer that is meant to get it, whatever lies between. What
a feed hands on has a new id at its target, and is the same message for whoever published it.
"""

from __future__ import annotations

from collections.abc import Callable

from delivery_lab.events import (
    Event,
    EventAccepted,
    FeedConfigured,
    FeedDeadLettered,
    FeedDiscarded,
    FeederAccepted,
    FeedFiltered,
    FeedHandedOn,
    FeedRepeated,
    FilterMissed,
    MessageSent,
    RecordAppended,
    events_of,
)
from delivery_lab.events.instants import in_seconds
from delivery_lab.results.facts import RunFacts
from delivery_lab.results.fates import Fate, Way
from delivery_lab.results.new_fates import NewFates, NewMessage

READ = (
    MessageSent,
    RecordAppended,
    EventAccepted,
    FeederAccepted,
    FeedHandedOn,
    FeedFiltered,
    FeedRepeated,
    FeedDeadLettered,
    FeedDiscarded,
    FilterMissed,
)
"""What is read of the ways over feeds."""

_READ = frozenset(READ)

Branches = dict[str, "list[Fate] | Branches"]
"""By name of a feed: the fates that it leads to, or what its target leads to in turn."""


class Hops:
    """The ways of messages over feeds.

    Args:
        facts: what holds for all of a run: its feeds, and who gets the messages of a queue.
        new_fates: makes fates.
        fates_of: the fates of a message in a queue.
    """

    def __init__(
        self,
        facts: RunFacts,
        new_fates: NewFates,
        fates_of: Callable[[str], list[Fate]],
    ) -> None:
        self._consumers = facts.consumers
        self._new_fates = new_fates
        self._fates_of = fates_of
        self._feeds: dict[str, dict[str, FeedConfigured]] = {}
        for event in facts.feeds:
            self._feeds.setdefault(event.feeder, {})[event.feed] = event
        self._at: dict[str, Branches] = {}  # by message at a topic, bucket, bus or schedule
        self._announced: set[str] = set()

    def take(self, event: Event) -> bool:
        """Take an event that is about feeds; returns whether it is one, or tells of what a feed has announced."""
        if type(event) not in _READ:
            return False
        match event:
            case MessageSent() | RecordAppended() | EventAccepted():
                return self._is_announced(event)
            case FeederAccepted():
                self._accepted(event)
            case FeedHandedOn():
                self._handed_on(event)
            case FeedFiltered() | FeedDiscarded():
                way: Way = "filtered" if isinstance(event, FeedFiltered) else "deleted"
                for fate in _leaves(self._branch(event)):
                    fate.leave(way, in_seconds(event.instant_us))
            case FeedRepeated():
                self._new_fates.forget(_leaves(self._branch(event)))
            case FeedDeadLettered():
                self._dead_lettered(event)
            case FilterMissed():
                self._missed(event)
        return True

    def _is_announced(self, event: MessageSent | RecordAppended | EventAccepted) -> bool:
        match event:
            case MessageSent():
                return event.message in self._announced
            case EventAccepted():
                return event.event in self._announced
            case RecordAppended():
                return event.record in self._announced and self._appended(event)

    def _appended(self, event: RecordAppended) -> bool:
        """What has arrived at a stream is of a shard, and may be named by its sequence number alone."""
        fates = self._new_fates.find(event.record)
        self._new_fates.move(fates, event.partition, (event.source, event.key) if event.key else None)
        self._new_fates.by_sequence[event.sequence] = fates
        return True

    def _accepted(self, event: FeederAccepted) -> None:
        if event.message in self._at:  # another feed handed it on
            return
        message = NewMessage(event.message, event.body, event.instant_us, event.group or None, event.name)
        self._at[event.message] = {} if event.follow_up else self._branches(event.feeder, message, ())

    def _branches(self, feeder: str, message: NewMessage, above: tuple[str, ...]) -> Branches:
        found: Branches = {}
        for name, feed in self._feeds.get(feeder, {}).items():
            if feed.target_kind in ("queue", "stream"):
                meant_for = self._consumers.meant_for(feed.target)
                found[name] = self._new_fates.take(message, feed.target, meant_for)
            elif feed.target_kind == "function":
                found[name] = self._new_fates.take(message, events_of(feed.target), (feed.target,))
            elif feed.target not in above:
                found[name] = self._branches(feed.target, message, (*above, feeder))
        return found

    def _branch(self, event: FeedHandedOn | FeedFiltered | FeedRepeated | FeedDeadLettered | FeedDiscarded) -> Branch:
        return self._at.get(event.message, {}).get(event.feed, [])

    def _handed_on(self, event: FeedHandedOn) -> None:
        branch = self._branch(event)
        if isinstance(branch, dict):
            self._at[event.new_message] = branch
        else:
            self._arrives(event.new_message, branch)

    def _dead_lettered(self, event: FeedDeadLettered) -> None:
        fates = _leaves(self._branch(event))
        for fate in fates:
            fate.leave("deadLettered", in_seconds(event.instant_us))
        self._arrives(event.new_message, fates)

    def _arrives(self, message: str, fates: list[Fate]) -> None:
        self._announced.add(message)
        if fates:
            self._new_fates.by_message[message] = fates

    def _missed(self, event: FilterMissed) -> None:
        """What a filter did not find only because it looked elsewhere, it did not let pass by on purpose."""
        fates = _leaves(self._at[event.message].get(event.place, [])) if event.message in self._at else []
        for fate in fates or self._fates_of(event.message):
            fate.leave("deleted", in_seconds(event.instant_us))


Branch = list[Fate] | Branches


def _leaves(branch: Branch) -> list[Fate]:
    """All fates that a feed leads to."""
    if isinstance(branch, list):
        return branch
    return [fate for inner in branch.values() for fate in _leaves(inner)]
