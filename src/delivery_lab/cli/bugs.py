"""The last resort: a bug of the lab is one line, and a file that holds all that a report of it needs."""

from __future__ import annotations

import os
import platform
import shlex
import sys
import tempfile
import traceback
from collections.abc import Sequence

from delivery_lab.errors import text_of

BUG = 1
"""Exit code where the lab itself is wrong."""


def told(error: BaseException, words: Sequence[str]) -> str:
    """One line about a bug, with the name of the file that holds the details.

    Args:
        error: what was raised.
        words: the words behind `delivery-lab`.
    """
    text = " ".join(text_of(error).split())
    return f"a bug of Delivery Lab itself: {type(error).__name__}: {text[:200]}; {_written(error, words)}"


def _written(error: BaseException, words: Sequence[str]) -> str:
    """Where the details are; a disk that takes no file must not hide the bug."""
    try:
        number, name = tempfile.mkstemp(prefix="delivery-lab-bug-", suffix=".txt")
        with os.fdopen(number, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(_details(error, words))
    except OSError as problem:
        return f"the details could not be written ({problem.strerror}), --debug prints them"
    return f"details: {name}"


def _details(error: BaseException, words: Sequence[str]) -> str:
    from delivery_lab.cli.versions import versions

    return "\n".join(
        (
            f"command: delivery-lab {shlex.join(words)}",
            f"folder: {os.getcwd()}",  # noqa: PTH109 - as the process has it
            versions(),
            f"Python {sys.version.split()[0]} on {platform.platform()}",
            "",
            "".join(traceback.format_exception(error)),
        )
    )
