"""The comment of `diff`: what a change does to messages, latency and cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from delivery_lab.cli.comments.apart import NOTHING_LEFT_OUT, NotCompared
from delivery_lab.cli.comments.markdown import comment, counted, escaped, marker, table
from delivery_lab.cli.views.comparison import told_change
from delivery_lab.terms import change, figure_name, number, span

if TYPE_CHECKING:
    from delivery_lab import Difference
    from delivery_lab.api.parts import Figure

ALWAYS = ("messages.processed", "messages.lost", "messages.healthyDeadLettered", "effects.duplicated")
"""Figures that a comment has whether they differ or not."""

SHOWN = (
    *ALWAYS,
    "messages.deadLettered",
    "messages.expired",
    "messages.remaining",
    "deliveries.duplicates",
    "requests.falseSuccesses",
    "latencySeconds.p50",
    "latencySeconds.p95",
    "latencySeconds.max",
    "cost.perMillionMessages",
    "cost.perMonth",
)
"""Figures that a comment has where they differ, in this order."""


_SIGNS = {"~": "!"}
"""Signs that GitHub colours in what it shows as a difference."""


def comment_of_differences(
    differences: Sequence[Difference],
    key: str,
    what: str,
    apart: NotCompared = NOTHING_LEFT_OUT,
) -> str:
    """The comment of comparisons.

    Args:
        differences: what was compared; nothing where no stack differs.
        key: what tells the comment from others, and stays the same when it is written anew.
        what: what is compared, such as `main..HEAD`.
        apart: what was not compared, and why.
    """
    first = [
        marker("diff", key),
        f"### {_headline(differences, apart)}",
        "",
        apart.paragraph(_sentence(differences)),
    ]
    if differences:
        first += ["", *table(("stack", "figure", "before", "after", "change"), _rows(differences), texts=2)]
    last = [*needs_action([*_actions(differences), *apart.actions()]), *apart.closing()]
    last.append(escaped(f"Delivery Lab compared {what}{_run(differences)}."))
    return comment(first, counted_changes(differences), changed_lines(differences), last)


def _run(differences: Sequence[Difference]) -> str:
    if not differences:
        return ""
    outcome = differences[0].before.outcome
    return f": workload {outcome.workload}, seed {outcome.seed}"


def needs_action(lines: Sequence[str]) -> list[str]:
    """What somebody has to look at, under its title."""
    return ["**Needs action**", "", *lines, ""] if lines else []


def counted_changes(differences: Sequence[Difference]) -> str:
    """How many settings and resources differ."""
    count = sum(len(one.comparison.settings) + len(one.comparison.resources) for one in differences)
    return f"{counted(count, 'difference')} of settings and resources"


def changed_lines(differences: Sequence[Difference]) -> list[str]:
    """Which settings and resources differ, as GitHub colours differences."""
    return [line for one in differences for line in _details(one)]


def _headline(differences: Sequence[Difference], apart: NotCompared) -> str:
    """The worst that gets worse, in a few words."""
    told = [
        (rank, f"{escaped(stack_name(one))}: {words}") for one in differences for rank, words in [_harm(one)] if words
    ]
    if told:
        others = f" (and {len(told) - 1} more)" if len(told) > 1 else ""
        return min(told)[1] + others
    same = all(one.nothing_differs for one in differences)
    if apart.failures or apart.broken or (same and apart.matters):
        return apart.title
    return "Nothing differs" if same else "Nothing gets worse"


def _harm(difference: Difference) -> tuple[int, str]:
    """What a change does worst: its rank, the worst first, and words; no words where nothing gets worse."""
    before, after = difference.before.outcome.messages, difference.after.outcome.messages
    harmed = (
        (before.lost, after.lost, "will be lost"),
        (before.healthy_dead_lettered, after.healthy_dead_lettered, "will be dead-lettered although they are healthy"),
        (before.expired, after.expired, "will expire"),
    )
    for rank, (was, now, what) in enumerate(harmed):
        if now > was:
            return rank, f"{now} of {counted(after.sent, 'message')} {what}"
    if difference.worse:
        return len(harmed), _figure_words(difference.worse[0])
    return len(harmed) + 1, ""


def _figure_words(text: str) -> str:
    """A text that begins with the JSON name of a figure, with its words instead, and nothing that is markup."""
    name, _, rest = text.partition(" ")
    return escaped(f"{figure_name(name)} {rest}" if "." in name else text)


def _sentence(differences: Sequence[Difference]) -> str:
    """The conclusion about the change that harms most, "" where nothing was compared."""
    if not differences:
        return ""
    worst = min(differences, key=lambda one: _harm(one)[0])
    return escaped(f"{worst.after.outcome.stack}: {worst.after.conclusion}")


def stack_name(difference: Difference) -> str:
    """A stack that is compared with itself, else both."""
    before, after = difference.before.outcome.stack, difference.after.outcome.stack
    return after if before == after else f"{before} → {after}"


def _rows(differences: Sequence[Difference]) -> Iterator[tuple[str, ...]]:
    for difference in differences:
        figures = {figure.name: figure for figure in difference.comparison.figures}
        for name in SHOWN:
            figure = figures.get(name)
            if figure is not None and (name in ALWAYS or figure.differs):
                before, _, after = change(name, figure.before, figure.after).partition(" -> ")
                yield stack_name(difference), figure_name(name), before, after, _step(figure)


def _step(figure: Figure) -> str:
    """By how much a figure changes."""
    if figure.before is None or figure.after is None or not figure.differs:
        return ""
    step = round(figure.after - figure.before, 9)
    sign = "+" if step > 0 else "-"
    if figure.name.startswith("cost."):
        return f"{sign}{abs(step) / figure.before:.0%}" if figure.before else ""
    return f"{sign}{span(abs(step)) if 'Seconds' in figure.name else number(abs(step))}"


def _details(difference: Difference) -> Iterator[str]:
    changes = [*difference.comparison.settings, *difference.comparison.resources]
    if changes:
        # Lines that begin with @@ are headings in what GitHub shows as a difference.
        yield f"@@ {stack_name(difference)} @@"
    for one in changes:
        sign, text = told_change(one)
        yield f"{_SIGNS.get(sign, sign)} {text}"


def _actions(differences: Sequence[Difference]) -> Iterator[str]:
    """What got worse, and what does not hold."""
    for one in differences:
        name = escaped(stack_name(one))
        yield from (f"- {name}: worse: {_figure_words(text)}" for text in one.worse)
        for expected in one.after.outcome.expectations:
            if not expected.holds:
                yield f"- {name}: does not hold: {escaped(expected.text)} ({escaped(expected.told)})"
