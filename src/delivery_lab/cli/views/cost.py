"""How the cost of a stack looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from delivery_lab.cli.console import Console
from delivery_lab.terms import money, number

if TYPE_CHECKING:
    from delivery_lab.api.parts import Cost, CostItem

_AMOUNT_WIDTH = 12
_TEXT_INDENT = _AMOUNT_WIDTH + 2


def show_idle_cost(console: Console, stack: str, cost: Cost, *, as_json: bool) -> None:
    """Print what a month costs in which nothing is sent."""
    if as_json:
        console.data(cost.model_dump_json(by_alias=True))
        return
    free = ", free tier taken off" if cost.free_tier else ""
    prices = f"prices of {cost.prices.region}, {cost.prices.date}"
    console.heading(f"{stack}: a month in which nothing is sent, in {cost.currency} ({prices}{free})", hang=2)
    console.data("")
    for item in cost.items:
        amount = "no price" if item.per_month is None else money(item.per_month)
        console.text(f"{amount:>{_AMOUNT_WIDTH}}  {_told(item)}", hang=_TEXT_INDENT)
    if cost.month is not None:
        low, high = money(cost.month.low), money(cost.month.high)
        between = f" ({low} to {high})" if low != high else ""
        console.heading(f"{money(cost.month.value):>{_AMOUNT_WIDTH}}  in all{between}", hang=_TEXT_INDENT)
    console.data("")
    for text in cost.not_counted:
        console.text(f"Not counted: {text}.", hang=2)


def _told(item: CostItem) -> str:
    """An item in words: what, of which resource, how much, and on which assumptions that rests."""
    what = f"{item.item}, {item.action}" if item.action else item.item
    amount = number(item.quantity)
    if item.low != item.high:
        amount += f" ({number(item.low)} to {number(item.high)})"
    rules = f"  [{', '.join(item.assumptions)}]" if item.assumptions else ""
    return f"{what} of {item.resource}: {amount} x {item.unit or 'unit'}{rules}"
