"""Where things are printed: data on stdout, messages on stderr, colour and animation only for people.

Rich follows NO_COLOR, TERM=dumb and terminals by itself; this module only keeps the two streams apart.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import rich.console
from rich.table import Table

WIDTH_WITHOUT_TERMINAL = 140
SLOW_SECONDS = 1.0


class Console:
    """The command's two streams."""

    def __init__(self) -> None:
        # Bound to the streams of this moment: while handlers run, sys.stdout is theirs.
        self._out = rich.console.Console(
            file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL
        )
        self._err = rich.console.Console(file=sys.stderr, highlight=False)

    def data(self, text: str) -> None:
        """Print a line of data as it is, in full length."""
        self._out.print(text, markup=False, soft_wrap=True)

    def table(self, table: Table) -> None:
        """Print a table."""
        self._out.print(table)

    def heading(self, text: str) -> None:
        """Print the heading of a block."""
        self._out.print(text, style="bold", markup=False, soft_wrap=True)

    def message(self, text: str) -> None:
        """Say something beside the data."""
        self._err.print(text, markup=False, soft_wrap=True)

    def error(self, text: str) -> None:
        """Say what went wrong."""
        self._err.print(f"error: {text}", style="red", markup=False, soft_wrap=True)

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Show that something is going on once it takes longer than a second: a spinner, or a line off a terminal."""
        status = self._err.status(what) if self._err.is_terminal else None
        show = status.start if status else lambda: self.message(f"{what} ...")
        timer = threading.Timer(SLOW_SECONDS, show)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
            if status:
                status.stop()
