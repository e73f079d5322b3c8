"""What only a whole run tells, and its readers have to know from the start."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from delivery_lab.events import (
    ChangeRequested,
    ContractLine,
    Event,
    FeedConfigured,
    MappingConfigured,
    RecordsLookedAt,
    feed,
)
from delivery_lab.results.claims import Claims
from delivery_lab.results.consumers import Consumers, consumers_of


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What holds for all of a run.

    Attributes:
        consumers: who is meant to get the messages of a source.
        feeds: subscriptions, notifications, rule targets and schedules, in the order of their deployment.
        speaking: functions that follow the log contract and say themselves what they processed.
        looking: functions that read some of their records; of others, what they look at says nothing.
        claiming: functions that claim messages by writes on a condition.
    """

    consumers: Consumers
    feeds: tuple[FeedConfigured, ...]
    speaking: frozenset[str]
    looking: frozenset[str]
    claiming: frozenset[str]


class FactsReader:
    """Learns them from events."""

    reads: ClassVar[tuple[type[Event], ...]] = (
        MappingConfigured,
        FeedConfigured,
        ContractLine,
        RecordsLookedAt,
        ChangeRequested,
    )

    def __init__(self) -> None:
        self._mappings: list[MappingConfigured] = []
        self._feeds: list[FeedConfigured] = []
        self._speaking: set[str] = set()
        self._looking: set[str] = set()
        self._claims = Claims()

    def read(self, event: Event) -> None:
        """Take what tells one of them."""
        match event:
            case ContractLine():
                if event.function not in self._speaking and event.is_of_a_delivery and event.message:
                    self._speaking.add(event.function)
            case RecordsLookedAt():
                if event.positions:
                    self._looking.add(event.function)
                self._claims.looked(event)
            case ChangeRequested():
                self._claims.requested(event)
            case MappingConfigured():
                self._mappings.append(event)
            case FeedConfigured():
                self._feeds.append(event)

    @property
    def facts(self) -> RunFacts:
        """What is known by now."""
        return RunFacts(
            consumers=consumers_of(self._mappings),
            feeds=tuple(self._feeds),
            speaking=frozenset(self._speaking),
            looking=frozenset(self._looking),
            claiming=self._claims.functions(),
        )


def facts_of(events: Iterable[Event]) -> RunFacts:
    """What some events tell."""
    reader = FactsReader()
    feed((reader,), events)
    return reader.facts
