"""How far many runs are: on standard error, every now and then."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from delivery_lab.cli.console import AGAIN_SECONDS, Console

if TYPE_CHECKING:
    from delivery_lab.explore.sample import Sample


class RunsProgress:
    """Says how far it is.

    Args:
        console: where to.
        what: what is run.
        runs: how many there are.
    """

    def __init__(self, console: Console, what: str, runs: int) -> None:
        self._console, self._what, self._runs = console, what, runs
        self._done = 0
        self._said = time.monotonic()
        self._mark: tuple[float, int] | None = None
        """An instant, and the number of runs then: how long one takes is measured from there on."""

    def one_more(self, _: Sample) -> None:
        """Take note of a run."""
        self._done += 1
        now = time.monotonic()
        # What comes before the end of the first run, evaluating the program and imports, comes no second time.
        since, done = self._mark = self._mark or (now, self._done)
        if now - self._said >= AGAIN_SECONDS and done < self._done < self._runs:
            self._said = now
            left = (now - since) / (self._done - done) * (self._runs - self._done)
            # Processes that share the runs begin later, so that earlier runs do not say how long the others take.
            self._mark = (now, self._done)
            self._console.message(f"{self._what}: {self._done} of {self._runs} runs, some {left:.0f} s to go ...")
