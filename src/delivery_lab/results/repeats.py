"""Lines of the log contract that invokes repeated, counted: a batch that is tried for a day says the same each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from delivery_lab.events import (
    AttemptsRepeated,
    BatchInvoked,
    BatchResult,
    ContractLine,
    Event,
    InvokeEnded,
    InvokeStarted,
    LinesRepeated,
)
from delivery_lab.events.instants import in_seconds
from delivery_lab.results.fates import Fate, HandlerDelivery, Ledger, Work


@dataclass(slots=True)
class _Repeated:
    consumer: str | None
    lines: tuple[ContractLine, ...]
    times: int = 0


class WorksCounted:
    """How often work was done, by consumer.

    Args:
        work: by consumer, as the ledger has it; grows.
    """

    def __init__(self, work: dict[str | None, Work]) -> None:
        self._work = work
        # By business id: the functions that did its work, each with the consumer for which.
        self._of: dict[str, frozenset[tuple[str, str | None]]] = {}
        self._sets: dict[frozenset[tuple[str, str | None]], frozenset[tuple[str, str | None]]] = {}

    def count(self, function: str, consumer: str | None, business_id: str, times: int = 1) -> None:
        """Work was done so often."""
        work = self._work.setdefault(consumer, Work())
        work.total += times
        known = self._of.get(business_id, frozenset())
        work.duplicated += times - all(by != function for by, _ in known)
        if (function, consumer) not in known:
            # Many business ids and few consumers: the same set is the same object.
            grown = known | {(function, consumer)}
            self._of[business_id] = self._sets.setdefault(grown, grown)

    def of(self, business_id: str) -> frozenset[str | None]:
        """For which consumers work of a business id was done."""
        return frozenset(consumer for _, consumer in self._of.get(business_id, frozenset()))

    def again(self, line: ContractLine, consumer: str | None, fate: Fate | None, times: int) -> None:
        """Work that had been done was done so often again, for a message or for a caller who waits and has none."""
        if fate is not None:
            self.count(line.function, consumer or fate.consumer, line.business_id or fate.business_id, times)
            fate.effects = (fate.effects or 0) + times
        elif line.business_id:
            self.count(line.function, None, line.business_id, times)


_OF_AN_ATTEMPT = frozenset({BatchInvoked, BatchResult, ContractLine, InvokeEnded, InvokeStarted, LinesRepeated})
"""Events after which an id names the same message as before them."""


class LatestBatch:
    """The fates of the batch that was asked for last: one that is tried for a day is asked for each time.

    Args:
        find: finds the fate of a message for a consumer.
    """

    def __init__(self, find: Callable[[str, str], Fate | None]) -> None:
        self._find = find
        self._messages: tuple[str, ...] = ()
        self._consumer = ""
        self._fates: list[Fate | None] = []

    def see(self, event: Event) -> None:
        """Forget it where an event may have given an id another meaning."""
        if type(event) not in _OF_AN_ATTEMPT:
            self._messages, self._fates = (), []

    def fates(self, messages: tuple[str, ...], consumer: str) -> list[Fate | None]:
        """The fate of each message, None of what is none."""
        if messages is not self._messages or consumer != self._consumer:
            self._messages, self._consumer = messages, consumer
            self._fates = [self._find(message, consumer) for message in messages]
        return self._fates


class Held(NamedTuple):
    """What an invoke got."""

    function: str
    consumer: str
    messages: tuple[str, ...]


NOTHING_HELD = Held("", "", ())


class Repeats:
    """How often lines were repeated, by the invoke that wrote them first and by consumer.

    What a line says the first time is read where it stands. Of all the times after it only the number matters: how
    often work was done. (Deliveries that were recognised as duplicates are told each by itself.)
    """

    def __init__(self) -> None:
        self._found: dict[tuple[str, str | None], _Repeated] = {}

    def note(self, event: LinesRepeated, consumer: str | None, times: int = 1) -> None:
        """An invoke for a consumer repeated lines, or so many one after the other."""
        key = (event.as_in, consumer)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = _Repeated(consumer, event.lines)
        found.times += times

    def delivered(self, repeated: AttemptsRepeated, fates: Sequence[Fate | None], ledger: Ledger) -> bool:
        """Count attempts that were told again of a function that follows the log contract.

        Args:
            repeated: the attempts.
            fates: what is known of their messages; grows.
            ledger: where invokes are counted.

        Returns:
            False where nothing was counted: a message is new, or another invoke holds it.
        """
        known = [fate for fate in fates if fate is not None]
        if not all(fate.deliveries and not fate.holders for fate in known):
            return False
        function, mapping, error = repeated.invoked.function, repeated.invoked.mapping, repeated.ended.error
        # The deliveries of one attempt are alike, so that one object stands for them all.
        each = [HandlerDelivery(in_seconds(one.started_us), mapping, True, False) for one in repeated.attempts]
        for fate in known:
            fate.are_added(each)
            fate.looked = bool(fate.looked)
            if function not in fate.given_to:
                fate.given_to = ledger.together(fate.given_to, function)
        ledger.invocations += len(each)
        ledger.failed += len(each) if error is not None else 0
        ledger.timed_out += len(each) if repeated.ended.timed_out else 0
        if repeated.lines is not None:
            self.note(repeated.lines, mapping, len(each))
        return True

    def work(self) -> Iterator[tuple[ContractLine, str | None, int]]:
        """Lines that say that work was done, for whom, and how often they were repeated."""
        for found in self._found.values():
            for line in found.lines:
                if line.event == "processed":
                    yield line, found.consumer, found.times
