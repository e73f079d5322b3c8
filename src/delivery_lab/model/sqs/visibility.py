"""Which messages of a queue are hidden: in flight after a receive, or delayed.

A message that is hidden anew, deleted or moved is not looked for in this collection: its `hiding` has changed since
its entry was made, by which the entry is recognised as stale when its turn comes.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from delivery_lab.model.sqs.message import Message

FEW_ENTRIES = 1_000
"""So many are kept, whatever has become of their messages."""


class HiddenMessages:
    """What is hidden, by the instant at which it becomes visible."""

    def __init__(self) -> None:
        self._entries: list[tuple[int, int, int, Message]] = []
        self._room = FEW_ENTRIES

    def hide(self, message: Message, visible_at: int) -> None:
        """Hide a message until `visible_at`, whatever held before."""
        message.visible_at = visible_at
        message.hiding += 1
        heapq.heappush(self._entries, (visible_at, message.sequence, message.hiding, message))
        if len(self._entries) > self._room:
            self._drop_stale()

    def _drop_stale(self) -> None:
        """Keep no message that is gone until its turn would come: with 12 h of visibility these would be all."""
        self._entries[:] = [entry for entry in self._entries if entry[3].hiding == entry[2]]
        heapq.heapify(self._entries)  # no two entries are alike, so that their order is the same as before
        self._room = max(FEW_ENTRIES, 2 * len(self._entries))

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
