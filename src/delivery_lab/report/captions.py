"""What a picture shows, in sentences, and what its shapes mean: for people who see it for the first time."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from delivery_lab.durations import rounded
from delivery_lab.events.instants import in_seconds
from delivery_lab.report.bars import ordinal
from delivery_lab.report.hiding import rows_of
from delivery_lab.report.noticing import alarms_told
from delivery_lab.report.scene import MARK_WORDS, MarkKind, Scene
from delivery_lab.report.svg import element
from delivery_lab.report.symbols import bell, cross, mark
from delivery_lab.results.words import duration, plural


def sentences(scene: Scene) -> Iterator[str]:
    """What can be seen in a picture, in the order of how much it matters."""
    yield from _overlaps(scene)
    yield from _again(scene)
    yield from _failures(scene)
    yield from _work_again(scene)
    yield from _moves(scene)
    yield from _blocked(scene)
    yield from (f"{track.name} is starved: {track.told}." for track in scene.starved)
    yield from _alarms(scene)
    if not scene.bars:
        yield "No function is invoked."


def _overlaps(scene: Scene) -> Iterator[str]:
    working = [bar for bar in scene.bars if bar.overlaps]
    if not working:
        return
    first = min(start for bar in working for start, _ in bar.overlaps)
    whose = working[0]
    yield (
        f"From {_at(first)} on {whose.name} and another invoke work on {scene.named(whose.messages)} at once "
        f"(crossed): the visibility timeout ended during the work, and the message was delivered again."
        if any(mark.kind == "returned" for mark in scene.marks)
        else f"From {_at(first)} on two invokes work on the same message at once (crossed)."
    )


def _again(scene: Scene) -> Iterator[str]:
    most = max((bar.delivery for bar in scene.bars), default=0)
    if most < 2:
        return
    again = sum(bar.delivery > 1 for bar in scene.bars)
    delivering = sum(bool(bar.messages) for bar in scene.bars)
    yield (
        f"{again:,} of {delivering:,} invokes with messages get messages that were delivered before; "
        f"the last is the {ordinal(most)} delivery of one."
    )


def _failures(scene: Scene) -> Iterator[str]:
    failing = [bar for bar in scene.bars if bar.ending in ("failed", "timeout")]
    if failing:
        count, errors = len(failing), sorted({bar.error for bar in failing})
        most = max(len(bar.messages) for bar in failing)
        whole = f", {plural(count, 'with', 'each with')} its whole batch of up to {most:,} messages" if most > 1 else ""
        yield f"{count:,} {plural(count, 'invoke fails', 'invokes fail')} ({', '.join(errors[:3])}){whole}."
    refused = sum(each.count for each in scene.marks if each.kind == "throttled")
    if refused:
        yield f"{refused:,} {plural(refused, 'invoke is', 'invokes are')} refused for want of concurrency (throttled)."


def _work_again(scene: Scene) -> Iterator[str]:
    marks = [each for each in scene.marks if each.kind == "again"]
    count = sum(each.count for each in marks)
    if count:
        yield (
            f"{plural(count, 'Once', f'{count:,} times')} work is done that was done before, first at "
            f"{_at(marks[0].at_us)}: {plural(count, 'a duplicate effect', 'duplicate effects')}."
        )


def _blocked(scene: Scene) -> Iterator[str]:
    if not scene.blocked:
        return
    worst = max(scene.blocked, key=lambda track: sum(end - start for start, end in track.spans))
    spent = sum(end - start for start, end in worst.spans)
    others = f" ({len(scene.blocked) - 1:,} more are blocked too)" if len(scene.blocked) > 1 else ""
    behind = (
        f", with up to {worst.behind:,} {plural(worst.behind, 'record', 'records')} behind it" if worst.behind else ""
    )
    yield (
        f"A batch that is tried again blocks {worst.name} for {duration(in_seconds(spent))} in all, from "
        f"{_at(worst.spans[0][0])} on{behind}{others}."
    )


def _alarms(scene: Scene) -> Iterator[str]:
    if scene.alarms:
        yield f"{'Alarm' if len(scene.alarms) == 1 else 'First alarm'} {scene.alarms[0].told}."
    elif scene.watched:
        yield alarms_told(scene).capitalize() + "."


def _moves(scene: Scene) -> Iterator[str]:
    said: dict[MarkKind, tuple[str, str]] = {
        "deadLettered": ("message moves to a dead-letter queue or destination", "messages move to one"),
        "lost": ("message is lost", "messages are lost"),
        "expired": ("message expires", "messages expire"),
    }
    delivered = {message for bar in scene.bars for message in bar.messages}
    for kind, (one, several) in said.items():
        marks = [each for each in scene.marks if each.kind == kind]
        count = sum(each.count for each in marks)
        if not count:
            continue
        several = several.replace("to one", "to a dead-letter queue or destination")
        healthy = _healthy(scene, count) if kind == "deadLettered" else ""
        when = f"{plural(count, 'at', 'the first at')} {_at(marks[0].at_us)}"
        text = f"{count:,} {plural(count, one, several)}, {healthy}{when}"
        spans = [span for span in scene.hidden if span.ending == "deadLettered"]
        never = [m for span in spans for m in span.messages if m not in delivered]
        if kind == "deadLettered" and never:
            hidden = spans[0].end_us - spans[0].start_us
            text += (
                f": {len(never):,} of them were hidden for {duration(in_seconds(hidden))} and never handed to an invoke"
            )
        yield text + "."


def _healthy(scene: Scene, count: int) -> str:
    """How many of the messages that are moved are healthy."""
    if not scene.healthy_moved:
        return ""
    if count == 1:
        return "a healthy one, "
    return f"{'all' if scene.healthy_moved == count else f'{scene.healthy_moved:,}'} of them healthy, "


def _at(instant_us: int) -> str:
    return rounded(in_seconds(instant_us))


def legend(scene: Scene) -> list[tuple[Markup, str]]:
    """The shapes of a picture that need a word, each with its words; only those that are there."""
    endings = {bar.ending for bar in scene.bars}
    found: list[tuple[Markup, str]] = []
    if "ok" in endings:
        found.append((_swatch("b ok", ""), "invoke that succeeds"))
    if "part" in endings:
        found.append((_swatch("b ok", "", half=True), "succeeds, and names some messages as failed"))
    if "failed" in endings:
        found.append((_swatch("b failed", "hatch", crossed=True), "invoke that fails"))
    if "timeout" in endings:
        found.append((_swatch("b timeout", "stripes", stopped=True), "runs into its timeout"))
    if "running" in endings:
        found.append((_swatch("b running", ""), "still runs at the end"))
    if any(bar.overlaps for bar in scene.bars):
        found.append((_swatch("overlap", "cross"), "two invokes work on one message"))
    if any(span.ending == "deleted" for row in rows_of(scene) for span in row):
        found.append(
            (_symbol(element("path", d="M-4 0L-0.5 4L5 -5", class_="tick", transform="translate(8 9)")), "deleted")
        )
    kinds = {each.kind for each in scene.marks}
    found.extend((_symbol(mark(kind, 8, 9)), words) for kind, words in MARK_WORDS.items() if kind in kinds)
    found.extend(_of_noticing(scene))
    return found


def _blocked_words(scene: Scene) -> str:
    blocked = "blocked by a batch that is tried again"
    if not scene.starved:
        return blocked
    return f"{blocked}, or starved" if scene.blocked else "starved"


def _of_noticing(scene: Scene) -> Iterator[tuple[Markup, str]]:
    if scene.blocked or scene.starved:
        yield _swatch("b blocked", "stripes"), _blocked_words(scene)
    if scene.alarms:
        yield _symbol(bell(8, 9)), "an alarm goes off"
    if scene.until_us > scene.end_us:
        yield _symbol(element("path", d="M8 1V17", class_="end-of-run")), "the run ends"


def _symbol(drawn: Markup) -> Markup:
    return element("svg", drawn, viewBox="0 0 16 18", width=16, height=18, aria_hidden="true")


def _swatch(class_: str, pattern: str, *, half: bool = False, crossed: bool = False, stopped: bool = False) -> Markup:
    box = {"x": 1, "y": 2, "width": 26, "height": 14}
    parts = [element("rect", class_=class_, **box)]
    if pattern:
        parts.append(element("rect", fill=f"url(#{pattern})", **box))
    if half:
        lower = {"x": 1, "y": 10, "width": 26, "height": 6}
        parts += [element("rect", class_="b failed", **lower), element("rect", fill="url(#hatch)", **lower)]
    if crossed:
        parts.append(cross(14, 9))
    if stopped:
        parts.append(element("rect", x=26, y=0, width=4, height=18, class_="stop"))
    return element("svg", *parts, viewBox="0 0 32 18", width=32, height=18, aria_hidden="true")
