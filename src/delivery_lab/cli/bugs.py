"""The last resort: a bug of the lab is one line, and a file that holds all that a report of it needs."""

from __future__ import annotations

import errno
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


_OF_THE_MACHINE = {
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "close what holds so many files",
    errno.ENOSPC: "make room on the disk",
    errno.EDQUOT: "make room within the quota of the disk",
    errno.EFBIG: "raise the limit of the size of files (ulimit -f)",
    errno.ENOMEM: "raise the limit of memory (ulimit -v), or send less at once",
}
"""What a machine can be short of, and what helps."""


def shortage(error: BaseException) -> str:
    """What this machine is short of where that is why a command failed, with the fix; "" where it is not."""
    while True:
        if isinstance(error, MemoryError) or (isinstance(error, ImportError) and "failed to map" in str(error)):
            return f"this machine has no memory left for it\n  fix: {_OF_THE_MACHINE[errno.ENOMEM]}"
        if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
            fix = _OF_THE_MACHINE[error.errno]
            return f"this machine has not what the command needs: {error.strerror}\n  fix: {fix}"
        if isinstance(error, FileNotFoundError) and "No usable temporary directory" in str(error):
            return "no temporary file can be written\n  fix: make room on the disk, or name a folder in TMPDIR"
        cause = error.__cause__ or error.__context__
        if cause is None:
            break
        error = cause
    return ""


def told(error: BaseException, words: Sequence[str]) -> str:
    """One line about a bug, with the name of the file that holds the details; or what the machine is short of.

    Args:
        error: what was raised.
        words: the words behind `delivery-lab`.
    """
    if short := shortage(error):
        return short
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
