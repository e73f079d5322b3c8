"""Tumbling windows: state that a function hands from one batch of a window to the next (semantics.md F)."""

from __future__ import annotations

from typing import Any

from delivery_lab.model.clock import iso_time, seconds
from delivery_lab.model.mapping.partition_decisions import LARGEST_STATE_BYTES, PartitionVerdict, window_state
from delivery_lab.model.mapping.partition_records import with_window
from delivery_lab.model.mapping.partition_work import ReaderSettings
from delivery_lab.model.partition import Record


class TumblingWindows:
    """The windows of one shard, one after the other: records belong to the window in which they arrived (STR-WINDOW-1).

    Args:
        length_seconds: 1 to 900.
        shard: name of the shard.
        stream_arn: ARN of the stream.
        grace_seconds: how long it waits for records at the end of a window (STR-WINDOW-4).
    """

    def __init__(self, length_seconds: int, shard: str, stream_arn: str, grace_seconds: float) -> None:
        self.final_tries = 0
        self._length = seconds(length_seconds)
        self._grace = seconds(grace_seconds)
        self._shard = shard
        self._stream_arn = stream_arn
        self._start: int | None = None
        self._state: dict[str, Any] = {}
        self._early = False

    @property
    def is_open(self) -> bool:
        """Whether a window had a record, and had no final invoke yet."""
        return self._start is not None

    def same(self, one: Record, other: Record) -> bool:
        """Whether two records are of the same window."""
        return one.appended_at // self._length == other.appended_at // self._length

    def open_for(self, record: Record) -> int | None:
        """Open the window of a record; the instant of its final invoke, or None if it is open already."""
        if self._start is not None:
            return None
        self._start = record.appended_at // self._length * self._length
        return self._ends_at

    @property
    def _ends_at(self) -> int:
        assert self._start is not None
        # Records of the window's last moment are read by the next poll (STR-WINDOW-4).
        return self._start + self._length + self._grace

    def is_over(self, now: int, head: Record | None) -> bool:
        """Whether the open window is to have its final invoke now.

        Args:
            now: this instant.
            head: the next record to be worked on, if there is one.
        """
        if self._start is None:
            return False
        if self._early or (head is not None and head.appended_at >= self._start + self._length):
            return True
        return head is None and now >= self._ends_at

    def event(self, payload: str, *, final: bool) -> str:
        """The event of a batch, or of the final invoke, with the window's fields."""
        assert self._start is not None
        return with_window(
            payload,
            {
                "window": {"start": iso_time(self._start), "end": iso_time(self._start + self._length)},
                "state": self._state,
                "shardId": self._shard,
                "eventSourceARN": self._stream_arn,
                "isFinalInvokeForWindow": final,
                "isWindowTerminatedEarly": final and self._early,
            },
        )

    def judge(self, verdict: PartitionVerdict, payload: str) -> PartitionVerdict:
        """Take the state of a response. Without one the invoke failed (STR-WINDOW-2); beyond 1 MB the window ends."""
        if not verdict.succeeded:
            return verdict
        state, size_bytes = window_state(payload)
        if state is None:
            return PartitionVerdict(0, False, "STR-WINDOW-2", "the response has no state")
        self._state = state
        self._early = size_bytes > LARGEST_STATE_BYTES
        return verdict

    def closed(self) -> None:
        """The final invoke is over: the next record opens a window with an empty state."""
        self._start = None
        self._state = {}
        self._early = False
        self.final_tries = 0


def windows_of(settings: ReaderSettings, shard: str) -> TumblingWindows | None:
    """The windows of a shard, None where the mapping has none."""
    length = settings.tumbling_window_seconds
    return TumblingWindows(length, shard, settings.source_arn, settings.grace_seconds) if length else None
