"""How many seeds of one variant look: figures with their spread, expectations, invariants."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from delivery_lab.cli.console import Console
from delivery_lab.cli.layout import Column, figures
from delivery_lab.cli.terms import figure_name, number, span

if TYPE_CHECKING:
    from delivery_lab.api.explored import Exploration, Kept
    from delivery_lab.explore.spread import Share, Spread

_COLUMNS = (Column("median"), Column("5 %"), Column("95 %"), Column("worst"), Column("its seed"))


def show_exploration(console: Console, found: Exploration, *, as_json: bool) -> None:
    """Print what many seeds come to.

    Args:
        console: where to.
        found: the runs.
        as_json: whether as JSON: a line.
    """
    if as_json:
        console.data(json.dumps(found.as_json()))
        return
    last = found.columns.seeds[-1]
    ended = ", interrupted" if found.interrupted else ""
    seeds = f"{found.runs} seeds from {found.call.seed} to {last}"
    console.heading(f"{found.stack}: workload {found.workload.name}, {seeds}{ended}", hang=2)
    console.data("")
    spreads = found.spreads()
    varying = {name: spread for name, spread in spreads.items() if spread.varies}
    if varying:
        rows = [(figure_name(name), _cells(name, spread)) for name, spread in varying.items()]
        console.table(figures("figure", _COLUMNS, rows, console.width))
        console.data("")
    same = [
        f"{figure_name(name)} {_value(name, one.median)}"
        for name, one in spreads.items()
        if not one.varies and one.median
    ]
    if same:
        console.text(f"The same in all runs: {', '.join(same)}.", hang=2)
    for text in _assumed(found):
        console.text(text, hang=2)
    for one in found.kept():
        _show_kept(console, found, one)
    _show_invariants(console, found)


def _cells(name: str, spread: Spread) -> tuple[str, ...]:
    values = (spread.median, spread.p5, spread.p95, spread.worst)
    return (*(_value(name, value) for value in values), str(spread.worst_seed))


def _value(name: str, value: float) -> str:
    return span(value) if "Seconds" in name else number(value)


def _assumed(found: Exploration) -> Iterator[str]:
    """The medians that depend on what AWS does not document."""
    for name, over in found.assumed_ranges().items():
        low, high = _value(name, over.low), _value(name, over.high)
        yield (
            f"Not documented by AWS: the median of {figure_name(name)} is between {low} and {high} "
            f"({', '.join(over.assumptions)})."
        )


def _show_kept(console: Console, found: Exploration, one: Kept) -> None:
    sign = console.tick(holds=one.holds)
    hang = len(sign) + 1
    console.text(f"{sign} {one.text}: {_share(one.share)}", hang=hang)
    for assumed, share in one.with_assumptions.items():
        console.text(f"  not always with {assumed}: {_share(share)}", hang=hang + 2)
    if one.first_failing is not None:
        again = found.call.with_seed(one.first_failing.seed).command()
        console.text(f"  first not with seed {one.first_failing.seed}: {again}", hang=hang + 2)


def _share(share: Share) -> str:
    return f"in {share.count} of {share.runs} runs ({share.share:.1%}, [{share.low:.1%}, {share.high:.1%}])"


def _show_invariants(console: Console, found: Exploration) -> None:
    if not found.violations:
        console.text(f"No invariant is violated in {found.runs} runs.")
        return
    for sample in found.violations[:1]:
        console.error(f"an invariant is violated, which is a bug of Delivery Lab itself: {sample.violations[0]}")
        console.message(f"  replay: {found.call.with_seed(sample.seed).command()}")
