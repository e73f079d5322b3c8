"""What each event is for a message: the words of the timeline, and what a timeline leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from delivery_lab.events import (
    BatchInvoked,
    BatchReleased,
    BatchResult,
    BatchRetryScheduled,
    BatchSplit,
    ContractLine,
    DeleteIgnored,
    Event,
    EventAccepted,
    EventAnswered,
    EventCompleted,
    EventDeadLettered,
    EventDiscarded,
    EventExpired,
    EventInvoked,
    EventRetryScheduled,
    FeedDeadLettered,
    FeedDelayed,
    FeedDiscarded,
    FeederAccepted,
    FeederDeduplicated,
    FeedFiltered,
    FeedHandedOn,
    FeedHandedOnAgain,
    FeedRepeated,
    FeedRetryScheduled,
    InvokeEnded,
    LinesRepeated,
    MessageDeadLettered,
    MessageDeleted,
    MessageExpired,
    MessageFiltered,
    MessageMoved,
    MessageReceived,
    MessageReturned,
    MessageSent,
    PipeHandedOn,
    PipeRefused,
    Published,
    QueueConfigured,
    RecordAppended,
    RecordExpired,
    RecordFiltered,
    RecordsCheckpointed,
    RecordsDiscarded,
    RecordSkipped,
    RecordsRewound,
    SendDeduplicated,
    VisibilityChanged,
)
from delivery_lab.events.instants import in_seconds
from delivery_lab.results.telling import Teller

StepKind = Literal["sent", "received", "invoked", "worked", "failed", "kept", "done", "moved", "gone"]
"""What a step is for a message, for its symbol."""


class Telling(NamedTuple):
    """What is told of an event, to all messages for which it is the same.

    Attributes:
        messages: their ids.
        kind: of the step.
        text: the words.
    """

    messages: tuple[str, ...]
    kind: StepKind
    text: str


_ABOUT: Mapping[type[Event], tuple[StepKind, str]] = {
    MessageSent: ("sent", "message"),
    MessageReceived: ("received", "message"),
    MessageReturned: ("kept", "message"),
    VisibilityChanged: ("kept", "message"),
    MessageDeleted: ("done", "message"),
    DeleteIgnored: ("kept", "message"),
    SendDeduplicated: ("kept", "message"),
    MessageDeadLettered: ("moved", "message"),
    MessageMoved: ("moved", "message"),
    MessageExpired: ("gone", "message"),
    MessageFiltered: ("gone", "message"),
    RecordAppended: ("sent", "record"),
    RecordSkipped: ("gone", "record"),
    RecordFiltered: ("gone", "record"),
    RecordExpired: ("gone", "record"),
    RecordsCheckpointed: ("done", "records"),
    RecordsDiscarded: ("gone", "records"),
    RecordsRewound: ("kept", "records"),
    BatchSplit: ("kept", "records"),
    BatchInvoked: ("invoked", "messages"),
    BatchRetryScheduled: ("kept", "messages"),
    BatchReleased: ("failed", "messages"),
    EventAccepted: ("sent", "event"),
    EventInvoked: ("invoked", "event"),
    EventAnswered: ("worked", "event"),
    EventRetryScheduled: ("kept", "event"),
    EventCompleted: ("done", "event"),
    EventDeadLettered: ("moved", "event"),
    EventExpired: ("gone", "event"),
    EventDiscarded: ("gone", "event"),
    Published: ("sent", "message"),
    FeederAccepted: ("sent", "message"),
    FeederDeduplicated: ("kept", "message"),
    FeedHandedOn: ("moved", "message"),
    FeedHandedOnAgain: ("moved", "message"),
    FeedDelayed: ("kept", "message"),
    FeedRepeated: ("kept", "message"),
    FeedFiltered: ("gone", "message"),
    FeedRetryScheduled: ("kept", "message"),
    FeedDeadLettered: ("moved", "message"),
    FeedDiscarded: ("gone", "message"),
    PipeHandedOn: ("moved", "message"),
    PipeRefused: ("kept", "messages"),
}
"""By the kind of an event: of what kind the step is, and the field with the ids of the messages that it is about."""

_OF_LINES: Mapping[str, StepKind] = {
    "processed": "worked",
    "failed": "failed",
    "duplicate": "worked",
    "heartbeat_failed": "failed",
}
"""By what a line of the log contract says. A heartbeat is a change of the visibility timeout, which is told."""


class Steps:
    """Tells of events one by one, in their order."""

    def __init__(self) -> None:
        self._teller = Teller()
        self._most_receives: dict[str, int] = {}

    def called(self) -> Mapping[str, str]:
        """Names by the ids of the messages that have been told of."""
        return self._teller.called()

    def tell(self, event: Event) -> Iterable[Telling]:
        """What is told of an event."""
        match event:
            case LinesRepeated():
                return self._of_lines(event.lines, event.invoke)
            case ContractLine():
                return self._of_lines((event,), event.invoke)
            case InvokeEnded():
                held = self._teller.held_by(event.invoke)
                text = self._teller.tell(event).phrase
                return (Telling(held, "failed", text),) if text else ()
            case BatchResult():
                return self._of_result(event, self._teller.tell(event).phrase)
            case QueueConfigured():
                if event.max_receive_count is not None:
                    self._most_receives[event.queue] = event.max_receive_count
        text = self._teller.tell(event).phrase
        about = _ABOUT.get(type(event))
        if about is None:
            return ()
        kind, name = about
        messages = getattr(event, name)
        if isinstance(event, DeleteIgnored) and event.rule == "SQS-RET-4":
            kind = "done"
        text = self._with_more(event, text) if text else self._besides(event)
        return (Telling(messages if isinstance(messages, tuple) else (messages,), kind, text),) if text else ()

    def _of_lines(self, lines: Iterable[ContractLine], invoke: str | None) -> Iterator[Telling]:
        for line in lines:
            text = self._teller.said(line, invoke)
            kind = _OF_LINES.get(line.event)
            if line.message is None or kind is None:
                continue
            text = text or f"{self._teller.invoke(invoke, line.function)} has done its work"
            yield Telling((line.message,), kind, text)

    def _of_result(self, event: BatchResult, text: str) -> Iterator[Telling]:
        failed = frozenset(event.failed)
        done = tuple(message for message in self._teller.batch_of(event.invoke) if message not in failed)
        if done:
            yield Telling(done, "worked", text)
        if event.failed:
            yield Telling(event.failed, "failed", text)

    def _with_more(self, event: Event, text: str) -> str:
        """The words of the timeline with what only matters to one message."""
        match event:
            case MessageSent() if event.visible_at_us > event.instant_us:
                return f"{text}, visible from {_at(event.visible_at_us)} on"
            case RecordAppended():
                return f"{text}, {event.partition}"
            case MessageReturned():
                return f"{text}: the visibility timeout is over"
            case BatchReleased():
                return f"{text}, and it stays hidden until its visibility timeout ends"
            case _:
                return text

    def _besides(self, event: Event) -> str:
        """What a timeline leaves out, because batches and their results tell it of many messages at once."""
        match event:
            case MessageReceived():
                most = self._most_receives.get(event.queue)
                receive = f"receive {event.receive_count}" + (f" of {most}" if most is not None else "")
                return f"received by {event.by.name} ({receive}), hidden until {_at(event.visible_at_us)}"
            case VisibilityChanged():
                span = event.timeout_seconds
                hidden = f"hidden for {span} s from now" if span else "visible again at once"
                return f"the visibility timeout is changed: {hidden}"
            case MessageDeleted():
                return f"deleted by {event.by.name}"
            case RecordsCheckpointed():
                return f"{event.mapping} is past it: checkpoint"
            case EventAnswered() if event.error is None:
                return "the invoke succeeds"
            case EventCompleted():
                return "out of the queue: its invoke succeeded"
            case _:
                return ""


def _at(instant_us: int) -> str:
    return f"{in_seconds(instant_us):.3f} s"
