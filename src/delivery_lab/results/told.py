"""What is told of one event."""

from __future__ import annotations

from typing import NamedTuple


class Told(NamedTuple):
    """What is told of one event.

    Attributes:
        phrase: the text of a line, "" where there is none.
        subject: id of the message that the phrase is about: its name is written behind the phrase, and messages with
            the same phrase at the same instant share a line. None where the phrase is a whole line.
    """

    phrase: str
    subject: str | None = None


SILENT = Told("")
"""Nothing is told."""
WHY_GONE = {"ASY-LOOP-1": ", for Lambda stops a recursive loop", "DST-SINK-2": ", for nobody reads its destination"}
"""By rule: why an asynchronous event is discarded, where it is not for want of a destination."""
