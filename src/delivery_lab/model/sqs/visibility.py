"""Which messages of a queue are hidden: in flight after a receive, or delayed.

A message that is hidden anew, deleted or moved is not looked for in this collection: its `hiding` has changed since
its entry was made, by which the entry is recognised as stale when its turn comes.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from delivery_lab.model.sqs.message import Message


class HiddenMessages:
    """What is hidden, by the instant at which it becomes visible."""

    def __init__(self) -> None:
        self._entries: list[tuple[int, int, int, Message]] = []

    def hide(self, message: Message, visible_at: int) -> None:
        """Hide a message until `visible_at`, whatever held before."""
        message.visible_at = visible_at
        message.hiding += 1
        heapq.heappush(self._entries, (visible_at, message.sequence, message.hiding, message))

    def due(self, now: int) -> Iterator[Message]:
        """Yield what is hidden no longer, in the order in which it became visible."""
        entries = self._entries
        while entries and entries[0][0] <= now:
            _, _, hiding, message = heapq.heappop(entries)
            if message.hiding == hiding:
                yield message

    def next_instant(self) -> int | None:
        """The next instant at which one becomes visible, None if none is hidden."""
        entries = self._entries
        while entries and entries[0][3].hiding != entries[0][2]:
            heapq.heappop(entries)
        return entries[0][0] if entries else None
