"""How processes begin that share the work."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from delivery_lab.explore.processes import begin_worker, process_context, starting_workers


def _is_interrupted_while_it_begins(number: int) -> None:
    os.kill(os.getpid(), number)
    begin_worker(None)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signals_wait_until_a_process_has_said_what_they_mean(
    number: int, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    context = process_context()
    with starting_workers():
        process = context.Process(target=_is_interrupted_while_it_begins, args=(number,))  # type: ignore[attr-defined]
        process.start()
    process.join()

    assert (process.exitcode, capfd.readouterr()) == (code, ("", ""))


def test_ctrl_c_while_processes_are_started_comes_when_they_are() -> None:
    done = []

    def start() -> None:
        with starting_workers():
            # Sent to the process, it may reach a thread of other tests, which does not hold it back.
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            done.append("started")

    with pytest.raises(KeyboardInterrupt):
        start()
    assert done == ["started"]
