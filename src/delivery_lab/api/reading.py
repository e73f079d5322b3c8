"""Reading a run of many events while it happens: its outcome and its cost, and no timeline."""

from __future__ import annotations

from delivery_lab.cost.reading import UseReader
from delivery_lab.events import Readers, Run
from delivery_lab.results.facts import FactsReader
from delivery_lab.results.following import LedgerReader
from delivery_lab.results.partitions import BlockedReader
from delivery_lab.results.requests import RequestReader
from delivery_lab.stack.alarms import Alarm
from delivery_lab.stack.stack import Stack


class OutcomeResults:
    """Implements `delivery_lab.events.Results`.

    Args:
        stack: the stack that is run.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._begun: Run | None = None

    @classmethod
    def of(cls, stack: Stack, run_has_marks: bool) -> OutcomeResults | None:
        """Who reads runs of a stack; None where what is asked of them needs the journal.

        Args:
            stack: the stack.
            run_has_marks: whether the workload names a mark of work, which is looked for in all that was logged.
        """
        return None if run_has_marks or any(stack.all(Alarm)) else cls(stack)

    def begin(self, run: Run) -> Readers:
        """Readers of all that an outcome and a cost are made of."""
        self._begun = run
        readers = (
            FactsReader(),
            LedgerReader(run),
            RequestReader(),
            BlockedReader(run),
            UseReader(run, self._stack),
        )
        return {type(reader): reader for reader in readers}

    def hold(self, run: Run) -> bool:
        """Whether the whole run is what it was taken for when its readers were made."""
        facts, ledger = run.readers[FactsReader], run.readers[LedgerReader]
        if self._begun is None or not isinstance(facts, FactsReader) or not isinstance(ledger, LedgerReader):
            return False
        return facts.facts == ledger.facts and _known(self._begun) == _known(run)


def _known(run: Run) -> tuple[object, ...]:
    """What readers are told of a run before it is over."""
    return (
        run.sources,
        run.parking_queues,
        run.dead_letter_queues,
        run.polled,
        run.poison,
        run.effect,
        run.assumptions,
        run.account_concurrency,
    )
