"""One variant of a report: what a page shows of it, made where the run is, so that only text has to travel."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from delivery_lab.events import Run
from delivery_lab.events.instants import in_seconds
from delivery_lab.report import captions
from delivery_lab.report.bars import told
from delivery_lab.report.facts import EndedAlike, Row, RunVerdict, SeenSpread, parts_of, rows_of, verdict_of
from delivery_lab.report.filming import scene_of
from delivery_lab.report.lives import Life, LifeStep, lives_of
from delivery_lab.report.naming import names_of
from delivery_lab.report.picture import MOST_BARS, NARROW, WIDE, draw
from delivery_lab.report.scale import TimeAxis
from delivery_lab.report.scene import Scene
from delivery_lab.results.following import read_events
from delivery_lab.results.outcome import Outcome

MOST_LIVES = 120
"""So many messages of a variant can be followed: of each ending some."""


@dataclass(frozen=True, slots=True)
class ToldRun:
    """What is told of a run besides its events.

    Attributes:
        outcome: its figures.
        run: what happened.
        conclusion: what it comes to.
        replay: the command that runs it again.
        about: what the variant is about, "" where nobody says.
        notes: what a reader should know.
        spreads: how figures are spread over many seeds, None where one was run.
        seeds: how many.
    """

    outcome: Outcome
    run: Run
    conclusion: str
    replay: str
    about: str = ""
    notes: tuple[str, ...] = ()
    spreads: Mapping[str, SeenSpread] | None = None
    seeds: int = 1


@dataclass(frozen=True, slots=True)
class Chapter:
    """What a page shows of one variant.

    Attributes:
        stack: name of the stack.
        told: its outcome and what goes with it, without events.
        verdict: what to think of it.
        wide, narrow: the picture, for wide and narrow windows.
        legend: what its shapes mean.
        sentences: what it shows, in words.
        parts: where messages ended.
        chips: of each part the messages that can be followed, as place in the data and name.
        rows: figures.
        data: lives and bars as JSON text that can stand in HTML.
        rules: ids of the rules that lives name.
    """

    stack: str
    outcome: Outcome
    conclusion: str
    replay: str
    about: str
    notes: tuple[str, ...]
    seeds: int
    verdict: RunVerdict
    wide: Markup
    narrow: Markup
    legend: tuple[tuple[Markup, str], ...]
    sentences: tuple[str, ...]
    parts: tuple[EndedAlike, ...]
    chips: tuple[tuple[tuple[int, str], ...], ...]
    rows: tuple[Row, ...]
    data: Markup
    rules: frozenset[str]
    extras: Mapping[str, Any] = field(default_factory=dict)

    @property
    def unpriced(self) -> tuple[str, ...]:
        """What is billed, and is not in the cost because the list has no price for it."""
        items = self.outcome.cost.items if self.outcome.cost is not None else ()
        return tuple(dict.fromkeys(item.item for item in items if item.cost is None))


@dataclass(frozen=True, slots=True)
class FilmedRun:
    """A run, and what its picture shows.

    Attributes:
        given: the run and its figures.
        scene: what the picture shows.
        parts: where its messages ended.
        lives: what happened to those that can be followed, by id.
    """

    given: ToldRun
    scene: Scene
    parts: Sequence[EndedAlike]
    lives: Mapping[str, Life]


def filmed(given: ToldRun) -> FilmedRun:
    """Read what the picture of a run shows off its events."""
    fates = read_events(given.run).fates
    parts = parts_of(fates)
    told = lives_of(given.run, _followed(parts))
    scene = scene_of(given.run, fates, names_of(told.names, fates), given.outcome.alarms)
    return FilmedRun(given, scene, parts, told.lives)


def chapter_of(film: FilmedRun, extras: Mapping[str, Any] | None = None, axis: TimeAxis | None = None) -> Chapter:
    """Make the chapter of a run.

    Args:
        film: the run, its figures and its picture.
        extras: what else the page shows, by name of its template.
        axis: the time that its picture shows; by default the time of the run.
    """
    given, scene, names = film.given, film.scene, film.scene.names
    outcome, parts = given.outcome, film.parts
    places = {message: place for place, message in enumerate(film.lives)}
    label = f"Picture of the run of {outcome.stack}: time goes to the right"
    return Chapter(
        stack=outcome.stack,
        outcome=outcome,
        conclusion=given.conclusion,
        replay=given.replay,
        about=given.about,
        notes=given.notes,
        seeds=given.seeds,
        verdict=verdict_of(outcome),
        wide=draw(scene, WIDE, label, axis),
        narrow=draw(scene, NARROW, label, axis),
        legend=tuple(captions.legend(scene)),
        sentences=tuple(captions.sentences(scene)),
        parts=tuple(parts),
        chips=tuple(
            tuple((places[message], names[message]) for message in part.messages if message in places) for part in parts
        ),
        rows=tuple(rows_of(outcome, given.spreads)),
        data=_data(scene, film.lives),
        rules=frozenset(step.rule for life in film.lives.values() for step in (*life.first, *life.last) if step.rule),
        extras=dict(extras or {}),
    )


def _followed(parts: Sequence[EndedAlike]) -> list[str]:
    """The messages whose lives are shown: the same number of each ending, where they are too many."""
    left, found = MOST_LIVES, list[str]()
    for position, part in enumerate(sorted(parts, key=lambda each: len(each.messages))):
        share = left // (len(parts) - position)
        found.extend(part.messages[:share])
        left -= min(share, len(part.messages))
    return found


def _data(scene: Scene, lives: Mapping[str, Life]) -> Markup:
    """Lives and bars as JSON: texts that repeat stand there once."""
    texts: dict[str, int] = {}

    def place(text: str) -> int:
        return texts.setdefault(text, len(texts))

    def step(one: LifeStep) -> list[Any]:
        return [round(in_seconds(one.at_us), 3), place(one.kind), place(one.text), place(one.rule)]

    places = {message: number for number, message in enumerate(lives)}
    content: dict[str, Any] = {
        "lives": [
            {
                "name": scene.names.get(message, message),
                "steps": [step(one) for one in life.first],
                "leftOut": life.left_out,
                "last": [step(one) for one in life.last],
            }
            for message, life in lives.items()
        ],
        "bars": [
            [told(bar, scene), len(bar.messages), [places[each] for each in bar.messages if each in places]]
            for bar in (scene.bars if len(scene.bars) <= MOST_BARS else ())
        ],
    }
    content["texts"] = list(texts)
    written = json.dumps(content, separators=(",", ":"))
    for character in "<>&":
        written = written.replace(character, f"\\u{ord(character):04x}")
    return Markup(written)  # noqa: S704 - nothing in it means anything in HTML
