"""Shard iterators: where a program that reads a shard by itself is, as a text that it hands back."""

from __future__ import annotations

import base64
import bisect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from delivery_lab.model.api_errors import streams
from delivery_lab.model.clock import EPOCH, seconds
from delivery_lab.model.partition import Partition, Record

_SEQUENCE_TYPES = ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")


class UnreadableIteratorError(ValueError):
    """A text that is no iterator of this model."""


@dataclass(frozen=True, slots=True)
class ShardIterator:
    """A place in a shard.

    Attributes:
        stream_arn: ARN of the stream.
        shard: name of the shard.
        number: of the next record to read.
        created_at: instant at which it was handed out.
    """

    stream_arn: str
    shard: str
    number: int
    created_at: int

    def text(self) -> str:
        """The iterator as a client gets it."""
        held = json.dumps([self.stream_arn, self.shard, self.number, self.created_at], separators=(",", ":"))
        return base64.urlsafe_b64encode(held.encode()).decode()

    @classmethod
    def read(cls, text: str) -> ShardIterator:
        """The iterator that a client hands back.

        Raises:
            UnreadableIteratorError: it is none that was handed out.
        """
        try:
            arn, shard, number, created_at = json.loads(base64.urlsafe_b64decode(text.encode()))
        except ValueError as error:
            raise UnreadableIteratorError(text) from error
        if not (isinstance(arn, str) and isinstance(shard, str)):
            raise UnreadableIteratorError(text)
        return cls(arn, shard, int(number), int(created_at))


def trim_horizon(shard: Partition) -> int:
    """The number of the oldest record that is there."""
    return shard.kept[0].number if shard.kept else shard.length


def start_of(shard: Partition, kind: str, sequence: str | None, timestamp: Any) -> int:
    """Where an iterator of a type begins: the number of the first record that it gives.

    Args:
        shard: the shard.
        kind: `ShardIteratorType`.
        sequence: the sequence number that the type goes with, digits; None with the others.
        timestamp: `Timestamp` of `AT_TIMESTAMP`, as a client may write it.
    """
    if kind == "LATEST":
        return shard.length
    if kind in _SEQUENCE_TYPES:
        assert sequence is not None
        after = kind == "AFTER_SEQUENCE_NUMBER"
        find = bisect.bisect_right if after else bisect.bisect_left
        index = find(shard.kept, int(sequence), key=lambda record: int(record.sequence))
        return trim_horizon(shard) + index
    if kind == "AT_TIMESTAMP":
        index = bisect.bisect_left(shard.kept, instant_of(timestamp), key=lambda record: record.appended_at)
        return trim_horizon(shard) + index
    return trim_horizon(shard)


def needs_sequence(kind: str) -> bool:
    """Whether a type of iterator goes with a sequence number."""
    return kind in _SEQUENCE_TYPES


def instant_of(timestamp: Any) -> int:
    """A time as a client may write it, as an instant; a time without a zone is UTC, as Lambda's clock is."""
    if isinstance(timestamp, str):
        timestamp = datetime.fromisoformat(timestamp)
    if isinstance(timestamp, int | float):
        return seconds(timestamp - EPOCH.timestamp())
    moment: datetime = timestamp if timestamp.tzinfo is not None else timestamp.replace(tzinfo=UTC)
    return seconds((moment - EPOCH).total_seconds())


def records_from(shard: Partition, number: int, most: int, most_bytes: int) -> list[Record]:
    """What one read gives: records from a number on, at most so many and so large, but for the first."""
    found: list[Record] = []
    size_bytes = 0
    for record in islice(shard.kept, max(0, number - trim_horizon(shard)), None):
        size_bytes += record.size_bytes
        if len(found) == most or (found and size_bytes > most_bytes):
            break
        found.append(record)
    return found


def page(names: list[str], after: str | None, most: int) -> tuple[list[str], bool]:
    """The names behind one, at most so many, and whether there are more."""
    begin = bisect.bisect_right(names, after) if after else 0
    return names[begin : begin + most], begin + most < len(names)


def limit_of(parameters: Mapping[str, Any], name: str, default: int) -> int:
    """A number of a request, with its default."""
    value = parameters.get(name)
    return default if value is None else int(value)


def read_limit(parameters: Mapping[str, Any], maximum: int) -> int:
    """How many records a read asks for; the most that one gives by default.

    Raises:
        AwsError: it asks for more.
    """
    most = limit_of(parameters, "Limit", maximum)
    if most > maximum:
        raise streams.LIMIT_TOO_HIGH.error(value=most, limit=maximum)
    return most
