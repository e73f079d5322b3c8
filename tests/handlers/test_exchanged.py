"""Values of the host and of environments that take each other's place."""

from __future__ import annotations

from delivery_lab.handlers.exchanged import CONTENTS, Absent, OfClass, OfDictionary, OfModules, Staying


class Kept:
    """Has an attribute of its own."""

    limit = 3


def test_names_of_several_modules_are_exchanged_and_what_an_environment_made_of_its_own_is_kept() -> None:
    one, other = {"a": 1, "b": 2}, {"c": 3}
    names = OfModules()
    names.add(one, {"a": 10, "missing": 11})
    names.add(other, {"c": 30})
    names.enter()
    assert (one, other) == ({"a": 10, "b": 2}, {"c": 30})
    one["a"] = 100
    names.leave()
    assert (one, other) == ({"a": 1, "b": 2}, {"c": 3})
    names.enter()
    assert (one, other) == ({"a": 100, "b": 2}, {"c": 30})


def test_an_attribute_that_the_host_does_not_have_is_gone_when_its_class_is_left() -> None:
    exchange = OfClass(Kept, {"limit": 4, "extra": "mine"})
    exchange.enter()
    assert (Kept.limit, vars(Kept)["extra"]) == (4, "mine")
    exchange.leave()
    assert (Kept.limit, vars(Kept).get("extra", Absent)) == (3, Absent)
    assert exchange.mine == {"limit": 4, "extra": "mine"}


def test_what_stays_is_the_values_of_the_environment_that_was_entered_last_until_they_are_put_back() -> None:
    shared = {"host": 0}
    first, second = ([OfDictionary(shared, {CONTENTS: {name: 1}})] for name in ("first", "second"))
    staying = Staying()
    staying.enter(first)
    shared["first"] = 2
    staying.enter(first)
    assert shared == {"first": 2}
    staying.enter(second)
    assert shared == {"second": 1}
    staying.enter(first)
    assert shared == {"first": 2}
    staying.put_back()
    assert shared == {"host": 0}
    staying.put_back()
    assert shared == {"host": 0}


def test_an_error_leaves_nothing_of_an_environment_in_place() -> None:
    shared, staying = {"host": 0}, Staying()
    try:
        with staying:
            staying.enter([OfDictionary(shared, {CONTENTS: {}})])
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        assert shared == {"host": 0}
