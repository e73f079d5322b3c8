"""What is said while something takes long: what is done, the phase of the work, virtual time."""

from __future__ import annotations

import signal
import threading

import pytest

from delivery_lab.cli import console
from delivery_lab.cli.console import Console
from delivery_lab.doing import doing, simulating


def _ring() -> None:
    signal.raise_signal(signal.SIGVTALRM)


def test_after_a_second_it_says_what_is_done_and_then_how_long_it_has_taken(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Console().working("simulating prod"):
        assert signal.getitimer(signal.ITIMER_VIRTUAL)[1] == console.AGAIN_SECONDS == 10
        for _ in range(3):
            _ring()

    assert capsys.readouterr() == ("", "simulating prod ...\nsimulating prod ... 11 s\nsimulating prod ... 21 s\n")
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_it_says_the_phase_of_the_work_and_the_virtual_time(capsys: pytest.CaptureFixture[str]) -> None:
    virtual = [0.0]
    with Console().working("simulating prod"):
        _ring()
        with doing("program"):
            _ring()
        with doing("simulation"), simulating(lambda: virtual[0]):
            for virtual[0] in (0.25, 61.5, 150.0, 1_209_600.0):
                _ring()
        with doing("results"):
            _ring()

    assert capsys.readouterr().err == (
        "simulating prod ...\n"
        "simulating prod (program) ... 11 s\n"
        "simulating prod (virtual time 0.2 s) ... 21 s\n"
        "simulating prod (virtual time 61.5 s) ... 31 s\n"
        "simulating prod (virtual time 2.5 min) ... 41 s\n"
        "simulating prod (virtual time 14 d) ... 51 s\n"
        "simulating prod (results) ... 61 s\n"
    )


def test_off_the_main_thread_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        with Console().working("simulating prod"):
            assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert capsys.readouterr() == ("", "")
