"""What is given up and told to a queue is in that queue."""

from __future__ import annotations

from collections import Counter

from delivery_lab.events import Event, EventDeadLettered, MessageSent, QueueConfigured, RecordsDiscarded
from delivery_lab.results.invariants.invariant import History, Invariant


class ReportArrives(Invariant):
    """A destination that took a report has it."""

    id = "INV-CONSERVE-5"
    description = (
        "What a mapping discards, or Lambda stops retrying, and a queue is said to have taken, is sent to that queue "
        "at that instant: one message for each."
    )
    reads = (QueueConfigured, MessageSent, RecordsDiscarded, EventDeadLettered)

    def __init__(self, history: History) -> None:
        super().__init__(history)
        self._queues: set[str] = set()
        self._sent: Counter[str] = Counter()  # by queue, of the instant at hand
        self._told: Counter[str] = Counter()
        self._now = 0

    def read(self, event: Event) -> None:
        """Compare what is told and what is sent, instant by instant."""
        if event.instant_us != self._now:
            self._compare()
            self._now = event.instant_us
        match event:
            case QueueConfigured():
                self._queues.add(event.queue)
            case MessageSent():
                self._sent[event.queue] += 1
            case RecordsDiscarded() | EventDeadLettered():
                if event.target in self._queues:
                    self._told[event.target] += 1

    def finish(self) -> None:
        """The last instant is over, too."""
        self._compare()

    def _compare(self) -> None:
        for queue, told in self._told.items():
            if told > self._sent[queue]:
                self._broken(
                    self._now, f"{queue} is said to have taken {told} reports, and {self._sent[queue]} messages arrive"
                )
        self._told.clear()
        self._sent.clear()
