"""A reader that depends on the run alone is made once for those who ask for it in a row."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import ClassVar

from delivery_lab.events import Event, reading, shared_reader_of
from tests.lab_support import run


class EventsCounted:
    reads: ClassVar[tuple[type[Event], ...]] = ()

    def read(self, event: Event) -> None:
        raise AssertionError(event)


def test_the_same_run_is_read_once_and_another_one_by_itself() -> None:
    first = run("batch-partial")
    other = replace(first)

    found = shared_reader_of(first, EventsCounted, EventsCounted)

    assert shared_reader_of(first, EventsCounted, EventsCounted) is found
    again = shared_reader_of(other, EventsCounted, EventsCounted)
    assert again is not found
    assert shared_reader_of(other, EventsCounted, EventsCounted) is again
    assert shared_reader_of(first, EventsCounted, EventsCounted) is not found


def test_a_reader_goes_with_its_run() -> None:
    gone = replace(run("batch-partial"))
    shared_reader_of(gone, EventsCounted, EventsCounted)
    assert len(reading._latest) == 1

    del gone
    gc.collect()

    assert reading._latest == []
