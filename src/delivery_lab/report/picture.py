"""The picture of a run: levels, hidden messages, marks, and a lane for each execution environment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from markupsafe import Markup

from delivery_lab.events.instants import in_seconds
from delivery_lab.report import bars, hiding, levels, noticing
from delivery_lab.report.scale import Scale, TimeAxis, axis_of
from delivery_lab.report.scene import Bar, Lane, MarkKind, Scene
from delivery_lab.report.svg import element, fitted, group, text, text_width
from delivery_lab.report.symbols import mark
from delivery_lab.results.words import duration

WIDE = 1040
NARROW = 352
GUTTER = 34.0
RIGHT = 14.0
MOST_BARS = 160
"""So many invokes are drawn one by one; more are counted in bins."""

MOST_LANES = 24
"""So many environments of a function have a lane each; more are one."""

MOST_BINNED_LANES = 6
"""As `MOST_LANES`, where invokes are counted: a lane of columns is high, and most of many lanes are nearly empty."""

MOST_SOURCES = 4
BINNED_HEIGHT = 40.0
_MARK_ROW = 36.0
_MARK_APART = 15.0
_TITLE = 20.0
_SIZE = 12

_ROWS: tuple[tuple[MarkKind, str], ...] = (
    ("throttled", "throttled: an invoke is refused"),
    ("again", "work is done again: a duplicate effect"),
    ("returned", "visible again: a visibility timeout ends"),
    ("deadLettered", "moved to a dead-letter queue or destination"),
    ("lost", "lost: gone, and never processed"),
    ("expired", "expired: the retention period ends"),
)


@dataclass(slots=True)
class _Canvas:
    """What is drawn so far, from the top down."""

    scene: Scene
    scale: Scale
    y: float = 4.0
    parts: list[Markup] = field(default_factory=list)

    def add(self, drawn: Markup | Iterator[Markup], height: float) -> None:
        self.parts.extend([drawn] if isinstance(drawn, Markup) else drawn)
        self.y += height


def draw(scene: Scene, width: float, label: str, axis: TimeAxis | None = None) -> Markup:
    """The picture as SVG.

    Args:
        scene: what it shows.
        width: in pixels.
        label: what it is a picture of, for people who do not see it.
        axis: the time that it shows; by default the time of the run.
    """
    axis = axis_of(scene) if axis is None else axis
    canvas = _Canvas(scene, axis.between(GUTTER, width - RIGHT))
    for level in scene.levels[:MOST_SOURCES]:
        canvas.add(levels.draw_level(level, canvas.scale, canvas.y), levels.HEIGHT)
    if len(scene.levels) > MOST_SOURCES:
        canvas.add(_not_drawn(canvas, len(scene.levels) - MOST_SOURCES), _TITLE)
    rows = hiding.rows_of(scene)
    if rows:
        canvas.add(hiding.draw_rows(rows, scene, canvas.scale, canvas.y), hiding.height_of(rows))
    for kind, said in _ROWS:
        found = [each for each in scene.marks if each.kind == kind]
        if found and not (kind == "returned" and rows):
            canvas.add(_mark_row(canvas, kind, said), _MARK_ROW)
    if scene.blocked:
        canvas.add(noticing.draw_blocked(scene, canvas.scale, canvas.y), noticing.blocked_height(scene))
    if scene.starved:
        canvas.add(noticing.draw_starved(scene, canvas.scale, canvas.y), noticing.starved_height(scene))
    _lanes(canvas)
    if scene.watched:
        canvas.add(noticing.draw_alarms(scene, canvas.scale, canvas.y), noticing.alarms_height(scene))
    height = canvas.y + 26
    back = [*_pause(canvas.scale, canvas.y), *_grid(canvas.scale, canvas.y), *_end(scene, canvas.scale, canvas.y)]
    return element(
        "svg",
        group(back, aria_hidden="true"),
        *canvas.parts,
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=width,
        height=height,
        role="group",
        aria_label=label,
    )


def _not_drawn(canvas: _Canvas, more: int) -> Markup:
    said = f"{more:,} more source{'' if more == 1 else 's'} of messages {'is' if more == 1 else 'are'} not drawn"
    return text(canvas.scale.left, canvas.y + 13, fitted(said, canvas.scale.right - canvas.scale.left, 11), "t")


def _grid(scale: Scale, bottom: float) -> Iterator[Markup]:
    last = float("-inf")
    for tick in scale.ticks(70):
        yield element("line", x1=tick.x, x2=tick.x, y1=0, y2=bottom + 4, class_="grid")
        half = text_width(tick.label, 11) / 2
        x = min(max(tick.x, half + 2), scale.right + RIGHT - half - 2)
        if x - half > last + 6:
            yield text(x, bottom + 19, tick.label, "t", text_anchor="middle")
            last = x + half


def _pause(scale: Scale, bottom: float) -> Iterator[Markup]:
    if scale.cut is None:
        return
    left, right = scale.at(scale.cut[0]), scale.at(scale.cut[1])
    yield element("rect", x=left, y=0, width=right - left, height=bottom + 4, class_="pause")
    yield element("rect", x=left, y=0, width=right - left, height=bottom + 4, fill="url(#pause)")
    said = duration(in_seconds(scale.cut[1] - scale.cut[0]))
    room = right - left
    if text_width(f"{said} pass", 11) < room:
        yield text((left + right) / 2, bottom + 19, f"{said} pass", "t", text_anchor="middle")
    else:
        yield text((left + right) / 2, bottom + 19, "…", "t", text_anchor="middle")


def _end(scene: Scene, scale: Scale, bottom: float) -> Iterator[Markup]:
    """Where the run ends, if the picture goes on: an alarm goes off later, or the run beside it is longer."""
    if scene.end_us < scale.end_us:
        x = scale.at(scene.end_us)
        yield element("line", x1=x, x2=x, y1=22, y2=bottom + 4, class_="end-of-run")


def _mark_row(canvas: _Canvas, kind: MarkKind, said: str) -> Iterator[Markup]:
    """Marks of one kind; those that are too near to each other are one, as a line with their count."""
    scale, y = canvas.scale, canvas.y
    total = sum(each.count for each in canvas.scene.marks if each.kind == kind)
    yield text(scale.left, y + 13, fitted(f"{said} ({total:,})", scale.right - scale.left, _SIZE), "h")
    near = _near(canvas.scene, scale, kind)
    drawn = scale.left
    yield element("line", x1=scale.left, x2=scale.right, y1=y + 25, y2=y + 25, class_="grid")
    for index, (first, last, count) in enumerate(near):
        if last - first >= _MARK_APART:
            yield element("line", x1=first, x2=last, y1=y + 25, y2=y + 25, class_=f"many {kind}")
            yield mark(kind, last, y + 25)
        yield mark(kind, first, y + 25)
        label = f"{count:,}"
        following = near[index + 1][0] - 7 if index + 1 < len(near) else scale.right + RIGHT
        wide = text_width(label, 11)
        if count > 1 and last + 10 + wide < following:
            yield text(last + 9, y + 29, label, "t")
            drawn = last + 9 + wide
        elif count > 1 and first - 9 - wide > drawn + 4:
            yield text(first - 9, y + 29, label, "t", text_anchor="end")
            drawn = last + 7
        else:
            drawn = last + 7


def _near(scene: Scene, scale: Scale, kind: MarkKind) -> list[tuple[float, float, int]]:
    """Marks of one kind, those together between which there is no room: where they begin and end, and how many."""
    found: list[tuple[float, float, int]] = []
    for each in scene.marks:
        if each.kind != kind:
            continue
        x = min(scale.at(each.at_us), scale.right - 7)
        if found and x - found[-1][1] < _MARK_APART:
            first, _, count = found[-1]
            found[-1] = (first, x, count + each.count)
        else:
            found.append((x, x, each.count))
    return found


def _lanes(canvas: _Canvas) -> None:
    lanes = canvas.scene.lanes()
    of_function: dict[str, list[Lane]] = {}
    for lane in lanes:
        of_function.setdefault(lane.function, []).append(lane)
    single = len(canvas.scene.bars) <= MOST_BARS
    numbers = {id(bar): number for number, bar in enumerate(canvas.scene.bars)}
    for function, own in of_function.items():
        said = canvas.scene.functions.get(function, "")
        count = f"{len(own)} environment{'' if len(own) == 1 else 's'}"
        title = f"{function}: {count}{f' ({said})' if said else ''}"
        room = canvas.scale.right - canvas.scale.left
        if text_width(title, _SIZE) > room:
            title = f"{function}: {count}"
        canvas.add(text(canvas.scale.left, canvas.y + 14, fitted(title, room, _SIZE), "h"), _TITLE)
        if len(own) > (MOST_LANES if single else MOST_BINNED_LANES):
            _binned(canvas, "all", tuple(bar for lane in own for bar in lane.bars))
        else:
            for lane in own:
                if single and not bars.is_crowded(lane.bars, canvas.scale):
                    _one_by_one(canvas, lane, numbers)
                else:
                    _binned(canvas, str(lane.environment), lane.bars)
        canvas.y += 6


def _gutter(canvas: _Canvas, label: str, middle: float) -> Markup:
    return text(canvas.scale.left - 6, middle + 4, label, "t", text_anchor="end")


def _one_by_one(canvas: _Canvas, lane: Lane, numbers: dict[int, int]) -> None:
    scale, y = canvas.scale, canvas.y
    parts = [
        element(
            "rect", x=scale.left, y=y + 1, width=scale.right - scale.left, height=bars.LANE_HEIGHT - 2, class_="lane"
        ),
        _gutter(canvas, str(lane.environment), y + bars.LANE_HEIGHT / 2),
        bars.draw_lane(lane, canvas.scene, scale, y, numbers),
    ]
    canvas.add(iter(parts), bars.LANE_HEIGHT)


def _binned(canvas: _Canvas, label: str, own: tuple[Bar, ...]) -> None:
    y = canvas.y
    room = canvas.scale.right - canvas.scale.left
    parts = [
        text(canvas.scale.left, y + 11, fitted(bars.summed_up(own), room, 11), "t"),
        _gutter(canvas, label, y + 16 + BINNED_HEIGHT / 2),
        bars.draw_binned(own, canvas.scale, y + 16, BINNED_HEIGHT),
    ]
    canvas.add(iter(parts), BINNED_HEIGHT + 22)
