"""Hours of provisioned event pollers, in the unit that Lambda bills: event poller units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from delivery_lab.cost.use import SECONDS_OF_HOUR, Usage
from delivery_lab.events import BatchInvoked, BatchResult, Event, PollersChanged
from delivery_lab.model.clock import in_seconds
from delivery_lab.rule_ids import RuleId
from delivery_lab.stack.mappings import KafkaMapping, SqsMapping
from delivery_lab.stack.stack import Stack

POLLERS_OF_KAFKA_UNIT = 10
"""Pollers of a Kafka mapping that share a unit by default (BILL-EPU-2)."""

_INVOKES_OF_SQS_POLLER = 10


def minimum_units(stack: Stack) -> Mapping[str, tuple[str, int]]:
    """For each mapping in provisioned mode its item and the units that it always has.

    A poller of a queue is a unit (BILL-EPU-1); ten of Kafka are one (BILL-EPU-2).
    """
    found: dict[str, tuple[str, int]] = {}
    for mapping in stack.mappings:
        if not isinstance(mapping, (SqsMapping, KafkaMapping)) or mapping.pollers is None:
            continue
        pollers = mapping.pollers.minimum.known
        if pollers is None or mapping.enabled.known is False:
            continue
        if isinstance(mapping, SqsMapping):
            found[mapping.label] = ("lambda.pollers.sqs", pollers)
        else:
            found[mapping.label] = ("lambda.pollers.kafka", -(-pollers // POLLERS_OF_KAFKA_UNIT))
    return found


def rules_of(item: str) -> tuple[RuleId, ...]:
    """The assumptions that a number of units rests on."""
    return ("BILL-EPU-1", "ESM-PROV-3") if item == "lambda.pollers.sqs" else ()


class PollerUnits:
    """Units of a run: the minimum all the time, and more while the mapping has grown.

    When SQS pollers fall back is not documented: they are taken to when nothing is being worked on (ESM-PROV-3); at
    most they stay until the end of the run.

    Args:
        minimum: for each mapping its item and the units that it always has.
    """

    reads: ClassVar[tuple[type[Event], ...]] = (PollersChanged, BatchInvoked, BatchResult)

    def __init__(self, minimum: Mapping[str, tuple[str, int]]) -> None:
        self._minimum = minimum
        self._grown = {name: _Grown(units) for name, (_, units) in minimum.items()}

    def read(self, event: Event) -> None:
        """Take what a mapping does."""
        grown, minimum = self._grown, self._minimum
        if not grown:
            return
        match event:
            case PollersChanged(mapping=name, limit=limit) if name in grown:
                is_queue = minimum[name][0] == "lambda.pollers.sqs"
                per_unit = _INVOKES_OF_SQS_POLLER if is_queue else POLLERS_OF_KAFKA_UNIT
                grown[name].to(event.instant_us, -(-limit // per_unit))
            case BatchInvoked(mapping=name, partition=None) if name in grown:
                grown[name].busy += 1
            case BatchResult(mapping=name, partition=None) if name in grown:
                grown[name].leave(event.instant_us)

    def hours(self, end_us: int) -> Iterator[Usage]:
        """What they come to."""
        for name, (item, units) in self._minimum.items():
            least = units * in_seconds(end_us) / SECONDS_OF_HOUR
            taken, most = self._grown[name].hours(end_us)
            rules = rules_of(item) if taken != most or least != taken else rules_of(item)[:1]
            yield Usage(item, name, taken, "", least, most, rules, by_time=True)


class _Grown:
    """The units of one mapping over time."""

    def __init__(self, minimum: int) -> None:
        self._minimum = minimum
        self._units = self._most = minimum
        self._since_us = 0
        self._taken_us = self._most_us = 0
        self.busy = 0

    def to(self, now_us: int, units: int) -> None:
        self._pass(now_us)
        self._units = max(self._minimum, units)
        self._most = max(self._most, self._units)

    def leave(self, now_us: int) -> None:
        self.busy -= 1
        if self.busy == 0:
            self._pass(now_us)
            self._units = self._minimum

    def _pass(self, now_us: int) -> None:
        spent = now_us - self._since_us
        self._taken_us += self._units * spent
        self._most_us += self._most * spent
        self._since_us = now_us

    def hours(self, end_us: int) -> tuple[float, float]:
        self._pass(end_us)
        return in_seconds(self._taken_us) / SECONDS_OF_HOUR, in_seconds(self._most_us) / SECONDS_OF_HOUR
