"""Marks of work that a workload names: which of them are seen in an invoke, and for which of its messages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from delivery_lab.events import ChangeRequested, EffectMark, Event, EventAccepted, LogLine, Run
from delivery_lab.events.instants import in_seconds
from delivery_lab.results.attempts import Attempt
from delivery_lab.results.fates import Fate

_PLACEHOLDER = re.compile(r"\{([\w.]+)\}")


class Piece(NamedTuple):
    """One piece of work.

    Attributes:
        position: place of its message in the batch.
        at_seconds: when it was seen, in virtual seconds.
        id: what it is known by: the same again is the same work again.
    """

    position: int
    at_seconds: float
    id: str


class Marks:
    """Looks for the mark that a workload names.

    Args:
        run: the run.
        mark: the mark.
    """

    def __init__(self, run: Run, mark: EffectMark) -> None:
        self._mark = mark
        self._template = mark.log or mark.key or mark.http or ""
        self._lines: dict[str, list[LogLine]] = {}
        if mark.log is not None:
            for line in run.logs:
                self._lines.setdefault(line.request_id or "", []).append(line)
        self.functions = frozenset(self._functions(run))
        """Functions of which a mark is seen. A function that leaves none may do other work."""

    def _functions(self, run: Run) -> Iterator[str]:
        if self._mark.log is not None:
            anything = re.compile(".+".join(map(re.escape, _PLACEHOLDER.split(self._template)[::2])))
            yield from (line.function for line in run.logs if anything.search(line.text))
            return
        pattern = _PLACEHOLDER.sub("*", self._template)
        for event in run.events:
            if isinstance(event, ChangeRequested) and any(fnmatchcase(key, pattern) for key in self._keys(event)):
                yield event.function

    def apply(self, attempt: Attempt, invoke: str, until_us: int) -> None:
        """Take what is marked for the work of an invoke, and nothing else.

        Args:
            attempt: the invoke.
            invoke: its id.
            until_us: when it ended.
        """
        unnamed = {place for place, fate in enumerate(attempt.fates) if not self.names(fate)}
        attempt.worked = {place: at for place, at in attempt.worked.items() if place in unnamed}
        attempt.pieces = {place: of for place, of in attempt.pieces.items() if place in unnamed}
        attempt.unplaced = attempt.unplaced and bool(unnamed)
        for piece in self._of(attempt, invoke, until_us):
            attempt.worked.setdefault(piece.position, piece.at_seconds)
            attempt.pieces.setdefault(piece.position, []).append(piece.id)

    def names(self, fate: Fate) -> bool:
        """Whether a message has every value that the mark names: of one that lacks some, the mark says nothing."""
        return bool(self._expected(fate, fate.message_id))

    def _of(self, attempt: Attempt, invoke: str, until_us: int) -> list[Piece]:
        """The pieces of work of one invoke, in the order in which they are seen."""
        seen = [*self._seen_in_log(invoke, until_us), *self._seen_in_changes(attempt)]
        expected = [self._expected(fate, known_as) for fate, known_as in zip(attempt.fates, attempt.ids, strict=True)]
        pieces: list[Piece] = []
        taken: set[int] = set()
        for at_us, text, placed in sorted(seen, key=lambda one: one[0]):
            places = [place for place, wanted in enumerate(expected) if wanted and self._fits(wanted, text)]
            places = [place for place in places if place in placed] or places
            # Of messages with the same mark it is one after the other.
            fresh = [place for place in places if place not in taken] or places
            if fresh:
                taken.add(fresh[0])
                pieces.append(
                    Piece(fresh[0], in_seconds(at_us), self._known_by(attempt.fates[fresh[0]], expected[fresh[0]]))
                )
        return pieces

    def _known_by(self, fate: Fate, expected: str) -> str:
        """What tells a piece of work from others: the mark, if it has values of the message in it."""
        return expected if _PLACEHOLDER.search(self._template) else fate.business_id

    def _seen_in_log(self, invoke: str, until_us: int) -> list[tuple[int, str, frozenset[int]]]:
        lines = self._lines.get(invoke, [])
        found = [(line.instant, line.text, frozenset[int]()) for line in lines if line.instant <= until_us]
        del lines[: len(found)]  # an asynchronous event has one id for all its invokes
        return found

    def _seen_in_changes(self, attempt: Attempt) -> list[tuple[int, str, frozenset[int]]]:
        return [(event.at_us, key, places) for event, places in attempt.placed for key in self._keys(event)]

    def _keys(self, event: ChangeRequested) -> Iterator[str]:
        """What a change would be known by, if it were the one that the mark names."""
        if event.refused:
            return
        if self._mark.http is not None and event.service == "http":
            yield event.operation
        elif self._mark.table is not None and event.service == "dynamodb":
            for key in _items(json.loads(event.content), self._mark.table):
                value = key.get(self._mark.key_attribute)
                if isinstance(value, dict) and len(value) == 1:
                    yield str(next(iter(value.values())))

    def _fits(self, wanted: str, text: str) -> bool:
        if self._mark.http is not None:
            return fnmatchcase(text, wanted)
        if self._mark.log is not None:
            return re.search(rf"(?<![\w-]){re.escape(wanted)}(?![\w-])", text) is not None
        return text == wanted

    def _expected(self, fate: Fate, known_as: str) -> str:
        """The mark of one message's work; "" where the message lacks a value that it names.

        Args:
            fate: the message.
            known_as: its id in the delivery.
        """
        names = _PLACEHOLDER.findall(self._template)
        values = [known_as if name == "messageId" else _in_body(fate.body, name) for name in names]
        if None in values:
            return ""
        rest = iter(values)
        return _PLACEHOLDER.sub(lambda _: str(next(rest)), self._template)


def idle_mark(run: Run) -> str | None:
    """What to say of a mark that a workload names and that counts for nothing, None where it counts."""
    if run.effect is None:
        return None
    kind, text = next((each, value) for each in ("log", "key", "http") if (value := getattr(run.effect, each)))
    told = f"the mark of work that the workload names ({kind}: {text})"
    if not Marks(run, run.effect).functions:
        return f"{told} is never seen in this run: messages are judged as without it"
    wanted = [name for name in _PLACEHOLDER.findall(text) if name != "messageId"]
    bodies = [body for event in run.events for body in _contents(event)]
    lacking = [name for name in wanted if all(_in_body(body, name) is None for body in bodies)]
    if lacking:
        names = " or ".join(f"{{{name}}}" for name in lacking)
        return f"{told} is seen, but no message has {names}: messages are judged as without it"
    return None


def _contents(event: Event) -> Iterator[str]:
    """What a message holds that came into being: at a queue, stream, topic or bus, or as an asynchronous event."""
    if isinstance(event, EventAccepted):
        yield event.payload
    elif isinstance(body := getattr(event, "body", None), str):
        yield body


def _in_body(body: str, name: str) -> str | None:
    try:
        value: Any = json.loads(body)
    except ValueError:
        return None
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return None if value is None or isinstance(value, (dict, list)) else str(value)


def _items(content: Any, table: str) -> Iterator[dict[str | None, Any]]:
    """The items, or the keys of items, that a call writes into a table."""
    writes: Sequence[Any] = [content]
    if "TransactItems" in content:
        writes = [
            write for item in content["TransactItems"] for write in (item.get("Put"), item.get("Update")) if write
        ]
    elif "RequestItems" in content:
        requests = content["RequestItems"].get(table, [])
        writes = [{"TableName": table, **request["PutRequest"]} for request in requests if "PutRequest" in request]
    for write in writes:
        if str(write.get("TableName", "")).rpartition("/")[2] == table:
            found = write.get("Item") or write.get("Key") or {}
            yield found
