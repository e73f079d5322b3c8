"""What objects refer to is set back, the first time and every time after it, and what did not change stays."""

from __future__ import annotations

from collections.abc import Callable
from types import CellType, FunctionType
from typing import Any

import pytest

from delivery_lab.handlers import function_changes
from delivery_lab.handlers.importing import watch_imports
from delivery_lab.handlers.snapshot_references import EMPTY, References


class Labelled:
    """Has slots."""

    __slots__ = ("label", "note")


class Thing:
    """Has attributes."""


class Other(Thing):
    """Another class for the same object."""


class Both(Labelled):
    """Has both."""


def references(
    *, objects: list[Any] | None = None, slots: list[Any] | None = None, cells: Any = (), functions: Any = ()
) -> References:
    found = []
    for owner in slots or []:
        for descriptor in (vars(Labelled)["label"], vars(Labelled)["note"]):
            try:
                found.append((descriptor, owner, descriptor.__get__(owner)))
            except AttributeError:
                found.append((descriptor, owner, EMPTY))
    return References(
        [(owner, vars(owner)) for owner in objects or []],
        found,
        cells,
        [(function, function.__defaults__, function.__kwdefaults__) for function in functions],
        lambda owner: type(owner) is not Both,
    )


def test_slots_are_set_back_each_time_whichever_changed() -> None:
    one: Any = Labelled()
    other: Any = Labelled()
    both: Any = Both()
    one.label, one.note, other.label, both.label = "a", "b", "c", "d"
    kept = references(slots=[one, other, both])

    for _ in range(3):
        one.label, other.note = one.note, "new"
        del one.note, both.label
        kept.restore()
        assert (one.label, one.note, other.label, both.label) == ("a", "b", "c", "d")
        assert not hasattr(other, "note")

    other.label = "changed for the first time after others were"
    kept.restore()
    assert other.label == "c"


def test_values_that_change_places_are_set_back() -> None:
    one: Any = Labelled()
    one.label, one.note = "a", "b"
    kept = references(slots=[one])

    one.label, one.note = one.note, one.label
    kept.restore()

    assert (one.label, one.note) == ("a", "b")


def test_attributes_and_classes_of_objects_are_the_same_ones_again() -> None:
    one, other, both = Thing(), Thing(), Both()
    held = [vars(one), vars(other), vars(both)]
    kept = references(objects=[one, other, both])

    for _ in range(3):
        vars(one)["x"] = 1
        one.__dict__ = {"x": 1}
        one.__class__ = Other
        both.__dict__ = {}
        kept.restore()
        assert [vars(one), vars(other), vars(both)] == held
        assert [vars(each) is own for each, own in zip((one, other, both), held, strict=True)] == [True] * 3
        assert type(one) is Thing

    other.__class__ = Other
    kept.restore()
    assert type(other) is Thing


def test_cells_hold_what_they_held_or_nothing() -> None:
    empty, full, other = CellType(), CellType(1), CellType([2])
    before = other.cell_contents
    kept = references(cells=[(empty, EMPTY), (full, 1), (other, before)])

    for _ in range(3):
        empty.cell_contents = 3
        full.cell_contents = 4
        del other.cell_contents
        kept.restore()
        assert full.cell_contents == 1
        assert other.cell_contents is before
        with pytest.raises(ValueError, match="empty"):
            empty.cell_contents  # noqa: B018 - asking is the test


def replace_code(function: Any) -> None:
    function.__code__ = (lambda a=0, *, at=0: "other").__code__


def replace_defaults(function: Any) -> None:
    function.__defaults__ = (9,)


def take_named_away(function: Any) -> None:
    del function.__kwdefaults__


@pytest.mark.parametrize("reported", [True, False])
@pytest.mark.parametrize("change", [replace_code, replace_defaults, take_named_away])
def test_functions_have_their_code_and_defaults_again(
    change: Callable[[Any], None], reported: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch_imports()
    if not reported:
        monkeypatch.setattr(function_changes, "replaced", lambda: None)

    def one(a: int = 1, *, at: int = 2) -> tuple[int, int]:
        return a, at

    kept = references(functions=[one])
    for _ in range(3):
        change(one)
        kept.restore()
        assert isinstance(one, FunctionType)
        assert one() == (1, 2)


def test_reports_about_other_objects_are_no_changes_of_functions() -> None:
    watch_imports()
    before = function_changes.replaced()
    assert before is not None

    Thing().__class__ = Other
    assert function_changes.replaced() == before

    replace_defaults(lambda a: a)
    assert function_changes.replaced() == before + 1
