"""Reading the code of a stack's functions: from their archives and layers to programs."""

from __future__ import annotations

import sys
from pathlib import Path
from weakref import WeakKeyDictionary

from delivery_lab.checks.code.files import Files
from delivery_lab.checks.code.module import Module, parse_module
from delivery_lab.checks.code.program import MOST_MODULES, Code, UnreadableCode
from delivery_lab.errors import LabError
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.stack.code import code_files
from delivery_lab.stack.functions import Function, Layer
from delivery_lab.stack.stack import Stack

LIBRARIES = frozenset({"aws_lambda_powertools", "aws_xray_sdk", "boto3", "botocore", "pydantic", "typing_extensions"})
"""Libraries whose meaning is known here; they are not read, even where a layer holds them."""

# Code is given by absolute paths in a graph, so nothing is looked up from a project folder.
_NO_FOLDER = Path("/")
_read: WeakKeyDictionary[Stack, dict[str, Code | UnreadableCode]] = WeakKeyDictionary()


def code_of(stack: Stack, function: Function) -> Code | UnreadableCode:
    """The code of a function, read once for a stack, however many checks ask for it."""
    found = _read.setdefault(stack, {})
    if function.urn not in found:
        found[function.urn] = read_code(stack, function)
    return found[function.urn]


def read_code(stack: Stack, function: Function) -> Code | UnreadableCode:
    """Read the code of a function.

    Args:
        stack: the stack, of which layers are read as well.
        function: the function.
    """
    handler, runtime = function.handler.known, function.runtime.known
    if function.package_type.value == "Image":
        return UnreadableCode("its code is a container image")
    if runtime is None or not runtime.startswith("python"):
        return UnreadableCode(f"its runtime is {function.runtime.value or 'not set'}, and only Python is read")
    if handler is None or "." not in handler:
        return UnreadableCode("its handler is known only after deployment")
    if function.code is None or function.code is UNKNOWN:
        where = f": it is {function.code_place}" if function.code_place else ""
        return UnreadableCode(f"its code is not on this machine{where}")
    try:
        files = _archives(stack, function, runtime)
    except LabError as error:
        return UnreadableCode(str(error).partition("\n")[0])
    name, _, handler_name = handler.rpartition(".")
    entry = _module(files, name.replace("/", "."))
    if entry is None:
        return UnreadableCode(f"there is no module {name} in its archive that can be parsed")
    modules, complete = _reachable(files, entry)
    complete = complete and function.layers.is_known
    return Code(entry, handler_name, function.variables, modules, complete, files)


def _archives(stack: Stack, function: Function, runtime: str) -> tuple[tuple[Files, str], ...]:
    archives = [(Files(code_files(function.code, _NO_FOLDER, function.name)), "")]
    for arn in function.layers.known or ():
        layer = stack.at(arn) if isinstance(arn, str) else None
        if isinstance(layer, Layer) and layer.code not in (None, UNKNOWN):
            files = Files(code_files(layer.code, _NO_FOLDER, layer.name, optional=True))
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
    while waiting and len(modules) < MOST_MODULES:
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
