"""Where things are printed: data on stdout, messages on stderr, colour and animation only for people.

Rich follows NO_COLOR, TERM=dumb and terminals by itself; this module only keeps the two streams apart. Off a terminal
a line is as long as it is, whatever COLUMNS says: programs read it. On one, text is broken between words.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import rich.console

from delivery_lab.cli.interrupts import raise_missed
from delivery_lab.cli.layout import TextTable, wrapped
from delivery_lab.doing import phase, virtual_seconds
from delivery_lab.durations import rounded
from delivery_lab.errors import LabError

FIRST_SECONDS = 1
AGAIN_SECONDS = 10


class Console:
    """The command's two streams.

    Args:
        verbose: whether to say what is done, and how long it takes.
        debug: whether to say where errors come from.
        cache: whether graphs may come from the cache.
        program_timeout_seconds: how long programs may take, None for as long as usual.
    """

    def __init__(
        self,
        *,
        verbose: bool = False,
        debug: bool = False,
        cache: bool = True,
        program_timeout_seconds: float | None = None,
    ) -> None:
        self.program_timeout_seconds = program_timeout_seconds
        self.verbose = verbose
        self.debug = debug
        self.cache = cache
        # Bound to the streams of this moment: while handlers run, sys.stdout is theirs.
        self._out = rich.console.Console(file=sys.stdout, highlight=False, emoji=False)
        self._err = rich.console.Console(file=sys.stderr, highlight=False, emoji=False)
        self.width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None

    def __reduce__(self) -> tuple[Callable[..., Console], tuple[()]]:
        """In another process it is a console of the streams there."""
        given = {"verbose": self.verbose, "debug": self.debug, "cache": self.cache}
        return partial(Console, **given, program_timeout_seconds=self.program_timeout_seconds), ()

    def data(self, text: str) -> None:
        """Print a line of data as it is, in full length."""
        with _writing():
            self._out.print(text, markup=False, soft_wrap=True)

    def text(self, text: str, hang: int = 0) -> None:
        """Print a line for people: on a terminal in as many lines as it takes.

        Args:
            text: the line.
            hang: columns by which all lines but the first begin further right.
        """
        for line in wrapped(text, self.width, hang):
            self.data(line)

    def heading(self, text: str, hang: int = 0) -> None:
        """Print the heading of a block; `hang` as in `text`."""
        with _writing():
            for line in wrapped(text, self.width, hang):
                self._out.print(line, style="bold", markup=False, soft_wrap=True)

    def table(self, table: TextTable) -> None:
        """Print a table."""
        for line in table.headings:
            self.heading(line)
        for line in table.rows:
            self.data(line)

    def tick(self, *, holds: bool) -> str:
        """A tick or a cross; a word where standard output has no such characters."""
        sign, word = ("\N{CHECK MARK}", "yes") if holds else ("\N{BALLOT X}", "NO")
        try:
            sign.encode(self._out.encoding)
        except UnicodeEncodeError:
            return word
        return sign

    def message(self, text: str) -> None:
        """Say something beside the data."""
        self._err.print(text, markup=False, soft_wrap=True)

    def error(self, text: str, traceback: str = "") -> None:
        """Print an error, and where it comes from if that is wanted.

        Args:
            text: the error.
            traceback: where it comes from.
        """
        if self.debug and traceback:
            self.message(traceback.rstrip())
        self._err.print(f"error: {text}", style="red", markup=False, soft_wrap=True)

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Say that something is going on once it takes longer than a second, and again every ten.

        A signal says when, not a thread: while handlers run, the threads of this process are theirs. It counts the
        time that the process works, which for a simulation is all the time that it takes.
        """
        if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
            yield
            return
        seconds_passed = FIRST_SECONDS

        def tell(*_: object) -> None:
            nonlocal seconds_passed
            first = seconds_passed == FIRST_SECONDS
            self.message(f"{what} ..." if first else f"{what}{_so_far()} ... {seconds_passed} s")
            seconds_passed += AGAIN_SECONDS

        before = signal.signal(signal.SIGVTALRM, tell)
        signal.setitimer(signal.ITIMER_VIRTUAL, FIRST_SECONDS, AGAIN_SECONDS)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)
        raise_missed()


def _so_far() -> str:
    """What is being done right now, and how far virtual time is; "" where nobody says."""
    virtual = virtual_seconds()
    if virtual is not None:
        return f" (virtual time {rounded(virtual)})"
    return f" ({phase()})" if phase() else ""


@contextmanager
def _writing() -> Iterator[None]:
    """Say that data could not be written, to a full disk for instance; a reader that went away is none of this."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        give_up_output()
        raise LabError(f"the output cannot be written: {error.strerror}") from error


def write_any_text() -> None:
    r"""Let both streams write any text: what their encoding has no character for becomes `\ud83d\ude00`.

    That is how JSON writes such characters, so that JSON stays JSON on a terminal that knows ASCII only.
    """
    codecs.register_error("delivery-lab", _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="delivery-lab")


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that an encoding has not: each as JSON escapes it."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def give_up_output() -> None:
    """Let nothing more go to standard output, not even what Python still has to write when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
