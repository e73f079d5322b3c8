"""What a feed hands messages on to: queues, functions and streams of the account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from delivery_lab.errors import LabError, NotModelledError
from delivery_lab.events import Actor, Journal, TargetKind
from delivery_lab.function_names import LATEST_VERSION
from delivery_lab.model.asynchronous import AsynchronousInvokes
from delivery_lab.model.faults import Faults, error_of
from delivery_lab.model.functions import Lambda
from delivery_lab.model.loops import NO_LINEAGE, Lineage
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sqs import sending
from delivery_lab.model.sqs.fifo import FifoQueue
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.model.streams.kinesis import KinesisStream
from delivery_lab.model.tracing import carried
from delivery_lab.rule_ids import RuleId


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a feed hands on: one message, as its target gets it.

    Attributes:
        message: id that the feeder gave the message.
        body: what the target gets.
        attributes: message attributes, for a queue.
        group: message group, for a queue; "" for none.
        deduplication_id: for a FIFO queue; "" for none.
        lineage: what the chain of events behind it has run through.
        trace: trace header of the publish, "" for none.
        key: partition key, for a stream.
        original: what a dead-letter queue gets in its place, "" for the body.
        sent: what its sender sent, or the name that it has, by which a fault knows it.
    """

    message: str
    body: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    group: str = ""
    deduplication_id: str = ""
    lineage: Lineage = field(default_factory=lambda: NO_LINEAGE)
    trace: str = ""
    key: str = ""
    original: str = ""
    sent: str = ""


@dataclass(frozen=True, slots=True)
class Permit:
    """Whether a target may be used.

    Attributes:
        refusal: why not, "" if it may.
        undecided: why that cannot be told, "" if it can: a run that uses the target is refused.
        rule: rule by which it is refused.
    """

    refusal: str = ""
    undecided: str = ""
    rule: RuleId | None = None

    def check(self, action: str, target: str, journal: Journal) -> None:
        """Let through what is permitted.

        Args:
            action: such as `SendMessage`.
            target: name of the queue or function.
            journal: where it is noted what a run relies on.

        Raises:
            AwsError: it is not.
            NotModelledError: it cannot be told.
        """
        if self.undecided:
            raise NotModelledError(self.undecided)
        if self.refusal:
            if self.rule is not None:
                journal.rely_on(self.rule)
            raise AwsError("AccessDenied", f"{action} of {target} is not authorized", 403, why=self.refusal)


PERMITTED = Permit()

Announce = Callable[[str], None]
"""Told of the id that a message is about to get."""


class FeedTarget(Protocol):
    """Takes what a feed hands on."""

    @property
    def kind(self) -> TargetKind:
        """What it is."""

    @property
    def name(self) -> str:
        """Its name in journal and results."""

    def accept(self, parcel: Parcel, announce: Announce, repeated: Callable[[], None]) -> None:
        """Take a message.

        Args:
            parcel: the message.
            announce: to be called with the id that it gets, before anything else is written down about it.
            repeated: to be called instead where the target takes it for a repetition of an earlier one.

        Raises:
            AwsError: it does not take it.
        """


@dataclass(slots=True)
class QueueTarget:
    """A queue.

    Attributes:
        queue: the queue.
        permit: whether its policy lets the feeder send.
        faults: the faults of the run; they are set after the deployment.
        streams: the run's chance.
        journal: where it is noted what a run relies on.
    """

    queue: SqsQueue
    permit: Permit
    faults: Callable[[], Faults]
    streams: RandomStreams
    journal: Journal
    kind: TargetKind = "queue"

    @property
    def name(self) -> str:
        """Name of the queue."""
        return self.queue.name

    def accept(self, parcel: Parcel, announce: Announce, repeated: Callable[[], None]) -> None:
        """See `FeedTarget.accept`."""
        self.admitted(parcel)
        common: dict[str, Any] = {
            "attributes": dict(parcel.attributes),
            "system_attributes": carried(parcel.trace),
            "group": parcel.group,
            "lineage": parcel.lineage,
        }
        queue = self.queue
        if isinstance(queue, FifoQueue):
            common["deduplication_id"] = parcel.deduplication_id
            if queue.repeats(parcel.body, parcel.group, parcel.deduplication_id):
                repeated()
                queue.send(parcel.body, **common)
                return
        message = self.streams.uuid("message id", queue.name)
        announce(message)
        queue.send(parcel.body, message_id=message, **common)

    def admitted(self, parcel: Parcel) -> dict[str, Any]:
        """A message as `SendMessage` takes it.

        Raises:
            AwsError: the queue does not take it.
        """
        self.permit.check("SendMessage", self.queue.name, self.journal)
        fault = self.faults().of_feed("sqs", "SendMessage", self.queue.url)
        if fault is not None:
            raise error_of("sqs", fault.kind)
        parameters = {"MessageBody": parcel.body, "MessageAttributes": dict(parcel.attributes)}
        named = {"MessageGroupId": parcel.group, "MessageDeduplicationId": parcel.deduplication_id}
        parameters |= {name: value for name, value in named.items() if value}
        sending.check(self.queue, parameters)
        return parameters


@dataclass(slots=True)
class FunctionTarget:
    """A function, which is invoked asynchronously.

    Attributes:
        function: its name.
        feed: name of the feed, which invokes.
        permit: whether the function's policy lets the feeder invoke it.
        functions: the Lambda service.
        events: asynchronous invokes.
        faults: the faults of the run; they are set after the deployment.
        journal: where it is noted what a run relies on.
        qualifier: the version or alias by which it is invoked.
    """

    function: str
    feed: str
    permit: Permit
    functions: Lambda
    events: AsynchronousInvokes
    faults: Callable[[], Faults]
    journal: Journal
    qualifier: str = LATEST_VERSION
    kind: TargetKind = "function"

    @property
    def name(self) -> str:
        """Name of the function."""
        return self.function

    def accept(self, parcel: Parcel, announce: Announce, repeated: Callable[[], None]) -> None:
        """See `FeedTarget.accept`."""
        self.permit.check("Invoke", self.function, self.journal)
        fault = self.faults().of_feed("lambda", "Invoke")
        if fault is not None:
            raise error_of("lambda", fault.kind)
        self.functions.check_qualifier(self.function, self.qualifier)
        request_id = self.functions.new_request_id(self.function)
        announce(request_id)
        self.events.accept(
            self.function,
            parcel.body,
            by=Actor("feed", self.feed),
            lineage=parcel.lineage,
            request_id=request_id,
            qualifier=self.qualifier,
        )


@dataclass(frozen=True, slots=True)
class RefusedTarget:
    """Something that the model does not know: a run in which it gets a message is refused.

    Attributes:
        name: its name.
        why: what a person is told, or the error itself.
        kind: what it is.
    """

    name: str
    why: str | LabError
    kind: TargetKind = "queue"

    def accept(self, parcel: Parcel, announce: Announce, repeated: Callable[[], None]) -> None:
        """See `FeedTarget.accept`.

        Raises:
            LabError: always.
        """
        raise self.why if isinstance(self.why, LabError) else NotModelledError(self.why)


@dataclass(slots=True)
class StreamTarget:
    """A Kinesis data stream.

    Attributes:
        stream: the stream.
        permit: whether the feeder's role lets it put records.
        faults: the faults of the run; they are set after the deployment.
        journal: where it is noted what a run relies on.
    """

    stream: KinesisStream
    permit: Permit
    faults: Callable[[], Faults]
    journal: Journal
    kind: TargetKind = "stream"

    @property
    def name(self) -> str:
        """Name of the stream."""
        return self.stream.name

    def accept(self, parcel: Parcel, announce: Announce, repeated: Callable[[], None]) -> None:
        """See `FeedTarget.accept`."""
        self.permit.check("PutRecord", self.stream.name, self.journal)
        fault = self.faults().of_feed("kinesis", "PutRecord")
        if fault is not None:
            raise error_of("kinesis", fault.kind)
        data = parcel.body.encode()
        self.stream.check(data, parcel.key)
        announce(self.stream.next_record(parcel.key))
        self.stream.put(data, parcel.key)
