"""Commands that pages show, and what they show of their output."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

INDENT = "    "
PROMPT = "$ "
PROGRAMS = ("delivery-lab", "make", "pip", "pulumi", "curl")
SKIP = "..."
OF_ALTERNATIVES = ("With ", "The conclusion is the same with ", "Not tried: ")
"""How lines begin that say what the alternatives of assumptions come to, or that they were not tried."""


@dataclass(frozen=True)
class Shown:
    """A command of a page.

    Attributes:
        text: the command as it stands there, without its prompt.
        lines: what is shown of its output, without indentation.
    """

    text: str
    lines: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        """The command as the shell would pass it on; a comment and a redirection of its output are not its words."""
        words = shlex.split(self.text, comments=True)
        return words[: words.index(">")] if ">" in words else words

    @property
    def tells_alternatives(self) -> bool:
        """Whether it is shown what the alternatives of assumptions come to."""
        return any(line.startswith(OF_ALTERNATIVES) for line in self.lines)


def commands_of(page: Path) -> list[Shown]:
    """The commands of a page's indented blocks: with a prompt and output below, or a block of commands alone."""
    return [command for block in _blocks(page) for command in _commands(block)]


def missing(shown: Sequence[str], printed: str) -> list[str]:
    """Lines that are shown but not printed, or not in that order.

    `...` stands for any text in a line, and for any lines where it stands alone.
    """
    rest = iter([line.strip() for line in printed.splitlines()])
    return [line for line in shown if line != SKIP and not any(_pattern(line).fullmatch(other) for other in rest)]


def _pattern(line: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, line.split(SKIP))))


def _blocks(page: Path) -> Iterator[list[str]]:
    block: list[str] = []
    for line in [*page.read_text(encoding="utf-8").splitlines(), ""]:
        if line.startswith(INDENT):
            block.append(line.removeprefix(INDENT))
        elif block:
            yield block
            block = []


def _commands(block: Sequence[str]) -> Iterator[Shown]:
    if not block[0].startswith(PROMPT):
        yield from (Shown(line, ()) for line in block if line.split()[0] in PROGRAMS)
        return
    starts = [number for number, line in enumerate(block) if line.startswith(PROMPT)]
    for start, end in zip(starts, [*starts[1:], len(block)], strict=True):
        yield Shown(block[start].removeprefix(PROMPT), tuple(line.strip() for line in block[start + 1 : end]))
