"""Containers of Python's own hold what they held, by identity and in their order."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

import pytest

from delivery_lab.handlers.snapshot_kinds import CONTAINERS


class Key:
    """Equal to all others, and not the same."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


@pytest.mark.parametrize(
    "change",
    [
        lambda held: held.clear(),
        lambda held: held.add("c"),
        lambda held: held.discard("a"),
        lambda held: (held.discard("a"), held.add("c")),
        lambda held: (held.discard("a"), held.add("a")),
        lambda held: None,
    ],
)
@pytest.mark.parametrize("before", [set(), {"a", "b"}])
def test_sets_have_their_members_again_each_time(before: set[str], change: Callable[[set[str]], object]) -> None:
    held = set(before)
    restore, inside = CONTAINERS[set](held)

    for _ in range(3):
        change(held)
        restore()
        assert held == before
    assert set(inside) == before


def test_a_member_that_is_only_equal_is_set_back() -> None:
    own: Any = Key()
    held = {own}
    restore, _ = CONTAINERS[set](held)

    for _ in range(2):
        held.clear()
        held.add(Key())
        restore()
        assert [each is own for each in held] == [True]


@pytest.mark.parametrize(
    "change",
    [
        lambda held: held.move_to_end("a"),
        lambda held: held.update(b=1),
        lambda held: held.update(c=3),
        lambda held: held.pop("a"),
        lambda held: held.update(a=held["b"], b=held["a"]),
        lambda held: held.update(c=held.pop("b")),
    ],
)
def test_ordered_dictionaries_have_their_entries_and_order_again(change: Callable[[Any], object]) -> None:
    one, other = [1], [1]
    held = OrderedDict(a=one, b=other)
    restore, inside = CONTAINERS[OrderedDict](held)

    for _ in range(2):
        change(held)
        restore()
        assert list(held) == ["a", "b"]
        assert held["a"] is one
        assert held["b"] is other
    assert list(inside) == ["a", one, "b", other]


def test_a_queue_that_was_empty_is_emptied() -> None:
    held: deque[int] = deque()
    restore, _ = CONTAINERS[deque](held)

    held.append(1)
    restore()

    assert not held
