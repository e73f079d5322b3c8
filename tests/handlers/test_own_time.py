from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from delivery_lab.handlers import own_time
from delivery_lab.handlers.own_time import OwnTime


class Clocks:
    """Clocks that a test sets: wall, processor, and the kernel's count of waits."""

    def __init__(self, counts_waits: bool) -> None:
        self.wall = 100.0
        self.ran = 5.0
        self.waited = 7.0
        self.counts_waits = counts_waits
        self.opened: list[str] = []

    def pass_time(self, ran: float = 0.0, blocked: float = 0.0, waited: float = 0.0) -> None:
        self.wall += ran + blocked + waited
        self.ran += ran
        self.waited += waited

    def open(self, path: str, _flags: int) -> int:
        self.opened.append(path)
        if not self.counts_waits:
            raise FileNotFoundError(path)
        return 99

    def read(self, _file: int, _length: int, _offset: int) -> bytes:
        return f"{self.ran * 1e9:.0f} {self.waited * 1e9:.0f} 3\n".encode()


@pytest.fixture(params=[True, False], ids=["with the kernel's count", "without"])
def clocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clocks]:
    made = Clocks(request.param)
    monkeypatch.setattr(own_time, "_wall_seconds", lambda: made.wall)
    monkeypatch.setattr(own_time, "_processor_seconds", lambda: made.ran)
    monkeypatch.setattr(own_time, "_read", made.read)
    with monkeypatch.context() as opening:
        opening.setattr(os, "open", made.open)
        opening.setattr(os, "close", lambda file: None)
        yield made


def test_time_that_a_thread_runs_counts(clocks: Clocks) -> None:
    own = OwnTime()
    clocks.pass_time(ran=1.5)
    assert own.since_last_asked(2.0) == pytest.approx(1.5)
    clocks.pass_time(ran=0.25)
    assert own.since_last_asked(2.0) == pytest.approx(0.25)


def test_time_that_a_thread_is_blocked_counts(clocks: Clocks) -> None:
    own = OwnTime()
    clocks.pass_time(blocked=1.999, ran=0.001)
    assert own.since_last_asked(2.0) == pytest.approx(2.0)


def test_time_that_a_thread_waits_for_a_processor_does_not_count(clocks: Clocks) -> None:
    own = OwnTime()
    clocks.pass_time(ran=0.1, waited=1.9)
    assert own.since_last_asked(2.0) == pytest.approx(0.1)


def test_a_process_that_stood_still_counts_once(clocks: Clocks) -> None:
    own = OwnTime()
    clocks.pass_time(blocked=86_400.0)
    assert own.since_last_asked(2.0) == 2.0


def test_the_kernels_count_is_not_asked_for_where_it_is_not_wanted(clocks: Clocks) -> None:
    OwnTime(counts_waits=False).close()
    assert clocks.opened == []


def test_a_file_that_was_closed_meanwhile_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    own = OwnTime()

    def closed(_file: int, _length: int, _offset: int) -> bytes:
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr(own_time, "_read", closed)
    assert 0.0 <= own.since_last_asked(60.0) <= 60.0
    own.close()
    own.close()
