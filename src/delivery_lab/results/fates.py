"""What became of each message, read from the events of a run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from delivery_lab.model.clock import in_seconds
from delivery_lab.model.functions import SERVICE_ERROR, TIMED_OUT
from delivery_lab.model.journal import Event, Kind
from delivery_lab.simulation.run import Run

_OF_A_DELIVERY = frozenset({"started", "processed", "failed", "duplicate"})

Ending = Literal["processed", "deadLettered", "lost", "expired", "remaining"]


@dataclass(slots=True)
class Fate:
    """One message.

    Attributes:
        message_id: SQS's id.
        business_id: `id` of the body, or of the log, else the message id.
        sent_at: virtual seconds.
        poison: whether no handler can process it.
        delivered_at: when it was handed to a handler, in virtual seconds.
        overlapping: deliveries that began while another invoke still held it.
        processed_at: when a delivery first processed it, or None.
        detected_duplicate: whether a delivery skipped it because its work was done already.
        left: how it left the source: `deleted`, `deadLettered`, `expired`, or None.
        left_at: when, in virtual seconds.
        source: name of the queue, stream or topic.
        log: name of the shard or partition, "" of a queue.
        parked: whether a handler put it into a parking queue.
        redriven_at: virtual seconds at which it was last moved back from a dead-letter queue, or None.
        group: source and message group or partition key, where the source keeps an order.
        position: its place in that order.
    """

    message_id: str
    business_id: str
    sent_at: float
    poison: bool
    delivered_at: list[float] = field(default_factory=list)
    overlapping: int = 0
    processed_at: float | None = None
    detected_duplicate: bool = False
    left: Literal["deleted", "deadLettered", "expired"] | None = None
    left_at: float | None = None
    source: str = ""
    log: str = ""
    group: tuple[str, str] | None = None
    position: int = 0
    holders: set[str] = field(default_factory=set)
    body: str = ""
    parked: bool = False
    redriven_at: float | None = None

    @property
    def outcome(self) -> Ending:
        """Where it ended."""
        if self.left is None:
            return "remaining"
        if self.left == "deleted":
            return "processed" if self.worked_on else "deadLettered" if self.parked else "lost"
        return self.left

    @property
    def worked_on(self) -> bool:
        """Whether its work was done, by one of its own deliveries or by the one that it duplicates."""
        return self.processed_at is not None or self.detected_duplicate

    @property
    def latency_seconds(self) -> float | None:
        """Seconds from accepted to first processed."""
        # Instants are whole microseconds, so what a difference of floats has beyond them is noise.
        return None if self.processed_at is None else round(self.processed_at - self.sent_at, 6)


@dataclass(slots=True)
class Ledger:
    """All messages of a run, and what was counted on the way.

    Attributes:
        fates: messages by message id, in the order of their sends.
        effects: how often the work of each business id was done.
        order_violations: messages that were first processed after a later one of their group.
    """

    fates: dict[str, Fate] = field(default_factory=dict)
    effects: Counter[str] = field(default_factory=Counter)
    invocations: int = 0
    failed: int = 0
    throttled: int = 0
    timed_out: int = 0
    order_violations: int = 0


def read_events(run: Run) -> Ledger:
    """Read the events of a run, in order."""
    reader = _Reader(run)
    for event in run.events:
        handler = reader.handlers.get(event.kind)
        if handler is not None:
            handler(event)
    reader.settle_duplicates()
    return reader.ledger


class _Reader:
    def __init__(self, run: Run) -> None:
        self._run = run
        self.ledger = Ledger()
        # Functions that follow the log contract say themselves what they processed. Of the others a delivered
        # message counts as processed when the invoke succeeded and the response did not name it as failed.
        self._talking = {
            event.text("function")
            for event in run.events
            if event.kind is Kind.LOG and event.text("event") in _OF_A_DELIVERY and event.text("message")
        }
        self._invokes: dict[str, tuple[str, tuple[str, ...]]] = {}  # invoke: function, messages
        self._function_of: dict[str, str] = {}
        # Records of a DynamoDB stream do not say which shard they are of, so functions name the sequence number alone.
        self._by_sequence: dict[str, Fate] = {}
        self._skipped: list[Fate] = []
        self._redriven: dict[str, str] = {}  # new message id: the one it had first
        self._processed_up_to: dict[tuple[str, str], int] = {}
        self.handlers: dict[Kind, Callable[[Event], None]] = {
            Kind.SENT: self._sent,
            Kind.INVOKE: self._invoke,
            Kind.BATCH: self._batch,
            Kind.INVOKE_END: self._invoke_end,
            Kind.VERDICT: self._verdict,
            Kind.LOG: self._log,
            Kind.DELETED: self._deleted,
            Kind.DEAD_LETTERED: self._dead_lettered,
            Kind.EXPIRED: self._expired,
            Kind.CHECKPOINT: self._checkpoint,
            Kind.SKIPPED: self._deleted,
            Kind.FILTERED: self._deleted,
            Kind.DISCARDED: self._discarded,
            Kind.THROTTLED: self._throttled,
            Kind.EVENT_RESULT: self._event_result,
            Kind.DROPPED: self._deleted,
            Kind.MOVED: self._moved,
        }

    def _fate(self, event: Event) -> Fate | None:
        return self._fate_of(event.text("message"))

    def _fate_of(self, message: str) -> Fate | None:
        return self.ledger.fates.get(self._redriven.get(message, message)) or self._by_sequence.get(message)

    def _sent(self, event: Event) -> None:
        if event.text("queue") in self._run.parking_queues:
            self._parked(event)
        if event.text("queue") not in self._run.sources or event.facts.get("follow_up"):
            return
        message, body = event.text("message"), event.text("body")
        fate = self.ledger.fates[message] = Fate(
            message_id=message,
            business_id=_business_id(body) or message,
            sent_at=in_seconds(event.instant),
            poison=self._run.workload.is_poison(body),
            body=body,
            source=event.text("queue"),
            log=event.text("log"),
            group=_group(event),
            position=len(self.ledger.fates),
        )
        if message.startswith("shardId-"):
            self._by_sequence[message.partition(":")[2]] = fate

    def _parked(self, event: Event) -> None:
        """A handler has put a message aside: which of those that it works on, its content tells."""
        _, held = self._invokes.get(event.text("invoke"), ("", ()))
        content = "\n".join((event.text("body"), *event.texts("attributes")))
        business_id = _business_id(event.text("body"))
        fates = [fate for message in held if (fate := self._fate_of(message)) is not None]
        named = [fate for fate in fates if fate.message_id in content]
        same = [fate for fate in fates if fate.body == event.text("body") or fate.business_id == business_id]
        for fate in (named or same)[:1]:
            fate.parked = True

    def _moved(self, event: Event) -> None:
        """A redriven message is a new one for SQS, and the same one for whoever sent it."""
        fate = self._fate(event)
        if fate is not None:
            first = event.text("message")
            self._redriven[event.text("new_message")] = self._redriven.get(first, first)
            fate.left = None
            fate.redriven_at = in_seconds(event.instant)

    def _event_result(self, event: Event) -> None:
        """Without a log contract, an event whose invoke succeeded was processed."""
        fate = self._fate(event)
        if fate is not None and event.facts.get("error") is None and event.text("function") not in self._talking:
            self._processed(fate, fate.business_id, event)

    def _invoke(self, event: Event) -> None:
        self.ledger.invocations += 1
        self._function_of[event.text("invoke")] = event.text("function")

    def _batch(self, event: Event) -> None:
        invoke = event.text("invoke")
        messages = event.texts("messages")
        self._invokes[invoke] = (self._function_of[invoke], messages)
        for message in messages:
            fate = self._fate_of(message)
            if fate is not None:
                fate.overlapping += bool(fate.holders)
                fate.holders.add(invoke)
                fate.delivered_at.append(in_seconds(event.instant))

    def _invoke_end(self, event: Event) -> None:
        error = event.facts.get("error")
        self.ledger.failed += error is not None
        self.ledger.timed_out += error == TIMED_OUT
        invoke = event.text("invoke")
        _, messages = self._invokes.get(invoke, ("", ()))
        for message in messages:
            fate = self._fate_of(message)
            if fate is not None:
                fate.holders.discard(invoke)

    def _verdict(self, event: Event) -> None:
        function, messages = self._invokes[event.text("invoke")]
        if function in self._talking:
            return
        failed = {*event.texts("messages"), *event.texts("named")}
        for message in messages:
            fate = self._fate_of(message)
            if fate is not None and message not in failed:
                self._processed(fate, fate.business_id, event)

    def _log(self, event: Event) -> None:
        fate = self._fate(event)
        business_id = event.text("id")
        if fate is not None and business_id:
            fate.business_id = business_id
        if event.text("event") == "processed":
            if fate is not None:
                self._processed(fate, business_id or fate.business_id, event)
            elif business_id:
                # Work that a caller waited for: there is no message, and an effect all the same.
                self.ledger.effects[business_id] += 1
        elif event.text("event") == "duplicate" and fate is not None:
            self._skipped.append(fate)

    def _processed(self, fate: Fate, business_id: str, event: Event) -> None:
        self.ledger.effects[business_id] += 1
        if fate.processed_at is None:
            fate.processed_at = in_seconds(event.instant)
            self._check_order(fate)

    def _check_order(self, fate: Fate) -> None:
        """A message whose work is done for the first time should not come after a later one of its group.

        Work that is repeated, as all of a batch is that comes back, counts as duplicated, not as out of order.
        """
        if fate.group is not None:
            latest = self._processed_up_to.get(fate.group, -1)
            self.ledger.order_violations += fate.position < latest
            self._processed_up_to[fate.group] = max(latest, fate.position)

    def settle_duplicates(self) -> None:
        """A message that was skipped as a duplicate is in order only if its work was really done by somebody."""
        for fate in self._skipped:
            fate.detected_duplicate = self.ledger.effects[fate.business_id] > 0

    def _deleted(self, event: Event) -> None:
        _leave(self._fate(event), "deleted", event)

    def _dead_lettered(self, event: Event) -> None:
        fate = self._fate(event)
        if fate is not None:
            fate.left = "deadLettered"

    def _expired(self, event: Event) -> None:
        # From the source, or later from the dead-letter queue: gone either way.
        fate = self._fate(event)
        if fate is not None:
            fate.left = None
            _leave(fate, "expired", event)

    def _checkpoint(self, event: Event) -> None:
        for message in event.texts("messages"):
            _leave(self.ledger.fates.get(message), "deleted", event)

    def _discarded(self, event: Event) -> None:
        """A batch was given up: without a destination its records are simply passed over."""
        way: Literal["deadLettered", "deleted"] = "deadLettered" if event.text("target") else "deleted"
        for message in event.texts("messages"):
            _leave(self.ledger.fates.get(message), way, event)

    def _throttled(self, event: Event) -> None:
        self.ledger.throttled += event.text("reason") != SERVICE_ERROR  # which is refused too, but with 500


def _group(event: Event) -> tuple[str, str] | None:
    """What a message is in order with: others of its source with the same message group or partition key."""
    key = event.text("group") or event.text("key")
    return (event.text("queue"), key) if key else None


def _leave(fate: Fate | None, way: Literal["deleted", "deadLettered", "expired"], event: Event) -> None:
    if fate is not None and fate.left is None:
        fate.left = way
        fate.left_at = in_seconds(event.instant)


def _business_id(body: str) -> str | None:
    try:
        parsed = json.loads(body)
    except ValueError:
        return None
    value = parsed.get("id") if isinstance(parsed, dict) else None
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else None
