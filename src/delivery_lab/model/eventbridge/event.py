"""An event on a bus, and the envelope in which targets get it (EB-EVENT-1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from delivery_lab.limits.eventbridge import ENVELOPE
from delivery_lab.model.clock import iso_time


@dataclass(frozen=True, slots=True)
class BusEvent:
    """An event.

    Attributes:
        id: its id, which `PutEvents` answers with.
        source: who tells of it, such as `com.example.shop`.
        detail_type: what it is about.
        detail: what it tells: an object.
        time: when it happened, as AWS writes times.
        account: the account.
        region: the region.
        resources: ARNs of what it is about.
    """

    id: str
    source: str
    detail_type: str
    detail: Mapping[str, Any]
    time: str
    account: str
    region: str
    resources: tuple[str, ...] = field(default=())

    @property
    def envelope(self) -> dict[str, Any]:
        """The event as rules and targets see it."""
        values = ("0", self.id, self.detail_type, self.source, self.account, self.time, self.region)
        return dict(zip(ENVELOPE, (*values, list(self.resources), dict(self.detail)), strict=True))

    @property
    def body(self) -> str:
        """The envelope as text."""
        return as_json(self.envelope)


def as_json(value: Any) -> str:
    """JSON as EventBridge writes it, without white space."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def event_time(instant: int) -> str:
    """An instant as events have it: without fractions of a second."""
    return iso_time(instant)[:19] + "Z"
