from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from delivery_lab import garbage
from delivery_lab.garbage import rare_garbage_collection


class Node:
    """Two of them that point at each other are garbage that only the collector finds."""

    other: Node | None = None


def circle() -> weakref.ref[Node]:
    one, two = Node(), Node()
    one.other, two.other = two, one
    return weakref.ref(one)


class Collector:
    """Stands for the module `gc`: so many objects, and how often all were looked through."""

    def __init__(self) -> None:
        self.objects = 0
        self.collections = 0

    def freeze(self) -> None:
        """Nothing to do."""

    unfreeze = freeze

    def get_freeze_count(self) -> int:
        return self.objects

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


def test_old_garbage_is_looked_for_when_there_are_a_quarter_more_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    collector, now = Collector(), [0.0]
    monkeypatch.setattr(garbage, "gc", collector)
    old = garbage._OldGarbage(lambda: now[0])
    looked = []
    for objects in (1_000, 1_200, 1_250, 1_251, 1_300, 1_500, 1_600):
        collector.objects = objects
        now[0] += 1.0
        old.collect_if_grown()
        looked.append(collector.collections)
    assert looked == [1, 1, 1, 2, 2, 2, 3]


def test_objects_are_counted_once_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    collector, now = Collector(), [5.0]
    monkeypatch.setattr(garbage, "gc", collector)
    old = garbage._OldGarbage(lambda: now[0])
    for objects, seconds in ((10, 0.0), (100, 0.5), (1_000, 0.4), (10_000, 0.1)):
        collector.objects = objects
        now[0] += seconds
        old.collect_if_grown()
    assert collector.collections == 2


@pytest.mark.usefixtures("no_automatic_collection")
def test_garbage_from_before_runs_is_found_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "_old_garbage", garbage._OldGarbage())
    old = circle()
    with rare_garbage_collection():
        pass
    assert old() is None
