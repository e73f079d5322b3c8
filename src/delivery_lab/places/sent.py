"""What was sent to streams, functions and feeders in somebody's account, and whether it has come to its end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from delivery_lab.events import Actor, Event, EventAccepted, Journal, PolledSource, RecordAppended
from delivery_lab.live.clock import RealClock
from delivery_lab.places.account_reader import AccountReader
from delivery_lab.places.feeders import FEEDERS
from delivery_lab.places.followable import readers_of
from delivery_lab.places.followed_events import FollowedEvents
from delivery_lab.places.followed_feeds import FollowedFeeds
from delivery_lab.places.followed_records import FollowedStream
from delivery_lab.places.followed_tables import FollowedTables
from delivery_lab.places.known import KnownStack
from delivery_lab.places.logs import FunctionLog
from delivery_lab.simulation.log_contract import contract_line
from delivery_lab.simulation.send_lines import Arrival

_WORKLOAD = Actor("workload", "send")
_DUTY = 10.0
"""Logs are read so many times less long than is waited between two reads: they grow, and each is read as a whole."""


@dataclass(slots=True)
class Sent:
    """Writes down what AWS accepted, but for messages of queues.

    Attributes:
        known: the stack and the workload.
        clock: of the place.
        journal: where it is written down.
        quiet_seconds: for so long nothing may be invoked before records that are not done are waited for no longer.
        feeds: follows what topics, buckets and buses hand on, None where nothing is sent to one.
        events: the asynchronous events of each function that was sent some.
    """

    known: KnownStack
    clock: RealClock
    journal: Journal
    quiet_seconds: float
    feeds: FollowedFeeds | None = None
    events: dict[str, FollowedEvents] = field(default_factory=dict)
    tables: FollowedTables = field(init=False)
    _records: dict[str, dict[str, RecordAppended]] = field(default_factory=dict)
    _undone: int = 0
    _heard: int = -1
    _heard_at: float = 0.0
    _look_at: float = 0.0
    _ended: bool = False

    def __post_init__(self) -> None:
        self.tables = FollowedTables(self.known)

    @property
    def takers(self) -> Counter[str]:
        """How many sources discard to each queue, by its name."""
        account = self.known.account
        found = Counter(q.dead_letter_queue.name for q in account.queues.values() if q.dead_letter_queue is not None)
        found.update(reader.destination.name for reader in account.record_mappings.values() if reader.destination)
        if self.feeds is not None:
            found.update(feed.dead_letters.name for feed in self.feeds.feeds if feed.dead_letters is not None)
        names = {queue.arn: name for name, queue in account.queues.items()}
        for config in account.events.configs.values():
            arns = {config.on_success, config.on_failure, config.dead_letter}
            found.update(names[arn] for arn in arns if arn in names)
        return found

    def configured(self) -> Iterator[Event]:
        """What the feeds are that hand on what is sent."""
        if self.feeds is not None:
            yield from self.feeds.configured()

    def accepted(self, arrival: Arrival, answer: Mapping[str, Any], at: int) -> None:
        """Take what a service answered.

        Args:
            arrival: what was sent.
            answer: the answer.
            at: when it was sent.
        """
        name = arrival.name
        if arrival.target == "event":
            request_id = answer["ResponseMetadata"]["RequestId"]
            config = self.known.account.events.configuration(name)
            self.events.setdefault(name, FollowedEvents(name, config)).accepted[request_id] = at
            payload = arrival.body or "{}"
            self.journal.append(
                EventAccepted(at, None, name, request_id, payload=payload, by=_WORKLOAD, follow_up=False)
            )
            return
        if self.feeds is not None and arrival.target in FEEDERS:
            for event in self.feeds.accepted(arrival, answer, at):
                self.journal.append(event)
            return
        if arrival.target == "table":
            self.tables.accepted(name, arrival.body, answer, at)
            return
        shard, sequence = answer["ShardId"], answer["SequenceNumber"]
        record = f"{shard}:{sequence}"
        appended = RecordAppended(
            at, None, "kinesis", name, shard, record=record, sequence=sequence, key=arrival.key, body=arrival.body
        )
        self._records.setdefault(name, {})[record] = appended
        self.journal.append(appended)

    def have_ended(self, reader: AccountReader) -> bool:
        """Whether all events and records have come to their end, or nothing was invoked for long enough.

        Args:
            reader: reads the logs.
        """
        if not (self.events or self._records or self.tables.count or self.feeds is not None):
            return True
        began = time.monotonic()
        if began >= self._look_at:
            logs = reader.logs()
            now = time.monotonic()
            self._look_at = now + _DUTY * (now - began)
            self._ended = self._have_ended_by(logs, now)
        return self._ended

    def _have_ended_by(self, logs: Mapping[str, FunctionLog], now: float) -> bool:
        heard = sum(len(log.lines) + len(log.invokes) for log in logs.values())
        if heard != self._heard:
            self._heard, self._heard_at = heard, now
        at = self.clock.now()
        if any(events.waiting(logs[name].invokes, at) for name, events in self.events.items()):
            return False
        self._undone = self._open_records(logs) + self.tables.open(logs)
        if not (self._undone or (self.feeds is not None and self.feeds.open(logs))):
            return True
        return not any(log.unfinished for log in logs.values()) and now - self._heard_at >= self.quiet_seconds

    def _open_records(self, logs: Mapping[str, FunctionLog]) -> int:
        """How many records are not done by what functions said, each counted for each mapping."""
        open_records = 0
        for reader in readers_of(self.known):
            records = self._records.get(reader.source.name, {})
            said = map(contract_line, logs[reader.config.function].lines)
            done = {line.message for line in said if line is not None and line.event in ("processed", "duplicate")}
            open_records += len(records.keys() - done)
        return open_records

    def number(self, logs: Mapping[str, FunctionLog]) -> None:
        """Write down which records items became, as functions called them; to be asked once, at the end.

        Args:
            logs: the logs of all functions, by name.
        """
        for record in self.tables.numbered(logs):
            self._records.setdefault(record.source, {})[record.record] = record
            self.journal.append(record)

    def streams(self, grown: Mapping[str, int]) -> list[FollowedStream]:
        """What was sent to streams, as each mapping reads it.

        Args:
            grown: by how many messages each queue grew, by name.
        """
        own, found = self.own(grown), []
        for reader in readers_of(self.known):
            stream, destination = reader.source.name, reader.destination
            if stream in self._records:
                target = None if destination is None else destination.name
                arn = "" if target is None else getattr(self.known.account.queues.get(target), "arn", "")
                found.append(FollowedStream(stream, reader.config, self._records[stream], target, own.get(arn)))
        return found

    def own(self, grown: Mapping[str, int]) -> dict[str, int]:
        """By how many messages each queue grew that one source alone discards to, by ARN."""
        takers, account = self.takers, self.known.account
        return {account.queues[name].arn: count for name, count in grown.items() if takers[name] == 1}

    def as_seen(self, polled: PolledSource) -> PolledSource:
        """A polled stream with the shards that took records, however they are called there."""
        seen = {record.partition for record in self._records.get(polled.source, {}).values()}
        return replace(polled, partitions=tuple(sorted({*polled.partitions, *seen})))

    def notes(self, reader: AccountReader) -> Iterator[str]:
        """What a reader of the figures should know."""
        if self.tables.unchanged:
            yield f"{self.tables.unchanged} items were in their tables already as they were put: they become no record"
        if not self._records:
            return
        yield "records that were in a stream before, or that others put there, are read too: they are not counted"
        if self._undone:
            yield (
                f"drained rests on the logs: nothing was logged for {self.quiet_seconds:g} s, and {self._undone} "
                "records were not done by then; a mapping that waits longer between two tries was cut off"
            )
        reading = {mapping.config.function for mapping in readers_of(self.known)}
        for function in self.known.stack.functions:
            if function.label in reading:
                age = reader.iterator_age_seconds(function)
                told = "has no value" if age is None else f"was {age:.1f} s at most"
                yield f"IteratorAge of {function.label} {told}, in whole minutes and with others' records"
