"""Content that is compared together: whatever a run changes is set back, the first time and every time after it."""

from __future__ import annotations

from types import FunctionType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery_lab.handlers import dictionary_versions
from delivery_lab.handlers.snapshot import Snapshot
from delivery_lab.handlers.snapshot_groups import (
    Dictionaries,
    Groups,
    Lists,
    refill,
    relist,
    same_content,
    same_entries,
)


class Shelf:
    """Has a slot, attributes of its class and a method with defaults."""

    __slots__ = ("label",)
    limit = 3

    def find(self, name: str, *, at: int = 1) -> tuple[str, int]:
        """Has a default."""
        return name, at


Dicts = st.lists(st.dictionaries(st.text(max_size=2), st.integers(0, 3), max_size=4), min_size=1, max_size=8)


@given(Dicts, st.lists(st.tuples(st.integers(0, 7), st.text(max_size=2), st.integers(0, 9)), max_size=12))
def test_dictionaries_hold_what_they_held_whichever_were_changed(
    before: list[dict[str, int]], changes: list[tuple[int, str, int]]
) -> None:
    now = [dict(each) for each in before]
    groups = Groups(list(zip(now, before, strict=True)), Dictionaries, same_content, refill)

    for index, key, value in changes:
        target = now[index % len(now)]
        if value % 3:
            target[key] = value
        else:
            target.pop(key, None)
        groups.restore()
        assert [list(each.items()) for each in now] == [list(each.items()) for each in before]


@pytest.mark.parametrize("are_kept", [True, False])
def test_dictionaries_are_set_back_with_the_numbers_of_their_changes_and_without(
    are_kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dictionary_versions, "KEPT", are_kept and dictionary_versions.KEPT)
    now: list[dict[str, int]] = [{"a": 1}, {"b": 2}, {"c": 3}]
    before = [dict(each) for each in now]
    groups = Groups(list(zip(now, before, strict=True)), Dictionaries, same_content, refill)

    for place in (0, 0, 2, 0, 1):
        groups.restore()  # of what nothing has changed
        now[place]["new"] = now[place].popitem()[1]
        groups.restore()
        assert now == before


@pytest.mark.skipif(not dictionary_versions.KEPT, reason="nobody can tell on this Python")
def test_what_each_run_changes_and_puts_back_by_itself_does_not_have_others_compared_each_time() -> None:
    busy, quiet = {"locked": False}, {"a": 1}
    groups = Groups([(busy, dict(busy)), (quiet, dict(quiet))], Dictionaries, same_content, refill)
    compared = []

    for _ in range(4):
        busy["locked"] = True
        busy["locked"] = False
        groups.restore()
        compared.append([one for group in groups._alike for one, _ in group.found])

    assert compared == [[busy, quiet], [quiet], [quiet], [quiet]]
    busy["locked"] = True
    quiet["a"] = 2
    groups.restore()
    assert (busy, quiet) == ({"locked": False}, {"a": 1})


def test_keys_in_another_order_and_values_that_are_only_equal_are_set_back() -> None:
    value, other = [1], [1]
    target = {"a": value, "b": value, 3: value}
    groups = Groups([(target, dict(target))], Dictionaries, same_content, refill)

    target["a"] = other
    groups.restore()
    assert target["a"] is value

    target["a"] = target.pop("a")
    groups.restore()
    assert list(target) == ["a", "b", 3]


def test_a_list_that_was_empty_is_emptied_and_one_that_was_not_gets_its_own_entries() -> None:
    empty: list[int] = []
    full, held = [[1], [2]], [[1], [2]]
    before = list(full)
    groups = Groups([(empty, []), (full, before)], Lists, same_entries, relist)

    for _ in range(3):
        empty.append(1)
        full[:] = held
        groups.restore()
        assert empty == []
        assert full[0] is before[0]
        assert full[1] is before[1]


def test_slots_cells_defaults_and_attributes_of_classes_are_set_back_again_and_again() -> None:
    kind: Any = type("Own", (Shelf,), {"limit": 4, "find": _copy_of(Shelf.find)})
    filled, empty = kind(), kind()
    filled.label = "a"
    count = 0

    def add() -> int:
        nonlocal count
        count += 1
        return count

    roots: list[Any] = [kind, filled, empty, add]
    inside: list[Any] = [add.__closure__, *(add.__closure__ or ()), kind.find, kind.find.__kwdefaults__, Shelf]
    snapshot = Snapshot(roots, {id(found) for found in (*roots, *inside)}, ())

    for _ in range(3):
        del filled.label
        empty.label = "b"
        kind.limit, kind.more = 5, 6
        kind.find.__kwdefaults__ = {"at": 2}
        assert add() == 1
        snapshot.restore()
        assert filled.label == "a"
        assert not hasattr(empty, "label")
        assert kind.limit == 4
        assert not hasattr(kind, "more")
        assert filled.find("x") == ("x", 1)


def _copy_of(function: Any) -> FunctionType:
    copied = FunctionType(function.__code__, {"__name__": "own"}, function.__name__)
    copied.__kwdefaults__ = dict(function.__kwdefaults__)
    return copied
