"""Functions that a workload describes instead of running their code: how long they take, what fails, what they answer.

Lambda treats them as any other (SIM-DESCRIBED-1): cold starts, timeouts, concurrency, environments. What is drawn for a
message depends on the seed, the function, the message and the number of its delivery, and on nothing else, so two
variants can be compared message by message.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from delivery_lab.events import Journal, LogLine
from delivery_lab.model.clock import Scheduler, Timer, seconds
from delivery_lab.model.described_draws import DeliveryDraws
from delivery_lab.model.distributions import Constant, Distribution
from delivery_lab.model.faults import content_of, records_of
from delivery_lab.model.functions import Lambda
from delivery_lab.model.payloads import Payload, ReceivedMessage, UnwrittenEvent
from delivery_lab.model.runtime import (
    MINIMUM_INVOKE_SECONDS,
    Environment,
    FunctionConfig,
    InvokeRequest,
    InvokeResponse,
    LogSink,
    Runtime,
)

DESCRIBED_FAILURE = "DescribedFailure"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_JSON = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Failing:
    """Which messages fail. One that any of these names fails.

    Attributes:
        share: share of the deliveries, drawn for each message.
        ids: business ids.
        field: a field of the body that is true in those that fail, None without one.
        first: only so many first deliveries of a message fail, None for all.
        error: the error type.
    """

    share: float = 0.0
    ids: frozenset[str] = frozenset()
    field: str | None = None
    first: int | None = None
    error: str = DESCRIBED_FAILURE

    def of(self, content: Any, drawn: float, delivery: int) -> bool:
        """Whether a message fails.

        Args:
            content: what was sent.
            drawn: a number from 0 to 1, drawn for every message, so that a share changes nothing else.
            delivery: the number of its delivery, from 1 on.
        """
        if self.first is not None and delivery > self.first:
            return False
        if drawn < self.share:
            return True
        if not isinstance(content, Mapping):
            return bool(self.ids) and "None" in self.ids
        return (bool(self.ids) and str(content.get("id")) in self.ids) or (
            self.field is not None and bool(content.get(self.field))
        )


@dataclass(frozen=True, slots=True)
class Description:
    """What a function does.

    Attributes:
        duration: how long an invoke takes.
        for_each: how much longer it takes for each message of its event.
        failing: which messages fail.
        partial: whether it names the failed messages of a batch in its response, rather than to fail.
        response: what it returns otherwise, as JSON text.
        log: a line that it writes for each message that it has worked on, with placeholders; None for none.
    """

    duration: Distribution = Constant(0.0)  # noqa: RUF009 - frozen
    for_each: Distribution = Constant(0.0)  # noqa: RUF009 - frozen
    failing: Failing = Failing()
    partial: bool = False
    response: str = "null"
    log: str | None = None


@dataclass(slots=True)
class _Item:
    """A message of an event, or the event itself.

    Attributes:
        identifier: by which a response names it as failed, None for an event without messages.
        content: what was sent.
        key: what its draws depend on.
        message: its id in the log contract, None for an event without messages.
        receives: how often it was received, None where that is not counted.
    """

    identifier: Any
    content: Any
    key: str
    message: str | None = None
    receives: str | None = None

    @property
    def known(self) -> Mapping[str, Any]:
        """Values for placeholders."""
        content = self.content if isinstance(self.content, dict) else {}
        return (
            content if self.message is None else {"message_id": self.message, "receive_count": self.receives} | content
        )


@dataclass(slots=True)
class _Course:
    """How one invoke goes.

    Attributes:
        takes: microseconds.
        lines: what it logs at its end.
        response: how it answers.
    """

    takes: int
    lines: tuple[str, ...]
    response: InvokeResponse


class DescribedFunctions:
    """Runs described functions by their description and all others as before; a `Runtime` itself.

    Args:
        descriptions: by name of the function.
        others: runs the code of the others.
        seed: the run's seed.
        functions: the Lambda service, which is told that an invoke is not to be told again without being run.
        scheduler: the run's clock.
        journal: where it is noted that a description was followed.
        log: takes the lines that they write.
    """

    def __init__(
        self,
        descriptions: Mapping[str, Description],
        others: Runtime,
        *,
        seed: int,
        functions: Callable[[], Lambda],
        scheduler: Scheduler,
        journal: Journal,
        log: LogSink,
    ) -> None:
        self._descriptions = descriptions
        self._others = others
        self._seed = seed
        self._functions = functions
        self._scheduler = scheduler
        self._journal = journal
        self._log = log
        self._draws: dict[tuple[str, str], DeliveryDraws] = {}
        self._any = Random(seed)

    def new_environment(self, function: FunctionConfig, number: int) -> Environment:
        """A fresh environment."""
        description = self._descriptions.get(function.name)
        if description is None:
            return self._others.new_environment(function, number)
        return _DescribedEnvironment(self, description, function.name, number)

    def course(self, description: Description, function: str, request: InvokeRequest) -> _Course:
        """Decide how an invoke goes."""
        self._journal.rely_on("SIM-DESCRIBED-1")
        self._functions().note_api_call(request.request_id)
        items = _items(request.event)
        whole, _ = self._chance(function, "invoke", items[0].key, needed=not isinstance(description.duration, Constant))
        takes = description.duration.draw_seconds(whole)
        failed: list[_Item] = []
        lines: list[str] = []
        failing = description.failing
        draws = failing.share > 0 or not isinstance(description.for_each, Constant)
        needed = draws or failing.first is not None
        for item in items:
            chance, number = self._chance(function, "message", item.key, needed=needed)
            takes += description.for_each.draw_seconds(chance)
            if failing.of(item.content, chance.random(), number):
                failed.append(item)
                if not description.partial or item.identifier is None:
                    break  # code that raises does not see the rest of its batch
            elif description.log is not None:
                lines.append(_filled(description.log, item))
        length = max(seconds(takes), seconds(MINIMUM_INVOKE_SECONDS))
        return _Course(length, tuple(lines), _response(description, failed))

    def _chance(self, function: str, purpose: str, key: str, *, needed: bool) -> tuple[Random, int]:
        """A generator for one delivery to a function, and its number; where nothing depends on them, any will do."""
        if not needed:
            return self._any, 1
        draws = self._draws.get((function, purpose))
        if draws is None:
            draws = self._draws[(function, purpose)] = DeliveryDraws(self._seed, "described", function, purpose)
        return draws.of(key)

    def write(self, function: str, number: int, request_id: str, lines: Iterable[str]) -> None:
        """Log lines of an invoke at the current instant."""
        for line in lines:
            self._log(LogLine(self._scheduler.now, function, number, request_id, line))


class _DescribedEnvironment:
    def __init__(self, service: DescribedFunctions, description: Description, function: str, number: int) -> None:
        self._service = service
        self._description = description
        self._function = function
        self._number = number
        self._end: Timer | None = None

    def start(self, request: InvokeRequest, finish: Callable[[InvokeResponse], None]) -> None:
        """Begin an invoke at the current instant."""
        course = self._service.course(self._description, self._function, request)
        self._end = self._service._scheduler.after(course.takes, self._finish, request.request_id, course, finish)

    def stop(self) -> None:
        """End the environment: nothing is logged or answered any more."""
        if self._end is not None:
            self._end.cancel()

    def _finish(self, request_id: str, course: _Course, finish: Callable[[InvokeResponse], None]) -> None:
        self._end = None
        self._service.write(self._function, self._number, request_id, course.lines)
        finish(course.response)


def _response(description: Description, failed: list[_Item]) -> InvokeResponse:
    reported = [item for item in failed if item.identifier is not None]
    if description.partial and len(reported) == len(failed):
        return InvokeResponse(json.dumps({"batchItemFailures": [{"itemIdentifier": i.identifier} for i in reported]}))
    if failed:
        error = description.failing.error
        names = ", ".join(str(item.known.get("id", item.known.get("message_id", "the event"))) for item in failed)
        payload = json.dumps({"errorType": error, "errorMessage": f"described as failing: {names}"})
        return InvokeResponse(payload, error)
    return InvokeResponse(description.response)


def _items(event: Payload) -> list[_Item]:
    """The messages of an event; the event itself where it has none, so there is always one."""
    if isinstance(event, UnwrittenEvent):
        return [_received(delivery) for delivery in event.deliveries]
    read = json.loads(event)
    return [_read(record) for record in records_of(read)] or [_Item(None, read, _key(read, event))]


def _received(delivery: ReceivedMessage) -> _Item:
    """A message of a queue, without the record that an event would carry of it."""
    message = delivery.message
    content = _content(message.body)
    return _Item(message.id, content, _key(content, message.body), message.id, str(delivery.receive_count))


def _content(body: str) -> Any:
    """A body as JSON, None where it is none."""
    try:
        content, end = _JSON.raw_decode(body)
        return content if end == len(body) else _JSON.decode(body)
    except ValueError:
        pass  # white space in front is JSON too
    try:
        return _JSON.decode(body)
    except ValueError:
        return None


def _read(record: Any) -> _Item:
    try:
        content = content_of(record)
    except (ValueError, KeyError, TypeError):
        content = None
    text = str(record.get("body") or record.get("value") or json.dumps(record.get("kinesis") or content))
    identifier, message, receives = _named(record)
    return _Item(identifier, content, _key(content, text), message, receives)


def _key(content: Any, text: str) -> str:
    """The business id of a message, else a digest of what was sent."""
    if isinstance(content, Mapping) and content.get("id") is not None:
        return f"id {content['id']}"
    return hashlib.sha256(text.encode()).hexdigest()


def _named(record: Mapping[str, Any]) -> tuple[Any, str, Any]:
    """By what a response names a record, its id in the log contract, and how often it was received."""
    if "kinesis" in record:
        return record["kinesis"]["sequenceNumber"], str(record.get("eventID")), None
    if "dynamodb" in record:
        return record["dynamodb"]["SequenceNumber"], str(record["dynamodb"]["SequenceNumber"]), None
    if "topic" in record:
        place = f"{record['topic']}-{record['partition']}"
        return {"partition": place, "offset": record["offset"]}, f"{place}:{record['offset']}", None
    receives = record.get("attributes", {}).get("ApproximateReceiveCount")
    return record.get("messageId"), str(record.get("messageId")), receives


def _filled(template: str, item: _Item) -> str:
    return _PLACEHOLDER.sub(lambda match: str(item.known.get(match[1], match[0])), template)
