"""How full sources are over time, and how old the oldest message is: steps, and lines that rise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from delivery_lab.durations import rounded
from delivery_lab.report.scale import Scale
from delivery_lab.report.scene import Level, LevelPoint
from delivery_lab.report.svg import element, fitted, text

DEPTH_HEIGHT = 44.0
AGE_HEIGHT = 26.0
TITLE_HEIGHT = 18.0
GAP = 8.0
COLUMN = 1.5
"""So many pixels hold one point, the highest of those that would be there."""

TITLE_SIZE = 12
_KEYS_WIDTH = 128
"""Room for the two words of what is waiting and what is in flight."""


HEIGHT = 2 * TITLE_HEIGHT + DEPTH_HEIGHT + AGE_HEIGHT + 2 * GAP
"""How much room a source takes."""


def draw_level(level: Level, scale: Scale, top: float) -> Iterator[Markup]:
    """The two charts of a source.

    Args:
        level: how full it was.
        scale: where instants are.
        top: where they begin.
    """
    points = _thinned(level.points, scale)
    most = max(point.waiting + point.in_flight for point in points)
    waits = "records not passed yet" if level.of_records else "messages"
    width = scale.right - scale.left
    keys = 0 if level.of_records else _KEYS_WIDTH
    yield text(scale.left, top + 12, fitted(f"{level.source}: {waits}", width - keys, TITLE_SIZE), "h")
    if keys:
        for x, class_, said in ((keys, "waiting", "waiting"), (62, "flying", "in flight")):
            yield element("rect", x=scale.right - x, y=top + 4, width=10, height=10, class_=class_)
            yield text(scale.right - x + 14, top + 13, said, "t")
    bottom = top + TITLE_HEIGHT + DEPTH_HEIGHT
    tall = DEPTH_HEIGHT / max(1, most)
    yield _area(points, scale, bottom, tall, whole=True)
    if not level.of_records:
        yield _area(points, scale, bottom, tall, whole=False)
    yield from _axis(scale, bottom, DEPTH_HEIGHT, f"{most:,}")
    top = bottom + GAP
    oldest = max(max(point.age_seconds, point.age_after_seconds) for point in points)
    what = "record" if level.of_records else "message"
    title = f"age of the oldest {what}, up to {rounded(oldest)}"
    yield text(scale.left, top + 12, fitted(title, width, TITLE_SIZE), "h")
    bottom = top + TITLE_HEIGHT + AGE_HEIGHT
    yield element("path", d=_age_path(points, scale, bottom, AGE_HEIGHT / max(oldest, 1e-6)), class_="age")
    yield from _axis(scale, bottom, AGE_HEIGHT, "")


def _axis(scale: Scale, bottom: float, height: float, most: str) -> Iterator[Markup]:
    yield element("line", x1=scale.left, x2=scale.right, y1=bottom, y2=bottom, class_="base")
    if most:
        yield text(scale.left - 5, bottom - height + 8, most, "t", text_anchor="end")
        yield text(scale.left - 5, bottom, "0", "t", text_anchor="end")


def _area(points: Sequence[LevelPoint], scale: Scale, bottom: float, tall: float, *, whole: bool) -> Markup:
    """Steps from the bottom up: what is in flight, or all of it."""
    parts = [f"M{scale.left:.1f} {bottom:.1f}"]
    for point in points:
        level = bottom - tall * (point.in_flight + (point.waiting if whole else 0))
        parts.append(f"H{scale.at(point.at_us):.1f}V{level:.1f}")
    parts.append(f"H{scale.right:.1f}V{bottom:.1f}Z")
    return element("path", d="".join(parts), class_="waiting" if whole else "flying")


def _age_path(points: Sequence[LevelPoint], scale: Scale, bottom: float, tall: float) -> str:
    parts = [f"M{scale.left:.1f} {bottom:.1f}"]
    for point in points:
        x = scale.at(point.at_us)
        parts.append(f"L{x:.1f} {bottom - tall * point.age_seconds:.1f}")
        if point.age_after_seconds != point.age_seconds:
            parts.append(f"V{bottom - tall * point.age_after_seconds:.1f}")
    return "".join(parts)


def _thinned(points: Sequence[LevelPoint], scale: Scale) -> list[LevelPoint]:
    """Of the points that share a column: the fullest, the oldest, and the last."""
    columns: dict[int, list[LevelPoint]] = {}
    for point in points:
        columns.setdefault(int(scale.at(point.at_us) / COLUMN), []).append(point)
    found: list[LevelPoint] = []
    for column in columns.values():
        fullest = max(column, key=lambda point: point.waiting + point.in_flight)
        oldest = max(column, key=lambda point: point.age_seconds)
        kept = {id(fullest), id(oldest), id(column[-1])}
        found.extend(point for point in column if id(point) in kept)
    return found
