"""Sending a line of a workload to a queue: each message is made when it is due, so that none waits in memory."""

from __future__ import annotations

import random

from delivery_lab.events import Meter, Used, chunks
from delivery_lab.model.clock import Scheduler, seconds
from delivery_lab.model.sqs.fifo import FifoQueue
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.simulation.send_lines import SendLine


class QueueSends:
    """The messages of one line, which draws nothing and was checked.

    They take place in the order of the others that are due at their instants as if all had been scheduled at once.

    Args:
        line: the line.
        queue: where to.
        scheduler: the run's clock.
        meter: counts the requests.
    """

    def __init__(self, line: SendLine, queue: SqsQueue, scheduler: Scheduler, meter: Meter) -> None:
        self._line = line
        self._queue = queue
        self._scheduler = scheduler
        self._meter = meter
        self._used = Used("sqs", queue.name, "SendMessage")
        self._nothing = random.Random(0)
        self._turns = scheduler.reserve(line.times)
        self._schedule(1)

    def _schedule(self, n: int) -> None:
        self._scheduler.at_turn(self._turns + n, seconds(self._line.at_seconds(n)), self._send, n)

    def _send(self, n: int) -> None:
        line, queue = self._line, self._queue
        if n < line.times:
            self._schedule(n + 1)
        body, attributes = line.body(n, self._nothing), line.attributes(n, self._nothing)
        self._meter.count(self._used, chunks((body,)))
        if isinstance(queue, FifoQueue):
            queue.send(body, attributes=attributes, group=line.key(n), deduplication_id=line.dedup(n))
        else:
            queue.send(body, attributes=attributes, group=line.key(n), delay_seconds=line.delay_seconds)
