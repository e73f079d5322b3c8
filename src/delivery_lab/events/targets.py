"""Events of what things are sent to and leave the run: topics, event buses, buckets, on-failure destinations."""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.events.base import EventBase


@dataclass(frozen=True, slots=True)
class Published(EventBase):
    """Something arrived at an SNS topic, an event bus or a bucket.

    Attributes:
        target: name of the topic, bus or bucket.
        message: its id.
        body: its content as text.
    """

    target: str
    message: str
    body: str


@dataclass(frozen=True, slots=True)
class DestinationRefused(EventBase):
    """An on-failure destination refused the report of a mapping; the mapping moves on nevertheless.

    Attributes:
        mapping: name of the mapping.
        target: name of the destination.
        code: AWS's error code.
    """

    mapping: str
    target: str
    code: str
