"""What stands in the place of a function behind the poller of a pipe: it hands each batch on to the pipe's target."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from delivery_lab.errors import NotModelledError
from delivery_lab.events import Actor, Journal, PipeHandedOn, PipeRefused
from delivery_lab.limits.pipes import EXECUTION_SECONDS
from delivery_lab.model.clock import Scheduler, in_seconds, iso_time
from delivery_lab.model.eventbridge.event import BusEvent, event_time
from delivery_lab.model.faults import Faults
from delivery_lab.model.feeds.feed import is_temporary
from delivery_lab.model.feeds.targets import FeedTarget, Parcel, Permit
from delivery_lab.model.functions import Lambda
from delivery_lab.model.invokes import Done, InvokeResult, Rehearsal, Throttled
from delivery_lab.model.json_reading import read_json
from delivery_lab.model.loops import NO_LINEAGE, Lineage, Loops
from delivery_lab.model.payloads import Payload, text_of
from delivery_lab.model.pipes.records import PipedRecord, piped
from delivery_lab.model.pipes.templates import PipeTemplate, text_at
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import AwsError


@dataclass(frozen=True, slots=True)
class PipeConfig:
    """A pipe.

    Attributes:
        name: its name in journal and results.
        arn: its ARN.
        role_arn: ARN of its role.
        ordered: whether its source keeps an order: then nothing is sent past a record that was refused.
        template: what it makes of records, None where they go on as they are.
        timeout_seconds: how long its target may take.
    """

    name: str
    arn: str
    role_arn: str
    ordered: bool
    template: PipeTemplate | None
    timeout_seconds: int
    described: bool = False
    """Its records are always read as JSON."""


@dataclass(frozen=True, slots=True)
class _Stage:
    """What all kinds of targets have in common.

    Attributes:
        config: the pipe.
        functions: the Lambda service.
        scheduler: the run's clock.
        journal: where events are written.
    """

    config: PipeConfig
    functions: Lambda
    scheduler: Scheduler
    journal: Journal

    @property
    def faults(self) -> Faults:
        """The faults of the run, which are set after the deployment."""
        return self.functions.faults

    @property
    def loops(self) -> Loops:
        """Detects loops over functions."""
        return self.functions.loops

    def configuration(self, name: str) -> PipeConfig:
        """The pipe, whatever it is asked for: a poller asks for whom it invokes."""
        return self.config

    def _made(self, record: PipedRecord) -> str:
        """What the target gets of a record, as JSON text."""
        if self.config.template is None:
            return json.dumps(record.content, separators=(",", ":"), ensure_ascii=False)
        self.journal.rely_on("PIPE-INPUT-1", "PIPE-INPUT-2")
        return self.config.template.fill(record, iso_time(self.scheduler.now))

    def _refuse(self, records: Sequence[PipedRecord], target: str, error: AwsError) -> None:
        now, name, why = self.scheduler.now, self.config.name, error.why or error.message
        messages = tuple(record.message for record in records)
        self.journal.append(PipeRefused(now, "PIPE-RETRY-1", name, messages, target, error.code, why))

    def _fail_later(self, done: Done, error: AwsError) -> str:
        """All of a batch fails, once the poller has handed it over."""
        payload = json.dumps({"errorType": error.code, "errorMessage": error.message})
        self.scheduler.at(self.scheduler.now, done, InvokeResult("", payload, error.code))
        return ""


def _records(payload: str) -> list[PipedRecord]:
    return [piped(record) for record in json.loads(payload)["Records"]]


def _reported(failed: Sequence[str]) -> str:
    return json.dumps({"batchItemFailures": [{"itemIdentifier": each} for each in failed]})


@dataclass(frozen=True, slots=True)
class FunctionStage(_Stage):
    """A function, which is invoked with all records of a batch at once, and waited for.

    Attributes:
        function: name of the function.
        permit: whether the role of the pipe lets it invoke the function.
    """

    function: str
    permit: Permit

    def invoke(
        self,
        name: str,
        payload: Payload,
        done: Done,
        *,
        by: Actor,
        note: bool = False,
        rehearsal: Rehearsal | None = None,
        lineage: Lineage = NO_LINEAGE,
    ) -> str | Throttled:
        """See `delivery_lab.model.mapping.invoker.Invoker.invoke`."""
        records = _records(text_of(payload))
        try:
            self.permit.check("Invoke", self.function, self.journal)
            event = f"[{','.join(self._made(record) for record in records)}]"
        except AwsError as error:
            self._refuse(records, self.function, error)
            return self._fail_later(done, error)

        begun = self.scheduler.now

        def answered(result: InvokeResult) -> None:
            self._check_time(begun)
            done(replace(result, payload=self._translated(result, records)))

        self.journal.rely_on("PIPE-EVENT-1")
        return self.functions.invoke(
            self.function, event, answered, by=by, note=note, rehearsal=rehearsal, lineage=lineage
        )

    def _check_time(self, begun: int) -> None:
        """Refuse an invoke that took longer than a pipe lasts.

        Raises:
            NotModelledError: it did.
        """
        took_seconds = in_seconds(self.scheduler.now - begun)
        if took_seconds > EXECUTION_SECONDS:
            raise NotModelledError(
                f"{self.config.name} has waited {took_seconds:.0f} s for {self.function}; a pipe lasts at most "
                f"{EXECUTION_SECONDS} s, and what becomes of the batch then is not known (PIPE-TIME-1)\n"
                f"  nearest: a timeout of {self.function} of at most {EXECUTION_SECONDS} s"
            )

    def _translated(self, result: InvokeResult, records: Sequence[PipedRecord]) -> str:
        """The answer with the ids by which the poller knows its records (PIPE-REPORT-1)."""
        known = {record.identifier: record.reported for record in records}
        try:
            answer = read_json(result.payload)
        except ValueError:
            return result.payload
        failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
        if result.error is not None or not isinstance(failures, list):
            return result.payload
        self.journal.rely_on("PIPE-REPORT-1")
        named = [each.get("itemIdentifier") if isinstance(each, dict) else None for each in failures]
        translated = [{"itemIdentifier": known.get(each, each) if isinstance(each, str) else each} for each in named]
        return json.dumps({**answer, "batchItemFailures": translated})


@dataclass(frozen=True, slots=True)
class TargetStage(_Stage):
    """A queue, topic, stream or bus, which gets the records of a batch one by one.

    Attributes:
        target: the target.
        parcel: makes what it gets of a record and of its content.
    """

    target: FeedTarget
    parcel: Callable[[PipedRecord, str], Parcel]

    def invoke(
        self,
        name: str,
        payload: Payload,
        done: Done,
        *,
        by: Actor,
        note: bool = False,
        rehearsal: Rehearsal | None = None,
        lineage: Lineage = NO_LINEAGE,
    ) -> str | Throttled:
        """See `delivery_lab.model.mapping.invoker.Invoker.invoke`."""
        self.journal.rely_on("PIPE-TARGET-1")
        records = _records(text_of(payload))
        failed: list[str] = []
        for number, record in enumerate(records):
            try:
                self._hand_on(record, lineage)
            except AwsError as error:
                if number == 0 and is_temporary(error):
                    return Throttled(error.code, "PIPE-RETRY-2", error.code, error.status)
                left = records[number:] if self.config.ordered else [record]
                self._refuse(left, self.target.name, error)
                failed += [each.reported for each in left]
                if self.config.ordered:
                    self.journal.rely_on("PIPE-REPORT-3")
                    break
        self.journal.rely_on(*(("PIPE-REPORT-1",) if 0 < len(failed) < len(records) else ()))
        self.scheduler.at(self.scheduler.now, done, InvokeResult("", _reported(failed), None))
        return ""

    def _hand_on(self, record: PipedRecord, lineage: Lineage) -> None:
        target = self.target

        def announce(new_message: str) -> None:
            now, name = self.scheduler.now, self.config.name
            event = PipeHandedOn(now, "PIPE-TARGET-1", name, record.message, target.kind, target.name, new_message)
            self.journal.append(event)

        parcel = self.parcel(record, self._made(record))
        target.accept(replace(parcel, lineage=lineage), announce, lambda: None)


@dataclass(frozen=True, slots=True)
class RefusedStage(_Stage):
    """A pipe that does what is not modelled: a run that touches it is refused.

    Attributes:
        why: what a person is told.
    """

    why: str

    def invoke(
        self,
        name: str,
        payload: Payload,
        done: Done,
        *,
        by: Actor,
        note: bool = False,
        rehearsal: Rehearsal | None = None,
        lineage: Lineage = NO_LINEAGE,
    ) -> str | Throttled:
        """See `delivery_lab.model.mapping.invoker.Invoker.invoke`.

        Raises:
            NotModelledError: always.
        """
        raise NotModelledError(self.why)


def queue_parcel(group: str, deduplication: str) -> Callable[[PipedRecord, str], Parcel]:
    """What a queue gets; group and deduplication id may be paths, "" for none."""

    def made(record: PipedRecord, content: str) -> Parcel:
        return Parcel(
            record.message,
            _unquoted(content),
            group=text_at(group, record),
            deduplication_id=text_at(deduplication, record),
        )

    return made


def plain_parcel(record: PipedRecord, content: str) -> Parcel:
    """What a topic gets."""
    return Parcel(record.message, _sent(content))


def stream_parcel(key: str) -> Callable[[PipedRecord, str], Parcel]:
    """What a stream gets; the partition key may be a path."""
    return lambda record, content: Parcel(record.message, _sent(content), key=text_at(key, record))


@dataclass(frozen=True, slots=True)
class BusParcels:
    """Makes events of records.

    Attributes:
        source: source of the events, or a path.
        detail_type: detail-type of the events, or a path; "" for what EventBridge fills in (PIPE-BUS-1).
        place: account and region.
        scheduler: the run's clock.
        streams: the run's chance.
        pipe: name of the pipe.
    """

    source: str
    detail_type: str
    place: tuple[str, str]
    scheduler: Scheduler
    streams: RandomStreams
    pipe: str

    def __call__(self, record: PipedRecord, content: str) -> Parcel:
        """The event of a record, whose content is its detail.

        Raises:
            AwsError: the content is no JSON object, or a path finds nothing.
        """
        detail = json.loads(content)
        if not isinstance(detail, dict):
            raise AwsError("MalformedDetail", "the detail of an event is a JSON object")
        event = BusEvent(
            self.streams.uuid("piped event", self.pipe),
            text_at(self.source, record),
            text_at(self.detail_type, record) or f"Event from {record.content['eventSource']}",
            detail,
            event_time(self.scheduler.now),
            *self.place,
        )
        return Parcel(record.message, event.body)


def _unquoted(content: str) -> str:
    """What a queue gets of a content: a text without quotes around it (PIPE-INPUT-4)."""
    made = json.loads(content)
    return made if isinstance(made, str) else content


def _sent(content: str) -> str:
    """What is sent of a content.

    Raises:
        NotModelledError: it is one text, and whether AWS sends its quotes too is not known.
    """
    if isinstance(json.loads(content), str):
        raise NotModelledError(
            "the input template of a pipe makes one text; whether its target gets it with its quotes is not known\n"
            "  nearest: a template that makes an object"
        )
    return content
