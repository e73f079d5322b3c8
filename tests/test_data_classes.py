"""Data classes of the lab do what those of the standard library do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, field, fields, replace
from typing import Any

import pytest

from delivery_lab.data_classes import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """A frozen one, which can be pickled."""

    x: int
    y: int = 2
    note: str = field(default="", compare=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Single:
    """Of one field."""

    value: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Longer(Point):
    """A derived one."""

    z: int = 3


@dataclass(slots=True)
class Changing:
    """One that can change."""

    entries: list[Any] = field(default_factory=list)


def test_they_tell_their_fields_as_the_standard_library_does() -> None:
    assert repr(Point(1, note="n", secret="s")) == "Point(x=1, y=2, note='n')"
    assert repr(Longer(1, 5, z=4)) == "Longer(x=1, y=5, note='', z=4)"


def test_one_that_holds_itself_is_told() -> None:
    one = Changing()
    one.entries.append(one)

    assert repr(one) == "Changing(entries=[...])"


def test_equal_are_those_of_the_same_class_whose_compared_fields_are_equal() -> None:
    assert Point(1, note="a") == Point(1, note="b")
    assert Point(1) != Point(1, secret="s")
    assert Point(1) != Longer(1)
    assert Single((1,)).__eq__((1,)) is NotImplemented
    assert Changing([1]) == Changing([1])


def test_a_value_that_is_not_equal_to_itself_makes_no_difference_to_itself() -> None:
    nan = float("nan")

    assert Single(nan) == Single(nan)
    assert Single(nan) != Single(float("nan"))


def test_hashes_are_those_of_the_standard_library_so_that_sets_have_the_same_order() -> None:
    three = dataclasses.make_dataclass("Three", [("x", int), ("y", int), ("secret", str)], frozen=True)
    one = dataclasses.make_dataclass("One", [("value", int)], frozen=True)

    assert hash(Point(1, 2, note="n", secret="s")) == hash(three(1, 2, "s"))
    assert hash(Single(7)) == hash(one(7))


def test_one_that_can_change_has_no_hash() -> None:
    with pytest.raises(TypeError, match="unhashable type: 'Changing'"):
        hash(Changing())


def test_frozen_ones_cannot_be_changed() -> None:
    point = Point(1)

    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'x'"):
        point.x = 2  # type: ignore[misc]  # that is what is tried


def test_they_are_copied_replaced_and_pickled() -> None:
    point = Longer(1, z=9)

    assert replace(point, y=7) == Longer(1, 7, z=9)
    assert copy.deepcopy(point) == pickle.loads(pickle.dumps(point)) == point
    assert [one.name for one in fields(Longer)] == ["x", "y", "note", "secret", "z"]


def test_methods_that_a_class_has_itself_stay() -> None:
    @dataclass(frozen=True)
    class Own:
        """Tells and compares by itself."""

        x: int

        def __repr__(self) -> str:
            return "mine"

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 5

    assert (repr(Own(1)), Own(1) == Own(2), hash(Own(1))) == ("mine", True, 5)


@pytest.mark.parametrize("options", [{"order": True}, {"eq": False}, {"unsafe_hash": True}])
def test_options_beyond_the_usual_are_those_of_the_standard_library(options: dict[str, bool]) -> None:
    def made(by: Any) -> type:
        class Plain:
            """A class."""

            x: int

        Plain.__annotations__ = {"x": int}
        return by(**options)(Plain)  # type: ignore[no-any-return]

    ours, theirs = made(dataclass), made(dataclasses.dataclass)

    assert {name for name in vars(ours) if name.startswith("__")} == {
        name for name in vars(theirs) if name.startswith("__")
    }
    assert (ours(1) == ours(1)) == (theirs(1) == theirs(1))
