"""Texts with `*` for anything, as event patterns have them; a backslash makes the next sign an ordinary one."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=256)
def _expression(pattern: str) -> re.Pattern[str]:
    parts: list[str] = []
    signs = iter(pattern)
    for sign in signs:
        if sign == "\\":
            parts.append(re.escape(next(signs, "\\")))
        else:
            parts.append(".*" if sign == "*" else re.escape(sign))
    return re.compile("".join(parts), re.DOTALL)


def wildcard_matches(pattern: str, value: str) -> bool:
    """Whether a text is of a pattern.

    Args:
        pattern: the pattern, such as `dir/*.png`.
        value: the text.
    """
    return _expression(pattern).fullmatch(value) is not None


def problem_of(pattern: str) -> str:
    """Why EventBridge refuses a pattern; "" if it does not."""
    if "**" in pattern.replace("\\\\", "").replace("\\*", ""):
        return "Consecutive wildcard characters"
    escapes = re.findall(r"\\(.?)", pattern.replace("\\\\", ""))
    if any(sign != "*" for sign in escapes):
        return "Invalid escape character"
    return ""
