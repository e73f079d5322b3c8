"""The comment of `diff`: what a change does to messages, latency and cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from delivery_lab.cli.comments.markdown import comment, escaped, marker, table
from delivery_lab.cli.terms import change, figure_name, number, span
from delivery_lab.cli.views.comparison import told_change

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


def comment_of_differences(differences: Sequence[Difference], what: str) -> str:
    """The comment of one comparison or more.

    Args:
        differences: at least one.
        what: what is compared, such as `main..HEAD`: the comment's key, and part of its title.
    """
    first = [
        marker("diff", what),
        f"### {_headline(differences)}",
        "",
        f"Delivery Lab compared {escaped(what)}. {_sentence(differences)}",
        "",
        *table(("stack", "figure", "before", "after", "change"), _rows(differences), texts=2),
    ]
    folded = [line for one in differences for line in _details(one)]
    count = sum(len(one.comparison.settings) + len(one.comparison.resources) for one in differences)
    noun = "difference" if count == 1 else "differences"
    return comment(first, f"{count} {noun} of settings and resources", folded, list(_actions(differences)))


def _headline(differences: Sequence[Difference]) -> str:
    """The worst that gets worse, in a few words."""
    told = [(rank, f"{escaped(_name(one))}: {words}") for one in differences for rank, words in [_harm(one)] if words]
    if told:
        others = f" (and {len(told) - 1} more)" if len(told) > 1 else ""
        return min(told, key=lambda pair: pair[0])[1] + others
    if all(one.nothing_differs for one in differences):
        return "Nothing differs"
    return "Nothing gets worse"


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
            noun = "message" if after.sent == 1 else "messages"
            return rank, f"{now} of {after.sent} {noun} {what}"
    if difference.worse:
        return len(harmed), _figure_words(difference.worse[0])
    return len(harmed) + 1, ""


def _figure_words(text: str) -> str:
    """A text that begins with the JSON name of a figure, with its words instead, and nothing that is markup."""
    name, _, rest = text.partition(" ")
    return escaped(f"{figure_name(name)} {rest}" if "." in name else text)


def _sentence(differences: Sequence[Difference]) -> str:
    """The conclusion about the change that harms most."""
    worst = min(differences, key=lambda one: _harm(one)[0])
    return escaped(f"{_name(worst)}: {worst.after.conclusion}")


def _name(difference: Difference) -> str:
    """A stack; both where two are compared."""
    before, after = difference.before.outcome.stack, difference.after.outcome.stack
    return after if before == after else f"{before} → {after}"


def _rows(differences: Sequence[Difference]) -> Iterator[tuple[str, ...]]:
    for difference in differences:
        figures = {figure.name: figure for figure in difference.comparison.figures}
        for name in SHOWN:
            figure = figures.get(name)
            if figure is not None and (name in ALWAYS or figure.differs):
                before, _, after = change(name, figure.before, figure.after).partition(" -> ")
                yield _name(difference), figure_name(name), before, after, _step(figure)


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
        yield f"@@ {_name(difference)} @@"
    for one in changes:
        sign, text = told_change(one)
        yield f"{_SIGNS.get(sign, sign)} {text}"


def _actions(differences: Sequence[Difference]) -> Iterator[str]:
    """What somebody has to look at."""
    lines = []
    for one in differences:
        name = escaped(_name(one))
        lines += [f"- {name}: worse: {_figure_words(text)}" for text in one.worse]
        for expected in one.after.outcome.expectations:
            if not expected.holds:
                lines.append(f"- {name}: does not hold: {escaped(expected.text)} ({escaped(expected.told)})")
    if lines:
        yield from ("**Needs action**", "", *lines, "")
    first = differences[0].before.outcome
    yield f"Workload {escaped(first.workload)}, seed {first.seed}."
