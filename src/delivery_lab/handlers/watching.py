"""What is seen of the code of one environment during an invoke: records read, changes asked for, errors left alone."""

from __future__ import annotations

import asyncio
import re
import sys
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Protocol

from delivery_lab.events import ChangeRequested, ErrorSwallowed, Observation, RecordsLookedAt, Swallowed
from delivery_lab.handlers.changes import (
    changes_something,
    content_of,
    has_effect,
    is_change,
    is_record_of_completion,
    is_refused_condition,
    purpose_of_call,
)
from delivery_lab.handlers.looking import Looks, watch
from delivery_lab.json_names import object_in
from delivery_lab.model.runtime import AwsError, WebRequest

_TRACEBACK = "Traceback (most recent call last)"
_NO_ERROR = re.compile(r'^\[(DEBUG|INFO|WARNING)\]|"(level|levelname|severity)": ?"(DEBUG|INFO|WARN|WARNING)"', re.I)
_STATUS = re.compile("[1-9][0-9]{2}")


class Observer(Protocol):
    """Whoever wants to know what is seen of handlers."""

    def watches(self, function: str) -> bool:
        """Whether it wants to know it of this function."""

    def observed(self, events: Sequence[Observation]) -> None:
        """Take what was seen of an invoke, at its end."""


class Unobserved:
    """Nobody wants to know."""

    def watches(self, function: str) -> bool:
        """Never."""
        return False

    def observed(self, events: Sequence[Observation]) -> None:
        """Nothing is seen."""


class Future(Protocol):
    """A result whose error is seen only by who asks for it."""

    asked_for: bool


class Watch:
    """Watches the invokes of one environment, one after the other.

    Args:
        function: name of the function.
        observer: takes what is seen.
        now: the clock, in microseconds.
    """

    def __init__(self, function: str, observer: Observer, now: Callable[[], int]) -> None:
        self._function = function
        self._observer = observer
        self._now = now
        self._invoke: str | None = None
        self.looks: Looks | None = None
        self.blind = False
        """Whether the function's code reads records in ways that nobody notices."""
        self.telling = False
        """Whether an event loop is writing an error to the log that was noted."""
        self.plain = False
        """Whether the function's code needs the event as it is: which records it reads is not seen then."""
        self._seen: list[ChangeRequested | ErrorSwallowed] = []
        self._futures: list[tuple[Future, ErrorSwallowed]] = []
        self._not_made: list[ChangeRequested] = []
        self._tasks: list[weakref.ref[asyncio.Task[Any]]] = []

    @property
    def saw_nothing(self) -> bool:
        """Whether nothing was seen of the invoke so far."""
        return not self._seen and not self._futures

    def begin(self, invoke: str) -> None:
        """An invoke begins."""
        self._invoke = invoke if self._observer.watches(self._function) else None
        self.looks = None

    def event(self, event: Any) -> Any:
        """The event as the handler gets it: equal to the one that is given, and changed in place."""
        if self._invoke is not None and not self.plain:
            self.looks = watch(event, self._now)
        return event

    def end(self) -> None:
        """The invoke is over: tell what was seen."""
        invoke, self._invoke = self._invoke, None
        if invoke is None:
            return
        now = self._now()
        events: list[Observation] = list(self._seen)
        if self.looks is not None:
            order = self.looks.order
            # What is seen was read. Of the others nobody knows, where code reads in ways that nobody notices.
            positions = None if self.blind and len(order) < self.looks.records else tuple(order)
            read = tuple(order.values())
            events.append(RecordsLookedAt(now, None, self._function, invoke, self.looks.records, positions, read))
        events.extend(error for future, error in self._futures if not future.asked_for)
        events.extend(self._left_in_tasks(invoke))
        events.extend(never_made(self._not_made, self._seen))
        self._seen.clear()
        self._not_made.clear()
        self._futures.clear()
        self._tasks.clear()
        # They stand in the journal where the invoke ends; most of them happened then.
        self._observer.observed([one if one.instant_us == now else replace(one, instant_us=now) for one in events])

    def wants(self, service: str, operation: str, parameters: dict[str, Any]) -> bool:
        """Whether a call that is about to be made is of interest."""
        return self._invoke is not None and is_change(service, operation, parameters)

    def called(self, service: str, operation: str, parameters: dict[str, Any], answer: dict[str, Any]) -> None:
        """A call that asks for a change was answered."""
        if has_effect(answer):
            self._requested(service, operation, content_of(parameters, answer), refused=False)

    def refused(self, service: str, operation: str, parameters: dict[str, Any], error: Exception) -> None:
        """A call that asks for a change was refused, or not answered."""
        if isinstance(error, AwsError) and is_refused_condition(error):
            self._requested(service, operation, content_of(parameters, {}), refused=True)
        elif (change := self._change(service, operation, content_of(parameters, {}), refused=False)) is not None:
            self.unanswered(change)

    def sends(self, request: WebRequest) -> ChangeRequested | None:
        """A request is on its way to an HTTP address: what it asks for, None where it only reads.

        Who sends it, and what for, is seen now; whether it is a change is known with the response (`answered`).
        """
        if self._invoke is None or not changes_something(request.method):
            return None
        operation = f"{request.method} {request.url}"
        return self._change("http", operation, request.body.decode(errors="replace"), refused=False)

    def answered(self, change: ChangeRequested, status: int) -> None:
        """A request was answered; what is answered with an error changed nothing."""
        if status >= HTTPStatus.BAD_REQUEST:
            self.unanswered(change)
        elif change.invoke == self._invoke:
            self._seen.append(replace(change, at_us=self._now(), instant_us=self._now()))

    def unanswered(self, change: ChangeRequested) -> None:
        """A change was asked for, and is not made: nobody answered, or the answer is an error."""
        if change.invoke == self._invoke and change.purpose == "work":
            self._not_made.append(replace(change, at_us=self._now(), instant_us=self._now()))

    def _requested(self, service: str, operation: str, content: str, *, refused: bool) -> None:
        change = self._change(service, operation, content, refused=refused)
        if change is not None:
            self._seen.append(change)

    def _change(self, service: str, operation: str, content: str, *, refused: bool) -> ChangeRequested | None:
        purpose = purpose_of_call()
        if self._invoke is None or purpose is None:
            return None
        if purpose == "idempotency" and not refused and not is_record_of_completion(operation):
            return None
        now, looked = self._now(), 0 if self.looks is None else len(self.looks.order)
        return ChangeRequested(
            now,
            None,
            self._function,
            self._invoke,
            at_us=now,
            service=service,
            operation=operation,
            content=content,
            refused=refused,
            purpose=purpose,
            looking_at=self._reading(),
            looked_at=looked,
        )

    def wrote(self, text: str) -> None:
        """The code wrote a text to its log or its standard streams."""
        if self._invoke is None or self.telling or _TRACEBACK not in text or _NO_ERROR.search(text):
            return
        error = sys.exc_info()[1]
        told = text.strip() if error is None else f"{text.strip()}\n{type(error).__name__}: {error}"
        self._seen.append(self._swallowed("log", told, error))

    def answers(self, payload: str, *, failed: bool) -> None:
        """The code has answered. An error in the answer that the log has, too, is the same one."""
        if self._invoke is None or failed or any(isinstance(one, ErrorSwallowed) for one in self._seen):
            return
        status = status_of(payload)
        if status is not None and status >= HTTPStatus.BAD_REQUEST:
            self._seen.append(self._swallowed("answer", payload, None))

    def failed(self, future: Future, error: BaseException) -> None:
        """A future holds an error from now on."""
        if self._invoke is not None:
            self._futures.append((future, self._swallowed("future", f"{type(error).__name__}: {error}", error)))

    def started(self, task: asyncio.Task[Any]) -> None:
        """A task begins. One that is collected with an error writes it to the log; the others are asked at the end."""
        if self._invoke is not None:
            self._tasks.append(weakref.ref(task))

    def left(self, error: BaseException) -> None:
        """An event loop tells of an error that nobody asked for."""
        if self._invoke is not None:
            self._seen.append(self._swallowed("future", f"{type(error).__name__}: {error}", error))

    def _left_in_tasks(self, invoke: str) -> Iterator[ErrorSwallowed]:
        """Errors of tasks that are over and that nobody asked for their result or error."""
        for reference in self._tasks:
            task: Any = reference()
            if task is not None and task.done() and task._log_traceback:
                error = task._exception
                found = self._swallowed("future", f"{type(error).__name__}: {error}", error)
                yield replace(found, invoke=invoke)

    def _swallowed(self, where: Swallowed, text: str, error: BaseException | None) -> ErrorSwallowed:
        now, invoke, reading = self._now(), self._invoke or "", self._reading()
        raised_at = None if error is None or self.looks is None else self.looks.in_hand(error.__traceback__)
        position = reading if raised_at is None else raised_at
        return ErrorSwallowed(now, None, self._function, invoke, now, where, text, position)

    def _reading(self) -> int | None:
        return None if self.looks is None else self.looks.reading()


def status_of(payload: str) -> int | None:
    """The HTTP status in an answer that is made as if for an HTTP API, None in any other."""
    if "status" not in payload.lower():
        return None
    named = {name.lower(): value for name, value in object_in(payload).items()}
    status = str(named.get("statuscode"))
    return int(status) if _STATUS.fullmatch(status) else None


def never_made(
    asked: Sequence[ChangeRequested], seen: Sequence[ChangeRequested | ErrorSwallowed]
) -> Iterator[ErrorSwallowed]:
    """The changes that an invoke asked for, that were not made, and that it did not ask for again with success."""
    made = [one for one in seen if isinstance(one, ChangeRequested) and not one.refused]
    last = {(one.service, one.operation, one.content): one for one in asked}
    for one in last.values():
        again = (other for other in made if (other.service, other.operation) == (one.service, one.operation))
        same_record = one.looking_at is not None
        if any(
            other.at_us >= one.at_us
            and (other.content == one.content or (same_record and other.looking_at == one.looking_at))
            for other in again
        ):
            continue
        text = f"{one.operation} is not made: {one.content}"
        yield ErrorSwallowed(one.instant_us, None, one.function, one.invoke, one.at_us, "call", text, one.looking_at)
