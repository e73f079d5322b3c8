"""How this project knows that Pulumi has started it as a plugin, and not as a program."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ADDRESS = re.compile(r"[\w.\-\[\]:]+:\d+")


def engine_address(arguments: Sequence[str]) -> str | None:
    """The address of the engine, where it has started this process as a plugin; None for a program.

    Args:
        arguments: the words after the script's name. A plugin gets the address first, a program gets none.
    """
    return arguments[0] if arguments and _ADDRESS.fullmatch(arguments[0]) else None
