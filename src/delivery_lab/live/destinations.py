"""On-failure destinations that are somewhere else: what a mapping discards is sent to a real queue."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from delivery_lab.live.clock import RealClock
from delivery_lab.live.queues import RealQueue
from delivery_lab.model.clock import EPOCH
from delivery_lab.model.mapping.destinations import DiscardedBatch, failure_record
from delivery_lab.model.mapping.partition_records import Format


@dataclass(slots=True)
class RealQueueDestination:
    """A standard queue: it gets what describes the batch (STR-DEST-1, STR-DEST-2)."""

    queue: RealQueue
    clock: RealClock

    @property
    def name(self) -> str:
        """Name of the queue."""
        return self.queue.name

    def deliver(self, discarded: DiscardedBatch, form: Format, now: int) -> None:
        """Send the document.

        Raises:
            AwsError: the queue refuses it.
            PlaceError: the queue does not answer.
        """
        self.queue.send(json.dumps(self._dated(failure_record(discarded, form, now))))

    def _dated(self, document: dict[str, Any]) -> dict[str, Any]:
        """The document with times of the place: simulations begin on a day of their own."""
        return {name: self._value(name, value) for name, value in document.items()}

    def _value(self, name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return self._dated(value)
        if name != "timestamp" and not name.startswith("approximateArrival"):
            return value
        since_start = (datetime.fromisoformat(value) - EPOCH).total_seconds()
        moment = datetime.fromtimestamp(self.clock.epoch + since_start, UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
