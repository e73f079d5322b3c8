"""From use and prices to what a run, and a month, costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from delivery_lab.cost.prices import Price, PriceList
from delivery_lab.cost.use import HOURS_OF_MONTH, SECONDS_OF_HOUR, Use
from delivery_lab.results.cost_figures import Cost, CostItem, MonthlyCost, PricesUsed

_DIGITS = 12
"""Significant digits that are kept: sums of floating-point numbers differ beyond them by the order of adding."""


class _Sums(NamedTuple):
    """What all items with a price come to: as taken, at least, at most."""

    value: float
    low: float
    high: float


def bill(
    uses: Iterable[Use],
    prices: PriceList,
    *,
    run_seconds: float,
    messages: int,
    not_counted: Sequence[str] = (),
    free_tier: bool = False,
) -> Cost:
    """What some use costs.

    Args:
        uses: what a run uses.
        prices: the price list.
        run_seconds: how long the run takes; a month is that run over and over (BILL-MONTH-1).
        messages: how many were sent.
        not_counted: what AWS bills besides.
        free_tier: whether what is free every month is taken off the month.
    """
    lines = [use for use in uses if use.most > 0]
    times = HOURS_OF_MONTH * SECONDS_OF_HOUR / run_seconds if run_seconds > 0 else None
    run = _sums(lines, prices)
    monthly = None if times is None else _monthly(lines, prices, times, free_tier=free_tier)
    month = None if monthly is None else _month_of(lines, monthly)
    return Cost(
        currency=prices.currency,
        total=_rounded(run.value),
        low=_rounded(run.low),
        high=_rounded(run.high),
        per_million_messages=_rounded(run.value / messages * 1_000_000) if messages else None,
        per_month=None if month is None else month.value,
        month=month,
        messages_per_month=None if times is None else _rounded(messages * times),
        items=tuple(_item(use, prices.prices.get(use.item), monthly) for use in lines),
        prices=PricesUsed(region=prices.region, date=prices.date),
        free_tier=free_tier,
        not_counted=(*not_counted, *_without_price(lines, prices)),
    )


def _sums(lines: Iterable[Use], prices: PriceList) -> _Sums:
    """The sums of a run: small quantities at the first price of each item."""
    value = low = high = 0.0
    for use in lines:
        price = prices.prices.get(use.item)
        if price is not None:
            value += use.quantity * price.first
            low += use.least * price.first
            high += use.most * price.first
    return _Sums(value, low, high)


def _monthly(lines: Iterable[Use], prices: PriceList, times: float, *, free_tier: bool) -> dict[str, _Sums]:
    """What one unit of a run's use of each item costs in a month: tiers and what is free are of the account.

    It is the price of `times` units, averaged over all that the month uses of the item.
    """
    totals: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for use in lines:
        for index, quantity in enumerate((use.quantity, use.least, use.most)):
            totals[use.item][index] += quantity
    return {
        item: _Sums(*(_average(prices.prices[item], total * times, free_tier=free_tier) * times for total in held))
        for item, held in totals.items()
        if item in prices.prices
    }


def _average(price: Price, quantity: float, *, free_tier: bool) -> float:
    return price.of_month(quantity, free_tier=free_tier) / quantity if quantity else 0.0


def _month_of(lines: Iterable[Use], monthly: dict[str, _Sums]) -> MonthlyCost:
    value = low = high = 0.0
    for use in lines:
        each = monthly.get(use.item)
        if each is not None:
            value += use.quantity * each.value
            low += use.least * each.low
            high += use.most * each.high
    return MonthlyCost(value=_rounded(value), low=_rounded(low), high=_rounded(high))


def _item(use: Use, price: Price | None, monthly: dict[str, _Sums] | None) -> CostItem:
    each = None if monthly is None else monthly.get(use.item)
    return CostItem(
        item=use.item,
        resource=use.resource,
        action=use.action,
        quantity=_rounded(use.quantity),
        low=_rounded(use.least),
        high=_rounded(use.most),
        unit="" if price is None else price.unit,
        cost=None if price is None else _rounded(use.quantity * price.first),
        per_month=None if each is None else _rounded(use.quantity * each.value),
        assumptions=tuple(use.rules),
    )


def _without_price(lines: Iterable[Use], prices: PriceList) -> Iterable[str]:
    """Items whose price nobody has looked up: they cost something, and that is said."""
    for item in dict.fromkeys(use.item for use in lines):
        if item not in prices.prices:
            yield f"{item}: the list of prices of {prices.region} has none; add it with --prices FILE"


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
