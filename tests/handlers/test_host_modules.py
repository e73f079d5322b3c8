"""Which modules of the host an environment must not see."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from delivery_lab.handlers.host_modules import HostModules


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
