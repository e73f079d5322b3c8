"""The Python program of a function: its handler, and the modules of its archive and layers that it imports."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from delivery_lab.checks.code.files import Files
from delivery_lab.checks.code.module import FunctionNode, Imported, Module

MOST_MODULES = 300
"""Modules of one program that are read at most, and steps that a name is followed at most."""


@dataclass(frozen=True, slots=True)
class UnreadableCode:
    """Code that cannot be read, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Code:
    """Code that can be read.

    Attributes:
        entry: the handler's module.
        handler: name of the handler in it.
        environment: variables of the function; UNKNOWN where a value is known only after deployment.
        modules: all modules that the entry imports, directly or not, as far as they are at hand.
        complete: whether every import was found, or leads to a library that is known.
    """

    entry: Module
    handler: str
    environment: Mapping[str, object]
    modules: Mapping[str, Module]
    complete: bool
    _files: tuple[tuple[Files, str], ...] = field(default=(), repr=False)
    reached: list[tuple[Module, FunctionNode]] = field(default_factory=list, init=False, repr=False, compare=False)
    """What `reached.reached` has found, once it was asked: some twenty checks ask the same of a program."""
    live: dict[ast.AST, tuple[ast.AST, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What `reached.live_nodes` has found, by node."""

    def locate(self, module: Module, name: str) -> tuple[Module, str] | None:
        """Where a name of a module is defined: in it, or in another module of the program."""
        seen: set[tuple[str, str]] = set()
        while (module.name, name) not in seen:
            seen.add((module.name, name))
            imported = module.imports.get(name)
            if imported is None:
                return module, name
            target = self.modules.get(imported.module)
            if target is None or not imported.attribute:
                return None
            module, name = target, imported.attribute
        return None

    def function(self, module: Module, name: str) -> tuple[Module, FunctionNode] | None:
        """The function that a name of a module means, if it is one of the program."""
        found = self.locate(module, name)
        if found is None:
            return None
        where, defined = found
        node = where.functions.get(defined)
        return None if node is None else (where, node)

    def origin(self, module: Module, expression: ast.expr) -> str:
        """The full dotted name that an expression refers to; "" if it is not that simple.

        Names of the program's own modules come out with the module they are defined in.
        """
        if isinstance(expression, ast.Name):
            return self._origin_of_name(module, expression.id)
        if isinstance(expression, ast.Attribute):
            base = self.origin(module, expression.value)
            return f"{base}.{expression.attr}" if base else ""
        return ""

    def _origin_of_name(self, module: Module, name: str) -> str:
        found = self.locate(module, name)
        if found is not None:
            where, defined = found
            return f"{where.name}.{defined}"
        imported: Imported | None = module.imports.get(name)
        hops = 0
        while imported is not None and hops < MOST_MODULES:
            target = self.modules.get(imported.module)
            if target is None or not imported.attribute or imported.attribute not in target.imports:
                return imported.dotted
            imported = target.imports[imported.attribute]
            hops += 1
        return ""
