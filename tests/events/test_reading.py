"""What depends on a run alone is read once for those who ask for it in a row."""

from __future__ import annotations

import copy
import gc
import weakref
from dataclasses import replace

import pytest

from delivery_lab.events import Run, read_once
from delivery_lab.results.following import read_events
from tests.lab_support import run


def read(found: Run) -> list[str]:
    return [found.stack]


def read_otherwise(found: Run) -> list[str]:
    return [found.workload]


def test_the_same_run_is_read_once_and_anything_else_by_itself() -> None:
    first = run("batch-partial")
    other = replace(first)

    found = read_once(first, read)

    assert read_once(first, read) is found
    assert read_once(first, read_otherwise) == [first.workload]
    again = read_once(other, read)
    assert again is not found
    assert read_once(other, read) is again
    assert read_once(first, read) is not found


def a_run_that_is_over() -> weakref.ref[Run]:
    gone = copy.copy(run("batch-partial"))  # not made by its class: tests look after the runs that are
    read_events(gone)
    return weakref.ref(gone)


@pytest.mark.usefixtures("only_new_garbage")
def test_what_was_read_of_a_run_holds_no_run() -> None:
    gone = a_run_that_is_over()
    gc.collect()

    assert gone() is None
