"""Code that reads records past their own methods: what parses JSON again, and libraries that are not Python inside."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from types import CodeType, ModuleType
from typing import Any

import pydantic

from delivery_lab.handlers.fibers import current
from delivery_lab.handlers.looking import parsed_again, read_by_library
from delivery_lab.handlers.patches import Patches

_ANYTHING: frozenset[str] = frozenset()
_UNSEEN: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("jsonschema_rs", "numpy", "pandas", "polars", "pyarrow"), _ANYTHING),
    **dict.fromkeys(("orjson", "rapidjson", "simplejson", "ujson"), frozenset({"dump", "dumps", "encode", "Encoder"})),
    **dict.fromkeys(("msgpack", "ormsgpack"), frozenset({"pack", "packb", "dumps", "Packer"})),
    "msgspec": frozenset({"convert", "encode", "encode_into", "to_builtins", "Encoder"}),
}
"""Packages that read dictionaries past every method of theirs and hand on what they read, with the names by which they
do so; without names it may be any. Code that only parses with them reads records as all code does."""

_COMPILED = (".so", ".pyd")
_EXACT: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("ruamel", "yaml"), frozenset({"dump", "dump_all", "safe_dump", "safe_dump_all", "serialize"})),
    **dict.fromkeys(("jsonpickle", "marshal", "xmlrpc"), _ANYTHING),
}
"""Packages that write down what is exactly a dictionary, and refuse or mark what only does all that one does, with
the names by which they do so."""


def reads_past(modules: Iterable[ModuleType]) -> bool:
    """Whether modules of a function use a package whose reading nobody notices, or are compiled themselves."""
    given = list(modules)
    return any(str(getattr(module, "__file__", "")).endswith(_COMPILED) for module in given) or _use(given, _UNSEEN)


def needs_plain(modules: Iterable[ModuleType]) -> bool:
    """Whether modules of a function use a package that takes nothing but dictionaries themselves."""
    return _use(modules, _EXACT)


def _use(modules: Iterable[ModuleType], packages: Mapping[str, frozenset[str]]) -> bool:
    for module in modules:
        for value in list(vars(module).values()):
            name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
            names = packages.get(name.partition(".")[0]) if isinstance(name, str) else None
            if names is not None and (not names or _says(module, names)):
                return True
    return False


def _says(module: ModuleType, names: frozenset[str]) -> bool:
    """Whether one of some names is anywhere in a module, or its code cannot be read."""
    if not names.isdisjoint(getattr(value, "__name__", "") for value in list(vars(module).values())):
        return True
    get_code = getattr(getattr(module.__spec__, "loader", None), "get_code", None)
    code = None if get_code is None else get_code(module.__name__)
    return code is None or _code_says(code, names)


def _code_says(code: CodeType, names: frozenset[str]) -> bool:
    if not names.isdisjoint(code.co_names):
        return True
    return any(_code_says(each, names) for each in code.co_consts if isinstance(each, CodeType))


def _parsing(real: Callable[..., Any]) -> Callable[..., Any]:
    def loads(s: Any, **options: Any) -> Any:
        value = real(s, **options)
        fiber = current()
        looks = None if fiber is None else fiber.environment.watch.looks
        return value if looks is None or not looks.serialised else parsed_again(value, looks)

    return loads


def _validating(real: Callable[..., Any]) -> Callable[..., Any]:
    """A method that validates what it is given, in Rust."""

    def validate(self: Any, /, *arguments: Any, **keywords: Any) -> Any:
        if current() is not None:
            read_by_library((*arguments, keywords))
        return real(self, *arguments, **keywords)

    return validate


def _constructing(real: Callable[..., None]) -> Callable[..., None]:
    def __init__(self: Any, /, **data: Any) -> None:  # noqa: N807 - it becomes one
        if current() is not None:
            read_by_library(data)
        real(self, **data)

    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # pydantic's mark: no `__init__` of a model's own
    return __init__


def install(patches: Patches) -> dict[int, Any]:
    """Put the watching versions in place.

    Returns:
        The replaced functions by the `id` of the real one.
    """
    loads = _parsing(json.loads)
    replaced = {id(json.loads): loads}
    patches.set(json, "loads", loads)
    model: Any = pydantic.BaseModel
    patches.set(model, "__init__", _constructing(model.__init__))
    patches.set(model, "model_validate", classmethod(_validating(vars(model)["model_validate"].__func__)))
    patches.set(pydantic.TypeAdapter, "validate_python", _validating(pydantic.TypeAdapter.validate_python))
    wrapper = getattr(sys.modules.get("pydantic._internal._validate_call"), "ValidateCallWrapper", None)
    if wrapper is not None:  # what `validate_call` makes of a function
        patches.set(wrapper, "__call__", _validating(wrapper.__call__))
    return replaced
