"""Reading JSON as AWS does, which takes less than Python."""

from __future__ import annotations

import json
from typing import Any, NoReturn


def read_json(text: str) -> Any:
    """What a JSON text says.

    Raises:
        ValueError: it is no JSON; nor are NaN and Infinity, which Python writes and reads (RFC 8259). What is nested
            deeper than Python reads is beyond what AWS's parsers take.
    """
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"Non-standard token '{name}'")
