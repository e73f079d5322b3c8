"""Finding checks: the classes of a package's modules, and those of a file of one's own."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType

from delivery_lab.checks.check import Check
from delivery_lab.checks.finding import Severity
from delivery_lab.errors import UsageError

_SAYS = ("id", "title", "why", "fix", "source")
_ID = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-\d+")
_FAMILIES = ("VT", "HB", "DLQ", "CONC", "BATCH", "REPORT", "HANDLER", "RECORD", "FIRST", "SWALLOW", "WARM", "DELETE",
             "LOOP", "FIFO", "IDEM", "STREAM", "KAFKA", "KIND", "ONE", "REGION", "ROLE", "DEST", "FILTER", "SHARE",
             "FEED", "EVENT", "API", "PIPE", "METRIC", "ASYNC", "SYNC", "SEC")  # fmt: skip
"""The order in which findings of the same severity are shown. A family that is not named here comes behind these."""


def discover(package: ModuleType) -> Mapping[str, Check]:
    """The checks that the modules of a package define.

    Returns:
        The checks by id, family by family.

    Raises:
        UsageError: a check does not say what it has to, or an id is there twice.
    """
    modules = [
        importlib.import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)
    ]
    return _by_id(check for module in modules for check in _defined_in(module))


def load(path: Path) -> Mapping[str, Check]:
    """The checks that a Python file defines.

    Args:
        path: the file. It runs as a module of its own, so it can be anywhere.

    Returns:
        The checks by id, family by family.

    Raises:
        UsageError: there is no such file, it raises, it has no check, a check does not say what it has to, or an id is
            there twice.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {path} to load checks from")
    module = _run(path)
    found = _by_id(_defined_in(module))
    if not found:
        raise UsageError(
            f"{path} defines no check\n"
            "  fix: define a class that derives from delivery_lab.checks.check.Check and has find"
        )
    return found


def _run(path: Path) -> ModuleType:
    name = f"delivery_lab_checks_of_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is no Python file, so no checks can be loaded from it")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up there
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise UsageError(f"{path} cannot be loaded: {type(error).__name__}: {error}") from error
    return module


def _defined_in(module: ModuleType) -> Iterator[Check]:
    """The checks that a module defines itself, in contrast to those that it imports."""
    for kind in vars(module).values():
        if not isinstance(kind, type) or not issubclass(kind, Check):
            continue
        if kind.__module__ == module.__name__ and not inspect.isabstract(kind):
            _examine(kind)
            yield kind()


def _examine(kind: type[Check]) -> None:
    """Refuse a check that leaves out something, or says it in a way that nobody can use.

    Raises:
        UsageError: naming the class, the attribute, and what it has to be.
    """
    where = f"check {kind.__name__} in {kind.__module__}"
    for name in _SAYS:
        text = getattr(kind, name, None)
        if not isinstance(text, str) or not text:
            raise UsageError(f"{where} has no {name}: a check has {', '.join(_SAYS)} as texts, and severity")
    if not _ID.fullmatch(kind.id):
        raise UsageError(f"{where} has the id {kind.id!r}: an id is capital letters and a number, such as OWN-QUEUE-1")
    if not isinstance(getattr(kind, "severity", None), Severity):
        raise UsageError(f"{where} has no severity: set it to Severity.ERROR, Severity.WARNING or Severity.NOTE")


def _by_id(checks: Iterable[Check]) -> Mapping[str, Check]:
    found: dict[str, Check] = {}
    for check in checks:
        other = found.setdefault(check.id, check)
        if other is not check:
            names = f"{type(other).__name__} and {type(check).__name__}"
            raise UsageError(f"{names} have the same id {check.id}: give one of them an id of its own")
    return MappingProxyType(dict(sorted(found.items(), key=lambda entry: _position(entry[0]))))


def _position(check_id: str) -> tuple[int, str, int]:
    family, _, number = check_id.rpartition("-")
    subject = family.removeprefix("CHK-")
    place = _FAMILIES.index(subject) if subject in _FAMILIES else len(_FAMILIES)
    return place, family, int(number)
