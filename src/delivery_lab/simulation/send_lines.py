"""Lines of a workload's `send`, each read once for all its repetitions."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from delivery_lab.simulation.templates import as_text, draws, filled, render
from delivery_lab.simulation.workload_sends import HttpRequest, Send


@dataclass(frozen=True, slots=True)
class Arrival:
    """One thing to send.

    Attributes:
        at_seconds: when, in virtual seconds.
        target: one of `TARGETS`; `invoke` waits for the answer, `event` does not; `bus` for an event on a bus.
        name: the queue, stream, table, topic or function; for http the API's name or "".
        body: the body as text.
        request: the HTTP request, for http.
        key: message group of a queue, partition key of a stream or topic; "" without one.
        dedup: deduplication id, "" without one.
        attributes: message attributes of a message for a queue or an SNS topic, as `SendMessage` takes them.
        subject: subject of a message for an SNS topic, "" without one.
        size_bytes: size of an object, None for that of its content.
        event: what happens to an object, "" for what usually does.
        source: source of an event, "" for others.
        detail_type: detail-type of an event, "" for others.
        delay_seconds: how long a message for a queue is hidden at first; None for as long as the queue says.
        where: place in the workload, for messages.
    """

    at_seconds: float
    target: str
    name: str
    body: str
    request: HttpRequest | None = None
    key: str = ""
    dedup: str = ""
    attributes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    subject: str = ""
    size_bytes: int | None = None
    event: str = ""
    source: str = ""
    detail_type: str = ""
    delay_seconds: int | None = None
    where: str = ""


class SendLine:
    """One line of `send`.

    Args:
        send: the line.
        where: its place in the workload, for messages.

    Attributes:
        times: how often it is sent.
        target: one of `TARGETS`, with `bus` for an event on a bus and `event` for an asynchronous invoke.
        name: the queue, stream, table, topic or function; for http the API's name or "".
        draws: whether its bodies are drawn by chance: then they are made in order, and each one once.
        body: the body of a repetition as text; draws from what it is given.
        key: the message group or partition key of a repetition.
        dedup: the deduplication id of a repetition.

    Raises:
        WorkloadError: a template does not render; of one that draws this is found where it does.
    """

    def __init__(self, send: Send, where: str) -> None:
        template = send.http.body if send.http else send.body
        self._send = send
        self.where = where
        self.times = send.times
        self.target = _target(send)
        self.name: str = send.http.api or "" if send.http else getattr(send, send.target)
        self.draws = draws(template)
        self.delay_seconds = send.delay_seconds
        self._filled = None if self.draws else filled("" if template is None else template, where)
        self._template = template
        self.key = _text(send.key, where)
        self.dedup = _text(send.dedup, where)
        self._subject = _text(send.subject, where)

    def at_seconds(self, n: int) -> float:
        """When the `n`th is sent, counted from 1, in virtual seconds."""
        return self._send.at + (n - 1) * self._send.every

    def body(self, n: int, chance: random.Random) -> str:
        """The body of the `n`th as text."""
        if self._filled is not None:
            return self._filled(n)
        return as_text(render(self._template, n, chance, self.where), self.where)

    def attributes(self, n: int, chance: random.Random) -> dict[str, Mapping[str, str]]:
        """The message attributes of the `n`th, as `SendMessage` takes them."""
        given = self._send.attributes
        return (
            {name: _attribute(render(value, n, chance, self.where)) for name, value in given.items()} if given else {}
        )

    def arrival(self, n: int, chance: random.Random) -> Arrival:
        """The `n`th repetition, counted from 1."""
        send = self._send
        return Arrival(
            at_seconds=self.at_seconds(n),
            target=self.target,
            name=self.name,
            body=self.body(n, chance),
            request=send.http,
            key=self.key(n),
            dedup=self.dedup(n),
            attributes=self.attributes(n, chance),
            subject=self._subject(n),
            size_bytes=send.size,
            event=send.event or "",
            source=send.source or "",
            detail_type=send.detail_type or "",
            delay_seconds=send.delay_seconds,
            where=self.where,
        )

    def arrivals(self, chance: random.Random) -> Iterator[Arrival]:
        """All of them."""
        for n in range(1, self.times + 1):
            yield self.arrival(n, chance)


def _text(template: str | None, where: str) -> Callable[[int], str]:
    return filled(template or "", where)


def _attribute(value: str | float) -> Mapping[str, str]:
    if isinstance(value, str):
        return {"DataType": "String", "StringValue": value}
    return {"DataType": "Number", "StringValue": str(value)}


def _target(send: Send) -> str:
    if send.target == "event":
        return "bus"
    return "event" if send.invoke and send.type == "async" else send.target
