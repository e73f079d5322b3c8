"""The shapes of a picture: what differs by colour differs by shape too."""

from __future__ import annotations

from markupsafe import Markup

from delivery_lab.report.scene import MarkKind
from delivery_lab.report.svg import element, group

PATTERNS = Markup(
    '<svg class="defs" aria-hidden="true" focusable="false"><defs>'
    '<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="2.5" height="6" class="ink"/></pattern>'
    '<pattern id="stripes" width="5" height="5" patternUnits="userSpaceOnUse">'
    '<rect width="2" height="5" class="ink"/></pattern>'
    '<pattern id="cross" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<path d="M0 0L6 6M6 0L0 6" class="inkline"/></pattern>'
    '<pattern id="pause" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="1" height="8" class="pauseline"/></pattern>'
    "</defs></svg>"
)
"""Patterns that bars are filled with; once in a page."""


def mark(kind: MarkKind, x: float, y: float) -> Markup:
    """The symbol of something that happened, 12 pixels high around (x, y)."""
    at = f"translate({x:.1f} {y:.1f})"
    match kind:
        case "deadLettered":
            shape = element("path", d="M-6-6H6L0 2ZM-6 4H6V6H-6Z", class_="dlq")
        case "lost":
            shape = group(
                [
                    element("circle", r=6, class_="lost"),
                    element("path", d="M-2.6-2.6L2.6 2.6M2.6-2.6L-2.6 2.6", class_="knock"),
                ]
            )
        case "expired":
            shape = element("path", d="M-5-6H5L0 0L5 6H-5L0 0Z", class_="expired")
        case "throttled":
            shape = element("path", d="M0-6L6 0L0 6L-6 0Z", class_="throttled")
        case "again":
            shape = element("path", d="M4.6-2.6A5 5 0 1 0 4.6 2.6M5.6-6V-1.6H1.2", class_="redone")
        case "returned":
            shape = element("path", d="M0-6L6 2H2.5V6H-2.5V2H-6Z", class_="returned")
    return group([shape], transform=at)


def bell(x: float, y: float) -> Markup:
    """The symbol of an alarm, 13 pixels high around (x, y)."""
    path = element("path", d="M0-6.5C-4-6-4-3-4 0L-6 3.5H6L4 0C4-3 4-6 0-6.5ZM-2 4.5A2 2 0 0 0 2 4.5Z", class_="bell")
    return group([path], transform=f"translate({x:.1f} {y:.1f})")


def cross(x: float, y: float, size: float = 4) -> Markup:
    """A cross, for what failed."""
    return element(
        "path",
        d=f"M{-size} {-size}L{size} {size}M{size} {-size}L{-size} {size}",
        class_="failx",
        transform=f"translate({x:.1f} {y:.1f})",
    )
