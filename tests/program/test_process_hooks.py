"""What a program hangs on the process ends with the program."""

from __future__ import annotations

import atexit
import builtins
import signal
import sys
import time

import pytest

from delivery_lab.errors import ProgramError
from delivery_lab.program.engine import evaluate
from tests.program.conftest import MakeProject


def test_functions_for_the_end_of_the_process_are_called_when_the_program_has_ended(
    make_project: MakeProject, capfd: pytest.CaptureFixture[str]
) -> None:
    program = """\
    import atexit
    def gone(): print("never")
    atexit.register(print, "first registered")
    atexit.register(gone)
    atexit.register(lambda: 1 / 0)
    atexit.unregister(gone)
    print("the program")
    """
    registered = atexit._ncallbacks()
    evaluate(make_project(program), "dev")

    out, err = capfd.readouterr()
    assert out == ""
    assert err == (
        "the program\n"
        "note: what the program registered with atexit (<lambda>) raised ZeroDivisionError('division by zero')\n"
        "first registered\n"
    )
    assert atexit._ncallbacks() == registered


def test_what_a_program_replaces_in_pythons_modules_is_put_back(make_project: MakeProject) -> None:
    program = """\
    import builtins, os, random, socket, sys, threading, time
    time.sleep = print
    random.random = lambda: 4
    os.getcwdb = builtins.bin = print
    socket.socket.of_the_program = threading.of_the_program = 1
    sys.setrecursionlimit(300)
    sys.displayhook = None
    """
    before = time.sleep, builtins.bin, sys.getrecursionlimit(), sys.displayhook
    evaluate(make_project(program), "dev")

    assert (time.sleep, builtins.bin, sys.getrecursionlimit(), sys.displayhook) == before


def test_ctrl_c_and_the_alarm_stay_the_labs(make_project: MakeProject) -> None:
    program = """\
    import signal, pulumi
    before = signal.getsignal(signal.SIGINT)
    answered = signal.signal(signal.SIGINT, signal.SIG_IGN)
    pulumi.export("same", [before is answered, before is signal.getsignal(signal.SIGINT)])
    pulumi.export("off", [signal.alarm(0), signal.setitimer(signal.ITIMER_REAL, 0)])
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    """
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGALRM)]
    try:
        assert evaluate(make_project(program), "dev").outputs == {"same": [True, True], "off": [0, [0.0, 0.0]]}
    finally:
        signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGALRM)] == before


@pytest.mark.parametrize(
    ("name", "alarm"), [("alarm", "signal.alarm(1)"), ("setitimer", "signal.setitimer(signal.ITIMER_REAL, 0.1)")]
)
def test_an_alarm_of_a_program_is_refused_with_its_line(make_project: MakeProject, name: str, alarm: str) -> None:
    with pytest.raises(ProgramError) as refused:
        evaluate(make_project(f"import signal\n{alarm}\n"), "dev")

    assert str(refused.value) == (
        f"the program sets an alarm with signal.{name}, which is that of its time limit here (__main__.py:2)\n"
        "  fix: leave it out, and limit the program with --program-timeout SECONDS"
    )
