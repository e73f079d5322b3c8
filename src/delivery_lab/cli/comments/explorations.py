"""The comments of `explore` and of `diff --seeds`: figures with their spread, and how often expectations hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from delivery_lab.cli.comments.apart import NOTHING_LEFT_OUT, NotCompared
from delivery_lab.cli.comments.differences import (
    SHOWN,
    changed_lines,
    counted_changes,
    needs_action,
    stack_name,
)
from delivery_lab.cli.comments.markdown import comment, escaped, marker, table
from delivery_lab.cli.views.exploration import told_estimate, told_share, told_value
from delivery_lab.terms import figure_name

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
    return comment(first, f"Expectations that hold ({len(holding)})", holding, needs_action(list(_failed(found))))


def _verdict(failing: int, expected: int, found: Exploration) -> str:
    if found.violations:
        return "an invariant is violated, which is a bug of Delivery Lab"
    if failing:
        return f"{failing} of {expected} expectations do not always hold"
    return "all expectations hold" if expected else "nothing was expected"


def comment_of_pairs(
    compared: Sequence[tuple[Difference, PairedExploration]],
    key: str,
    what: str,
    apart: NotCompared = NOTHING_LEFT_OUT,
) -> str:
    """The comment of `diff --seeds`.

    Args:
        compared: at least one comparison: what differs with the first seed, and the runs of both.
        key: as in the comment of `diff`, and so are the others.
        what: what is compared.
        apart: what was not compared, and why.
    """
    first = [
        marker("diff", key),
        f"### {_pairs_headline(compared, apart)}",
        "",
        apart.paragraph(f"Each was run with {_seeds(compared[0][1].after)}."),
    ]
    rows = list(_pair_rows(compared))
    if rows:
        first += ["", *table(("stack", "figure", "before", "after"), rows, texts=2)]
    differences = [difference for difference, _ in compared]
    last = needs_action([*_pairs_actions(compared), *apart.actions()])
    end = [*apart.closing(), escaped(f"Delivery Lab compared {what}.")]
    return comment(first, counted_changes(differences), changed_lines(differences), [*last, *end])


def _pairs_headline(compared: Sequence[tuple[Difference, PairedExploration]], apart: NotCompared) -> str:
    worse = [(stack_name(difference), found.worse) for difference, found in compared if found.worse]
    if worse:
        others = f" (and {len(worse) - 1} more)" if len(worse) > 1 else ""
        return f"{escaped(f'{worse[0][0]}: {worse[0][1][0]}')}{others}"
    if apart.failures or apart.broken:
        return apart.title
    differs = any(pair.real for _, found in compared for pair in found.pairs)
    return "Nothing gets worse" if differs else "No detectable difference"


def _pair_rows(compared: Sequence[tuple[Difference, PairedExploration]]) -> Iterator[tuple[str, ...]]:
    """The figures whose difference is no chance, with their intervals."""
    for difference, found in compared:
        for pair in found.pairs:
            if pair.real:
                per = f" per {pair.per_messages:,} messages" if pair.per_messages else ""
                values = (told_estimate(pair, one) for one in (pair.before, pair.after))
                yield stack_name(difference), figure_name(pair.name) + per, *values


def _pairs_actions(compared: Sequence[tuple[Difference, PairedExploration]]) -> Iterator[str]:
    for difference, found in compared:
        yield from (f"- {escaped(f'{stack_name(difference)}: worse: {text}')}" for text in found.worse)
        yield from _failed(found.after)


def _seeds(found: Exploration) -> str:
    ended = ", then interrupted" if found.interrupted else ""
    seeds = f"{found.runs:,} seeds from {found.call.seed}" if found.runs > 1 else f"1 seed, {found.call.seed}"
    return f"{seeds}{ended}"


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
