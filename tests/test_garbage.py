from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from delivery_lab import garbage
from delivery_lab.garbage import is_frozen, rare_garbage_collection


class Node:
    """Two of them that point at each other are garbage that only the collector finds."""

    other: Node | None = None


def circle() -> weakref.ref[Node]:
    one, two = Node(), Node()
    one.other, two.other = two, one
    return weakref.ref(one)


class Python:
    """Stands for the modules `gc` and `sys`: so many blocks, and how often all objects were looked through."""

    def __init__(self) -> None:
        self.blocks = 0
        self.collections = 0

    def getallocatedblocks(self) -> int:
        return self.blocks

    def collect(self) -> None:
        self.collections += 1


@pytest.fixture
def no_automatic_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_automatic_collection")
def test_what_a_run_makes_is_collected_with_it() -> None:
    with rare_garbage_collection():
        made = circle()
        assert made() is not None
    assert made() is None


def test_thresholds_are_put_back_also_after_an_error() -> None:
    before = gc.get_threshold()
    with pytest.raises(ValueError, match="invalid literal"), rare_garbage_collection():
        int("not a number")
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


def test_what_was_there_before_is_frozen_until_the_innermost_of_several_ends() -> None:
    said = [is_frozen()]
    with rare_garbage_collection():
        said.append(is_frozen())
        assert gc.get_freeze_count() > 0
        with rare_garbage_collection():
            said.append(is_frozen())
        said.append(is_frozen())
        assert gc.get_freeze_count() == 0
    assert said == [False, True, True, False]


def test_old_garbage_is_looked_for_when_there_is_half_as_much_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    python = Python()
    monkeypatch.setattr(garbage, "gc", python)
    monkeypatch.setattr(garbage, "sys", python)
    monkeypatch.setattr(garbage, "_LOOK_EVERY", 1)
    old = garbage._OldGarbage()
    looked = []
    for python.blocks in (10_000_000, 13_000_000, 15_000_000, 15_000_001, 17_000_000, 22_000_000, 23_000_000):
        old.collect_if_grown()
        looked.append(python.collections)
    assert looked == [1, 1, 1, 2, 2, 2, 3]


def test_objects_are_counted_after_every_eighth_run_only(monkeypatch: pytest.MonkeyPatch) -> None:
    python = Python()
    monkeypatch.setattr(garbage, "gc", python)
    monkeypatch.setattr(garbage, "sys", python)
    old = garbage._OldGarbage()
    looked = []
    for run in range(1, 25):
        python.blocks = 10_000_000 * 2**run
        old.collect_if_grown()
        looked.append(python.collections)
    assert looked == [0] * 7 + [1] * 8 + [2] * 8 + [3]


def test_where_there_is_little_old_garbage_is_not_looked_for_before_there_is_as_much_as_packages_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    python = Python()
    monkeypatch.setattr(garbage, "gc", python)
    monkeypatch.setattr(garbage, "sys", python)
    monkeypatch.setattr(garbage, "_LOOK_EVERY", 1)
    old = garbage._OldGarbage()
    python.blocks = 400_000
    old.begin()
    looked = []
    for python.blocks in (700_000, 1_900_000, 1_900_001, 3_400_001, 3_400_002):
        old.collect_if_grown()
        looked.append(python.collections)
    assert looked == [0, 0, 1, 1, 2]


@pytest.mark.usefixtures("no_automatic_collection")
def test_garbage_from_before_runs_is_found_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    python = Python()
    monkeypatch.setattr(garbage, "sys", python)
    monkeypatch.setattr(garbage, "_LOOK_EVERY", 1)
    monkeypatch.setattr(garbage, "_old_garbage", garbage._OldGarbage())
    old = circle()
    found = []
    for before, after in ((10_000_000, 15_000_000), (14_000_000, 15_000_000), (15_000_000, 15_000_001)):
        python.blocks = before
        with rare_garbage_collection():
            python.blocks = after
        found.append(old() is None)
    assert found == [False, False, True]
