"""A bucket that tells of its objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from delivery_lab.errors import NotModelledError
from delivery_lab.events import FeederAccepted, Journal
from delivery_lab.model.clock import Scheduler
from delivery_lab.model.feeds.feed import Feed, FeedRules
from delivery_lab.model.feeds.targets import Parcel
from delivery_lab.model.loops import NO_LINEAGE, Lineage
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.s3.records import BucketIdentity, ObjectChange, bus_event, record, trial

RULES = FeedRules(
    filtered="S3-FILTER-1",
    handed_on="S3-NOTIFY-1",
    retried="S3-NOTIFY-1",
    dead_lettered="S3-NOTIFY-1",
    discarded="S3-NOTIFY-1",
)
EVENTS: Mapping[str, str] = {
    "PutObject": "ObjectCreated:Put",
    "CopyObject": "ObjectCreated:Copy",
    "CompleteMultipartUpload": "ObjectCreated:CompleteMultipartUpload",
    "DeleteObject": "ObjectRemoved:Delete",
}
"""What each operation of the API does to an object."""


@dataclass(frozen=True, slots=True)
class ObjectNotification:
    """One configuration of a bucket's notifications.

    Attributes:
        feed: hands changes on.
        id: its id.
        events: patterns of events, such as `s3:ObjectCreated:*`.
        prefix: how keys begin.
        suffix: how keys end.
        tried: whether S3 tries the destination with an event: queues and topics, not functions.
        to_bus: whether it is the default event bus that is told, of every change.
    """

    feed: Feed
    id: str
    events: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""
    tried: bool = True
    to_bus: bool = False

    def takes(self, change: ObjectChange) -> bool:
        """Whether it is about a change (S3-FILTER-1)."""
        if self.to_bus:
            return True
        named = any(_is_event(pattern, change.event) for pattern in self.events)
        return named and change.key.startswith(self.prefix) and change.key.endswith(self.suffix)


def _is_event(pattern: str, event: str) -> bool:
    name = pattern.removeprefix("s3:")
    return event.startswith(name[:-1]) if name.endswith("*") else event == name


class NotifyingBucket:
    """A bucket with notifications.

    Args:
        name: its name in journal and results (its logical name).
        identity: its physical name, ARN and region.
        scheduler: the run's clock.
        streams: the run's chance, which makes ids.
        journal: where events are written.
        keeps_versions: whether it keeps versions of its objects; what it tells of them then is modelled in part only.
    """

    def __init__(
        self,
        name: str,
        identity: BucketIdentity,
        *,
        scheduler: Scheduler,
        streams: RandomStreams,
        journal: Journal,
        keeps_versions: bool = False,
    ) -> None:
        self.name = name
        self.identity = identity
        self.keeps_versions = keeps_versions
        self.notifications: list[ObjectNotification] = []
        self._scheduler = scheduler
        self._streams = streams
        self._journal = journal
        self._changes = 0

    def try_destinations(self) -> None:
        """Send the event by which S3 finds out whether it may publish (S3-TEST-1): once, when it is configured."""
        for notification in self.notifications:
            if notification.tried:
                message = self._streams.uuid("object change", self.name)
                body = trial(self.identity, self._scheduler.now, message)
                self._accept(message, body, "s3:TestEvent", None, follow_up=True)
                for other in self.notifications:
                    if other is notification:
                        other.feed.hand_on(Parcel(message, body))
                    else:
                        other.feed.pass_by(message)

    def change(
        self,
        event: str,
        key: str,
        size_bytes: int | None,
        etag: str = "",
        *,
        invoke: str | None = None,
        lineage: Lineage = NO_LINEAGE,
        trace: str = "",
    ) -> None:
        """An object was changed: the notifications that are about it tell of it (S3-NOTIFY-1).

        Args:
            event: such as `ObjectCreated:Put`.
            key: the object's key.
            size_bytes: its size, None where it is gone.
            etag: its entity tag.
            invoke: the invoke whose code did it, None for the workload.
            lineage: what the chain of events behind it has run through.
            trace: trace header of the request.
        """
        self._changes += 1
        message = self._streams.uuid("object change", self.name)
        change = ObjectChange(event, key, size_bytes, etag, self._scheduler.now, self._changes, message)
        self._accept(message, change.body, key, invoke, follow_up=False)
        self._journal.rely_on("S3-TIME-1")
        for notification in self.notifications:
            if notification.takes(change):
                body = self._told(notification, change)
                notification.feed.hand_on(Parcel(message, body, lineage=lineage, trace=trace, sent=key))
            else:
                notification.feed.pass_by(message)

    def _told(self, notification: ObjectNotification, change: ObjectChange) -> str:
        if notification.to_bus:
            self._journal.rely_on("S3-BUS-1", "S3-BUS-2")
            return bus_event(change, self.identity, self._streams.uuid("published id", self.name))
        self._journal.rely_on("S3-RECORD-1", "S3-RECORD-2", "S3-KEY-1")
        return record(change, self.identity, notification.id)

    def operation(self, operation: str, parameters: Mapping[str, Any], answer: Mapping[str, Any], **by: Any) -> None:
        """An operation of the API was answered; it may have changed an object.

        Args:
            operation: such as `PutObject`.
            parameters: the request.
            answer: the answer.
            by: who, as in `change`.

        Raises:
            NotModelledError: somebody is told of a deletion, and the bucket keeps versions: it may be a delete marker.
        """
        event = EVENTS.get(operation)
        if event is None:
            return
        if self.keeps_versions and operation == "DeleteObject" and self._tells_of_deletions():
            raise NotModelledError(
                f"DeleteObject is called for {parameters['Key']} of {self.name}, which keeps versions and tells of "
                "deletions; what it tells then is not modelled\n  nearest: a bucket without versions"
            )
        etag = str(answer.get("ETag", "")).strip('"')
        size = None if event.startswith("ObjectRemoved") else _size(parameters.get("Body", b""))
        self.change(event, str(parameters["Key"]), size, etag, **by)

    def _tells_of_deletions(self) -> bool:
        return any(
            each.to_bus or any(name.startswith("s3:ObjectRemoved") for name in each.events)
            for each in self.notifications
        )

    def _accept(self, message: str, body: str, name: str, invoke: str | None, *, follow_up: bool) -> None:
        self._journal.append(
            FeederAccepted(
                self._scheduler.now,
                None,
                self.name,
                message,
                body,
                name=name,
                group="",
                invoke=invoke,
                follow_up=follow_up,
            )
        )


def _size(body: Any) -> int:
    if isinstance(body, str):
        return len(body.encode())
    return len(body) if isinstance(body, bytes | bytearray) else 0
