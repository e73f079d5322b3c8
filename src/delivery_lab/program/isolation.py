"""A Pulumi program inside the lab's own process, without either noticing the other.

The program runs as the Python language host runs it: in its folder, with that folder first on the module path. The
lab runs many programs one after the other, and each of them, and the lab, may have modules of the same name
(`components`, `settings`, even `lab`). So for the time of a run the modules that the project has files for are taken
out of `sys.modules`, and afterwards everything the run imported from outside of installed code is forgotten. The
project's modules are imported afresh for every run: programs create resources and read their config while a module is
imported, so a module kept from one stack would silently lack in the next. Installed packages (pulumi_aws) stay.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import logging
import os
import pickle
import sys
import typing
import warnings
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import pulumi._types
import pulumi.runtime.rpc

from delivery_lab.program.frames import Frames, is_installed
from delivery_lab.program.process_hooks import ending_with_the_program, standard_modules
from delivery_lab.program.project import Project
from delivery_lab.turns import TURN

# Loaded by the language host before it runs a program, so a project cannot shadow them there either.
_HOST_PACKAGES = {"pulumi", "google", "grpc", "dill", "yaml", "semver", "debugpy", "opentelemetry", "packaging"}


@contextlib.contextmanager
def isolated(project: Project) -> Iterator[None]:
    """Set up the process for a run of the project's program, and put everything back afterwards.

    Put back are the working directory, `sys.path`, `sys.argv`, `sys.modules`, environment variables, warning filters
    and the handlers of the root logger. What the program prints goes to standard error. Other threads wait.
    """
    with (
        TURN,
        _working_directory(project.program_dir),
        _environment(),
        _module_path(project),
        _sdk_registrations(),
        _own_modules(project.program_dir),
        _no_bytecode_in(project.root),
        _caches_of_classes(),
        _pickling(),
        _logging(),
        standard_modules(),
        _printing_to_stderr(),
        ending_with_the_program(Frames(project)),
    ):
        yield


@contextlib.contextmanager
def _working_directory(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


@contextlib.contextmanager
def _module_path(project: Project) -> Iterator[None]:
    path, argv = list(sys.path), list(sys.argv)
    # "" is the working directory, which the program's folder takes the place of.
    sys.path[:] = [str(project.program_dir), *(entry for entry in path if entry)]
    sys.argv[:] = [str(project.program)]
    try:
        yield
    finally:
        sys.path[:], sys.argv[:] = path, argv


@contextlib.contextmanager
def _no_bytecode_in(folder: Path) -> Iterator[None]:
    """Let Python keep the bytecode of installed packages, and write none into the project."""
    loader: Any = SourceFileLoader
    keep = loader._cache_bytecode

    def keep_elsewhere(self: SourceFileLoader, source: str, cache: str, data: bytes) -> None:
        if is_installed(source) or not Path(source).is_relative_to(folder):
            keep(self, source, cache, data)

    loader._cache_bytecode = keep_elsewhere
    try:
        yield
    finally:
        loader._cache_bytecode = keep


@contextlib.contextmanager
def _own_modules(folder: Path) -> Iterator[None]:
    """Hide modules that the project has its own of; afterwards forget the project's and bring the hidden ones back."""
    names = _module_names(folder)
    before = dict(sys.modules)
    for name in before:
        if name.partition(".")[0] in names:
            del sys.modules[name]
    importlib.invalidate_caches()
    try:
        yield
    finally:
        # All are judged before one is forgotten: the folders of a namespace package are read through its parent.
        forgotten: list[Any] = [
            name
            for name, module in sys.modules.items()
            if before.get(name) is not module and (name.partition(".")[0] in names or not _is_lasting(module))
        ]
        forgotten = [sys.modules.pop(name) for name in forgotten]
        forgotten.append(forgotten)  # so that they go with the garbage, where what their objects do has a limit
        sys.modules.update(before)


@contextlib.contextmanager
def _sdk_registrations() -> Iterator[None]:
    """Let SDKs that a project carries along register their resource types in every run.

    The SDK refuses a second registration, and SDKs register while they are imported. So what modules registered that
    are forgotten after the run is taken out again.
    """
    registries = [getattr(pulumi.runtime.rpc, name, {}) for name in ("_RESOURCE_MODULES", "_RESOURCE_PACKAGES")]
    try:
        yield
    finally:
        for registry in registries:
            for entries in registry.values():
                entries[:] = [entry for entry in entries if type(entry).__module__ in sys.modules]


@contextlib.contextmanager
def _caches_of_classes() -> Iterator[None]:
    """Empty, after the run, the caches that keep classes of the program, and with them everything of its modules.

    A process may evaluate thousands of programs. The SDK remembers what it found out of each class for ever;
    `typing` the last 128 parameters of each of its generic types.
    """
    try:
        yield
    finally:
        for value in vars(pulumi._types).values():
            if isinstance(value, functools._lru_cache_wrapper):
                value.cache_clear()
        for clear in getattr(typing, "_cleanups", ()):
            clear()


@contextlib.contextmanager
def _pickling() -> Iterator[None]:
    """Put Python's own pickler back as it was.

    For each dynamic resource the SDK wraps a method of it once more. After a thousand of them no dictionary
    can be pickled any longer, and until then each takes longer than the one before.
    """
    pickler: type = vars(pickle)["_Pickler"]
    before = {name: vars(pickler)[name] for name in ("_batch_setitems", "save_dict")}
    try:
        yield
    finally:
        for name, method in before.items():
            setattr(pickler, name, method)


def _module_names(folder: Path) -> set[str]:
    """Top-level names that an import would find in a folder."""
    names = set()
    for entry in folder.iterdir():
        if entry.suffix == ".py" and entry.is_file():
            names.add(entry.stem)
        elif entry.name.isidentifier() and entry.is_dir() and _holds_modules(entry):
            names.add(entry.name)
    return names - sys.stdlib_module_names - _HOST_PACKAGES - {"__main__"}


def _holds_modules(folder: Path) -> bool:
    return next(folder.glob("*.py"), None) is not None or next(folder.glob("*/__init__.py"), None) is not None


def _is_lasting(module: ModuleType) -> bool:
    """Whether a module may stay loaded: installed code, and what is built into Python."""
    file = getattr(module, "__file__", None)
    if file is None:
        try:
            folders = list(getattr(module, "__path__", ()))
        except KeyError:
            # A namespace package whose parent the program took out of `sys.modules` itself.
            return False
        return not folders or all(is_installed(folder) for folder in folders)
    return is_installed(os.path.realpath(file))


@contextlib.contextmanager
def _logging() -> Iterator[None]:
    """Keep log handlers and warning filters of the program to the program."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    with warnings.catch_warnings():
        # What a fresh Python process does; the lab's own tests turn warnings into errors, which is not the program's.
        warnings.resetwarnings()
        for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", category)
        warnings.filterwarnings("default", category=DeprecationWarning, module="__main__")
        try:
            yield
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)


@contextlib.contextmanager
def _printing_to_stderr() -> Iterator[None]:
    """Send standard output to standard error, also that of processes which the program starts."""
    sys.stdout.flush()
    with contextlib.redirect_stdout(sys.stderr), contextlib.ExitStack() as stack:
        try:
            saved = os.dup(1)
            os.dup2(2, 1)
        except OSError:
            pass  # one of the two is closed, so nothing can be mixed up either
        else:
            stack.callback(os.close, saved)
            stack.callback(os.dup2, saved, 1)
        yield
