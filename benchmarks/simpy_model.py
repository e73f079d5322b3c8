"""The same queue, pollers and function as a model in SimPy, written as one who needs nothing else would write it.

It has what decides the figures of such a run: a standard queue with visibility timeout, receive count and dead-letter
queue; pollers that grow in number, receive up to ten messages, invoke the function and delete what it did not name as
failed; latencies of the API; and a journal with an event for each thing that happens to a message. It has no settings
besides, checks nothing, and knows one kind of queue and of function.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import simpy

BATCH_SIZE = 10
VISIBILITY_TIMEOUT_SECONDS = 30.0
MAX_RECEIVE_COUNT = 2
FIRST_POLLERS = 5
MOST_POLLERS = 1_000
POLLERS_PER_MINUTE = 300
DURATION_SECONDS = 0.2
COLD_START_SECONDS = 0.25
API_LATENCY_SECONDS = (0.005, 0.015)
FAILING_SHARE = 0.01

Events = Generator[simpy.Event, Any, None]


@dataclass(slots=True)
class Message:
    """A message of the queue."""

    number: int
    receives: int = 0
    deleted: bool = False


class Model:
    """One run.

    Args:
        messages: how many are sent, all at the beginning.
        seed: of everything that is drawn.
    """

    def __init__(self, messages: int, seed: int = 1) -> None:
        self.journal: list[tuple[float, str, int, int]] = []
        self.dead: list[Message] = []
        self._environment = simpy.Environment()
        self._draw = random.Random(seed)
        self._ready = deque(Message(number) for number in range(messages))
        self._left = messages
        self._done = self._environment.event()

    def run(self) -> None:
        """Run until every message is deleted or in the dead-letter queue."""
        for message in self._ready:
            self._note("sent", message)
        self._environment.process(self._scale())
        self._environment.run(until=self._done)

    def _note(self, what: str, message: Message) -> None:
        self.journal.append((self._environment.now, what, message.number, message.receives))

    def _latency(self) -> simpy.Timeout:
        return self._environment.timeout(self._draw.uniform(*API_LATENCY_SECONDS))

    def _scale(self) -> Events:
        pollers = 0
        while pollers < MOST_POLLERS:
            for _ in range(FIRST_POLLERS if pollers == 0 else POLLERS_PER_MINUTE):
                self._environment.process(self._poll())
                pollers += 1
            yield self._environment.timeout(60)

    def _poll(self) -> Events:
        cold = True
        while self._left:
            yield self._latency()
            batch = self._receive()
            if not batch:
                yield self._environment.timeout(1)
                continue
            for message in batch:
                self._note("invoked", message)
            yield self._environment.timeout(DURATION_SECONDS + (COLD_START_SECONDS if cold else 0))
            cold = False
            failed = {message.number for message in batch if self._draw.random() < FAILING_SHARE}
            for message in batch:
                self._note("failed" if message.number in failed else "processed", message)
            yield self._latency()
            self._delete([message for message in batch if message.number not in failed])

    def _receive(self) -> list[Message]:
        batch: list[Message] = []
        while self._ready and len(batch) < BATCH_SIZE:
            message = self._ready.popleft()
            if message.receives == MAX_RECEIVE_COUNT:
                self._note("moved to the dead-letter queue", message)
                self.dead.append(message)
                self._ended(1)
                continue
            message.receives += 1
            self._note("received", message)
            batch.append(message)
        if batch:
            receives = [message.receives for message in batch]
            timeout = self._environment.timeout(VISIBILITY_TIMEOUT_SECONDS)
            assert timeout.callbacks is not None
            timeout.callbacks.append(lambda _event: self._visible_again(batch, receives))
        return batch

    def _visible_again(self, batch: list[Message], receives: list[int]) -> None:
        for message, count in zip(batch, receives, strict=True):
            if not message.deleted and message.receives == count:
                self._note("visible again", message)
                self._ready.append(message)

    def _delete(self, batch: list[Message]) -> None:
        for message in batch:
            message.deleted = True
            self._note("deleted", message)
        self._ended(len(batch))

    def _ended(self, count: int) -> None:
        self._left -= count
        if not self._left and not self._done.triggered:
            self._done.succeed()
