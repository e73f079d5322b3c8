"""The line of a queue: what is ready, in the order in which receives return it."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator
from typing import Protocol

from delivery_lab.events import Journal
from delivery_lab.model.sqs.message import Message
from delivery_lab.rules.assumptions import ReturnedPlace

RECEIVES_BEFORE_THE_BACK = 3
"""A message that was received so often goes to the back of its queue (SQS-ORDER-2)."""
ALLOWED_BEFORE_THE_BACK = 3
"""But not where the redrive policy allows no more receives than so many, or where there is none."""


class QueueLine(Protocol):
    """What a queue tells and asks of its line."""

    def __bool__(self) -> bool:
        """Whether a receive would find something."""

    def join(self, message: Message, ready_at: int) -> None:
        """A message has come into the queue and is ready from that instant on, unless it is hidden anew before."""

    def show(self, message: Message, *, again: bool) -> None:
        """A message is hidden no longer; `again` if a receive had returned it."""

    def hide(self, message: Message) -> None:
        """A message was hidden, or is gone."""

    def take(self) -> Generator[Message]:
        """Give up what is ready, one by one; what was given up has to be hidden or removed."""


class StandardLine:
    """The line of a standard queue: by place.

    A message gets its place when it is ready for the first time. Whether it keeps it when it is visible again is
    assumed (SQS-ORDER-1), but for one that was received three times: where the redrive policy allows more, it goes to
    the back (SQS-ORDER-2). One that is hidden anew, deleted or moved stays where it is until its turn comes, and is
    then recognised by its `hiding`.

    Args:
        returned_place: what is assumed of SQS-ORDER-1.
        journal: where it is noted what a run relies on.
        maximum_receives: the `maxReceiveCount` of the queue's redrive policy, 0 where it has none.
    """

    def __init__(self, returned_place: ReturnedPlace, journal: Journal, maximum_receives: Callable[[], int]) -> None:
        self._maximum_receives = maximum_receives
        self._returned_place = returned_place
        self._rely_on = journal.rely_on
        self._entries: list[tuple[int, int, int, Message]] = []
        self._last_place = 0

    def __bool__(self) -> bool:
        entries = self._entries
        while entries and entries[0][2] != entries[0][3].hiding:
            heapq.heappop(entries)
        return bool(entries)

    def join(self, message: Message, ready_at: int) -> None:
        """A message has come into the queue: behind what is ready before it."""
        message.place = ready_at

    def show(self, message: Message, *, again: bool) -> None:
        """A message is hidden no longer."""
        if again:
            self._place_again(message)
        self._last_place = max(self._last_place, message.place)
        heapq.heappush(self._entries, (message.place, message.sequence, message.hiding, message))

    def _place_again(self, message: Message) -> None:
        """Give a message that is visible again its place; where it passes others, the run relies on the rule."""
        passes = message.place < self._last_place and bool(self)
        to_the_back = (
            message.receive_count >= RECEIVES_BEFORE_THE_BACK and self._maximum_receives() > ALLOWED_BEFORE_THE_BACK
        )
        if passes:
            self._rely_on("SQS-ORDER-2" if to_the_back else "SQS-ORDER-1")
        if to_the_back or self._returned_place is ReturnedPlace.BACK:
            message.place = message.visible_at

    def hide(self, message: Message) -> None:
        """A message was hidden, or is gone."""

    def take(self) -> Generator[Message]:
        """Give up what is ready, one by one."""
        while self._entries:
            _, _, hiding, message = heapq.heappop(self._entries)
            if message.hiding == hiding:
                yield message
