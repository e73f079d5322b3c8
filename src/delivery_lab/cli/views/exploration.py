"""How many seeds of one variant look: figures with their spread, expectations, invariants."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from delivery_lab.cli.console import Console
from delivery_lab.cli.layout import Column, figures
from delivery_lab.cli.views.comparison import show_settings_and_resources
from delivery_lab.terms import figure_name, number, span

if TYPE_CHECKING:
    from delivery_lab import Difference
    from delivery_lab.api.explored import Exploration, HeldShare, PairedExploration
    from delivery_lab.explore.pairs import Estimate, Pair
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
    seeds = f"{found.runs} seeds from {found.call.seed} to {last}" if found.runs > 1 else f"1 seed, {last}"
    console.heading(f"{found.stack}: workload {found.workload.name}, {seeds}{ended}", hang=2)
    console.data("")
    spreads = found.spreads()
    varying = {name: spread for name, spread in spreads.items() if spread.varies}
    if varying:
        rows = [(figure_name(name), _cells(name, spread)) for name, spread in varying.items()]
        console.table(figures("figure", _COLUMNS, rows, console.width))
        console.data("")
    for count in sorted({one.unknown for one in spreads.values() if one.unknown}):
        unknown = ", ".join(figure_name(name) for name, one in spreads.items() if one.unknown == count)
        console.text(f"Not known in {count} of {found.runs} runs, of which nothing above tells: {unknown}.", hang=2)
    same = [
        f"{figure_name(name)} {told_value(name, one.median)}"
        for name, one in spreads.items()
        if not one.varies and one.median
    ]
    if same:
        console.text(f"The same in all runs: {', '.join(same)}.", hang=2)
    _show_assumed(console, found)
    for one in found.kept():
        _show_kept(console, found, one)
    _show_invariants(console, found)


def show_pairs(console: Console, difference: Difference, found: PairedExploration, *, as_json: bool) -> None:
    """Print what two variants come to over the same seeds.

    Args:
        console: where to.
        difference: what differs between them, with the first seed.
        found: the runs of both.
        as_json: whether as JSON: a line.
    """
    if as_json:
        console.data(json.dumps({**difference.as_json(), "seeds": found.as_json()}))
        return
    before, after = found.before, found.after
    console.heading(" -> ".join(difference.names))
    show_settings_and_resources(console, difference)
    ended = ", interrupted" if after.interrupted else ""
    seeds = f"{after.runs} seeds from {before.call.seed}" if after.runs > 1 else f"1 seed, {before.call.seed}"
    about = f"workload {before.workload.name}, {seeds}{ended}"
    console.heading(f"\nBehaviour ({about})", hang=2)
    real = [pair for pair in found.pairs if pair.real]
    for pair in real:
        per = f" per {pair.per_messages:,} messages" if pair.per_messages else ""
        change = f"{told_estimate(pair, pair.before)} -> {told_estimate(pair, pair.after)}"
        console.text(f"  ~ {figure_name(pair.name)}{per}: {change}", hang=6)
    if not real:
        console.text(f"  {nothing_real(after.runs)}", hang=2)
    for name, one in zip(difference.names, (before, after), strict=True):
        for kept in one.kept():
            _show_kept(console, one, kept, f"{name}: ")
        _show_invariants(console, one)
    for text in found.worse:
        console.text(f"Worse: {text}.", hang=2)


def nothing_real(runs: int) -> str:
    """What is said where no difference is taken for real.

    Args:
        runs: how many pairs of runs there are.
    """
    from delivery_lab.explore.pairs import FEWEST_PAIRS

    if runs < FEWEST_PAIRS:
        return f"no figure can be told to differ: fewer than {FEWEST_PAIRS} seeds cannot be told from chance"
    return "no detectable difference in any figure"


def told_estimate(pair: Pair, one: Estimate) -> str:
    """A figure of one variant over many seeds, with its interval."""
    shown = [
        f"{value:,.0f}" if pair.per_messages else told_value(pair.name, value)
        for value in (one.value, one.low, one.high)
    ]
    return shown[0] if one.low == one.high else f"{shown[0]} [{shown[1]}, {shown[2]}]"


def _cells(name: str, spread: Spread) -> tuple[str, ...]:
    values = (spread.median, spread.p5, spread.p95, spread.worst)
    return (*(told_value(name, value) for value in values), str(spread.worst_seed))


def told_value(name: str, value: float) -> str:
    """A value of a figure."""
    return span(value) if "Seconds" in name else number(value)


def _show_assumed(console: Console, found: Exploration) -> None:
    """The medians that depend on what AWS does not document."""
    ranges = found.assumed_ranges()
    if not ranges:
        return
    rows = [
        (figure_name(name), (told_value(name, one.low), told_value(name, one.high))) for name, one in ranges.items()
    ]
    console.data("")
    console.table(
        figures("median, over what AWS does not document", (Column("from"), Column("to")), rows, console.width)
    )
    console.text(
        f"With {', '.join(dict.fromkeys(text for one in ranges.values() for text in one.assumptions))}.", hang=2
    )
    console.data("")


def _show_kept(console: Console, found: Exploration, one: HeldShare, prefix: str = "") -> None:
    sign = console.tick(holds=one.holds)
    hang = len(sign) + 1
    console.text(f"{sign} {prefix}{one.text}: {told_share(one.share)}", hang=hang)
    for assumed, share in one.with_assumptions.items():
        console.text(f"  not always with {assumed}: {told_share(share)}", hang=hang + 2)
    if one.first_failing is not None:
        again = found.call.with_seed(one.first_failing.seed).command()
        console.text(f"  first not with seed {one.first_failing.seed}: {again}", hang=hang + 2)


def told_share(share: Share) -> str:
    """How often something holds, with the interval of the share."""
    return f"in {share.count} of {share.runs} runs ({share.share:.1%}, [{share.low:.1%}, {share.high:.1%}])"


def _show_invariants(console: Console, found: Exploration) -> None:
    if not found.violations:
        console.text(f"No invariant is violated in {found.runs} {'run' if found.runs == 1 else 'runs'}.")
        return
    for violations, replay in found.violated:
        console.error(f"an invariant is violated, which is a bug of Delivery Lab itself: {violations[0]}")
        console.message(f"  replay: {replay}")
