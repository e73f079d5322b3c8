"""What runs cost, and what a stack costs while nothing is sent."""

from __future__ import annotations

from pathlib import Path

from delivery_lab.cost.bill import Span
from delivery_lab.cost.costs import cost_of_idle, cost_of_run
from delivery_lab.cost.prices import PriceList, default_prices, read_prices
from delivery_lab.cost.use import HOURS_OF_MONTH, SECONDS_OF_HOUR
from delivery_lab.events import Run
from delivery_lab.program.graph import Graph
from delivery_lab.results.cost_figures import Cost
from delivery_lab.results.outcome import Outcome
from delivery_lab.rules.alternatives import read_assumptions
from delivery_lab.simulation.workload import Workload
from delivery_lab.stack.stack import Stack


def prices_of(given: str | Path | None) -> PriceList:
    """A price list: that of a file, else that of the package.

    Raises:
        PriceListError: the file is none.
    """
    return default_prices() if given is None else read_prices(Path(given))


def with_cost(outcome: Outcome, run: Run, stack: Stack, workload: Workload, prices: PriceList) -> Outcome:
    """An outcome that says what its run costs.

    Where a partition was blocked no month is computed: its retries grow with time, and not with what is sent.
    """
    times = None if outcome.blocked else times_a_month(workload)
    span = Span(run.virtual_seconds, outcome.messages.sent, times)
    return outcome.model_copy(update={"cost": cost_of_run(run, stack, span, prices)})


def times_a_month(workload: Workload) -> float | None:
    """How often a workload is sent within a month at its own rate (BILL-MONTH-1).

    Its rate is that of its sends from the first to the last one.

    Returns:
        None where it has no rate: everything is sent at one instant.
    """
    sends = sum(send.times for send in workload.send)
    ends = [send.at + (send.times - 1) * send.every for send in workload.send]
    lasts = max(ends, default=0.0) - min((send.at for send in workload.send), default=0.0)
    if not lasts:
        return None
    return HOURS_OF_MONTH * SECONDS_OF_HOUR * (sends - 1) / lasts / sends


def idle_cost(
    graph: Graph, prices: str | Path | None, assume: tuple[str, ...] = (), *, free_tier: bool = False
) -> Cost:
    """What a month costs in which nothing is sent.

    Raises:
        UsageError: the price list or an assumption cannot be read.
    """
    return cost_of_idle(Stack.of(graph), prices_of(prices), read_assumptions(assume), free_tier=free_tier)
