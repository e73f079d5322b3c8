"""What a program hangs on the process ends with the program."""

from __future__ import annotations

import atexit
import builtins
import resource
import signal
import sys
import threading
import time
from dataclasses import replace

import pytest

from delivery_lab.errors import ProgramError
from delivery_lab.process_wide import SETTINGS
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
        "note: what the program registered with atexit (<lambda>) raised ZeroDivisionError: division by zero "
        "(__main__.py:5)\n"
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


def _settings() -> list[object]:
    return [*(ask() for ask, _ in SETTINGS), signal.pthread_sigmask(signal.SIG_BLOCK, ()), threading.excepthook]


SET = (
    *("os.umask(0o777)", "locale.setlocale(locale.LC_ALL, 'C')", "decimal.DefaultContext.prec = 1", "gc.disable()"),
    *("gc.set_debug(gc.DEBUG_UNCOLLECTABLE)", "gc.callbacks.append(print)", "socket.setdefaulttimeout(3)"),
    *("sys.set_int_max_str_digits(640)", "codecs.register_error('strict', lambda error: ('', error.end))"),
    *("csv.field_size_limit(1)", "threading.stack_size(65536 * 4)", "sys.setdlopenflags(1)"),
    *("signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())", "threading.excepthook = print"),
)
"""What a program sets for its whole process."""


@pytest.mark.parametrize("way", SET)
def test_what_a_program_sets_for_its_process_ends_with_it(make_project: MakeProject, way: str) -> None:
    before = _settings()
    imports = "import codecs, csv, decimal, gc, locale, os, signal, socket, sys, threading\n"
    evaluate(make_project(f"{imports}{way}\n"), "dev")

    assert _settings() == before


@pytest.mark.parametrize("way", ["setrlimit(resource.RLIMIT_AS, (1, 1))", "prlimit(0, resource.RLIMIT_AS, (1, 1))"])
def test_limits_are_accepted_without_effect(make_project: MakeProject, way: str) -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    program = f"import resource\nimport pulumi_aws as aws\nresource.{way}\naws.sqs.Queue('q')\n"

    assert len(evaluate(make_project(program), "dev").resources) > 1
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_who_blocks_all_signals_does_not_block_the_time_limit(make_project: MakeProject) -> None:
    program = "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\nwhile True: pass\n"
    project = replace(make_project(program), program_timeout_seconds=0.3)
    with pytest.raises(ProgramError, match=r"^the program has not ended after 0\.3 s of real time \(__main__\.py:3\)"):
        evaluate(project, "dev")


def test_a_thread_that_fails_is_one_line(make_project: MakeProject, capfd: pytest.CaptureFixture[str]) -> None:
    program = """\
    import threading
    def fail(): raise ValueError("mine")
    thread = threading.Thread(target=fail, name="worker")
    thread.start()
    thread.join()
    """
    evaluate(make_project(program), "dev")

    assert capfd.readouterr().err == "note: worker of the program ends with ValueError: mine (__main__.py:2)\n"


@pytest.mark.parametrize("way", ["settrace", "setprofile"])
def test_what_traces_threads_does_not_end_those_of_the_engine(make_project: MakeProject, way: str) -> None:
    program = f"import threading\nimport pulumi_aws as aws\nthreading.{way}(lambda *_: 1 / 0)\naws.sqs.Queue('q')\n"
    before = (threading.gettrace(), threading.getprofile())

    assert len(evaluate(make_project(program), "dev").resources) > 1
    assert (threading.gettrace(), threading.getprofile()) == before
