"""Templates of input transformers: where their variables stand, and whether what they make is JSON.

A template is a JSON object, or one text in quotes a line; `<name>` stands for a variable (EB-INPUT-3).
"""

from __future__ import annotations

import json
import re

PLACEHOLDER = re.compile(r"<([^<>]*)>")


def is_object(template: str) -> bool:
    """Whether a template is a JSON object, rather than texts."""
    return template.lstrip().startswith("{")


def is_json_shaped(template: str) -> bool:
    """Whether a template of a pipe is to make JSON, a text in quotes or one value, rather than being free text."""
    return template.lstrip()[:1] in ("{", "[", '"', "<")


def is_quoted(before: str) -> bool:
    """Whether what comes behind a piece of JSON stands within quotes."""
    return before.replace("\\\\", "").replace('\\"', "").count('"') % 2 == 1


def problem_of(made: str, *, as_object: bool) -> str:
    """Why what a template has made is no JSON, "" if it is.

    Args:
        made: the template with its variables filled in.
        as_object: whether it is a JSON object, rather than a text in each line.
    """
    for part in [made] if as_object else made.splitlines():
        try:
            json.loads(part)
        except ValueError as error:
            return f"{error} in {part[:80]}"
    return ""


def filled_in_at_best(template: str) -> str:
    """A template with the most harmless values: a text within quotes, a number elsewhere."""
    parts: list[str] = []
    end = 0
    for found in PLACEHOLDER.finditer(template):
        parts.append(template[end : found.start()])
        parts.append("x" if is_quoted("".join(parts)) else "0")
        end = found.end()
    return "".join((*parts, template[end:]))
