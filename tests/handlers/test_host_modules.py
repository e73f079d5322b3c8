"""Which modules of the host an environment must not see."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import pytest

from delivery_lab.garbage import rare_garbage_collection
from delivery_lab.handlers.host_modules import HostModules
from tests.handlers.world import World


def module(name: str, file: str | None) -> ModuleType:
    made = ModuleType(name)
    if file is not None:
        made.__file__ = file
    return made


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """Stands for the modules of the host."""
    found = {
        "json": module("json", None),
        "shop": module("shop", "/home/me/shop/__init__.py"),
        "shop.orders": module("shop.orders", "/home/me/shop/orders.py"),
        "requests": module("requests", f"{sys.modules['pytest'].__file__}"),
        "delivery_lab": module("delivery_lab", "/home/me/delivery_lab/__init__.py"),
    }
    monkeypatch.setattr(sys, "modules", found)
    return found


def test_modules_of_the_project_and_those_that_the_function_packs_itself_are_hidden(
    modules: dict[str, ModuleType],
) -> None:
    host = HostModules()

    assert host.hidden_from(frozenset()) == ["shop", "shop.orders"]
    assert host.hidden_from(frozenset({"requests", "app"})) == ["shop", "shop.orders", "requests"]
    assert host.hidden_from(frozenset({"shop"})) == ["shop", "shop.orders"]


def test_what_was_imported_or_replaced_meanwhile_is_looked_at(modules: dict[str, ModuleType]) -> None:
    host = HostModules()
    host.hidden_from(frozenset())

    modules["shop.orders"] = modules["json"]  # as many names as before, and the same ones
    del modules["shop"]
    modules["till"] = module("till", "/home/me/till.py")

    assert host.hidden_from(frozenset()) == ["till"]


def test_what_is_hidden_stays_so_for_a_run_and_the_host_is_given_it_where_it_imports_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tests.lab_support as mine

    looked: list[object] = []

    def answer(service: str, operation: str, parameters: dict[str, object]) -> dict[str, object]:
        looked.append("tests.lab_support" in sys.modules)
        looked.append(importlib.import_module("tests.lab_support"))
        looked.append(sys.modules["tests.lab_support"].__spec__)
        return {"QueueUrls": []}

    function = world.function(
        """
        import boto3, sys
        def handler(event, context):
            def hidden():
                return [name for name in sys.modules if name.partition(".")[0] == "tests"]
            before = hidden()
            boto3.client("sqs").list_queues()
            try:
                import tests.lab_support
            except ModuleNotFoundError as error:
                return before, hidden(), str(error)
        """
    )
    monkeypatch.setattr(world, "answer", answer)
    spec = mine.__spec__
    before = dict(sys.modules)
    with rare_garbage_collection(), world.host:
        environment = world.environment(function)
        assert world.result(environment, 1) == [[], [], "No module named 'tests'"]
        assert world.result(environment, 2) == [[], [], "No module named 'tests'"]

    assert looked == [False, mine, spec] * 2
    assert {name: sys.modules[name] for name in before} == before
    assert not any(isinstance(finder, HostModules) for finder in sys.meta_path)


def test_of_a_run_that_cannot_begin_nothing_is_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    finders = list(sys.meta_path)
    monkeypatch.setattr("delivery_lab.handlers.virtual_threads.install", lambda patches: 1 / 0)

    with pytest.raises(ZeroDivisionError), world.host:
        pass

    assert sys.meta_path == finders
