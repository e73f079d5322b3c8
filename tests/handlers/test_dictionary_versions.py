"""The numbers that CPython gives changes of dictionaries: no change goes unnoticed, whoever makes it and how."""

from __future__ import annotations

import sys
from collections.abc import Callable
from gc import get_referents
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery_lab.handlers import dictionary_versions
from delivery_lab.handlers.dictionary_versions import DictionaryVersions

kept = pytest.mark.skipif(not dictionary_versions.KEPT, reason="this Python keeps no such numbers")


class Thing:
    """Has attributes."""

    size: int


def settled(*dictionaries: dict[Any, Any]) -> DictionaryVersions:
    versions = DictionaryVersions(dictionaries)
    assert not versions.unchanged()  # nobody has said yet what they have to hold
    assert versions.changed() == []
    versions.settle()
    assert versions.unchanged()
    return versions


def merge(one: dict[Any, Any]) -> None:
    one |= {"b": 9}


CHANGES: list[Callable[[dict[Any, Any]], object]] = [
    lambda one: one.update(a=9),
    lambda one: one.update([("c", 1)]),
    lambda one: one.__setitem__("a", 9),
    lambda one: one.__delitem__("a"),
    lambda one: one.pop("b"),
    lambda one: one.popitem(),
    lambda one: one.setdefault("c", 1),
    lambda one: one.clear(),
    merge,
    lambda one: one.__setitem__("a", one.pop("a")),
    lambda one: exec("a = 9", {}, one),
    lambda one: exec("global a; a = 9", one),
    lambda one: exec("del b", one),
]


@kept
@pytest.mark.parametrize("change", CHANGES)
def test_each_way_to_change_a_dictionary_is_noticed(change: Callable[[dict[Any, Any]], object]) -> None:
    one, others = {"a": 1, "b": 2}, ({"a": 1}, {"b": 1})
    versions = settled(others[0], one, others[1])

    change(one)

    assert not versions.unchanged()
    assert versions.changed() == [1]


@kept
@given(
    st.lists(st.dictionaries(st.text(max_size=1), st.integers(0, 2), max_size=3), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 5), st.text(max_size=1), st.integers(0, 2)), max_size=6),
)
def test_what_holds_something_else_is_among_what_was_changed(
    now: list[dict[str, int]], changes: list[tuple[int, str, int]]
) -> None:
    versions = settled(*now)
    before = [list(each.items()) for each in now]
    for index, key, value in changes:
        if value:
            now[index % len(now)][key] = value
        else:
            now[index % len(now)].pop(key, None)

    different = {place for place, each in enumerate(now) if list(each.items()) != before[place]}
    assert versions.unchanged() == (not versions.changed())
    assert different <= set(versions.changed()) <= {index % len(now) for index, *_ in changes}


@kept
def test_attributes_that_python_sets_by_itself_in_specialised_code_are_noticed() -> None:
    things = [Thing() for _ in range(3)]
    for thing in things:
        thing.size = 1
    versions = settled(*map(vars, things))

    def grow(thing: Thing) -> None:
        thing.size += 1

    for _ in range(100):  # so often that the interpreter has its own way to do it by now
        versions.unchanged()
        versions.settle()
        grow(things[1])
        assert not versions.unchanged()
        assert versions.changed() == [1]


@kept
def test_attributes_of_classes_are_noticed() -> None:
    own: Any = type("Own", (), {"limit": 1})
    versions = settled(*get_referents(vars(own)))

    own.limit = 2

    assert not versions.unchanged()


@kept
def test_what_was_changed_and_holds_the_same_again_was_changed() -> None:
    one = {"a": 1}
    versions = settled(one)

    one["a"] = 2
    one["a"] = 1

    assert not versions.unchanged()


def test_nothing_is_said_to_be_unchanged_where_python_keeps_no_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dictionary_versions, "KEPT", False)
    versions = DictionaryVersions([{"a": 1}])
    versions.settle()

    assert not versions.unchanged()
    assert versions.changed() == []


@pytest.mark.parametrize(("version", "name"), [((3, 13), "cpython"), ((3, 10), "cpython"), ((3, 11), "pypy")])
def test_other_pythons_are_not_trusted(version: tuple[int, int], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Python:
        version_info = (*version, 0)

        class implementation:  # noqa: N801 - its name
            pass

    Python.implementation.name = name  # type: ignore[attr-defined]
    monkeypatch.setattr(dictionary_versions, "sys", Python)

    assert not dictionary_versions._are_kept()


@pytest.mark.skipif(sys.version_info[:2] not in ((3, 11), (3, 12)), reason="other versions are not trusted")
def test_numbers_that_do_not_move_are_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert dictionary_versions._are_kept()

    monkeypatch.setattr(dictionary_versions, "_AFTER_HEAD_BYTES", 0)  # the count of entries stands there

    assert not dictionary_versions._are_kept()
