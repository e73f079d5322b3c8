"""What is raised in another thread, and what is left of it when it is taken back."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from delivery_lab.thread_exceptions import raise_in, take_back
from tests.traced import BOTH, traced_calls


class _WantedError(BaseException):
    pass


def test_a_thread_raises_what_another_one_wants_it_to() -> None:
    begun = threading.Event()

    def work() -> None:
        begun.set()
        while True:
            pass

    with ThreadPoolExecutor(1) as pool:
        worked = pool.submit(work)
        begun.wait()
        (thread,) = pool._threads
        raise_in(thread.ident or 0, _WantedError)
        with pytest.raises(_WantedError):
            worked.result()


def test_functions_can_be_traced_after_something_was_taken_back() -> None:
    take_back()
    assert traced_calls() == BOTH


def test_functions_can_be_traced_while_something_waits_for_a_thread_that_never_looks() -> None:
    waiting, ended = threading.Lock(), threading.Event()
    waiting.acquire()

    def work() -> None:
        try:
            waiting.acquire()
        except _WantedError:
            ended.set()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        raise_in(thread.ident or 0, _WantedError)
        take_back()
        assert traced_calls() == BOTH
    finally:
        waiting.release()
        thread.join()
    # the wait in C is over, and what waited for the thread all the time is raised there
    assert ended.is_set()
