"""A topic as what a bucket or rule hands messages on to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from delivery_lab.events import Journal, TargetKind
from delivery_lab.model.feeds.targets import Announce, Parcel, Permit
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.sns.topic import Publisher, SnsTopic


@dataclass(slots=True)
class TopicTarget:
    """A topic.

    Attributes:
        topic: the topic.
        permit: whether its policy lets the feeder publish.
        streams: the run's chance.
        journal: where it is noted what a run relies on.
        subject: subject of what is published, "" for none.
    """

    topic: SnsTopic
    permit: Permit
    streams: RandomStreams
    journal: Journal
    subject: str = "Amazon S3 Notification"
    kind: TargetKind = "topic"

    @property
    def name(self) -> str:
        """Name of the topic."""
        return self.topic.name

    def accept(self, parcel: Parcel, announce: Announce, repeated: Callable[[], None]) -> None:
        """See `FeedTarget.accept`."""
        self.permit.check("Publish", self.topic.name, self.journal)
        message = self.streams.uuid("published id", self.topic.name)
        announce(message)
        publisher = Publisher(None, parcel.lineage, parcel.trace, message_id=message)
        subject = {"Subject": self.subject} if self.subject else {}
        self.topic.publish({"Message": parcel.body, **subject}, publisher)
