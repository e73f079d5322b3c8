"""What a person is told of requests, of their answers, and of calls that fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from delivery_lab.events import (
    ApiCallRefused,
    CallUnanswered,
    InvokeAnswered,
    RequestAnswered,
    RequestArrived,
    RequestPassedOn,
    WebCallAnswered,
)
from delivery_lab.events.union import RequestEvent
from delivery_lab.results.told import SILENT, Told


class RequestTeller:
    """Tells of requests.

    Args:
        learn: gives a request the name that its body has.
    """

    def __init__(self, learn: Callable[[str, str], None]) -> None:
        self._learn = learn
        self._asked: str | None = None  # a request whose service has not taken anything yet

    def taken(self) -> str | None:
        """The request out of which the message was made that a service takes now: none is made of a request twice."""
        request, self._asked = self._asked, None
        return request

    def tell(self, event: RequestEvent) -> Told:
        """What is told of an event."""
        match event:
            case RequestArrived():
                self._learn(event.request, event.body)
                self._asked = event.request
                what = f"{event.method} {event.path} arrives at {event.api}, which calls {event.operation}"
                return Told(what, event.request)
            case RequestPassedOn():
                return SILENT
            case RequestAnswered():
                self._asked = None
                return Told(f"{event.method} {event.path} is answered with {event.status}")
            case InvokeAnswered():
                seen = f"{event.status} {event.error}" if event.error else str(event.status)
                return Told(f"the caller of {event.function} is answered with {seen}")
            case ApiCallRefused():
                return Told(f"{event.service} {event.operation} is refused: {event.code}")
            case CallUnanswered():
                return Told(f"{event.by.name}: {event.what} is not answered, connection {event.how}")
            case WebCallAnswered():
                return Told(f"{event.by.name} sends {event.method} {event.url}: answered with {event.status}")
            case _:
                assert_never(event)
