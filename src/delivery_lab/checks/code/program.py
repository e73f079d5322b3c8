"""The Python program of a function: its handler, and the modules of its archive and layers that it imports."""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from delivery_lab.checks.code.files import Files
from delivery_lab.checks.code.module import FunctionNode, Imported, Module, parse_module
from delivery_lab.errors import LabError
from delivery_lab.program.graph import UNKNOWN, Graph, Resource
from delivery_lab.stack.code import code_files

_LAYER = "aws:lambda/layerVersion:LayerVersion"
# Code is given by absolute paths in a graph, so nothing is looked up from a project folder.
_NO_FOLDER = Path("/")
_MOST_MODULES = 300

LIBRARIES = frozenset({"aws_lambda_powertools", "aws_xray_sdk", "boto3", "botocore", "pydantic", "typing_extensions"})
"""Libraries whose meaning is known here; they are not read, even where a layer holds them."""


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
        while imported is not None and hops < _MOST_MODULES:
            target = self.modules.get(imported.module)
            if target is None or not imported.attribute or imported.attribute not in target.imports:
                return imported.dotted
            imported = target.imports[imported.attribute]
            hops += 1
        return ""


def read_code(graph: Graph, function: Resource, environment: Mapping[str, object]) -> Code | UnreadableCode:
    """Read the code of a function.

    Args:
        graph: the graph; layers of the same stack are read as well.
        function: the function.
        environment: its variables.
    """
    handler, runtime = function.inputs.get("handler"), function.inputs.get("runtime")
    if function.inputs.get("packageType") == "Image":
        return UnreadableCode("its code is a container image")
    if not isinstance(runtime, str) or not runtime.startswith("python"):
        return UnreadableCode(f"its runtime is {runtime or 'not set'}, and only Python is read")
    if not isinstance(handler, str) or "." not in handler:
        return UnreadableCode("its handler is known only after deployment")
    if function.inputs.get("code") is None or function.inputs.get("code") is UNKNOWN:
        return UnreadableCode("its code is not on this machine")
    try:
        files = _archives(graph, function)
    except LabError as error:
        return UnreadableCode(str(error).partition("\n")[0])
    name, _, handler_name = handler.rpartition(".")
    entry = _module(files, name.replace("/", "."))
    if entry is None:
        return UnreadableCode(f"there is no module {name} in its archive that can be parsed")
    modules, complete = _reachable(files, entry)
    complete = complete and function.inputs.get("layers") is not UNKNOWN
    return Code(entry, handler_name, environment, modules, complete, files)


def _archives(graph: Graph, function: Resource) -> tuple[tuple[Files, str], ...]:
    archives = [(Files(code_files(function.inputs["code"], _NO_FOLDER, function.name)), "")]
    by_arn = {str(layer.outputs.get("arn")): layer for layer in graph.of_type(_LAYER)}
    arns = function.inputs.get("layers")
    for arn in arns if isinstance(arns, list | tuple) else ():
        layer = by_arn.get(str(arn))
        if layer is not None and layer.inputs.get("code") not in (None, UNKNOWN):
            files = Files(code_files(layer.inputs["code"], _NO_FOLDER, layer.name, optional=True))
            runtime = function.inputs["runtime"]
            archives += [(files, "python/"), (files, f"python/lib/{runtime}/site-packages/")]
    return tuple(archives)


def _module(files: tuple[tuple[Files, str], ...], name: str) -> Module | None:
    path = name.replace(".", "/")
    for archive, prefix in files:
        for is_package, file in ((True, f"{prefix}{path}/__init__.py"), (False, f"{prefix}{path}.py")):
            text = archive.read(file)
            if text is not None:
                return parse_module(name, text, is_package=is_package)
    return None


def _reachable(files: tuple[tuple[Files, str], ...], entry: Module) -> tuple[dict[str, Module], bool]:
    modules = {entry.name: entry}
    looked_for: set[str] = {entry.name}
    missing: set[str] = set()
    waiting = [entry]
    while waiting and len(modules) < _MOST_MODULES:
        for name in waiting.pop(0).imported_modules:
            if not name or name in looked_for or name.partition(".")[0] in LIBRARIES | sys.stdlib_module_names:
                continue
            looked_for.add(name)
            found = _module(files, name)
            if found is not None:
                modules[name] = found
                waiting.append(found)
            else:
                missing.add(name)
    # `from package import name` tries package.name as a module too; it is no loss where the package was found.
    lost = {name for name in missing if name.rpartition(".")[0] not in modules}
    return modules, not waiting and not lost
