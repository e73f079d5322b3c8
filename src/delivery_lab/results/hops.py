"""Following messages from topics, buckets, buses and schedules to the consumers behind them.

A message that is published once is counted once for each consumer that is meant to get it, whatever lies between. What
a feed hands on has a new id at its target, and is the same message for whoever published it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from delivery_lab.events import (
    Event,
    EventAccepted,
    FeedConfigured,
    FeedDeadLettered,
    FeedDiscarded,
    FeederAccepted,
    FeedFiltered,
    FeedHandedOn,
    FeedHandedOnAgain,
    FeedRepeated,
    FilterMissed,
    MessageSent,
    PipeHandedOn,
    RecordAppended,
    RecordsRewound,
    TargetKind,
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
    FeedHandedOnAgain,
    FeedFiltered,
    FeedRepeated,
    FeedDeadLettered,
    FeedDiscarded,
    FilterMissed,
    PipeHandedOn,
    RecordsRewound,
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
        self._piped: dict[tuple[str, str], Branch] = {}  # by pipe and message at its source
        self._announced: set[str] = set()
        self._copies: dict[str, str] = {}  # by id of what was handed on again: the id that its sender knows

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
                    fate.leave(way, in_seconds(event.instant_us), event.message)
            case FeedRepeated():
                self._new_fates.forget(_leaves(self._branch(event)))
            case FeedDeadLettered():
                self._dead_lettered(event)
            case FilterMissed() | PipeHandedOn() | RecordsRewound():
                self._take_others(event)
        return True

    def _take_others(self, event: FilterMissed | PipeHandedOn | RecordsRewound) -> None:
        match event:
            case FilterMissed():
                self._missed(event)
            case PipeHandedOn():
                self._piped_on(event)
            case RecordsRewound():
                self._rewound(event)

    def _rewound(self, event: RecordsRewound) -> None:
        for record in event.records:
            for fate in self._fates_of(record):
                if fate.meant_for == event.mapping:
                    fate.is_read_again()

    def _is_announced(self, event: MessageSent | RecordAppended | EventAccepted) -> bool:
        match event:
            case MessageSent():
                return event.message in self._announced
            case EventAccepted():
                return event.event in self._announced
            case RecordAppended():
                return event.record in self._announced and self._appended(event)

    def _appended(self, event: RecordAppended) -> bool:
        """What has arrived at a stream is of a shard, and may be named by its sequence number alone.

        A copy of it stands later in the shard. The order that counts is that of the first one.
        """
        fates = self._new_fates.find(event.record)
        if event.record not in self._copies:
            self._new_fates.move(fates, event.partition, (event.source, event.key) if event.key else None)
        self._new_fates.by_sequence[event.sequence] = fates
        return True

    def _accepted(self, event: FeederAccepted) -> None:
        if event.message in self._at:  # another feed handed it on
            return
        message = NewMessage(event.message, event.body, event.instant_us, event.group or None, event.name)
        # A feeder has handed it on that counts it for nobody, as a bucket its test event.
        uncounted = event.follow_up or event.message in self._announced
        self._at[event.message] = {} if uncounted else self._branches(event.feeder, message, ())

    def _branches(self, feeder: str, message: NewMessage, above: tuple[str, ...]) -> Branches:
        found: Branches = {}
        for name, feed in self._feeds.get(feeder, {}).items():
            if feed.target_kind in ("topic", "bus") and feed.target in above:
                continue
            found[name] = self._behind(feed.target_kind, feed.target, message, (*above, feeder))
        return found

    def _behind(self, kind: TargetKind, target: str, message: NewMessage, above: tuple[str, ...]) -> Branch:
        """Where a message ends that a target gets: its fates, or what these lead to in turn."""
        match kind:
            case "queue" | "stream":
                return self._new_fates.take(message, target, self._consumers.meant_for(target))
            case "function":
                return self._new_fates.take(message, events_of(target), (target,))
        return self._branches(target, message, above)

    def settle(self, fates: Iterable[Fate]) -> None:
        """What the filter of a pipe took out stays at the source: with all others gone the filter would seem deaf."""
        pipes = {pipe for pipe, _ in self._piped}
        for fate in fates:
            if fate.meant_for in pipes and fate.left == "filtered":
                fate.meant_for = None

    def _piped_on(self, event: PipeHandedOn) -> None:
        """The message is the same for whoever sent it, and its end is behind the pipe from now on."""
        known = self._copies.get(event.message, event.message)
        branch = self._piped.get((event.pipe, known))
        if branch is not None:
            self._copied(known, event.new_message, branch)
            return
        here = [fate for fate in self._fates_of(event.message) if fate.meant_for in (None, event.pipe)]
        branch = self._beyond(event, here[0]) if here else []  # without any it was let go of at the source before
        for message in (known, *(fate.message_id for fate in here[:1])):
            self._piped[event.pipe, message] = branch
        self._goes_to(event.message, event.new_message, branch)

    def _beyond(self, event: PipeHandedOn, fate: Fate) -> Branch:
        self._new_fates.leave_to(fate)
        name = "" if fate.business_id == fate.message_id else fate.business_id
        message = NewMessage(fate.message_id, fate.body, round(fate.sent_at * 1_000_000), None, name)
        return self._behind(event.target_kind, event.target, message, ())

    def _branch(self, event: FeedHandedOn | FeedFiltered | FeedRepeated | FeedDeadLettered | FeedDiscarded) -> Branch:
        return self._at.get(event.message, {}).get(event.feed, [])

    def _handed_on(self, event: FeedHandedOn) -> None:
        if isinstance(event, FeedHandedOnAgain):
            self._copied(event.message, event.new_message, self._branch(event))
            return
        self._goes_to(event.message, event.new_message, self._branch(event))
        if event.message in self._copies:
            self._copies[event.new_message] = self._copies[event.message]

    def _copied(self, message: str, new_message: str, branch: Branch) -> None:
        """There is one more of it, for the same consumers: no message of its own."""
        fates = _leaves(branch)
        for fate in fates:
            fate.is_copied(new_message)
        self._copies[new_message] = fates[0].message_id if fates else message
        self._lead(new_message, branch)

    def _goes_to(self, message: str, new_message: str, branch: Branch) -> None:
        for fate in _leaves(branch):
            fate.arrives(message, new_message)
        self._lead(new_message, branch)

    def _lead(self, message: str, branch: Branch) -> None:
        """From an id on, it is known what it leads to."""
        if isinstance(branch, dict):
            self._at[message] = branch
            return
        self._announced.add(message)
        if branch:
            self._new_fates.by_message[message] = branch

    def _dead_lettered(self, event: FeedDeadLettered) -> None:
        fates = _leaves(self._branch(event))
        self._goes_to(event.message, event.new_message, fates)
        for fate in fates:
            fate.leave("deadLettered", in_seconds(event.instant_us), event.new_message)

    def _missed(self, event: FilterMissed) -> None:
        """What a filter did not find only because it looked elsewhere, it did not let pass by on purpose."""
        fates = _leaves(self._at[event.message].get(event.place, [])) if event.message in self._at else []
        for fate in fates or self._fates_of(event.message):
            fate.leave("deleted", in_seconds(event.instant_us), event.message)


Branch = list[Fate] | Branches


def _leaves(branch: Branch) -> list[Fate]:
    """All fates that a feed leads to."""
    if isinstance(branch, list):
        return branch
    return [fate for inner in branch.values() for fate in _leaves(inner)]
