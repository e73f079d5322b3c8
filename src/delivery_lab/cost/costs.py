"""What a run of a stack costs, and what the stack costs while nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.cost.bill import IDLE_MONTH, Span, bill
from delivery_lab.cost.counting import used_by
from delivery_lab.cost.left_out import left_out_of_run, left_out_of_stack
from delivery_lab.cost.pollers import minimum_units, rules_of
from delivery_lab.cost.polling import EMPTY_RECEIVES, idle_polls
from delivery_lab.cost.prices import PriceList
from delivery_lab.cost.standing import standing
from delivery_lab.cost.use import HOURS_OF_MONTH, SECONDS_OF_HOUR, Usage
from delivery_lab.events import Run
from delivery_lab.results.cost_figures import Cost
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions
from delivery_lab.stack.mappings import SqsMapping
from delivery_lab.stack.stack import Stack


def cost_of_run(run: Run, stack: Stack, span: Span, prices: PriceList) -> Cost:
    """What a run costs.

    Args:
        run: the run.
        stack: the stack that was run.
        span: how long it took, and for how many messages.
        prices: the price list.
    """
    return bill(
        used_by(run, stack),
        prices,
        span,
        not_counted=(*left_out_of_run(run, stack), *left_out_of_stack(stack, prices.region)),
    )


def cost_of_idle(
    stack: Stack, prices: PriceList, assumptions: Assumptions = DEFAULTS, *, free_tier: bool = False
) -> Cost:
    """What a month costs in which nothing is sent: its total is that of the month."""
    return bill(
        idle_month(stack, assumptions),
        prices,
        IDLE_MONTH,
        not_counted=tuple(left_out_of_stack(stack, prices.region)),
        free_tier=free_tier,
    )


def idle_month(stack: Stack, assumptions: Assumptions = DEFAULTS) -> Iterator[Usage]:
    """What a month uses in which nothing is sent: pollers, their empty receives, and what is paid by the hour."""
    for mapping in stack.mappings:
        polls = idle_polls(mapping, assumptions) if isinstance(mapping, SqsMapping) else None
        if polls is not None and isinstance(mapping, SqsMapping):
            taken, low, high = polls.empty_receives(HOURS_OF_MONTH * SECONDS_OF_HOUR)
            item = f"sqs.requests.{'fifo' if mapping.fifo else 'standard'}"
            yield Usage(item, mapping.label, taken, EMPTY_RECEIVES, low, high, polls.rules, by_time=True)
    for name, (item, units) in minimum_units(stack).items():
        yield Usage(item, name, units * HOURS_OF_MONTH, rules=rules_of(item)[:1], by_time=True)
    yield from standing(stack, HOURS_OF_MONTH)
