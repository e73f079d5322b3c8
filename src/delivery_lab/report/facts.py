"""The figures of a run as a page shows them: verdict, where messages ended, rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from delivery_lab.results.fates import Fate
from delivery_lab.results.named_figures import plain_figures, plain_names
from delivery_lab.results.outcome import Outcome
from delivery_lab.terms import figure_name, money, number, span

Mood = Literal["bad", "warn", "good"]


class SeenSpread(Protocol):
    """How a figure is spread over many seeds."""

    @property
    def median(self) -> float:
        """Half of the runs have at most so much."""

    @property
    def p5(self) -> float:
        """5 % of the runs have at most so much."""

    @property
    def p95(self) -> float:
        """95 % of the runs have at most so much."""

    @property
    def worst(self) -> float:
        """The worst value."""

    @property
    def worst_seed(self) -> int:
        """The first seed with it."""


@dataclass(frozen=True, slots=True)
class RunVerdict:
    """What to think of a run at a glance."""

    mood: Mood
    words: str


@dataclass(frozen=True, slots=True)
class EndedAlike:
    """Messages that ended in the same way.

    Attributes:
        kind: the class of its colour and pattern.
        words: how they ended.
        messages: ids of them.
    """

    kind: str
    words: str
    messages: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many they are."""
        return len(self.messages)


@dataclass(frozen=True, slots=True)
class Row:
    """A figure.

    Attributes:
        name: its words.
        value: of the run.
        between: over the plausible range of an assumption, "" where it is certain.
        seeds: median, 5 % to 95 %, and worst with its seed; empty where one seed was run.
        matters: whether it is shown without being asked for.
    """

    name: str
    value: str
    between: str
    seeds: tuple[str, ...]
    matters: bool


_KINDS: tuple[tuple[str, str], ...] = (
    ("lost", "lost: gone, and never processed"),
    ("healthy", "healthy, and in a dead-letter queue"),
    ("expired", "expired"),
    ("again", "processed more than once"),
    ("remaining", "still waiting at the end"),
    ("poison", "poison, and in a dead-letter queue"),
    ("filtered", "filtered out"),
    ("processed", "processed"),
)
"""The worst first."""

_ALWAYS = ("messages.sent", "messages.processed")
_IF_NOT_NOTHING = (
    "messages.lost",
    "messages.deadLettered",
    "messages.healthyDeadLettered",
    "messages.expired",
    "messages.remaining",
    "messages.filtered",
    "deliveries.total",
    "deliveries.duplicates",
    "deliveries.overlapping",
    "effects.duplicated",
    "invocations.total",
    "invocations.failed",
    "invocations.timedOut",
    "invocations.throttled",
    "ordering.violations",
    "requests.total",
    "requests.falseSuccesses",
    "latencySeconds.p50",
    "latencySeconds.p95",
    "latencySeconds.max",
    "cost.total",
    "cost.perMillionMessages",
    "cost.perMonth",
)


def verdict_of(outcome: Outcome) -> RunVerdict:
    """Whether messages are harmed, or something should be looked at."""
    messages = outcome.messages
    harmed = messages.lost + messages.expired + messages.healthy_dead_lettered
    if harmed:
        return RunVerdict("bad", "messages are harmed")
    if outcome.effects.duplicated:
        return RunVerdict("bad", "work is done twice")
    if outcome.ordering.violations:
        return RunVerdict("bad", "the order is lost")
    if outcome.requests.false_successes:
        return RunVerdict("bad", "failures are taken for successes")
    if not all(one.holds for one in outcome.expectations):
        return RunVerdict("bad", "an expectation does not hold")
    if messages.remaining:
        return RunVerdict("warn", "messages still wait")
    return RunVerdict("good", "nothing is harmed")


def parts_of(fates: Iterable[Fate]) -> list[EndedAlike]:
    """Where the messages ended, the worst first; of one that has several consumers the worst counts."""
    order = {kind: place for place, (kind, _) in enumerate(_KINDS)}
    ended: dict[str, str] = {}
    for fate in fates:
        kind = _kind(fate)
        known = ended.get(fate.message_id)
        if known is None or order[kind] < order[known]:
            ended[fate.message_id] = kind
    groups: dict[str, list[str]] = {}
    for message, kind in ended.items():
        groups.setdefault(kind, []).append(message)
    return [EndedAlike(kind, words, tuple(groups[kind])) for kind, words in _KINDS if kind in groups]


def _kind(fate: Fate) -> str:
    if fate.outcome == "deadLettered":
        return "poison" if fate.poison else "healthy"
    if fate.outcome == "processed" and (fate.effects or 0) > 1:
        return "again"
    return fate.outcome


def rows_of(outcome: Outcome, spreads: Mapping[str, SeenSpread] | None) -> Iterator[Row]:
    """The figures of a run, those that matter and the rest.

    Args:
        outcome: the outcome.
        spreads: how figures are spread over many seeds, by JSON name; None where one was run.
    """
    figures: dict[str, float | None] = dict(zip(plain_names(), plain_figures(outcome), strict=True))
    if outcome.cost is not None:
        figures["cost.total"] = outcome.cost.total
        figures["cost.perMillionMessages"] = outcome.cost.per_million_messages
        figures["cost.perMonth"] = outcome.cost.per_month
    for name, value in figures.items():
        shown = _shown(name)
        interval = outcome.intervals.get(name)
        between = "" if interval is None else f"{shown(interval.low)} to {shown(interval.high)}"
        spread = None if spreads is None else spreads.get(name)
        seeds = () if spread is None else _seeds(name, spread)
        matters = name in _ALWAYS or (name in _IF_NOT_NOTHING and bool(value or between or _is_spread(spread)))
        unit = f" {outcome.cost.currency}" if name.startswith("cost.") and outcome.cost and value is not None else ""
        yield Row(figure_name(name), f"{shown(value)}{unit}", between, seeds, matters)


def _is_spread(spread: SeenSpread | None) -> bool:
    return spread is not None and bool(spread.worst or spread.p95)


def _seeds(name: str, spread: SeenSpread) -> tuple[str, ...]:
    shown = _shown(name)
    return (
        shown(spread.median),
        f"{shown(spread.p5)} to {shown(spread.p95)}",
        f"{shown(spread.worst)} (seed {spread.worst_seed})",
    )


def _shown(name: str) -> Callable[[float | None], str]:
    if name.startswith("cost."):
        return _amount
    return span if "Seconds" in name else _count


def _amount(value: float | None) -> str:
    return "not known" if value is None else money(value)


def _count(value: float | None) -> str:
    return f"{int(value):,}" if value is not None and float(value).is_integer() else number(value)
