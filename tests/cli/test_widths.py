"""Every command at 60, 80 and 120 columns: names stay whole, nothing is cut, and colour is for terminals only."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import termios
from collections.abc import Callable

import pytest

from tests.cli.conftest import Lab, Said
from tests.lab_support import ROOT

WIDTHS = (60, 80, 120)
COLOUR = "\x1b["
COMMANDS = {
    "list": ["list"],
    "explain": ["explain"],
    "explain a rule": ["explain", "SQS-STALE-2"],
    "explain a check": ["explain", "CHK-VT-1"],
    "run": ["run", "batch-partial"],
    "diff": ["diff", "batch-partial", "batch-unreported", "--unchanged"],
    "check": ["check", "batch-all-or-nothing", "--quantify"],
    "redrive": ["redrive", "batch-all-or-nothing", "--fix", "batch.worker.batchSize=1"],
}
TABLES = {
    120: """\
variant                     sent  processed  duplicates  dead-lettered  healthy dead-lettered  lost  virtual time
batch-partial                 10          7           3              3                      0     0        60.3 s
visibility-heartbeat-fails     1          1           2              0                      0     0        13.5 s

variant     requests  successes  false successes  failed  attempts  spared  effects  virtual time
sync-naive       480        467              120      13       511       0      347         4 min
""",
    80: """\
                                                        healthy
                                  pro- dupli-    dead-    dead-      virtual
variant                    sent cessed  cates lettered lettered lost    time
batch-partial                10      7      3        3        0    0  60.3 s
visibility-heartbeat-fails    1      1      2        0        0    0  13.5 s

                             false
               re-    suc-    suc-             at-                   virtual
variant     quests  cesses  cesses  failed  tempts  spared  effects     time
sync-naive     480     467     120      13     511       0      347    4 min
""",
    60: """\
batch-partial
  sent 10, processed 7, duplicates 3, dead-lettered 3,
  healthy dead-lettered 0, lost 0, virtual time 60.3 s
visibility-heartbeat-fails
  sent 1, processed 1, duplicates 2, dead-lettered 0,
  healthy dead-lettered 0, lost 0, virtual time 13.5 s

sync-naive
  requests 480, successes 467, false successes 120,
  failed 13, attempts 511, spared 0, effects 347,
  virtual time 4 min
""",
}

Terminal = Callable[..., Said]


@pytest.fixture
def terminal(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Call the command on a terminal of some width."""

    def call(width: int, *words: str, colour: bool = False) -> Said:
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setenv("TERM", "xterm-256color" if colour else "dumb")
        monkeypatch.delenv("NO_COLOR", raising=False)
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        return lab(*words)

    return call


def _ink(text: str) -> str:
    return "".join(re.sub(r"\x1b\[[0-9;]*m", "", text).split())


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_nothing_is_cut_and_lines_are_no_wider_than_the_terminal(
    lab: Lab, terminal: Terminal, words: list[str], width: int
) -> None:
    piped = lab(*words)
    shown = terminal(width, *words)

    assert _ink(shown.out) == _ink(piped.out)
    # A line with one word is as long as the word: an address has to stay whole.
    assert [line for line in shown.out.splitlines() if len(line) > width and len(line.split()) > 1] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_names_of_variants_stay_whole(terminal: Terminal, width: int) -> None:
    said = terminal(width, "run", "batch-partial", "visibility-heartbeat-fails", "sync-naive")

    assert said.out.startswith(TABLES[width])


@pytest.mark.parametrize("width", WIDTHS)
def test_the_list_names_every_variant_in_full(terminal: Terminal, width: int) -> None:
    said = terminal(width, "list")

    names = {path.name.split(".")[1] for path in (ROOT / "stacks").glob("*.yaml")}
    assert {line.split()[0] for line in said.out.splitlines()[1:] if not line.startswith(" ")} == names


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_colour_changes_no_character(terminal: Terminal, words: list[str]) -> None:
    plain, coloured = terminal(80, *words), terminal(80, *words, colour=True)

    assert COLOUR not in plain.out
    assert coloured.out.startswith("\x1b[1m")
    assert _ink(coloured.out) == _ink(plain.out)


def test_errors_are_red_on_a_terminal_only(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    assert COLOUR not in lab("run", "nothing").err
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert lab("run", "nothing").err.startswith("\x1b[31merror: no stack 'nothing' in stacks of ")
    monkeypatch.setenv("NO_COLOR", "1")
    assert COLOUR not in lab("run", "nothing").err


def test_a_pipe_gets_whole_lines_whatever_columns_says(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    before = lab("list").out
    monkeypatch.setenv("COLUMNS", "40")

    assert lab("list").out == before
    assert len(before.splitlines()) == 1 + len(list((ROOT / "stacks").glob("*.yaml")))


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are POSIX's")
def test_the_width_is_that_of_the_terminal_itself() -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 60))
    environment = {key: value for key, value in os.environ.items() if key not in {"COLUMNS", "LINES"}}
    command = [sys.executable, "-m", "delivery_lab.cli", "explain", "SQS-DLQ-1"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, env={**environment, "TERM": "xterm"}
    )
    os.close(theirs)
    out = b""
    try:
        while chunk := os.read(ours, 65_536):
            out += chunk
    except OSError:
        pass  # the other end was closed: everything is read
    finally:
        os.close(ours)
        process.wait()

    lines = out.decode().replace("\r\n", "\n").splitlines()
    assert lines[:3] == [
        "\x1b[1mSQS-DLQ-1 (observed)\x1b[0m",
        "With maxReceiveCount N a message is received N times. The",
        "receive that would be number N+1 moves it to the dead-letter",
    ]
