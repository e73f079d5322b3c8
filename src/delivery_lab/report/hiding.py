"""What receives hide, as spans that end: the message is deleted, visible again, or moved away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from delivery_lab.report.bars import ordinal
from delivery_lab.report.scale import Scale
from delivery_lab.report.scene import HiddenSpan, Scene
from delivery_lab.report.svg import element, text, text_width
from delivery_lab.report.symbols import mark
from delivery_lab.results.words import duration

MOST_ROWS = 10
MOST_SPANS = 60
ROW_HEIGHT = 19.0
SHORTEST = 14.0
"""So many pixels every span is wide, so that its end does not hide what ended the one before it."""

TITLE_HEIGHT = 20.0
_TITLE_SIZE = 12
_SIZE = 11
_END_WIDTH_US_SHARE = 0.012
"""Spans in a row are so far apart, as a share of the run, that the symbol at the end of one has room."""

Rows = Sequence[Sequence[HiddenSpan]]


def rows_of(scene: Scene) -> Rows:
    """The spans, packed into rows in which none overlaps another; empty where they are too many to be told apart."""
    if len(scene.hidden) > MOST_SPANS:
        return ()
    apart = scene.end_us * _END_WIDTH_US_SHARE
    rows: list[list[HiddenSpan]] = []
    for span in scene.hidden:
        row = next((each for each in rows if _follows(span, each[-1], apart)), None)
        if row is None:
            rows.append([span])
        else:
            row.append(span)
    return rows if len(rows) <= MOST_ROWS else ()


def _follows(span: HiddenSpan, last: HiddenSpan, apart: float) -> bool:
    """Whether a span has room behind the last one of a row."""
    return last.end_us + (0 if last.messages == span.messages else apart) <= span.start_us


def height_of(rows: Rows) -> float:
    """How much room the rows take."""
    return TITLE_HEIGHT + len(rows) * ROW_HEIGHT + 6


def draw_rows(rows: Rows, scene: Scene, scale: Scale, top: float) -> Iterator[Markup]:
    """The rows.

    Args:
        rows: spans, packed.
        scene: what the picture shows.
        scale: where instants are.
        top: where they begin.
    """
    yield text(scale.left, top + 14, _title(scene, scale.right - scale.left), "h")
    for number, row in enumerate(rows):
        y = top + TITLE_HEIGHT + number * ROW_HEIGHT + ROW_HEIGHT / 2
        for index, span in enumerate(row):
            following = scale.at(row[index + 1].start_us) if index + 1 < len(row) else scale.right
            yield from _span(span, scene, scale, y, following)


def _title(scene: Scene, room: float) -> str:
    """What is shown, with the visibility timeout where the queues have one, in as many words as there is room for."""
    found = {scene.visibility_seconds.get(span.queue) for span in scene.hidden}
    seconds = next(iter(found)) if len(found) == 1 else None
    timeout = "" if seconds is None else f" ({duration(seconds)})"
    titles = (
        f"hidden by a receive, until deleted or until the visibility timeout{timeout} ends",
        f"hidden for the visibility timeout{timeout}",
        "hidden by a receive",
    )
    return next((title for title in titles if text_width(title, _TITLE_SIZE) <= room), titles[-1])


def _span(span: HiddenSpan, scene: Scene, scale: Scale, y: float, following: float) -> Iterator[Markup]:
    left = scale.at(span.start_us)
    right = max(scale.at(span.end_us), min(left + SHORTEST, scale.right))
    kind = "kept" if span.ending in ("returned", "deadLettered", "expired") else "done"
    yield element(
        "path",
        d=f"M{left:.1f} {y - 6:.1f}V{y + 6:.1f}M{left:.1f} {y:.1f}H{max(right, left + 2):.1f}",
        class_=f"hidden {kind}",
    )
    yield from _end(span, min(right, scale.right - 6), y)
    what = scene.named(span.messages)
    label = f"{what}, {ordinal(span.receive)} receive"
    inside = right - left - 18
    for content in (label, what):
        if text_width(content, _SIZE) <= inside:
            yield element("rect", x=left + 6, y=y - 7, width=text_width(content, _SIZE) + 3, height=14, class_="plate")
            yield text(left + 8, y + 4, content, "t")
            return
    for content in (label, what):
        if right + 10 + text_width(content, _SIZE) < following - 4:
            yield text(right + 11, y + 4, content, "t")
            return


def _end(span: HiddenSpan, x: float, y: float) -> Iterator[Markup]:
    match span.ending:
        case "returned":
            yield mark("returned", x, y)
        case "deadLettered" | "expired":
            yield mark(span.ending, x, y)
        case "deleted":
            yield element(
                "path", d=f"M{x - 4:.1f} {y:.1f}L{x - 0.5:.1f} {y + 4:.1f}L{x + 5:.1f} {y - 5:.1f}", class_="tick"
            )
        case "open":
            yield element("path", d=f"M{x:.1f} {y - 5:.1f}V{y + 5:.1f}", class_="hidden kept")
