"""Listeners of botocore's clients: what code adds or removes while it runs is gone when it is used again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.hooks
import pytest

from delivery_lab.handlers import listeners
from delivery_lab.handlers.patches import Patches


@pytest.fixture(autouse=True)
def noted() -> Iterator[None]:
    """Changes are noted, as during a run."""
    patches = Patches()
    listeners.install(patches)
    yield
    patches.undo()


def one(**_: object) -> str:
    """A listener."""
    return "one"


def other(**_: object) -> str:
    """Another one."""
    return "other"


def heard(emitter: Any) -> list[object]:
    """Who listens, in order."""
    emitter._lookup_cache.clear()  # which a snapshot empties
    return [said for _, said in emitter.emit("before-call.sqs.SendMessage")]


def test_listeners_that_are_added_or_removed_are_set_back_each_time() -> None:
    emitter: Any = botocore.hooks.HierarchicalEmitter()
    emitter.register("before-call.sqs", one)
    emitter.register("before-call", other)
    restore, inside = listeners.state_of_tree(emitter._handlers)
    assert list(inside) == [other, one]

    for _ in range(2):
        emitter.register_first("before-call.sqs", other)
        assert heard(emitter) == ["other", "one", "other"]
        restore()
        assert heard(emitter) == ["one", "other"]

        emitter.unregister("before-call.sqs", one)
        assert heard(emitter) == ["other"]
        restore()
        assert heard(emitter) == ["one", "other"]


def test_a_tree_that_nobody_has_changed_is_left_alone() -> None:
    emitter: Any = botocore.hooks.HierarchicalEmitter()
    emitter.register("before-call", one)
    tree = emitter._handlers
    restore, _ = listeners.state_of_tree(tree)
    root = vars(tree)["_root"]

    restore()

    assert vars(tree)["_root"] is root
