"""What calls to the outside get because the workload says so: AWS services and HTTP addresses (SIM-ANSWER-1).

Entries stand before what the model answers by itself. Of several that match a call the first one that happens counts.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from delivery_lab.events import CallUnanswered, Journal, WebCallAnswered
from delivery_lab.model.clock import Scheduler, seconds
from delivery_lab.model.distributions import Distribution
from delivery_lab.model.faults import ids_of
from delivery_lab.model.occasions import ALWAYS, Occasion
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import (
    AwsError,
    Caller,
    Connecting,
    ConnectionFailed,
    WebRequest,
    WebResponse,
)

EventOf = Callable[[str], str | None]
"""The event of an invoke that is running, as JSON text."""


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """What calls of an operation get.

    Attributes:
        service: botocore's name of the service.
        operation: the operation, None for all (of an error and of a connection that fails).
        parameters: parameters that a call must have; texts may have `*` for anything.
        answer: the answer, None without one.
        error: the error, None without one.
        connection: what becomes of the connection, None where it is answered.
        latency: how much longer the call takes, or None.
        occasion: when, how often and for whom.
    """

    service: str
    operation: str | None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Any] | None = None
    error: AwsError | None = None
    connection: Connecting | None = None
    latency: Distribution | None = None
    occasion: Occasion = ALWAYS

    def result(self) -> dict[str, Any]:
        """The answer.

        Raises:
            AwsError: it is an error.
            ConnectionFailed: nobody answers.
        """
        if self.connection is not None:
            raise ConnectionFailed(self.connection)
        if self.error is not None:
            raise AwsError(self.error.code, self.error.message, self.error.status)
        return copy.deepcopy(dict(self.answer or {}))

    def matches(self, service: str, operation: str, parameters: Mapping[str, Any]) -> bool:
        """Whether it is about a call."""
        return (
            service == self.service and self.operation in (None, operation) and _contains(parameters, self.parameters)
        )


@dataclass(frozen=True)
class WebAnswer:
    """What requests to an address get.

    Attributes:
        method: the method, `*` for all.
        url: the address, in which `*` stands for anything.
        response: the response; its delay is that of `latency`.
        connection: what becomes of the connection, None where it is answered.
        latency: how much longer the response takes, or None.
        occasion: when, how often and for whom.
    """

    method: str
    url: str
    response: WebResponse
    connection: Connecting | None = None
    latency: Distribution | None = None
    occasion: Occasion = ALWAYS

    def matches(self, request: WebRequest) -> bool:
        """Whether it is about a request. A pattern without `?` does not look at the query."""
        if self.method not in ("*", request.method):
            return False
        url = request.url if "?" in self.url else request.url.partition("?")[0]
        return self._pattern.fullmatch(_normal(url)) is not None

    def is_for(self, host: str, port: int | None) -> bool:
        """Whether it is about connections to a host; without a port: whatever the port is."""
        scheme, separator, rest = self.url.lower().partition("://")
        if not separator:
            return True  # "*": any address
        place, named = _PORT.fullmatch(rest.partition("/")[0]), {"http": 80, "https": 443}
        assert place is not None  # the expression matches whatever there is
        if re.fullmatch(".*".join(map(re.escape, place["host"].split("*"))), host.lower()) is None:
            return False
        if port is None:
            return True
        if place["port"] is not None:
            return place["port"] in ("*", str(port))
        return port in ([named[scheme]] if scheme in named else named.values())

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(".*".join(map(re.escape, _normal(self.url).split("*"))), re.DOTALL)


_PORT = re.compile(r"(?P<host>\[.*\]|[^:]*)(?::(?P<port>.*))?")


def _normal(url: str) -> str:
    """An address with its scheme and host in small letters and with a path."""
    if "://" not in url:
        return url
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    if not slash and "*" not in host and "?" not in host:
        slash = "/"
    return f"{scheme.lower()}{separator}{host.lower()}{slash}{path}"


class GivenAnswers:
    """The answers of one run.

    Args:
        services: those of AWS services, in the order of the workload.
        web: those of addresses, in the order of the workload.
        scheduler: the run's clock.
        streams: the run's chance, which decides about shares and latencies.
        journal: where it is noted that an answer was given.
        event_of: tells what an invoke works on.
    """

    def __init__(
        self,
        services: Sequence[ServiceAnswer] = (),
        web: Sequence[WebAnswer] = (),
        *,
        scheduler: Scheduler,
        streams: RandomStreams,
        journal: Journal,
        event_of: EventOf,
    ) -> None:
        self._services = services
        self._web = web
        self._scheduler = scheduler
        self._streams = streams
        self._journal = journal
        self._event_of = event_of

    def of_call(
        self, service: str, operation: str, parameters: Mapping[str, Any], caller: Caller
    ) -> tuple[ServiceAnswer, int] | None:
        """What a call of this instant gets, and how many microseconds longer it takes; None if nothing says so."""
        for number, entry in enumerate(self._services, 1):
            if not entry.matches(service, operation, parameters):
                continue
            text = json.dumps(parameters, default=_as_text, ensure_ascii=False)
            if self._happens(("answer", str(number)), entry.occasion, text, caller):
                return entry, self._delay(("answer", str(number)), entry.latency)
        return None

    @property
    def may_not_open(self) -> bool:
        """Whether there is an entry about connections that cannot be opened."""
        return any(entry.connection is not None and entry.connection.while_opening for entry in self._web)

    def of_opening(self, host: str, port: int | None, look_up: bool, caller: Caller) -> ConnectionFailed | None:
        """What becomes of a look-up of a name, or of a connection that is opened, at this instant; None if nothing."""
        for number, entry in enumerate(self._web, 1):
            how, names = entry.connection, ("web answer", str(number))
            if how is None or not how.while_opening or (how is Connecting.UNRESOLVED) != look_up:
                continue
            if entry.is_for(host, port) and self._happens(names, entry.occasion, host, caller):
                return self._fail(host if port is None else f"{host}:{port}", how, names, entry.latency, caller)
        return None

    def _fail(
        self, what: str, how: Connecting, names: tuple[str, ...], latency: Distribution | None, caller: Caller
    ) -> ConnectionFailed:
        self.note_failure(what, how, caller)
        return ConnectionFailed(how, self._delay(names, latency))

    def note_failure(self, what: str, how: Connecting, caller: Caller) -> None:
        """Write down that nobody answers a call or a request."""
        self._journal.rely_on("SIM-ANSWER-2")
        self._journal.append(CallUnanswered(self._scheduler.now, "SIM-ANSWER-2", what, how.value, caller.actor))

    def of_request(self, request: WebRequest, caller: Caller) -> WebResponse | ConnectionFailed | None:
        """What a request of this instant gets; None if nothing says so."""
        for number, entry in enumerate(self._web, 1):
            names = ("web answer", str(number))
            if not entry.matches(request) or (entry.connection is not None and entry.connection.while_opening):
                continue
            text = f"{request.url} {request.body.decode(errors='replace')}"
            if self._happens(names, entry.occasion, text, caller):
                if entry.connection is not None:
                    return self._fail(f"{request.method} {request.url}", entry.connection, names, entry.latency, caller)
                self._journal.append(
                    WebCallAnswered(
                        self._scheduler.now,
                        "SIM-ANSWER-1",
                        request.method,
                        request.url,
                        request.body.decode(errors="replace"),
                        entry.response.status,
                        caller.actor,
                    )
                )
                return WebResponse(
                    entry.response.status,
                    entry.response.headers,
                    entry.response.body,
                    self._delay(names, entry.latency),
                )
        return None

    def _happens(self, names: tuple[str, ...], occasion: Occasion, text: str, caller: Caller) -> bool:
        if not occasion.names(text, self._ids(occasion, caller)):
            return False
        if not occasion.happens(self._scheduler.now, self._streams, *names, "share"):
            return False
        self._journal.rely_on("SIM-ANSWER-1")
        return True

    def _ids(self, occasion: Occasion, caller: Caller) -> Iterable[str]:
        event = self._event_of(caller.request_id) if occasion.ids and caller.request_id else None
        return () if event is None else ids_of(event)

    def _delay(self, names: tuple[str, ...], latency: Distribution | None) -> int:
        if latency is None:
            return 0
        return seconds(max(0.0, latency.draw_seconds(self._streams.stream(*names, "latency"))))


def _contains(value: Any, wanted: Any) -> bool:
    """Whether a value is, or has in it, what is wanted."""
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and all(
            name in value and _contains(value[name], inner) for name, inner in wanted.items()
        )
    if isinstance(wanted, str) and "*" in wanted:
        return re.fullmatch(".*".join(map(re.escape, wanted.split("*"))), _as_text(value), re.DOTALL) is not None
    if isinstance(value, bytes) and isinstance(wanted, str):
        return value == wanted.encode()
    return bool(value == wanted)


def _as_text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
