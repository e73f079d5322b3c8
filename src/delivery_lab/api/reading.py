"""Reading a run of many events while it happens: its outcome, its cost and its alarms, and no timeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path

from delivery_lab.alarms.noticed import AlarmReader
from delivery_lab.cost.reading import UseReader
from delivery_lab.events import NOT_KEPT, Reader, Readers, Run
from delivery_lab.results.facts import FactsReader, facts_of
from delivery_lab.results.following import LedgerReader
from delivery_lab.results.invariants import InvariantReader
from delivery_lab.results.iterator_age import AgeReader
from delivery_lab.results.partitions import BlockedReader
from delivery_lab.results.requests import RequestReader
from delivery_lab.results.starvation import StarvationReader
from delivery_lab.rules.assumptions import Assumptions
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload import Workload
from delivery_lab.stack.stack import Stack

_keeping: ContextVar[bool] = ContextVar("keeping", default=False)


@contextmanager
def journals_kept() -> Iterator[None]:
    """Keep the events of all runs within, however many: for those who would run them again to have them."""
    before = _keeping.set(True)
    try:
        yield
    finally:
        _keeping.reset(before)


class OutcomeResults:
    """Implements `delivery_lab.events.Results`.

    Args:
        stack: the stack that is run.
        checks: whether invariants are checked.
    """

    def __init__(self, stack: Stack, *, checks: bool = True) -> None:
        self._stack = stack
        self._checks = checks
        self._begun: Run | None = None

    @classmethod
    def of(cls, stack: Stack, workload: Workload, *, checks: bool) -> OutcomeResults | None:
        """Who reads a run; None where its results need the journal: a mark of work is looked for in all of it."""
        return None if workload.effect is not None else cls(stack, checks=checks)

    def begin(self, run: Run) -> Readers:
        """Readers of all that an outcome is made of."""
        facts = facts_of(run.events)
        # The readers are given these events, too; with the run they would keep them as long as themselves.
        self._begun = run = replace(run, events=NOT_KEPT)
        readers: tuple[Reader, ...] = (
            FactsReader(),
            LedgerReader(run, facts),
            RequestReader(),
            BlockedReader(run),
            AgeReader(run),
            StarvationReader(),
            UseReader(run, self._stack),
            AlarmReader(self._stack),
            *((InvariantReader(run),) if self._checks else ()),
        )
        return {type(reader): reader for reader in readers}

    def hold(self, run: Run) -> bool:
        """Whether the whole run is what it was taken for when its readers were made."""
        facts, ledger = run.readers[FactsReader], run.readers[LedgerReader]
        if self._begun is None or not isinstance(facts, FactsReader) or not isinstance(ledger, LedgerReader):
            return False
        return facts.facts == ledger.facts and _known(self._begun) == _known(run)


def simulate_and_read(
    stack: Stack,
    root: Path,
    workload: Workload,
    seed: int,
    assumptions: Assumptions,
    on_deployed: Callable[[], None] = lambda: None,
    *,
    checks: bool = True,
) -> Run:
    """Simulate a stack for its outcome and its cost: the journal is kept only if there are few events.

    Args:
        stack: the stack.
        root: folder of the project.
        workload: what is sent.
        seed: the seed.
        assumptions: values for what AWS does not say.
        on_deployed: called when the stack is made.
        checks: whether its invariants are asked for.

    Raises:
        LabError: as `simulate`.
    """
    results = None if _keeping.get() else OutcomeResults.of(stack, workload, checks=checks)
    return simulate(stack, root, workload, seed, assumptions, on_deployed, results=results)


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
