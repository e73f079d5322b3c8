"""Records of an event that notice being read.

A record is handed to the handler as a dictionary that does all that one does, and notes when code reads its content.
Names of a record (its id, its receipt handle, where it comes from) are no content. Serialising, copying and logging
are no reading: they are told apart by who asks for the items. A record that was serialised and parsed again is the
same record. Libraries that read past these methods, in C or Rust, are told to say so (`read_by_library`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from copy import deepcopy
from types import TracebackType
from typing import Any, NamedTuple

_NAMES = frozenset(
    (
        "messageId",
        "receiptHandle",
        "md5OfBody",
        "eventSource",
        "eventSourceARN",
        "EventSource",
        "EventSubscriptionArn",
        "awsRegion",
        "eventID",
        "eventVersion",
        "EventVersion",
        "invokeIdentityArn",
        "topic",
        "partition",
        "offset",
    )
)
"""Keys of a record that say which it is and where it comes from."""

_SERIALISING = frozenset(
    (
        "json",
        "copy",
        "copyreg",
        "pickle",
        "pprint",
        "reprlib",
        "logging",
        "yaml",
        "boto3",
        "botocore",
        "jsonpickle",
        "simplejson",
    )
)
"""Modules that ask for the items of a dictionary to write them down."""


class _Trail(NamedTuple):
    """What a thread or task of a handler has been reading.

    Attributes:
        looks: of which invoke.
        position: the record that it read last.
        since: how many records it went to since it last wrote something.
        doubtful: whether what it wrote last came after several records, so that the next may be for any of them, too.
    """

    looks: Looks
    position: int
    since: int
    doubtful: bool


_trail: ContextVar[_Trail | None] = ContextVar("delivery_lab_trail", default=None)


class Looks:
    """What one invoke reads of its records.

    Attributes:
        records: how many there are.
        order: positions of those that were looked at, in the order of the first time, and when that was.
        serialised: the records that were serialised, by what names them.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self.records = 0
        self.order: dict[int, int] = {}
        self._now = now
        self.serialised: dict[object, WatchedRecord] = {}

    def note(self, position: int) -> None:
        """A record was looked at."""
        if position not in self.order:
            self.order[position] = self._now()
        trail = _trail.get()
        if trail is None or trail.looks is not self:
            _trail.set(_Trail(self, position, 1, False))
        elif trail.position != position:
            _trail.set(_Trail(self, position, trail.since + 1, trail.doubtful))

    def reading(self) -> int | None:
        """The record that the running code reads, and writes something for; None where that cannot be told.

        Code that went through several records, the last one included, may have read them all before it works.
        """
        trail = _trail.get()
        if trail is None or trail.looks is not self:
            return None
        gone_through = trail.since > 1 and trail.position == self.records - 1
        doubtful = gone_through or (trail.since == 0 and trail.doubtful)
        _trail.set(_Trail(self, trail.position, 0, doubtful))
        return None if doubtful else trail.position

    def in_hand(self, trace: TracebackType | None) -> int | None:
        """The record that the code had in a variable where an error was raised, None where it had none or several."""
        found = None
        while trace is not None:
            held = [value for value in trace.tb_frame.f_locals.values() if type(value) is WatchedRecord]
            positions = {record.position for record in held if record.looks is self}
            found = positions.pop() if len(positions) == 1 else found
            trace = trace.tb_next
        return found


def watch(event: Any, now: Callable[[], int]) -> Looks | None:
    """Have the records of an event note who reads them; None where it has none.

    The event is changed in place: its records are replaced by ones that are equal to them.

    Args:
        event: what the handler gets.
        now: the clock, in microseconds.
    """
    looks = Looks(now)
    for batch in _batches(event):
        for index, record in enumerate(batch):
            if type(record) is dict:
                batch[index] = WatchedRecord(record, looks, looks.records + index)
        looks.records += len(batch)
    return looks if looks.records else None


def _batches(event: Any) -> Iterator[list[Any]]:
    """The lists of records of an event: one, or of Kafka one for each partition."""
    if not isinstance(event, dict):
        return
    records = event.get("Records")
    if isinstance(records, list):
        yield records
        return
    partitions = event.get("records")
    if isinstance(partitions, dict):
        for batch in partitions.values():
            if isinstance(batch, list):
                yield batch


class WatchedRecord(dict[str, Any]):
    """A record of an event. It is a dictionary, and equal to the plain one."""

    __slots__ = ("looks", "position")

    def __init__(self, content: dict[str, Any], looks: Looks, position: int) -> None:
        dict.__init__(self, content)
        self.looks = looks
        self.position = position

    def __getitem__(self, key: str) -> Any:
        if key not in _NAMES:
            self.looks.note(self.position)
        return dict.__getitem__(self, key)

    def get(self, key: str, default: Any = None) -> Any:
        """As of a dictionary."""
        if key not in _NAMES:
            self.looks.note(self.position)
        return dict.get(self, key, default)

    def pop(self, key: str, *default: Any) -> Any:
        """As of a dictionary."""
        if key not in _NAMES:
            self.looks.note(self.position)
        return dict.pop(self, key, *default)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """As of a dictionary."""
        self.looks.note(self.position)
        return dict.setdefault(self, key, default)

    def popitem(self) -> tuple[str, Any]:
        """As of a dictionary."""
        self.looks.note(self.position)
        return dict.popitem(self)

    def items(self) -> Any:
        """As of a dictionary."""
        self._asked()
        return dict.items(self)

    def values(self) -> Any:
        """As of a dictionary."""
        self._asked()
        return dict.values(self)

    def keys(self) -> Any:
        """As of a dictionary. Its keys say nothing of what a record holds."""
        return dict.keys(self)

    def __iter__(self) -> Iterator[str]:
        # Defined so that `dict(record)` and `**record` ask for each value, and do not read past this class.
        return dict.__iter__(self)

    def copy(self) -> WatchedRecord:
        """The same record again."""
        return self.again(dict(dict.items(self)))

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> WatchedRecord:
        content = {key: deepcopy(value, memo) for key, value in dict.items(self)}
        return self.again(content)

    def __reduce_ex__(self, protocol: Any) -> Any:
        # Whoever gets it out of a pickle has a plain dictionary, which cannot be followed.
        self.looks.note(self.position)
        return dict, (dict(dict.items(self)),)

    def __or__(self, other: Any) -> Any:
        self.look()
        return dict(dict.items(self)) | other

    def __ror__(self, other: Any) -> Any:
        self.look()
        return other | dict(dict.items(self))

    def look(self) -> None:
        """Its content is read."""
        self.looks.note(self.position)

    def again(self, content: dict[str, Any]) -> WatchedRecord:
        """The same record with a content that was made of it."""
        return WatchedRecord(content, self.looks, self.position)

    def _asked(self) -> None:
        """Somebody asks for all of it: to write it down, or to read it."""
        asking = sys._getframe(2).f_globals.get("__name__", "")
        if asking.partition(".")[0] in _SERIALISING or asking.startswith("aws_lambda_powertools.logging"):
            self.looks.serialised[name_of(self)] = self
        else:
            self.looks.note(self.position)


# Errors and `type(record).__name__` speak of a dict, as they would of the record that AWS hands out.
WatchedRecord.__name__ = WatchedRecord.__qualname__ = "dict"
WatchedRecord.__module__ = "builtins"


def name_of(record: Any) -> object | None:
    """What tells a record from all others; None for anything else."""
    if not isinstance(record, dict):
        return None
    single = dict.get(record, "messageId") or dict.get(record, "eventID")
    if single is not None:
        return single if isinstance(single, str) else None
    place = tuple(dict.get(record, key) for key in ("topic", "partition", "offset"))
    return None if None in place else place


def parsed_again(value: Any, looks: Looks) -> Any:
    """What was parsed from JSON, with the records in it that were serialised before taken for the same records."""
    if type(value) is dict:
        original = looks.serialised.get(name_of(value))
        if original is not None:
            return original.again(value)
        for key, inner in value.items():
            if type(inner) in (dict, list):
                value[key] = parsed_again(inner, looks)
    elif type(value) is list:
        value[:] = [parsed_again(inner, looks) if type(inner) in (dict, list) else inner for inner in value]
    return value


def read_by_library(value: Any, depth: int = 5) -> None:
    """A library reads a value past the methods of its records: all that are in it have been looked at."""
    if isinstance(value, WatchedRecord):
        value.look()
    elif depth and isinstance(value, dict):
        for inner in value.values():
            read_by_library(inner, depth - 1)
    elif depth and isinstance(value, (list, tuple)):
        for inner in value:
            read_by_library(inner, depth - 1)
