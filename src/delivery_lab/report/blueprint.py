"""The architecture as a picture: boxes in the order in which messages go, arrows, and where findings are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from delivery_lab.report.architecture import Architecture, ArchitectureNode, Link
from delivery_lab.report.svg import element, fitted, group, text

BOX_WIDTH = 168.0
GAP = 18.0
_LINE = 14.0
_HEAD = 34.0
_SIZE = 12


@dataclass(frozen=True, slots=True)
class _Box:
    node: ArchitectureNode
    x: float
    y: float
    width: float

    @property
    def height(self) -> float:
        return _HEAD + _LINE * len(self.node.facts) + 8

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2


def draw_architecture(plan: Architecture, width: float, badges: Mapping[str, Sequence[tuple[int, str]]]) -> Markup:
    """The picture: from left to right in a wide window, from top to bottom in a narrow one.

    Args:
        plan: the parts and links.
        width: in pixels.
        badges: numbers of findings with their severity, by name of the part.
    """
    layers = _layers(plan)
    upright = width < 600
    boxes = _upright(layers, width) if upright else _across(layers, width)
    height = max((box.y + box.height for box in boxes.values()), default=0) + 10
    parts = [_arrow(link, boxes, upright=upright) for link in plan.links if link.start in boxes and link.end in boxes]
    parts += [_drawn(box, badges.get(box.node.name, ())) for box in boxes.values()]
    return element(
        "svg",
        *parts,
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=width,
        height=height,
        role="img",
        aria_label="; ".join(_told(plan)) or "nothing is deployed that messages go through",
    )


def _told(plan: Architecture) -> Iterator[str]:
    for link in plan.links:
        yield f"{link.start} to {link.end}{' (what fails)' if link.kind == 'fails' else ''}"


def _layers(plan: Architecture) -> list[list[ArchitectureNode]]:
    """Each part one layer behind the last one that leads to it; circles are cut."""
    layer = {node.name: 0 for node in plan.nodes}
    for _ in plan.nodes:
        moved = False
        for link in plan.links:
            wanted = layer.get(link.start, 0) + 1
            if link.end in layer and layer[link.end] < wanted < len(plan.nodes):
                layer[link.end], moved = wanted, True
        if not moved:
            break
    found: dict[int, list[ArchitectureNode]] = {}
    fails = {link.end for link in plan.links if link.kind == "fails"}
    for node in sorted(plan.nodes, key=lambda each: each.name in fails):
        found.setdefault(layer[node.name], []).append(node)
    return [found[number] for number in sorted(found)]


def _across(layers: Sequence[Sequence[ArchitectureNode]], width: float) -> dict[str, _Box]:
    box = min(BOX_WIDTH, (width - 2) / max(1, len(layers)) - 2 * GAP)
    step = (width - 2 - box) / max(1, len(layers) - 1) if len(layers) > 1 else 0
    step = min(step, box + 5 * GAP)
    boxes: dict[str, _Box] = {}
    for number, layer in enumerate(layers):
        y = 8.0
        for node in layer:
            boxes[node.name] = _Box(node, 1 + number * step, y, box)
            y += boxes[node.name].height + GAP
    return boxes


def _upright(layers: Sequence[Sequence[ArchitectureNode]], width: float) -> dict[str, _Box]:
    box, y = (width - 2 - GAP) / 2, 8.0
    boxes: dict[str, _Box] = {}
    for layer in layers:
        for start in range(0, len(layer), 2):
            row = [_Box(node, 1 + place * (box + GAP), y, box) for place, node in enumerate(layer[start : start + 2])]
            boxes |= {each.node.name: each for each in row}
            y += max(each.height for each in row) + GAP + 6
    return boxes


def _drawn(box: _Box, badges: Sequence[tuple[int, str]]) -> Markup:
    node = box.node
    parts = [
        element("rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=4, class_=f"box {node.kind}"),
        text(box.x + 9, box.y + 15, node.kind, "kind"),
        text(box.x + 9, box.y + 29, fitted(node.name, box.width - 16, _SIZE), "h"),
    ]
    for number, fact in enumerate(node.facts):
        parts.append(text(box.x + 9, box.y + _HEAD + 10 + _LINE * number, fitted(fact, box.width - 14, 11), "t"))
    for place, (number, severity) in enumerate(badges[:4]):
        x = box.x + box.width - 12 - 24 * place
        parts.append(element("rect", x=x - 11, y=box.y - 7, width=22, height=17, rx=3, class_=f"found {severity}"))
        parts.append(text(x, box.y + 6, str(number), "foundnumber", text_anchor="middle"))
    return group(parts)


def _arrow(link: Link, boxes: Mapping[str, _Box], *, upright: bool) -> Markup:
    start, end = boxes[link.start], boxes[link.end]
    class_ = f"way {link.kind}"
    if upright:
        x1, y1, x2, y2 = start.middle[0], start.y + start.height, end.middle[0], end.y
        bend = max(12.0, abs(y2 - y1) / 2)
        path = f"M{x1:.1f} {y1:.1f}C{x1:.1f} {y1 + bend:.1f} {x2:.1f} {y2 - bend:.1f} {x2:.1f} {y2 - 7:.1f}"
        head = f"M{x2 - 5:.1f} {y2 - 8:.1f}L{x2:.1f} {y2 - 1:.1f}L{x2 + 5:.1f} {y2 - 8:.1f}Z"
    else:
        x1, y1, x2, y2 = start.x + start.width, start.middle[1], end.x, end.middle[1]
        if x2 <= start.x:  # back to what comes before
            x1, x2 = start.x, end.x + end.width
        bend = max(14.0, abs(x2 - x1) / 2)
        side = 1 if x2 >= x1 else -1
        bent = f"{x1 + side * bend:.1f} {y1:.1f} {x2 - side * bend:.1f} {y2:.1f} {x2 - side * 7:.1f} {y2:.1f}"
        path = f"M{x1:.1f} {y1:.1f}C{bent}"
        head = f"M{x2 - side * 8:.1f} {y2 - 5:.1f}L{x2 - side:.1f} {y2:.1f}L{x2 - side * 8:.1f} {y2 + 5:.1f}Z"
    return group([element("path", d=path, class_=class_), element("path", d=head, class_=f"{class_} head")])
