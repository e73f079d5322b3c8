"""Bars of invokes: one for each where there is room, else how many in each short time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from markupsafe import Markup

from delivery_lab.durations import rounded
from delivery_lab.events.instants import in_seconds
from delivery_lab.report.scale import Scale
from delivery_lab.report.scene import Bar, Lane, Scene
from delivery_lab.report.svg import element, group, text, text_width
from delivery_lab.report.symbols import cross

LANE_HEIGHT = 24
BAR_HEIGHT = 17
LABEL_SIZE = 11
NARROWEST = 4.0
"""So many pixels every bar is wide."""

NARROWEST_FAILING = 15.0
"""So wide is one that failed, where there is room for it."""

BIN_WIDTH = 6.0
_FEW = 20
"""So many bars of a lane are drawn each by itself, however near they are."""

_FAILING = frozenset({"failed", "timeout"})


def ordinal(number: int) -> str:
    """`2nd` and such."""
    last = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{last}"


def told(bar: Bar, scene: Scene) -> str:
    """A bar in words."""
    begins, took = in_seconds(bar.start_us), in_seconds(bar.end_us - bar.start_us)
    parts = [f"{bar.name}, environment {bar.environment}: {begins:.3f} s, for {rounded(took)}"]
    if bar.messages:
        again = f" ({ordinal(bar.delivery)} delivery)" if bar.delivery > 1 else ""
        parts.append(f"gets {scene.named(bar.messages)}{again}")
    if bar.overlaps:
        parts.append("another invoke works on the same message meanwhile")
    parts.append(ending_told(bar))
    return ", ".join(parts)


def ending_told(bar: Bar) -> str:
    """How an invoke ended, in words."""
    match bar.ending:
        case "ok":
            return "succeeds"
        case "part":
            return f"succeeds and names {bar.failed} of {len(bar.messages)} as failed"
        case "failed":
            return f"fails with {bar.error}"
        case "timeout":
            return "runs into its timeout"
        case "running":
            return "still runs at the end"


def draw_lane(lane: Lane, scene: Scene, scale: Scale, top: float, numbers: dict[int, int]) -> Markup:
    """The bars of a lane, each by itself.

    Args:
        lane: the lane.
        scene: what the picture shows.
        scale: where instants are.
        top: where the lane begins.
        numbers: places of bars in the scene, by `id`.
    """
    starts = [scale.at(bar.start_us) for bar in lane.bars]
    following = [*starts[1:], scale.right + 8]
    return group(
        _bar(bar, scene, scale, top, numbers[id(bar)], room) for bar, room in zip(lane.bars, following, strict=True)
    )


def _bar(bar: Bar, scene: Scene, scale: Scale, top: float, number: int, following: float) -> Markup:
    """One bar; `following` is where the next one of its lane begins."""
    left = scale.at(bar.start_us)
    width = max(NARROWEST, scale.at(bar.end_us) - left)
    if bar.ending in _FAILING:
        width = max(width, min(NARROWEST_FAILING, following - left - 1))
    left = min(left, scale.right - width)
    y, middle = top + (LANE_HEIGHT - BAR_HEIGHT) / 2, top + LANE_HEIGHT / 2
    parts = [
        element(
            "rect",
            x=left,
            y=y,
            width=width,
            height=BAR_HEIGHT,
            class_=f"b {bar.ending}",
            rx=3 if bar.ending in ("ok", "running") else None,
        )
    ]
    if bar.ending in _FAILING:
        pattern = "hatch" if bar.ending == "failed" else "stripes"
        parts.append(element("rect", x=left, y=y, width=width, height=BAR_HEIGHT, fill=f"url(#{pattern})"))
    if bar.ending == "part":
        share = BAR_HEIGHT * max(0.25, bar.failed / max(1, len(bar.messages)))
        bottom = y + BAR_HEIGHT - share
        parts += [
            element("rect", x=left, y=bottom, width=width, height=share, class_="b failed"),
            element("rect", x=left, y=bottom, width=width, height=share, fill="url(#hatch)"),
        ]
    for start_us, end_us in bar.overlaps:
        begins, ends = scale.at(start_us), scale.at(end_us)
        parts += [
            element("rect", x=begins, y=y, width=max(2.0, ends - begins), height=BAR_HEIGHT, class_="overlap"),
            element("rect", x=begins, y=y, width=max(2.0, ends - begins), height=BAR_HEIGHT, fill="url(#cross)"),
        ]
    if bar.ending == "timeout":
        parts.append(element("rect", x=left + width - 2, y=top + 1, width=4, height=LANE_HEIGHT - 2, class_="stop"))
    elif bar.ending == "failed":
        parts.append(cross(left + width / 2 if width < 20 else left + width - 9, middle))
    parts.extend(_label(bar, scene, (left, width), middle, following))
    return group(parts, class_="bar", data_b=str(number), role="button", tabindex="-1", aria_label=told(bar, scene))


def _label(bar: Bar, scene: Scene, place: tuple[float, float], middle: float, following: float) -> Iterable[Markup]:
    """What is written on a bar, as much as there is room for; beside it, if it is too narrow."""
    left, width = place
    room = width - 10 - (16 if bar.ending in _FAILING else 0)
    what = scene.named(bar.messages)
    contents = [f"{what}, {ordinal(bar.delivery)} delivery"] if bar.delivery > 1 else []
    contents += [what] if what else []
    on_overlap = any(start_us == bar.start_us for start_us, _ in bar.overlaps)
    behind = "overlap" if on_overlap else "bad" if bar.ending == "failed" else "plain"
    for content in contents:
        if text_width(content, LABEL_SIZE) <= room:
            return [text(left + 5, middle + 4, content, f"onbar on{behind}")]
    for content in contents:
        if text_width(content, LABEL_SIZE) <= following - left - width - 12:
            return [text(left + width + 5, middle + 4, content, "t")]
    return []


def is_crowded(bars: Sequence[Bar], scale: Scale) -> bool:
    """Whether most bars of a lane would touch the one before, though there is time between them.

    Drawn each by itself, they would look like one long invoke.

    Args:
        bars: the bars of the lane, in the order of time.
        scale: where instants are.
    """
    touching = sum(
        scale.at(bar.start_us) < max(scale.at(before.end_us), scale.at(before.start_us) + NARROWEST) + 1
        and bar.start_us - before.end_us > before.end_us - before.start_us
        for before, bar in pairwise(bars)
    )
    return len(bars) > _FEW and touching > len(bars) / 2


def draw_binned(bars: Sequence[Bar], scale: Scale, top: float, height: float) -> Markup:
    """How many invokes begin in each short time: those that fail above those that succeed.

    Args:
        bars: the invokes.
        scale: where instants are.
        top: where the lane begins.
        height: of the lane.
    """
    counts: dict[int, list[int]] = {}
    for bar in bars:
        place = min(
            int((scale.at(bar.start_us) - scale.left) / BIN_WIDTH), int((scale.right - scale.left) / BIN_WIDTH) - 1
        )
        counts.setdefault(place, [0, 0])[bar.ending in _FAILING] += 1
    most = max((fine + failing for fine, failing in counts.values()), default=1)
    parts = [element("line", x1=scale.left, x2=scale.right, y1=top + height, y2=top + height, class_="base")]
    for place, (fine, failing) in sorted(counts.items()):
        x, bottom = scale.left + place * BIN_WIDTH, top + height
        for count, kind in ((fine, "ok"), (failing, "failed")):
            if count:
                tall = max(2.0, count / most * (height - 2))
                box = {"x": x, "y": bottom - tall, "width": BIN_WIDTH - 1, "height": tall}
                parts.append(element("rect", class_=f"b {kind}", **box))
                if kind == "failed":
                    parts.append(element("rect", fill="url(#hatch)", **box))
                bottom -= tall
    return group(parts)


def summed_up(bars: Sequence[Bar]) -> str:
    """Many invokes in a few words."""
    parts = [f"{len(bars):,} invoke{'' if len(bars) == 1 else 's'}"]
    for ending, said in (("failed", "fail"), ("timeout", "run into the timeout")):
        count = sum(bar.ending == ending for bar in bars)
        if count:
            parts.append(f"{count:,} {said}")
    overlapping = sum(bool(bar.overlaps) for bar in bars)
    if overlapping:
        parts.append(f"{overlapping:,} work on a message together with another")
    return ", ".join(parts)
