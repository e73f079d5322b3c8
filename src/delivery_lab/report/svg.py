"""Elements of SVG and HTML as text: everything that comes from outside is escaped, in one place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from markupsafe import Markup, escape

WIDEST = 1.0
"""Width of a character that the report's font has not, as a share of its size."""


@cache
def _widths() -> Mapping[str, float]:
    """Widths of the characters of the report's font, as shares of its size (scripts/write_font.py)."""
    text = files("delivery_lab.report").joinpath("assets", "widths.json").read_text(encoding="utf-8")
    found: Mapping[str, float] = json.loads(text)
    return found


def element(name: str, *content: str | Markup, **attributes: str | float | None) -> Markup:
    """An element.

    Args:
        name: its name.
        content: what is in it; text that is no `Markup` is escaped.
        attributes: by name, `_` for `-` (a last one is dropped, as in `class_`); None leaves one out.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_number(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = "".join(str(escape(part)) for part in content)
    return Markup(f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>")  # noqa: S704 - escaped above


def group(parts: Iterable[Markup], **attributes: str | float | None) -> Markup:
    """A `g` element around others."""
    return element("g", *parts, **attributes)


def text(x: float, y: float, content: str, class_: str = "t", **attributes: str | float | None) -> Markup:
    """A line of text; `y` is its base line."""
    return element("text", content, x=x, y=y, class_=class_, **attributes)


def text_width(content: str, size: float) -> float:
    """How wide a line of text is, at most, in pixels."""
    widths = _widths()
    return size * sum(widths.get(character, WIDEST) for character in content)


def fitted(content: str, width: float, size: float) -> str:
    """A text that is cut where it would be wider than there is room."""
    if text_width(content, size) <= width:
        return content
    kept = content
    while len(kept) > 1 and text_width(f"{kept}...", size) > width:
        kept = kept[:-1]
    return f"{kept.rstrip()}..."


def _number(value: str | float) -> str:
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return str(value)
