"""A program has a time limit, whatever it waits for, and on whichever thread it is evaluated."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from delivery_lab.errors import ProgramError
from delivery_lab.program.engine import evaluate
from delivery_lab.program.patience import PROGRAM_TIMEOUT_SECONDS
from delivery_lab.program.project import read_project
from tests.traced import BOTH, traced_calls

_LIMIT_SECONDS = 0.3
_FIX = "\n  fix: give it what it waits for, or more time with --program-timeout SECONDS"


def _evaluate(folder: Path, program: str) -> None:
    (folder / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config: {aws:region: us-east-1}\n")
    (folder / "__main__.py").write_text(program)
    evaluate(replace(read_project(folder), program_timeout_seconds=_LIMIT_SECONDS), "dev")


def _here(work: Callable[[], None]) -> None:
    work()


def _on_a_thread(work: Callable[[], None]) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


_AWAITS = """
import asyncio, pulumi
pulumi.export('never', pulumi.Output.from_input(asyncio.get_event_loop().create_future()))
"""
_WAITS_FOR_A_THREAD = """
import asyncio, threading, pulumi
threading.held = threading.Event()
waiting = asyncio.get_event_loop().run_in_executor(None, threading.held.wait)
pulumi.export('never', pulumi.Output.from_input(waiting))
"""


@pytest.mark.parametrize("somewhere", [_here, _on_a_thread])
@pytest.mark.parametrize(
    ("program", "at"),
    [
        ("while True:\n    pass\n", "(__main__.py:"),
        ("while True:\n    try:\n        while True: pass\n    except Exception:\n        pass\n", "(__main__.py:3)"),
        (_AWAITS, "and waits for something"),
    ],
)
def test_a_program_that_does_not_end_is_ended(
    tmp_path: Path, program: str, at: str, somewhere: Callable[[Callable[[], None]], None]
) -> None:
    with pytest.raises(ProgramError) as refused:
        somewhere(lambda: _evaluate(tmp_path, program))

    assert str(refused.value).startswith(f"the program has not ended after 0.3 s of real time {at}")
    assert str(refused.value).endswith(_FIX)
    assert refused.value.exit_code == 1
    assert threading.active_count() < 100


def test_a_program_that_sleeps_is_ended_at_its_line(tmp_path: Path) -> None:
    with pytest.raises(ProgramError) as refused:
        _evaluate(tmp_path, "import time\ntime.sleep(1000)\n")

    assert str(refused.value) == f"the program has not ended after 0.3 s of real time (__main__.py:2){_FIX}"


def test_a_thread_that_a_program_waits_for_is_left_behind(tmp_path: Path) -> None:
    try:
        with pytest.raises(ProgramError, match="the program has not ended after"):
            _evaluate(tmp_path, _WAITS_FOR_A_THREAD)
    finally:
        threading.held.set()  # type: ignore[attr-defined]  # the program's own


def test_functions_can_be_traced_after_a_program_was_evaluated_on_a_thread(tmp_path: Path) -> None:
    _on_a_thread(lambda: _evaluate(tmp_path, ""))
    assert traced_calls() == BOTH

    with pytest.raises(ProgramError):
        _on_a_thread(lambda: _evaluate(tmp_path, "while True:\n    pass\n"))
    assert traced_calls() == BOTH


def test_without_an_option_the_limit_is_that_of_a_slow_build(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
    (tmp_path / "__main__.py").touch()

    assert read_project(tmp_path).program_timeout_seconds == PROGRAM_TIMEOUT_SECONDS == 300
