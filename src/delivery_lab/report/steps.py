"""What each event says of the messages that it is about, in words for somebody who follows one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Literal

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
    FeedFiltered,
    FeedHandedOn,
    FeedHandedOnAgain,
    FeedRepeated,
    FeedRetryScheduled,
    FilterMissed,
    InvokeEnded,
    InvokeStarted,
    MessageDeadLettered,
    MessageDeleted,
    MessageExpired,
    MessageFiltered,
    MessageMoved,
    MessageReceived,
    MessageReturned,
    MessageSent,
    Published,
    QueueConfigured,
    RecordAppended,
    RecordExpired,
    RecordFiltered,
    RecordsCheckpointed,
    RecordsDiscarded,
    RecordSkipped,
    SendDeduplicated,
    VisibilityChanged,
)
from delivery_lab.events.feeds import AnyFeedEvent
from delivery_lab.events.instants import in_seconds
from delivery_lab.events.union import AnyAsynchronousEvent, AnyPartitionEvent, MappingEvent, QueueEvent
from delivery_lab.results.words import plural

StepKind = Literal["sent", "received", "invoked", "worked", "failed", "kept", "done", "moved", "gone"]
"""What a step is for a message, for its symbol."""

Telling = tuple[str, StepKind, str]
"""Id of a message, kind of the step, and the words."""


class Steps:
    """Tells of events one by one, in their order.

    Args:
        names: names of messages by id.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._counts: Counter[str] = Counter()
        self._invokes: dict[str, str] = {}
        self._batches: dict[str, tuple[str, ...]] = {}
        self._holders: dict[tuple[str, str], list[str]] = {}
        self._held: dict[str, list[tuple[str, str]]] = {}
        self._most_receives: dict[str, int] = {}

    def tell(self, event: Event) -> Iterator[Telling]:
        """What is told of an event, a message at a time."""
        if isinstance(event, QueueEvent):
            yield from self._of_queue(event)
        elif isinstance(event, AnyPartitionEvent):
            yield from self._of_partition(event)
        elif isinstance(event, MappingEvent):
            yield from self._of_mapping(event)
        elif isinstance(event, AnyAsynchronousEvent):
            yield from self._of_event(event)
        elif isinstance(event, AnyFeedEvent):
            yield from self._of_feed(event)
        else:
            yield from self._of_others(event)

    def _of_others(self, event: Event) -> Iterator[Telling]:
        match event:
            case InvokeStarted():
                self._counts[event.function] += 1
                self._invokes[event.invoke] = f"{event.function} #{self._counts[event.function]}"
            case InvokeEnded():
                yield from self._ends(event)
            case ContractLine():
                yield from self._said(event)
            case Published():
                yield event.message, "sent", f"published to {event.target}"
            case _:
                pass

    # -- queues -------------------------------------------------------------------------------------------

    def _of_queue(self, event: QueueEvent) -> Iterator[Telling]:
        match event:
            case QueueConfigured():
                if event.max_receive_count is not None:
                    self._most_receives[event.queue] = event.max_receive_count
            case MessageSent():
                later = event.visible_at_us > event.instant_us
                delayed = f", visible from {_at(event.visible_at_us)} on" if later else ""
                yield event.message, "sent", f"accepted by {event.queue}{delayed}"
            case MessageReceived():
                yield event.message, "received", self._received(event)
            case MessageReturned():
                since = f" since {_at(event.since_us)}" if event.since_us < event.instant_us else ""
                yield event.message, "kept", f"visible again in {event.queue}{since}: the visibility timeout is over"
            case VisibilityChanged():
                span = event.timeout_seconds
                hidden = f"hidden for {span} s from now" if span else "visible again at once"
                yield event.message, "kept", f"the visibility timeout is changed: {hidden}"
            case MessageDeleted():
                who = f"the code of {self._invoke(event.by.invoke, event.by.name)}"
                yield event.message, "done", f"deleted by {event.by.name if event.by.kind == 'mapping' else who}"
            case DeleteIgnored():
                yield (
                    event.message,
                    "kept",
                    f"{event.by.name} deletes it without effect: the receipt handle is an old one",
                )
            case SendDeduplicated():
                yield event.message, "kept", f"sent to {event.queue} again, and taken for a repetition"
            case _:
                yield from self._leaves(event)

    def _leaves(self, event: QueueEvent) -> Iterator[Telling]:
        match event:
            case MessageDeadLettered():
                yield event.message, "moved", f"moved from {event.queue} to {event.target}"
            case MessageExpired():
                yield event.message, "gone", f"the retention period of {event.queue} ends it"
            case MessageFiltered():
                meant = f", although {' and '.join(event.wanted_by)} would have taken it" if event.wanted_by else ""
                yield event.message, "gone", f"the filter of {event.mapping} lets it pass by{meant}"
            case MessageMoved():
                yield event.message, "moved", f"moved back from {event.queue} to {event.target}"
            case _:
                pass

    def _received(self, event: MessageReceived) -> str:
        most = self._most_receives.get(event.queue)
        of = f" of {most}" if most is not None else ""
        return (
            f"received by {event.by.name} (receive {event.receive_count}{of}), hidden until {_at(event.visible_at_us)}"
        )

    # -- partitions ---------------------------------------------------------------------------------------

    def _of_partition(self, event: AnyPartitionEvent) -> Iterator[Telling]:
        match event:
            case RecordAppended():
                yield event.record, "sent", f"appended to {event.partition} of {event.source}"
            case RecordSkipped(rule="STR-START-5"):
                yield event.record, "gone", f"missed by {event.mapping}, which was created again at LATEST"
            case RecordSkipped():
                yield event.record, "gone", f"skipped: it was there before the starting position of {event.mapping}"
            case RecordFiltered():
                yield event.record, "gone", f"the filter of {event.mapping} lets it pass by"
            case RecordExpired():
                yield event.record, "gone", f"the retention period of {event.source} ends it"
            case _:
                yield from self._of_records(event)

    def _of_records(self, event: AnyPartitionEvent) -> Iterator[Telling]:
        match event:
            case RecordsCheckpointed():
                for record in event.records:
                    yield record, "done", f"{event.mapping} is past it: checkpoint"
            case RecordsDiscarded():
                where = f", and reports it to {event.target}" if event.target else ", and reports it nowhere"
                for record in event.records:
                    yield record, "gone", f"{event.mapping} discards it ({event.condition}){where}"
            case BatchSplit():
                for record in event.records:
                    yield record, "kept", f"its batch of {len(event.records)} is split in two"
            case _:
                pass

    # -- mappings and invokes -----------------------------------------------------------------------------

    def _of_mapping(self, event: MappingEvent) -> Iterator[Telling]:
        match event:
            case BatchInvoked():
                yield from self._gets(event.invoke, event.messages, "" if event.partition is None else event.mapping)
            case BatchResult():
                failed = set(event.failed)
                for message in self._batches.get(event.invoke, event.failed):
                    kept = message in failed
                    verdict = "it counts as failed" if kept else "it counts as processed"
                    yield message, "failed" if kept else "worked", f"{verdict}: {event.reason}"
            case BatchRetryScheduled():
                for message in event.messages:
                    yield message, "kept", f"{event.mapping} tries it again at {_at(event.at_us)}"
            case BatchReleased():
                hidden = "it stays hidden until its visibility timeout ends"
                for message in event.messages:
                    yield message, "failed", f"not invoked, and {event.mapping} does not try it again: {hidden}"
            case _:
                pass

    def _gets(self, invoke: str, messages: tuple[str, ...], reader: str) -> Iterator[Telling]:
        name = self._invokes.get(invoke, invoke)
        self._batches[invoke] = messages
        keys = self._held[invoke] = [(reader, message) for message in messages]
        batch = f" in a batch of {len(messages)}" if len(messages) > 1 else ""
        for key in keys:
            held = self._holders.setdefault(key, [])
            still = f", while {' and '.join(held)} still {plural(len(held), 'works', 'work')} on it" if held else ""
            yield key[1], "invoked", f"handed to {name}{batch}{still}"
            held.append(name)

    def _ends(self, event: InvokeEnded) -> Iterator[Telling]:
        name = self._invokes.get(event.invoke, event.function)
        for key in self._held.pop(event.invoke, ()):
            self._holders[key].remove(name)
            if event.error is not None:
                how = "runs into its timeout" if event.timed_out else f"fails with {event.error}"
                yield key[1], "failed", f"{name} {how}"

    def _said(self, line: ContractLine) -> Iterator[Telling]:
        if line.message is None:
            return
        who = self._invoke(line.invoke, line.function)
        match line.event:
            case "processed":
                yield line.message, "worked", f"{who} has done its work"
            case "failed":
                yield line.message, "failed", f"{who} fails: {line.error_type}"
            case "duplicate":
                yield line.message, "worked", f"{who} finds that its work is done already"
            case "heartbeat_failed":
                yield line.message, "failed", f"{who} cannot extend the visibility timeout"
            case _:
                pass  # a heartbeat is a change of the visibility timeout, which is told

    def _invoke(self, invoke: str | None, otherwise: str) -> str:
        return self._invokes.get(invoke or "", otherwise)

    # -- asynchronous events and feeds --------------------------------------------------------------------

    def _of_event(self, event: AnyAsynchronousEvent) -> Iterator[Telling]:
        match event:
            case EventAccepted():
                yield event.event, "sent", f"accepted by Lambda as an event of {event.function}"
            case EventInvoked():
                yield from self._gets(event.event, (event.event,), "")
            case EventAnswered():
                if event.error is None:
                    yield event.event, "worked", "the invoke succeeds"
            case EventRetryScheduled():
                yield (
                    event.event,
                    "kept",
                    f"Lambda tries it again at {_at(event.at_us)} (after attempt {event.attempt})",
                )
            case EventCompleted():
                yield event.event, "done", "out of the queue: its invoke succeeded"
            case EventDeadLettered():
                yield event.event, "moved", f"out of the queue, its record is sent to {event.target}"
            case EventExpired():
                yield event.event, "gone", "grown too old, and no destination takes it"
            case EventDiscarded():
                yield event.event, "gone", "out of retries, and no destination takes it"

    def _of_feed(self, event: AnyFeedEvent) -> Iterator[Telling]:
        match event:
            case FeederAccepted():
                yield event.message, "sent", f"accepted by {event.feeder}"
            case FeedHandedOn():
                again = " again" if isinstance(event, FeedHandedOnAgain) else ""
                yield event.message, "moved", f"{event.feed} hands it on to {event.target}{again}"
            case FeedDelayed():
                yield event.message, "kept", f"{event.feed} is late, and hands it on at {_at(event.at_us)}"
            case FeedRepeated():
                yield event.message, "kept", f"{event.target} takes it for a repetition"
            case FeedFiltered():
                yield event.message, "gone", f"the filter of {event.feed} lets it pass by"
            case FeedRetryScheduled():
                yield (
                    event.message,
                    "kept",
                    f"{event.feed} cannot hand it on ({event.code}), again at {_at(event.at_us)}",
                )
            case FeedDeadLettered():
                yield event.message, "moved", f"{event.feed} sends it to {event.target} ({event.code}: {event.why})"
            case FeedDiscarded():
                yield event.message, "gone", f"{event.feed} cannot hand it on, and nothing takes it ({event.code})"
            case FilterMissed():
                yield event.message, "gone", f"the filter of {event.place} misses it: {event.why}"
            case _:
                pass


def _at(instant_us: int) -> str:
    return f"{in_seconds(instant_us):.3f} s"
