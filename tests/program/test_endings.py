"""What a program leaves behind at its end is one line where it fails, and has a limit."""

from __future__ import annotations

import json
import signal
import sys
import weakref
from pathlib import Path

import pytest

from delivery_lab.program import engine
from delivery_lab.program.endings import call_last, limited_end
from delivery_lab.program.engine import evaluate
from delivery_lab.program.frames import Frames
from delivery_lab.program.patience import OutOfTimeError
from tests.program.conftest import MakeProject

_HANGS_ON = """\
class Kept:
    def __del__(self):
        {0}
kept = Kept()
kept.itself = kept
again = Kept()
again.itself = again
def uses(): return kept
"""


@pytest.mark.parametrize(
    ("program", "line"),
    [
        (
            _HANGS_ON.format("raise ValueError('no')"),
            "note: Kept.__del__ of the program raised ValueError: no (__main__.py:3)",
        ),
        (
            _HANGS_ON.format("raise KeyboardInterrupt"),
            "note: Kept.__del__ of the program raised KeyboardInterrupt (__main__.py:3)",
        ),
        (
            _HANGS_ON.format("raise SystemExit(7)"),
            "note: Kept.__del__ of the program raised SystemExit: 7 (__main__.py:3)",
        ),
        (
            "import gc\ndef on(phase, info): 1 / 0\ngc.callbacks.append(on)\ngc.collect()\n",
            "note: on of the program raised ZeroDivisionError: division by zero (__main__.py:2)",
        ),
        (
            "import sys, weakref\ndef bad(): raise OSError('gone')\nweakref.finalize(sys.modules['json'], bad)\n",
            "note: what the program gave to weakref.finalize (bad) raised OSError: gone (__main__.py:2)",
        ),
        (
            "import atexit\ndef bad(): raise KeyboardInterrupt\natexit.register(bad)\n",
            "note: what the program registered with atexit (bad) raised KeyboardInterrupt (__main__.py:2)",
        ),
    ],
    ids=["error", "interrupt", "exit", "collector", "finalize", "atexit"],
)
def test_what_fails_at_the_end_of_a_program_is_one_line(
    make_project: MakeProject, capfd: pytest.CaptureFixture[str], program: str, line: str
) -> None:
    finalizers = len(vars(weakref.finalize)["_registry"])
    hook = sys.unraisablehook
    evaluate(make_project(program), "dev")

    assert capfd.readouterr() == ("", f"{line}\n")
    assert sys.unraisablehook is hook
    assert len(vars(weakref.finalize)["_registry"]) == finalizers


def test_finalizers_of_installed_code_are_left_to_the_end_of_the_process(make_project: MakeProject) -> None:
    program = "import tempfile, json\njson.of_the_program = tempfile.TemporaryDirectory()\n"
    evaluate(make_project(program), "dev")
    folder = vars(json).pop("of_the_program")

    with folder as path:
        assert Path(path).is_dir()


def test_threading_cannot_be_loaded_again_under_the_engine(
    make_project: MakeProject, capfd: pytest.CaptureFixture[str]
) -> None:
    program = """\
    import importlib, threading, pulumi_aws
    assert importlib.reload(threading) is threading
    thread = threading.Thread(target=print, args=["of the program"])
    thread.start()
    thread.join()
    pulumi_aws.sqs.Queue("q")
    """
    assert len(evaluate(make_project(program), "dev").resources) > 1
    assert capfd.readouterr() == ("", "of the program\n")


def test_what_the_end_of_an_object_waits_for_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    class Waits:
        def __del__(self) -> None:
            signal.pause()
            waited.append(True)

    waited: list[bool] = []
    raised: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: raised.append(unraisable.exc_type))
    with limited_end(0.2):
        Waits()

    assert (waited, raised) == ([], [OutOfTimeError])


def test_of_many_objects_whose_end_waits_one_is_waited_for(
    make_project: MakeProject, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "limited_end", lambda: limited_end(0.2))
    program = """\
    import time
    class Waits:
        called = 0
        def __del__(self):
            Waits.called += 1
            time.sleep(60 if Waits.called == 1 else 0)
            print("again")
    kept = [Waits() for _ in range(30)]
    """
    evaluate(make_project(program), "dev")

    assert capfd.readouterr() == (
        "",
        "note: Waits.__del__ of the program has not ended after 10 s of real time (__main__.py:6)\n",
    )


def test_what_a_function_for_the_end_waits_for_has_a_limit(
    make_project: MakeProject, capfd: pytest.CaptureFixture[str]
) -> None:
    call_last("the function", signal.pause, Frames(make_project()), seconds=0.05)

    assert capfd.readouterr().err == "note: the function has not ended after 0.05 s of real time\n"
