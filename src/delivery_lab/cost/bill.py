"""From use and prices to what a run, and a month, costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from delivery_lab.cost.prices import Price, PriceList
from delivery_lab.cost.use import HOURS_OF_MONTH, SECONDS_OF_HOUR, Usage
from delivery_lab.results.cost_figures import Cost, CostItem, MonthlyCost, PricesUsed

_DIGITS = 12
"""Significant digits that are kept: sums of floating-point numbers differ beyond them by the order of adding."""

_MONTH_SECONDS = HOURS_OF_MONTH * SECONDS_OF_HOUR


class _Amounts(NamedTuple):
    """An amount as taken, at least and at most."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Span:
    """What is billed: a run, or a time in which nothing is sent.

    Attributes:
        seconds: how long it takes.
        messages: how many were sent.
        per_month: how often the workload is sent within a month at its rate (BILL-MONTH-1); None where it has no rate.
    """

    seconds: float
    messages: int
    per_month: float | None


IDLE_MONTH = Span(_MONTH_SECONDS, 0, 0.0)
"""A month in which nothing is sent."""


def bill(
    uses: Iterable[Usage], prices: PriceList, span: Span, *, not_counted: Sequence[str] = (), free_tier: bool = False
) -> Cost:
    """What some use costs.

    Args:
        uses: what was used.
        prices: the price list.
        span: in how much time, and for how many messages.
        not_counted: what AWS bills besides.
        free_tier: whether what is free every month is taken off the month.
    """
    lines = [use for use in uses if use.most > 0]
    of_run = [_at_first_price(use, prices.prices.get(use.item)) for use in lines]
    of_month = _of_month(lines, prices, span, free_tier=free_tier)
    run, month = _sum(of_run), None if of_month is None else _sum(of_month)
    return Cost(
        currency=prices.currency,
        total=_rounded(run.value),
        low=_rounded(run.low),
        high=_rounded(run.high),
        per_million_messages=_rounded(run.value / span.messages * 1_000_000) if span.messages else None,
        per_month=None if month is None else _rounded(month.value),
        month=None if month is None else MonthlyCost(**{k: _rounded(v) for k, v in month._asdict().items()}),
        messages_per_month=None if span.per_month is None else _rounded(span.messages * span.per_month),
        items=tuple(
            _item(use, prices.prices.get(use.item), of_run[index], None if of_month is None else of_month[index])
            for index, use in enumerate(lines)
        ),
        prices=PricesUsed(region=prices.region, date=prices.date),
        free_tier=free_tier,
        not_counted=(*not_counted, *_without_price(lines, prices)),
    )


def _at_first_price(use: Usage, price: Price | None) -> _Amounts | None:
    """What a use costs by itself; None without a price."""
    if price is None:
        return None
    return _Amounts(use.quantity * price.first, use.least * price.first, use.most * price.first)


def _of_month(
    lines: Sequence[Usage], prices: PriceList, span: Span, *, free_tier: bool
) -> list[_Amounts | None] | None:
    """What each use costs in a month; None where the workload has no rate.

    Tiers and what is free are the account's: a use pays the average price of all that the month uses of its item.
    """
    if span.per_month is None or not span.seconds:
        return None
    quantities = [_monthly(use, span.per_month, _MONTH_SECONDS / span.seconds) for use in lines]
    totals: dict[str, _Amounts] = {}
    for use, each in zip(lines, quantities, strict=True):
        before = totals.get(use.item, _Amounts(0.0, 0.0, 0.0))
        totals[use.item] = _Amounts(*(one + other for one, other in zip(before, each, strict=True)))
    found: list[_Amounts | None] = []
    for use, each in zip(lines, quantities, strict=True):
        price = prices.prices.get(use.item)
        amounts = (
            None
            if price is None
            else _Amounts(
                *(
                    quantity * _average(price, total, free_tier=free_tier)
                    for quantity, total in zip(each, totals[use.item], strict=True)
                )
            )
        )
        found.append(amounts)
    return found


def _monthly(use: Usage, times: float, months: float) -> _Amounts:
    """How much a month uses: what is sent so many times, and what only takes time for the whole month."""
    factor = months if use.by_time else times
    return _Amounts(use.quantity * factor, 0.0 if use.may_vanish else use.least * factor, use.most * factor)


def _average(price: Price, quantity: float, *, free_tier: bool) -> float:
    return price.of_month(quantity, free_tier=free_tier) / quantity if quantity else 0.0


def _sum(amounts: Iterable[_Amounts | None]) -> _Amounts:
    """The sum of those that have a price."""
    found = [each for each in amounts if each is not None]
    return _Amounts(sum(e.value for e in found), sum(e.low for e in found), sum(e.high for e in found))


def _item(use: Usage, price: Price | None, run: _Amounts | None, month: _Amounts | None) -> CostItem:
    return CostItem(
        item=use.item,
        resource=use.resource,
        action=use.action,
        quantity=_rounded(use.quantity),
        low=_rounded(use.least),
        high=_rounded(use.most),
        unit="" if price is None else price.unit,
        cost=None if run is None else _rounded(run.value),
        per_month=None if month is None else _rounded(month.value),
        assumptions=tuple(use.rules),
    )


def _without_price(lines: Iterable[Usage], prices: PriceList) -> Iterable[str]:
    """Items whose price nobody has looked up: they cost something, and that is said."""
    for item in dict.fromkeys(use.item for use in lines):
        if item not in prices.prices:
            yield f"{item}: the list of prices of {prices.region} has none; add it with --prices FILE"


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
