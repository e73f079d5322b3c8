"""The comments of `explore` and of `diff --seeds`: figures with their spread, and how often expectations hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from delivery_lab.cli.comments.differences import SHOWN
from delivery_lab.cli.comments.markdown import comment, escaped, marker, table
from delivery_lab.cli.terms import figure_name
from delivery_lab.cli.views.comparison import told_change
from delivery_lab.cli.views.exploration import told_estimate, told_share, told_value

if TYPE_CHECKING:
    from delivery_lab import Difference
    from delivery_lab.api.explored import Exploration, PairedExploration


def comment_of_exploration(found: Exploration) -> str:
    """The comment of `explore`."""
    kept = found.kept()
    failing = [one for one in kept if not one.holds]
    spreads = found.spreads()
    rows = (
        (figure_name(name), *(told_value(name, value) for value in (one.median, one.p5, one.p95, one.worst)), seed)
        for name, one in spreads.items()
        if one.varies or (name in SHOWN and one.median)
        for seed in [str(one.worst_seed)]
    )
    first = [
        marker("explore", found.stack),
        f"### {escaped(found.stack)}: {_verdict(len(failing), len(kept), found)}",
        "",
        f"Workload {escaped(found.workload.name)} was run with {_seeds(found)}.",
        "",
        *table(("figure", "median", "5 %", "95 %", "worst", "its seed"), rows),
    ]
    holding = [f"{one.text}: {told_share(one.share)}" for one in kept if one.holds]
    return comment(first, f"Expectations that hold ({len(holding)})", holding, list(_failed(found)))


def _verdict(failing: int, expected: int, found: Exploration) -> str:
    if found.violations:
        return "an invariant is violated, which is a bug of Delivery Lab"
    if failing:
        return f"{failing} of {expected} expectations do not always hold"
    return "all expectations hold" if expected else "nothing was expected"


def comment_of_pairs(difference: Difference, found: PairedExploration, what: str) -> str:
    """The comment of `diff --seeds`.

    Args:
        difference: what differs with the first seed.
        found: the runs of both.
        what: what is compared, as in the comment of `diff`.
    """
    real = [pair for pair in found.pairs if pair.real]
    rows = (
        (
            figure_name(pair.name) + (f" per {pair.per_messages:,} messages" if pair.per_messages else ""),
            told_estimate(pair, pair.before),
            told_estimate(pair, pair.after),
        )
        for pair in real
    )
    headline = "No detectable difference" if not real else "Nothing gets worse"
    if found.worse:
        headline = f"Worse: {escaped(found.worse[0])}"
    first = [
        marker("diff", what),
        f"### {headline}",
        "",
        f"{escaped(what)}: workload {escaped(found.before.workload.name)}, {_seeds(found.after)}.",
    ]
    if real:
        first += ["", *table(("figure", "before", "after"), rows)]
    changes = [*difference.comparison.settings, *difference.comparison.resources]
    folded = [f"{'!' if sign == '~' else sign} {text}" for sign, text in map(told_change, changes)]
    last = [f"- Worse: {escaped(text)}" for text in found.worse] + list(_failed(found.after))
    noun = "difference" if len(changes) == 1 else "differences"
    return comment(first, f"{len(changes)} {noun} of settings and resources", folded, last)


def _seeds(found: Exploration) -> str:
    ended = ", then interrupted" if found.interrupted else ""
    return f"{found.runs:,} seeds from {found.call.seed}{ended}"


def _failed(found: Exploration) -> Iterator[str]:
    """What somebody has to look at, and the command that shows it."""
    for one in found.kept():
        if one.holds:
            continue
        told = f"- Does not always hold: {escaped(one.text)}: {escaped(told_share(one.share))}"
        if one.first_failing is not None:
            told += f"; with seed {one.first_failing.seed}: `{found.call.with_seed(one.first_failing.seed).command()}`"
        if one.with_assumptions:
            told += f"; not always with {escaped(', '.join(one.with_assumptions))}"
        yield told
    for sample in found.violations[:1]:
        command = found.call.with_seed(sample.seed).command()
        yield f"- An invariant is violated: {escaped(sample.violations[0])}: `{command}`"
