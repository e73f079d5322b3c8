"""Bodies of a workload: templates with the number of the repetition and values drawn by chance."""

from __future__ import annotations

import itertools
import json
import math
import random
import re
from collections.abc import Callable
from typing import Any

from delivery_lab.errors import WorkloadError

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def render(template: Any, n: int | str, chance: random.Random, where: str) -> Any:
    """Fill in a body.

    `{n}` in a text is the number of the repetition; `{$uniform: [low, high]}` and `{$choice: [a, b]}` in place of a
    value draw one.

    Args:
        template: body as read from the file.
        n: number of the repetition, from 1; or what stands for it (`filled`).
        chance: where values are drawn from.
        where: place in the file, for messages.

    Raises:
        WorkloadError: an unknown placeholder or a malformed drawing.
    """
    if isinstance(template, str):
        return (
            template if "{" not in template else _PLACEHOLDER.sub(lambda match: _placeholder(match, n, where), template)
        )
    if isinstance(template, list):
        return [render(item, n, chance, where) for item in template]
    if isinstance(template, dict):
        if any(isinstance(key, str) and key.startswith("$") for key in template):
            return render(_draw(template, chance, where), n, chance, where)
        return {_name(key): render(value, n, chance, where) for key, value in template.items()}
    return template


def draws(template: Any) -> bool:
    """Whether a template draws by chance, or tries to."""
    if isinstance(template, list):
        return any(map(draws, template))
    if isinstance(template, dict):
        return any(isinstance(key, str) and key.startswith("$") for key in template) or any(
            map(draws, template.values())
        )
    return False


def filled(template: Any, where: str) -> Callable[[int], str]:
    """The body of a template that draws nothing as text, by the number of the repetition.

    Rendered once with a mark in place of the number: digits are written in JSON as they are.

    Raises:
        WorkloadError: as `render` and `as_text`.
    """
    chance = random.Random(0)
    plain = as_text(render(template, 1, chance, where), where)
    # It ends with another character than it begins with, so that no part of it stands for another one of it.
    mark = next(mark for mark in map("<{}>".format, itertools.count()) if mark not in plain)
    parts = as_text(render(template, mark, chance, where), where).split(mark)
    return lambda n: str(n).join(parts)


def _placeholder(match: re.Match[str], n: int | str, where: str) -> str:
    name = match.group(1)
    if name == "n":
        return str(n)
    if re.fullmatch(r"\w+", name):
        raise WorkloadError(f"{where}: {{{name}}} is an unknown placeholder (known: {{n}})")
    return match.group(0)  # braces of JSON or of prose


def _draw(template: dict[Any, Any], chance: random.Random, where: str) -> Any:
    if len(template) == 1:
        ((operator, operand),) = template.items()
        if operator == "$uniform" and _is_range(operand):
            if operand[0] > operand[1]:
                raise WorkloadError(
                    f"{where}: $uniform: {operand} has its bounds the wrong way round: "
                    f"write {{$uniform: [{operand[1]}, {operand[0]}]}}"
                )
            return round(chance.uniform(*operand), 3)
        if operator == "$choice" and isinstance(operand, list) and operand:
            return chance.choice(operand)
    shown = json.dumps(template, default=str)
    raise WorkloadError(f"{where}: {shown} draws nothing: write {{$uniform: [low, high]}} or {{$choice: [a, b]}}")


def _name(key: Any) -> str:
    """A key of YAML as one of JSON."""
    return key if isinstance(key, str) else json.dumps(key)


def _is_range(operand: Any) -> bool:
    return isinstance(operand, list) and len(operand) == 2 and all(map(_is_number, operand))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def as_text(body: Any, where: str) -> str:
    """The body that is sent: a text as it is, anything else as JSON.

    Raises:
        WorkloadError: JSON has no such value.
    """
    if body is None:
        return ""
    if isinstance(body, str):
        return body
    try:
        return json.dumps(body, allow_nan=False)
    except ValueError as error:
        raise WorkloadError(f"{where}: the body has a number that JSON has not: .inf or .nan") from error
