"""The HTML file: templates filled with chapters, with style, script and font in it, and a policy against others."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from delivery_lab._version import MODEL_VERSION, __version__
from delivery_lab.report.chapter import Chapter
from delivery_lab.report.contrast import Contrast
from delivery_lab.report.symbols import PATTERNS
from delivery_lab.rules import RULES
from delivery_lab.terms import span


@dataclass(frozen=True, slots=True)
class Failed:
    """A variant that could not be run, and why."""

    stack: str
    why: str


@cache
def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("delivery_lab.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["span"] = span
    return found


def _asset(name: str) -> bytes:
    return files("delivery_lab.report").joinpath("assets", name).read_bytes()


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def page(chapters: Sequence[Chapter | Failed], title: str, contrast: Contrast | None = None) -> str:
    """The whole file.

    Args:
        chapters: the variants, in order.
        title: of the page.
        contrast: two of the variants side by side.
    """
    font = base64.b64encode(_asset("font.woff2")).decode()
    style = _asset("report.css").decode().replace("FONT", f"data:font/woff2;base64,{font}")
    script = _asset("report.js").decode()
    ids = sorted({rule for chapter in chapters if isinstance(chapter, Chapter) for rule in chapter.rules})
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return _environment().get_template("page.html").render(
        chapters=chapters,
            contrast=contrast,
        title=title,
        policy=policy,
        style=Markup(style),  # noqa: S704 - a file of the package
        script=Markup(script),  # noqa: S704 - a file of the package
        patterns=PATTERNS,
        rules=[RULES[each] for each in ids],
        version=__version__,
        model_version=MODEL_VERSION,
    )  # fmt: skip
